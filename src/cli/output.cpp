#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace stoa::cli {
namespace {

// In columns of a terminal: code points, which is right for all but combining and wide characters.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

void append_row(std::string& out, const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    out += row[i];
    if (i + 1 < row.size()) out.append(widths[i] - width(row[i]) + 2, ' ');
  }
  out += '\n';
}

}  // namespace

std::string TextTable::to_text(bool has_headers) const {
  std::vector<std::size_t> widths;
  for (const std::string& column : columns_) widths.push_back(has_headers ? width(column) : 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  if (has_headers) append_row(out, columns_, widths);
  for (const auto& row : rows_) append_row(out, row, widths);
  return out;
}

std::string json_lines(const std::vector<const JsonValue*>& values) {
  std::string out = "[";
  for (const JsonValue* value : values) {
    out += out.size() == 1 ? "\n" : ",\n";
    out += value->to_json();
  }
  return out + (values.empty() ? "]\n" : "\n]\n");
}

bool print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void complain(std::string_view message) { fmt::print(stderr, "stoa: {}\n", message); }

std::string amount(double count) {
  std::string out = fmt::format("{:.4f}", count);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string megabytes(double count) {
  if (count >= 1024 * 1024) return fmt::format("{:.4g} TB", count / 1024 / 1024);
  if (count >= 1024) return fmt::format("{:.4g} GB", count / 1024);
  return fmt::format("{:.4g} MB", count);
}

std::string age(double seconds) {
  const auto whole = static_cast<long>(std::max(0.0, seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {}h", whole / 86400, whole / 3600 % 24);
}

Result<std::size_t> find_id(std::string_view what, std::string_view part, const std::vector<std::string>& ids) {
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == part) return i;
    if (ids[i].starts_with(part) || ids[i].ends_with(part)) candidates.push_back(i);
  }
  if (candidates.empty()) return fail(Code::not_found, fmt::format("no {} is called '{}'", what, part));
  if (candidates.size() == 1) return candidates.front();
  std::string message = fmt::format("'{}' may be any of these {}s:", part, what);
  for (const std::size_t i : candidates) message += "\n  " + ids[i];
  return invalid(std::move(message));
}

}  // namespace stoa::cli
