#include "daemon/executor_variables.h"

#include <fmt/format.h>

#include "base/text.h"
#include "codec/json_scanner.h"

namespace stoa::daemon {
namespace {

constexpr int depth_max = 4;

Result<> read_variable(codec::JsonScanner& scanner, const std::string& name,
                       std::map<std::string, std::string>& variables) {
  if (name.empty() || name.contains('=') || name.contains('\0'))
    return invalid(fmt::format("'{}' cannot be the name of a variable", name));
  if (scanner.peek() != '"') return invalid(fmt::format("the value of '{}' is not a string", name));
  std::string_view value;
  if (!scanner.string(value)) return invalid(scanner.failure());
  if (value.contains('\0')) return invalid(fmt::format("the value of '{}' holds a NUL", name));
  if (!variables.emplace(name, value).second) return invalid(fmt::format("'{}' is there twice", name));
  return {};
}

}  // namespace

Result<std::map<std::string, std::string>> parse_executor_variables(std::string_view text) {
  std::map<std::string, std::string> variables;
  if (trim(text).empty()) return variables;
  codec::JsonScanner scanner(text, depth_max);
  if (scanner.peek() != '{') return invalid("expecting a JSON object of strings");
  if (!scanner.enter()) return invalid(scanner.failure());
  bool is_first = true;
  std::string_view name;
  while (scanner.next_member(is_first, name)) TRY(read_variable(scanner, std::string(name), variables));
  if (scanner.failed()) return invalid(scanner.failure());
  if (!scanner.at_end()) return invalid("there is something behind the JSON object");
  return variables;
}

}  // namespace stoa::daemon
