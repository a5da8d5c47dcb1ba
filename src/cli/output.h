// What commands print: tables for people, JSON for programs, ids for pipes (FE-075, FE-076).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/json_value.h"

namespace stoa::cli {

// Rows of text under column names. Columns are as wide as their widest cell; the last one is not padded.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string to_text(bool has_headers) const;
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// A JSON array of the values, one a line.
std::string json_lines(const std::vector<const JsonValue*>& values);

// Writes to stdout. False if nobody reads any more: the command ends then, quietly (FE-079).
bool print(std::string_view text);
// One line to stderr, with the program's name before it.
void complain(std::string_view message);

// `512 MB`, `1.5 GB`, from megabytes (FE-011).
std::string megabytes(double count);
// With at most 4 decimals and no needless zeros.
std::string amount(double count);
// `3d 4h`, `12s`: two units at most.
std::string age(double seconds);

// The one element of `ids` that `part` names: equal to it, or else the only one that begins or ends with it (FE-081).
// Fails with not_found, or with invalid_argument and the candidates.
Result<std::size_t> find_id(std::string_view what, std::string_view part, const std::vector<std::string>& ids);

}  // namespace stoa::cli
