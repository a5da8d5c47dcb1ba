#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "base/flags/table.h"

namespace stoa::flags {
namespace {

// One flag as somebody gave it.
struct Given {
  const Flag* flag = nullptr;
  std::string name;  // The one used: the flag's own, or an old one.
  std::string value;
  std::string where;  // `--port`, `MESOS_PORT`: for messages.
};

std::string normal(std::string_view name) {
  std::string out = lower_case(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

Result<std::string> read_disk(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    return fail(Code::not_found, fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  return content;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const Flag& flag : table.flags()) {
    names.push_back(flag.name);
    names.insert(names.end(), flag.old_names.begin(), flag.old_names.end());
  }
  return names;
}

// A value without what must not be shown: the user part of a URL.
std::string without_password(std::string text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::size_t begin = scheme + 3;
  const std::size_t at = text.find('@', begin);
  if (at == std::string::npos || at > text.find('/', begin)) return text;
  return text.replace(begin, at - begin, "***");
}

class Parser {
 public:
  Parser(const Table& table, const Sources& sources)
      : table_(table), sources_(sources), read_file_(sources.read_file ? sources.read_file : read_disk) {}

  Outcome run() {
    read_arguments();
    if (out_.wish != Wish::run) {
      out_.problems.clear();
      return std::move(out_);
    }
    read_environment("STOA_");
    read_environment("MESOS_");
    read_variables();
    for (const Given& given : given_) apply(given);
    require();
    show();
    return std::move(out_);
  }

 private:
  void problem(std::string text) { out_.problems.push_back(std::move(text)); }

  void read_arguments() {
    const std::span<const std::string> arguments = sources_.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& argument = arguments[i];
      if (argument == "-h") {
        out_.wish = Wish::help;
      } else if (!argument.starts_with("--") || argument.size() == 2) {
        problem(fmt::format("unexpected argument '{}'", argument));
      } else {
        const std::size_t equals = argument.find('=');
        const std::string name = normal(std::string_view(argument).substr(2, equals - 2));
        std::optional<std::string> value;
        if (equals != std::string::npos) value = argument.substr(equals + 1);
        if (wished(name, value)) continue;
        const bool can_take_next = !value && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
        if (argument_taken(name, std::move(value), can_take_next ? &arguments[i + 1] : nullptr)) ++i;
      }
    }
  }

  // Whether the flag is one of those that every program has.
  bool wished(const std::string& name, const std::optional<std::string>& value) {
    if (name == "help") {
      out_.wish = Wish::help;
      out_.help_topic = value.value_or("");
    } else if (name == "help_json") {
      out_.wish = Wish::help_json;
    } else if (name == "version") {
      if (out_.wish == Wish::run) out_.wish = Wish::version;
    } else {
      return false;
    }
    return true;
  }

  // Takes one flag of the command line. True if `next` was its value.
  bool argument_taken(const std::string& name, std::optional<std::string> value, const std::string* next) {
    const Flag* flag = table_.find(name);
    if (flag == nullptr && name.starts_with("no_")) {
      negated(name.substr(3), value);
      return false;
    }
    if (flag == nullptr) {
      unknown(name);
      return false;
    }
    bool took_next = false;
    if (!value && flag->is_boolean) value = "true";
    if (!value && next != nullptr) {
      value = *next;
      took_next = true;
    }
    if (!value) {
      problem(fmt::format("flag '{}' needs a value: --{}={}", name, name, flag->type));
      return false;
    }
    give({flag, name, std::move(*value), "--" + name});
    return took_next;
  }

  void negated(const std::string& name, const std::optional<std::string>& value) {
    const Flag* flag = table_.find(name);
    if (flag == nullptr) {
      unknown("no_" + name);
    } else if (!flag->is_boolean) {
      problem(fmt::format("flag '{}' is not a boolean: --no-{} means nothing", name, name));
    } else if (value) {
      problem(fmt::format("--no-{}={}: --no-{} takes no value", name, *value, name));
    } else {
      give({flag, name, "false", "--no-" + name});
    }
  }

  void unknown(const std::string& name) {
    const std::optional<std::string> near = nearest(name, names_of(table_));
    problem(fmt::format("unknown flag '{}'{}", name, near ? fmt::format(", did you mean --{}?", *near) : ""));
  }

  void give(Given given) {
    for (const Given& earlier : given_) {
      if (earlier.flag != given.flag) continue;
      problem(earlier.name == given.name
                  ? fmt::format("flag '{}' is given twice", given.name)
                  : fmt::format("flag '{}' is given twice: as --{} too", given.name, earlier.name));
      return;
    }
    deprecated(given);
    given_.push_back(std::move(given));
  }

  void deprecated(const Given& given) {
    if (given.name == given.flag->name) return;
    out_.warnings.push_back(fmt::format("{} is the old name of --{}", given.where, given.flag->name));
  }

  void read_environment(std::string_view prefix) {
    for (const std::string& variable : sources_.environment) {
      const std::size_t equals = variable.find('=');
      if (!variable.starts_with(prefix) || equals == std::string::npos) continue;
      const std::string name = normal(std::string_view(variable).substr(prefix.size(), equals - prefix.size()));
      const std::string where = variable.substr(0, equals);
      std::string value = variable.substr(equals + 1);
      if (value.empty()) continue;  // As unit files leave a setting unset.
      const Flag* flag = table_.find(name);
      if (flag == nullptr) {
        suspect(where, name);
        continue;
      }
      const bool is_given = std::ranges::any_of(given_, [&](const Given& earlier) { return earlier.flag == flag; });
      if (is_given) continue;
      deprecated({flag, name, {}, where});
      given_.push_back({flag, name, std::move(value), where});
    }
  }

  void read_variables() {
    for (const Flag& flag : table_.flags()) {
      if (std::ranges::any_of(given_, [&](const Given& earlier) { return earlier.flag == &flag; })) continue;
      for (const std::string& name : flag.variables) {
        for (const std::string& variable : sources_.environment) {
          if (!variable.starts_with(name + "=") || variable.size() == name.size() + 1) continue;
          given_.push_back({&flag, flag.name, variable.substr(name.size() + 1), name});
          break;
        }
      }
    }
  }

  // Variables of other programs share the prefix, so an unknown one is worth a word only if it looks mistyped.
  void suspect(const std::string& where, const std::string& name) {
    for (const std::string& known : names_of(table_)) {
      if (known.size() > 4 && distance(known, name) == 1) {
        out_.warnings.push_back(fmt::format("{} is not a flag and is ignored, did you mean {}?", where, known));
        return;
      }
    }
  }

  Result<std::string> content(const Given& given) {
    if (given.flag->is_path) return given.value;
    std::string path;
    if (given.value.starts_with("file://")) path = given.value.substr(7);
    if (given.flag->is_path_or_text && given.value.starts_with("/")) path = given.value;
    if (path.empty()) return given.value;
    LET(std::string text, read_file_(path));
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
  }

  void apply(const Given& given) {
    const Result<std::string> value = content(given);
    if (!value) {
      problem(fmt::format("{}={}: {}", given.where, given.value, value.error().message));
      return;
    }
    if (!given.flag->without_meaning.empty()) {
      out_.warnings.push_back(fmt::format("{} has no effect: {}", given.where, given.flag->without_meaning));
      if (!given.flag->is_secret) out_.shown[given.name] = without_password(*value);
    }
    const Result<> set = given.flag->set(*value);
    if (!set) {
      const std::string shown = given.flag->is_secret ? "***" : without_password(*value);
      problem(fmt::format("invalid value '{}' of {}: {}", shown, given.where, set.error().message));
    }
  }

  void require() {
    for (const Flag& flag : table_.flags()) {
      const bool is_given = std::ranges::any_of(given_, [&](const Given& given) { return given.flag == &flag; });
      if (flag.is_required && !is_given) problem(fmt::format("missing required flag --{}", flag.name));
    }
  }

  void show() {
    for (const Flag& flag : table_.flags()) {
      const auto given = std::ranges::find(given_, &flag, &Given::flag);
      const std::string& name = given == given_.end() ? flag.name : given->name;
      const std::optional<std::string> value = flag.get();
      if (value) out_.shown[name] = flag.is_secret ? "***" : without_password(*value);
    }
  }

  const Table& table_;
  const Sources& sources_;
  std::function<Result<std::string>(const std::string&)> read_file_;
  std::vector<Given> given_;
  Outcome out_;
};

}  // namespace

Outcome parse(const Table& table, const Sources& sources) { return Parser(table, sources).run(); }

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& names) {
  const std::string* best = nullptr;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const bool extends = name.size() >= 3 && candidate.starts_with(name);
    const std::size_t far = extends ? 1 : distance(name, candidate);
    if (far < least && far < std::max(name.size(), candidate.size())) {
      least = far;
      best = &candidate;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::vector<std::string> process_environment() {
  std::vector<std::string> out;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) out.emplace_back(*variable);
  return out;
}

}  // namespace stoa::flags
