#include "store/schema.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>

namespace stoa::store {
namespace {

constexpr std::int64_t application_id = 0x73746f61;  // Tells our files from those of others.

}  // namespace

std::span<const Migration> migrations() {
  static const std::array<Migration, 1> all{{
      // Rows in the order of writing, not of keys: whole records of 2 KB stay in one page, and recovery reads them all
      // in one sweep.
      {.sql = "CREATE TABLE records (kind BLOB NOT NULL, id BLOB NOT NULL, bytes BLOB NOT NULL, UNIQUE (kind, id))"},
  }};
  return all;
}

Result<> configure(Database& database) {
  return database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000");
}

Result<> migrate(Database& database, const std::string& path, std::span<const Migration> migrations) {
  LET(const std::int64_t version, database.integer("PRAGMA user_version"));
  LET(const std::int64_t application, database.integer("PRAGMA application_id"));
  LET(const std::int64_t tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (application != application_id && (application != 0 || tables != 0)) {
    return fail(Code::failed_precondition, fmt::format("'{}' belongs to another program", path));
  }
  if (version > newest) {
    return fail(Code::failed_precondition,
                fmt::format("'{}' has schema version {}, newer than {}, the newest that this "
                            "version knows",
                            path, version, newest));
  }
  if (version == newest) return {};
  if (version > 0) {
    const std::string aside = fmt::format("{}.v{}", path, version);
    std::error_code ignored;
    std::filesystem::remove(aside, ignored);
    TRY(database.run("VACUUM INTO " + quoted(aside)));
  }
  std::string sql = "BEGIN IMMEDIATE;";
  for (const Migration& step : migrations.subspan(static_cast<std::size_t>(version))) sql += step.sql + ";";
  sql += fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", application_id, newest);
  return database.run(sql);
}

}  // namespace stoa::store
