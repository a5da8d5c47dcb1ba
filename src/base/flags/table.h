// Table: the settings of a daemon, as data. One entry per flag says everything that is known about it, so that the
// parser, --help, /flags and the documentation cannot disagree.
//
// A table of our own rather than CLI11's options: daemons are started by unit files written for the system whose APIs
// we speak, and its rules - `--no-name` for booleans only, `-` and `_` alike, each flag once even by an old name, two
// environment prefixes, `file://` values, flags accepted without meaning - are not those of any option parser (FE-120
// to FE-128). The table fills a struct of the caller, whose initial values are the defaults.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/flags/values.h"
#include "base/result.h"

namespace stoa::flags {

struct Flag {
  std::string name;  // Lower case, words joined by `_`.
  std::string group;
  std::string type;
  std::string help;  // One sentence.
  std::string example;
  std::vector<std::string> old_names;
  std::vector<std::string> variables;  // Further environment variables, whole names; the weakest source (FE-131).
  std::optional<std::string> default_text;
  bool is_boolean = false;
  bool is_path = false;          // `file:///p` names a file instead of standing for its content.
  bool is_path_or_text = false;  // `/p` stands for the file's content, as `file:///p` does (AGT-002).
  bool is_secret = false;        // Never shown (SEC-005).
  bool is_required = false;
  std::string without_meaning;  // Why the flag has no effect here; empty for flags that have one (FE-128).

  std::function<Result<>(std::string_view)> set;
  std::function<std::optional<std::string>()> get;  // Nothing: not set.
};

// Adds to one entry. A reference into the table: use it in the statement that made it.
class Entry {
 public:
  explicit Entry(Flag& flag) : flag_(flag) {}

  Entry& old_name(std::string name);
  Entry& variable(std::string name);
  Entry& example(std::string text);
  Entry& required();
  Entry& secret();
  Entry& path_or_text();
  // The value must pass: `allowed` returns what is wrong, or an empty text. It sees the text of the value.
  Entry& check(std::function<std::string(const std::string&)> allowed);
  Entry& one_of(std::vector<std::string> choices);

 private:
  Flag& flag_;
};

template <typename T>
struct Limits {
  std::optional<T> min;
  std::optional<T> max;
};

class Table {
 public:
  // `program` as in the usage line: `stoa master`.
  Table(std::string program, std::string summary) : program_(std::move(program)), summary_(std::move(summary)) {}

  // Flags added from here on belong to this group of --help.
  void group(std::string name) { group_ = std::move(name); }

  // `field` must outlive the table; its value now is the default.
  template <typename T>
  Entry add(std::string name, T& field, std::string help, std::type_identity_t<Limits<T>> limits = {});
  template <typename T>
  Entry add(std::string name, std::optional<T>& field, std::string help, std::type_identity_t<Limits<T>> limits = {});

  // A flag that old start scripts give and that has nothing to decide here.
  Entry ignore(std::string name, std::string default_text, std::string reason);
  // A flag whose effect nobody may believe to have: only its default value is accepted (FE-128).
  Entry refuse(std::string name, std::string default_text, std::string reason);

  const std::vector<Flag>& flags() const { return flags_; }
  const std::string& program() const { return program_; }
  const std::string& summary() const { return summary_; }
  // By its name or an old one. O(flags).
  const Flag* find(std::string_view name) const;

 private:
  Entry append(Flag flag);

  std::string program_;
  std::string summary_;
  std::string group_;
  std::vector<Flag> flags_;
};

// What the command line asks for besides running.
enum class Wish { run, help, help_json, version };

struct Outcome {
  Wish wish = Wish::run;
  std::string help_topic;             // For Wish::help: only groups and flags that contain it; empty: all.
  std::vector<std::string> problems;  // Each names flag and value. Empty: the struct is filled.
  std::vector<std::string> warnings;
  // What /flags shows: every flag that has a value, by the name it was given under, secrets masked (FE-125, OPR-044).
  std::map<std::string, std::string> shown;
};

struct Sources {
  std::span<const std::string> arguments;    // Without the program's name.
  std::span<const std::string> environment;  // `NAME=value`, as in environ(7).
  // The content of a file. Fails with a message that names the file. Default: reads the disk.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// Fills the table's struct: the command line wins over STOA_NAME, that over MESOS_NAME (FE-120). Reports every problem,
// not only the first. After a wish other than run nothing is filled and problems of flags are not looked for.
Outcome parse(const Table& table, const Sources& sources);

// Adds the words of `text` in lines of at most `columns`, each after `indent` blanks.
void wrap(std::string& out, std::string_view text, std::size_t indent, std::size_t columns);

// For --help, wrapped at `columns`; for --help=TOPIC only what matches.
std::string help_text(const Table& table, std::string_view topic, std::size_t columns);
std::string help_json(const Table& table);

// The name of `names` that a mistyped one probably meant, or nothing. O(names * length^2).
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& names);

// This process's environment, as Sources wants it.
std::vector<std::string> process_environment();

// --- implementation ---

template <typename T>
Result<> within(const T& value, const Limits<T>& limits) {
  if (limits.min && value < *limits.min) return invalid(fmt::format("Must be at least {}", write(*limits.min)));
  if (limits.max && *limits.max < value) return invalid(fmt::format("Must be at most {}", write(*limits.max)));
  return {};
}

template <typename T>
Entry Table::add(std::string name, T& field, std::string help, std::type_identity_t<Limits<T>> limits) {
  std::string initial = write(field);
  Flag flag{.name = std::move(name), .type = std::string(type_name(&field)), .help = std::move(help)};
  flag.is_boolean = std::is_same_v<T, bool>;
  flag.is_path = std::is_same_v<T, Path>;
  if (!initial.empty()) flag.default_text = std::move(initial);
  flag.set = [&field, limits](std::string_view text) -> Result<> {
    TRY(read(text, field));
    return within(field, limits);
  };
  flag.get = [&field]() -> std::optional<std::string> {
    std::string text = write(field);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  };
  return append(std::move(flag));
}

template <typename T>
Entry Table::add(std::string name, std::optional<T>& field, std::string help, std::type_identity_t<Limits<T>> limits) {
  Flag flag{.name = std::move(name), .type = std::string(type_name(&field)), .help = std::move(help)};
  flag.is_boolean = std::is_same_v<T, bool>;
  flag.is_path = std::is_same_v<T, Path>;
  if (field) flag.default_text = write(*field);
  flag.set = [&field, limits](std::string_view text) -> Result<> {
    TRY(read(text, field));
    return within(*field, limits);
  };
  flag.get = [&field]() -> std::optional<std::string> { return field ? std::optional(write(*field)) : std::nullopt; };
  return append(std::move(flag));
}

}  // namespace stoa::flags
