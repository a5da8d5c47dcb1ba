#include "cli/options.h"

#include <algorithm>

namespace stoa::cli {

Result<> read(std::string_view text, Strings& out) {
  out.values.emplace_back(text);
  return {};
}
std::string write(const Strings& value) { return join(value.values, ","); }

namespace {

std::string dashed(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace

Result<> Options::parse(std::span<const std::string> arguments) {
  for (std::size_t at = 0; at < arguments.size() && !help_wanted_; ++at) {
    const std::string& argument = arguments[at];
    const bool is_rest_next = rest_.second != nullptr && words_ == positionals_.size();
    if (argument == "--" || (is_rest_next && !argument.starts_with('-'))) {
      const std::size_t from = argument == "--" ? at + 1 : at;
      for (const std::string& word_after : arguments.subspan(from)) TRY(word(word_after));
      break;
    }
    if (argument == "--help" || argument == "-h") {
      help_wanted_ = true;
    } else if (argument.starts_with("--")) {
      TRY(long_option(arguments, at));
    } else if (argument.size() > 1 && argument.starts_with('-')) {
      TRY(short_options(arguments, at));
    } else {
      TRY(word(argument));
    }
  }
  return {};
}

Result<> Options::word(const std::string& argument) {
  if (words_ < positionals_.size()) {
    *positionals_[words_++].second = argument;
    return {};
  }
  if (rest_.second == nullptr) return invalid(fmt::format("unexpected argument '{}'", argument));
  rest_.second->push_back(argument);
  return {};
}

Result<> Options::long_option(std::span<const std::string> arguments, std::size_t& at) {
  const std::string& argument = arguments[at];
  const std::size_t equals = argument.find('=');
  std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
  std::ranges::replace(name, '-', '_');
  const flags::Flag* flag = table_.find(name);
  if (flag == nullptr && name.starts_with("no_")) {
    const flags::Flag* negated = table_.find(name.substr(3));
    if (negated != nullptr && negated->is_boolean && equals == std::string::npos)
      return set(*negated, argument, "false");
  }
  if (flag == nullptr) {
    std::vector<std::string> names;
    for (const flags::Flag& known : table_.flags()) names.push_back(known.name);
    const std::optional<std::string> near = flags::nearest(name, names);
    return invalid(fmt::format("unknown option '--{}'{}", dashed(name),
                               near ? fmt::format(", did you mean --{}?", dashed(*near)) : ""));
  }
  if (equals != std::string::npos) return set(*flag, "--" + dashed(name), argument.substr(equals + 1));
  if (flag->is_boolean) return set(*flag, argument, "true");
  if (at + 1 == arguments.size()) return invalid(fmt::format("option '{}' needs a value", argument));
  return set(*flag, argument, arguments[++at]);
}

Result<> Options::short_options(std::span<const std::string> arguments, std::size_t& at) {
  const std::string argument = arguments[at];
  for (std::size_t i = 1; i < argument.size(); ++i) {
    const std::string shown = {'-', argument[i]};
    const auto found = std::ranges::find(letters_, argument[i], &std::pair<char, std::string>::first);
    if (found == letters_.end()) return invalid(fmt::format("unknown option '{}'", shown));
    const flags::Flag& flag = *table_.find(found->second);
    if (flag.is_boolean) {
      TRY(set(flag, shown, "true"));
    } else if (i + 1 < argument.size()) {
      return set(flag, shown, argument.substr(i + 1));
    } else if (at + 1 < arguments.size()) {
      return set(flag, shown, arguments[++at]);
    } else {
      return invalid(fmt::format("option '{}' needs a value", shown));
    }
  }
  return {};
}

Result<> Options::set(const flags::Flag& flag, const std::string& shown, std::string_view value) {
  const auto index = static_cast<std::size_t>(&flag - table_.flags().data());
  if (!is_repeatable_[index] && std::ranges::find(given_, flag.name) != given_.end()) {
    return invalid(fmt::format("option '{}' is given twice", shown));
  }
  given_.push_back(flag.name);
  if (const Result<> done = flag.set(value); !done) {
    return invalid(fmt::format("invalid value '{}' of {}: {}", value, shown, done.error().message));
  }
  return {};
}

std::string Options::help() const {
  constexpr std::size_t columns = 100;
  std::string out = fmt::format("Usage: {}\n\n", table_.program());
  flags::wrap(out, table_.summary(), 0, columns);
  out += "\nOptions:\n";
  for (std::size_t i = 0; i < letters_.size(); ++i) {
    const flags::Flag& flag = table_.flags()[i];
    const std::string letter = letters_[i].first == 0 ? "    " : fmt::format("-{}, ", letters_[i].first);
    const std::string value = flag.is_boolean ? "" : "=" + flag.type;
    const std::string initial =
        flag.default_text && *flag.default_text != "false" ? fmt::format(" (default: {})", *flag.default_text) : "";
    out += fmt::format("  {}{:<26} {}{}\n", letter, "--" + dashed(flag.name) + value, flag.help, initial);
  }
  out += fmt::format("  -h, {:<26} {}\n", "--help", "Shows this text.");
  if (!examples_.empty()) out += "\nExamples:\n";
  for (const std::string& example : examples_) out += fmt::format("  {}\n", example);
  return out;
}

}  // namespace stoa::cli
