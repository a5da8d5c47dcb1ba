#include "base/flags/table.h"

namespace stoa::flags {
namespace {

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool matches(const Flag& flag, std::string_view topic) {
  if (topic.empty()) return true;
  const std::string wanted = lower_case(topic);
  return lower_case(flag.group).find(wanted) != std::string::npos || flag.name.find(wanted) != std::string::npos;
}

void describe(std::string& out, const Flag& flag, std::size_t columns) {
  out += flag.is_boolean ? fmt::format("  --[no-]{}", flag.name) : fmt::format("  --{}={}", flag.name, flag.type);
  if (flag.is_required) out += "  (required)";
  if (flag.default_text && !flag.is_secret) out += fmt::format("  (default: {})", *flag.default_text);
  out += '\n';
  wrap(out, flag.without_meaning.empty() ? flag.help : "Accepted without effect: " + flag.without_meaning, 6, columns);
  if (!flag.example.empty()) out += fmt::format("      Example: --{}={}\n", flag.name, flag.example);
  std::string names = fmt::format("Environment: STOA_{}, MESOS_{}.", upper(flag.name), upper(flag.name));
  if (!flag.old_names.empty()) names += fmt::format(" Old name: {}.", join(flag.old_names, ", "));
  wrap(out, names, 6, columns);
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

void wrap(std::string& out, std::string_view text, std::size_t indent, std::size_t columns) {
  const std::size_t width = columns > indent + 20 ? columns - indent : 20;
  std::size_t used = 0;
  for (const std::string_view word : split(text, ' ')) {
    if (used != 0 && used + 1 + word.size() > width) {
      out += '\n';
      used = 0;
    }
    out += used == 0 ? std::string(indent, ' ') : std::string(" ");
    used += word.size() + (used == 0 ? 0 : 1);
    out += word;
  }
  out += '\n';
}

std::string help_text(const Table& table, std::string_view topic, std::size_t columns) {
  std::string out = fmt::format("Usage: {} [--flag=value ...]\n\n", table.program());
  wrap(out, table.summary(), 0, columns);
  wrap(out,
       "A value may be file:///path to be read from a file. Flags win over STOA_NAME, that over MESOS_NAME. "
       "--help=TOPIC shows one group or flag, --help-json all of them for programs, --version the version.",
       0, columns);
  std::string group;
  for (const Flag& flag : table.flags()) {
    if (!matches(flag, topic)) continue;
    if (flag.group != group) {
      group = flag.group;
      out += fmt::format("\n{}:\n", group);
    }
    describe(out, flag, columns);
  }
  if (group.empty()) out += fmt::format("\nNo flag or group matches '{}'.\n", topic);
  return out;
}

std::string help_json(const Table& table) {
  std::string out = "[";
  for (const Flag& flag : table.flags()) {
    out += out.size() == 1 ? "\n" : ",\n";
    out += fmt::format(R"({{"name":{},"group":{},"type":{},"help":{})", json_text(flag.name), json_text(flag.group),
                       json_text(flag.type), json_text(flag.help));
    if (flag.default_text && !flag.is_secret) out += fmt::format(R"(,"default":{})", json_text(*flag.default_text));
    if (!flag.example.empty()) out += fmt::format(R"(,"example":{})", json_text(flag.example));
    if (!flag.without_meaning.empty()) out += fmt::format(R"(,"without_meaning":{})", json_text(flag.without_meaning));
    out += fmt::format(R"(,"required":{}}})", flag.is_required);
  }
  return out + "\n]\n";
}

}  // namespace stoa::flags
