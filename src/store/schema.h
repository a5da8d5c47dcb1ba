// The schema of a store's file and its way from version to version.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "store/sqlite.h"

namespace stoa::store {

// Sets up a connection: a write-ahead log, and every commit on the disk before it is reported (HA-060).
Result<> configure(Database& database);

// Brings a file from version N to N + 1, N being its index in the list of all.
struct Migration {
  std::string sql;
};

// Every migration there ever was; the first makes the schema in an empty file.
std::span<const Migration> migrations();

// Brings the file at `path` to the newest version, in one transaction, after copying it aside to `PATH.vN` (HA-060).
// Fails with failed_precondition if it was written by a newer version or by another program.
Result<> migrate(Database& database, const std::string& path, std::span<const Migration> migrations);

}  // namespace stoa::store
