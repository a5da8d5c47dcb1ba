#include "store/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stoa::store {
namespace {

constexpr int busy_milliseconds = 10'000;

std::unexpected<Error> failure(sqlite3* database, std::string_view what) {
  const int code = ::sqlite3_errcode(database);
  const bool corrupt = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return fail(corrupt ? Code::malformed : Code::unavailable, fmt::format("{}: {}", what, ::sqlite3_errmsg(database)));
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }

void Statement::bind(int index, std::string_view blob) {
  // A null pointer would make it NULL, not empty.
  const char* data = blob.data() == nullptr ? "" : blob.data();
  ::sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC);
}

Result<bool> Statement::step() {
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(::sqlite3_db_handle(statement_.get()), ::sqlite3_sql(statement_.get()));
}

void Statement::reset() { ::sqlite3_reset(statement_.get()); }

std::string_view Statement::blob(int column) const {
  const void* data = ::sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
  return size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

std::int64_t Statement::integer(int column) const { return ::sqlite3_column_int64(statement_.get(), column); }

void Database::Close::operator()(sqlite3* database) const { ::sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path) {
  // By hand, for the mode; SQLite gives its log the mode of the file.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return fail(Code::unavailable, fmt::format("open '{}': {}", path, std::generic_category().message(errno)));
  }
  ::close(file);
  sqlite3* opened = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (code != SQLITE_OK) return failure(opened, fmt::format("open '{}'", path));
  ::sqlite3_busy_timeout(opened, busy_milliseconds);
  return database;
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (::sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
    return failure(database_.get(), sql);
  }
  return Statement(statement);
}

Result<> Database::run(const std::string& sql) {
  if (::sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(database_.get(), sql);
  }
  return {};
}

Result<std::string> Database::text(const std::string& sql) {
  LET(Statement statement, prepare(sql));
  LET(const bool found, statement.step());
  return found ? std::string(statement.blob(0)) : std::string();
}

Result<std::int64_t> Database::integer(const std::string& sql) {
  LET(Statement statement, prepare(sql));
  LET(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

}  // namespace stoa::store
