// Options of one command: what it takes, what its help says, and how a line is read.
//
// Built on the daemons' table of flags rather than on CLI11, so that a value is written, refused and explained in the
// same way everywhere, and a command's file stays cheap to compile.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/flags/table.h"
#include "base/result.h"

namespace stoa::cli {

// An option that may be given more than once.
struct Strings {
  std::vector<std::string> values;
  auto operator<=>(const Strings&) const = default;
};
Result<> read(std::string_view text, Strings& out);
std::string write(const Strings& value);
constexpr std::string_view type_name(const Strings*) { return "text"; }

class Options {
 public:
  // `usage` follows `stoa `: `run [OPTIONS] -- COMMAND [ARGUMENT...]`.
  Options(std::string usage, std::string summary) : table_("stoa " + usage, std::move(summary)) {}

  // `field` must outlive the options; its value now is the default. `letter` 0: no short form.
  template <typename T>
  flags::Entry add(std::string name, char letter, T& field, std::string help) {
    letters_.emplace_back(letter, name);
    is_repeatable_.push_back(std::is_same_v<T, Strings>);
    return table_.add(std::move(name), field, std::move(help));
  }
  void example(std::string line) { examples_.push_back(std::move(line)); }
  // Words that are no options, in this order; `field` must outlive the options.
  void positional(std::string name, std::string& field) { positionals_.emplace_back(std::move(name), &field); }
  // All further words, also what looks like an option; `--` before them is taken away.
  void rest(std::string name, std::vector<std::string>& field) { rest_ = {std::move(name), &field}; }

  // Fills the fields. Fails with invalid_argument; the message names the option and the nearest one. --help sets
  // help_wanted() and ends reading.
  Result<> parse(std::span<const std::string> arguments);
  bool help_wanted() const { return help_wanted_; }
  std::string help() const;
  std::string usage() const { return table_.program(); }

 private:
  Result<> long_option(std::span<const std::string> arguments, std::size_t& at);
  Result<> short_options(std::span<const std::string> arguments, std::size_t& at);
  Result<> set(const flags::Flag& flag, const std::string& shown, std::string_view value);
  Result<> word(const std::string& argument);

  flags::Table table_;
  std::vector<std::pair<char, std::string>> letters_;  // As the flags of the table.
  std::vector<bool> is_repeatable_;
  std::vector<std::string> examples_;
  std::vector<std::pair<std::string, std::string*>> positionals_;
  std::pair<std::string, std::vector<std::string>*> rest_{"", nullptr};
  std::vector<std::string> given_;
  std::size_t words_ = 0;
  bool help_wanted_ = false;
};

}  // namespace stoa::cli
