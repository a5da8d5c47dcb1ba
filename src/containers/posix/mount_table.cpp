#include "containers/posix/mount_table.h"

#include <algorithm>
#include <istream>
#include <sstream>

namespace stoa::containers {
namespace {

bool is_octal(std::string_view digits) {
  return digits.size() == 3 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '7'; });
}

// Blanks and backslashes are written as octal numbers.
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && is_octal(std::string_view(text).substr(i + 1, 3))) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> mount_points(std::istream& table) {
  constexpr int column = 5;
  std::vector<std::string> result;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < column; ++i) fields >> field;
    if (fields) result.push_back(unescaped(field));
  }
  return result;
}

}  // namespace stoa::containers
