#include "base/flags/table.h"

#include <algorithm>

#include "base/check.h"

namespace stoa::flags {

Entry& Entry::old_name(std::string name) {
  flag_.old_names.push_back(std::move(name));
  return *this;
}
Entry& Entry::variable(std::string name) {
  flag_.variables.push_back(std::move(name));
  return *this;
}
Entry& Entry::example(std::string text) {
  flag_.example = std::move(text);
  return *this;
}
Entry& Entry::required() {
  flag_.is_required = true;
  return *this;
}
Entry& Entry::secret() {
  flag_.is_secret = true;
  return *this;
}
Entry& Entry::path_or_text() {
  flag_.is_path_or_text = true;
  return *this;
}

Entry& Entry::check(std::function<std::string(const std::string&)> allowed) {
  flag_.set = [set = std::move(flag_.set), allowed = std::move(allowed)](std::string_view text) -> Result<> {
    TRY(set(text));
    if (std::string fault = allowed(std::string(text)); !fault.empty()) return invalid(std::move(fault));
    return {};
  };
  return *this;
}

Entry& Entry::one_of(std::vector<std::string> choices) {
  flag_.type = join(choices, "|");
  return check([choices = std::move(choices)](const std::string& text) {
    if (std::ranges::find(choices, text) != choices.end()) return std::string();
    return "expecting one of " + join(choices, ", ");
  });
}

Entry Table::ignore(std::string name, std::string default_text, std::string reason) {
  Flag flag{.name = std::move(name), .type = "text", .without_meaning = std::move(reason)};
  flag.is_boolean = default_text == "true" || default_text == "false";
  if (flag.is_boolean) flag.type = "boolean";
  if (!default_text.empty()) flag.default_text = std::move(default_text);
  flag.set = [](std::string_view) -> Result<> { return {}; };
  flag.get = []() -> std::optional<std::string> { return std::nullopt; };
  return append(std::move(flag));
}

Entry Table::refuse(std::string name, std::string default_text, std::string reason) {
  Flag flag{.name = std::move(name), .type = "text", .help = "Not available: " + reason + "."};
  flag.is_boolean = default_text == "true" || default_text == "false";
  if (flag.is_boolean) flag.type = "boolean";
  flag.is_path = true;  // Nothing is read on its behalf.
  if (!default_text.empty()) flag.default_text = default_text;
  flag.set = [default_text, reason = std::move(reason)](std::string_view text) -> Result<> {
    if (text == default_text) return {};
    return invalid("not available: " + reason);
  };
  flag.get = [default_text]() -> std::optional<std::string> {
    return default_text.empty() ? std::nullopt : std::optional(default_text);
  };
  return append(std::move(flag));
}

const Flag* Table::find(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.name == name || std::ranges::find(flag.old_names, name) != flag.old_names.end()) return &flag;
  }
  return nullptr;
}

Entry Table::append(Flag flag) {
  CHECK(find(flag.name) == nullptr, flag.name);
  flag.group = group_;
  return Entry(flags_.emplace_back(std::move(flag)));
}

}  // namespace stoa::flags
