// A thin front of SQLite's C interface: ownership and errors, nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace stoa::store {

// As a text in SQL.
std::string quoted(const std::string& text);

class Statement {
 public:
  // Texts must stay alive until the next reset.
  void bind(int index, std::string_view blob);
  // True while there is a row. Fails with malformed if the file is corrupt, unavailable otherwise.
  Result<bool> step();
  void reset();
  std::string_view blob(int column) const;  // Valid until the next step.
  std::int64_t integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection; for one thread at a time.
class Database {
 public:
  // Makes the file, readable by its owner only, if it is missing.
  static Result<Database> open(const std::string& path);

  Result<Statement> prepare(const std::string& sql);
  // Runs one or more statements and drops their rows.
  Result<> run(const std::string& sql);
  // The first column of the first row, as text or number.
  Result<std::string> text(const std::string& sql);
  Result<std::int64_t> integer(const std::string& sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace stoa::store
