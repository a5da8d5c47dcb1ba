// The program `stoa`: daemons and command line in one file to copy.
#include <fmt/format.h>

#include <csignal>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace stoa::cli {
namespace {

std::string overview() {
  std::string out =
      "Usage: stoa COMMAND [OPTIONS]\n\n"
      "The kernel of a cluster: pools machines and shares them among frameworks and commands.\n\nCommands:\n";
  for (const Command& command : commands()) {
    if (!command.is_hidden) out += fmt::format("  {:<12} {}\n", command.name, command.summary);
  }
  out +=
      "\n`stoa COMMAND --help` shows options and examples.\n\nTry it:\n"
      "  stoa up --work_dir=/tmp/stoa &\n"
      "  stoa run -- echo hello\n"
      "  stoa ps -a\n";
  return out;
}

int dispatch(std::span<const std::string> words) {
  const std::string name = words.empty() ? "" : words.front();
  if (name.empty() || name == "--help" || name == "-h" || (name == "help" && words.size() == 1)) {
    print(overview());
    return name.empty() ? exit_usage : exit_done;
  }
  if (name == "help") {
    const std::vector<std::string> rearranged{words[1], "--help"};
    return dispatch(rearranged);
  }
  if (name == "--version") return show_version(std::vector<std::string>{"--client"});
  for (const Command& command : commands()) {
    if (command.name == name) return command.run(words.subspan(1));
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  const std::optional<std::string> near = flags::nearest(name, names);
  complain(fmt::format("unknown command '{}'{}, see stoa --help", name,
                       near ? fmt::format(", did you mean `stoa {}`?", *near) : ""));
  return exit_usage;
}

}  // namespace
}  // namespace stoa::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  return stoa::cli::dispatch(std::vector<std::string>(words + std::min(count, 1), words + count));
}
