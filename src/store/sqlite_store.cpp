#include "store/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "store/schema.h"

namespace stoa::store {
namespace {

std::unexpected<Error> corrupt(const std::string& path, const std::string& reason) {
  const std::vector<std::string> copies = list_copies(path);
  const std::string remedy =
      copies.empty() ? "there is no copy of it"
                     : fmt::format(
                           "the last good copy is '{}': to go back to it, move '{}', '{}-wal' and '{}-shm' away and "
                           "put the copy in their place",
                           copies.back(), path, path, path);
  return fail(Code::malformed, fmt::format("'{}' is corrupt ({}); {}", path, reason, remedy));
}

// A file without content is what a crash leaves that came between its making and its first commit; where copies prove
// that there was more, it was lost.
Result<> refuse_emptied(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size == 0 && !list_copies(path).empty()) return corrupt(path, "it is empty");
  return {};
}

void sync_directory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int file = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

Result<Database> open_checked(const std::string& path) {
  TRY(refuse_emptied(path));
  LET(Database database, Database::open(path));
  TRY(configure(database));
  LET(const std::string verdict, database.text("PRAGMA quick_check(1)"));
  if (verdict != "ok") return fail(Code::malformed, verdict);
  TRY(migrate(database, path, migrations()));
  sync_directory(path);
  return database;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Options options) {
  LET(FileLock lock, FileLock::acquire(options.path + ".lock"));
  Result<Database> database = open_checked(options.path);
  if (!database) {
    const Error& error = database.error();
    const bool named = error.message.contains(options.path);
    if (error.code == Code::malformed && !named) return corrupt(options.path, error.message);
    if (!named) return fail(error.code, fmt::format("'{}': {}", options.path, error.message));
    return std::unexpected(error);
  }
  LET(Statement put, database->prepare("INSERT INTO records (kind, id, bytes) VALUES (?, ?, ?) "
                                       "ON CONFLICT (kind, id) DO UPDATE SET bytes = excluded.bytes"));
  LET(Statement erase, database->prepare("DELETE FROM records WHERE kind = ? AND id = ?"));
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(options, std::move(lock), *std::move(database), std::move(put), std::move(erase)));
}

SqliteStore::SqliteStore(const Options& options, FileLock lock, Database database, Statement put, Statement erase)
    : lock_(std::move(lock)),
      database_(std::move(database)),
      put_(std::move(put)),
      erase_(std::move(erase)),
      commit_([this](std::span<const Batch> batches) { return write(batches); }) {
  if (options.copies_max > 0) copies_.emplace(options.path, options.copy_interval, options.copies_max);
}

SqliteStore::~SqliteStore() = default;

Result<std::vector<ports::Record>> SqliteStore::load_all() {
  std::vector<ports::Record> records;
  {
    const std::lock_guard lock(mutex_);
    LET(Statement rows, database_.prepare("SELECT kind, id, bytes FROM records"));
    for (;;) {
      LET(const bool found, rows.step());
      if (!found) break;
      records.push_back({.key = {.kind = std::string(rows.blob(0)), .id = std::string(rows.blob(1))},
                         .bytes = std::string(rows.blob(2))});
    }
  }
  std::ranges::sort(records, {}, &ports::Record::key);
  return records;
}

void SqliteStore::apply(std::vector<ports::RecordChange> batch, Done done) {
  commit_.add({.changes = std::move(batch), .done = std::move(done)});
}

Result<> SqliteStore::write(std::span<const Batch> batches) {
  const std::lock_guard lock(mutex_);
  TRY(database_.run("BEGIN IMMEDIATE"));
  Result<> result = write_changes(batches);
  if (result) result = database_.run("COMMIT");
  if (!result) (void)database_.run("ROLLBACK");  // Fails where SQLite has rolled back by itself.
  return result;
}

Result<> SqliteStore::write_changes(std::span<const Batch> batches) {
  for (const Batch& batch : batches) {
    for (const ports::RecordChange& change : batch.changes) {
      Statement& statement = change.bytes ? put_ : erase_;
      statement.bind(1, change.key.kind);
      statement.bind(2, change.key.id);
      if (change.bytes) statement.bind(3, *change.bytes);
      const Result<bool> stepped = statement.step();
      statement.reset();
      if (!stepped) return std::unexpected(stepped.error());
    }
  }
  return {};
}

}  // namespace stoa::store
