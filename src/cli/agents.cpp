// `stoa agents`: machines and how much of them is in use.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/list.h"

namespace stoa::cli {

int list_agents(std::span<const std::string> arguments) {
  CommonOptions common;
  Options options("agents [OPTIONS]", "Lists the cluster's agents: what they have, and how much of it tasks use.");
  add_output(options, common);
  add_connection(options, common);
  options.example("stoa agents");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  return with_state(common, [&](const JsonValue& state) {
    std::vector<ListEntry> entries;
    for (const JsonValue& agent : state["slaves"].elements()) {
      const JsonValue& used = agent["used_resources"];
      const JsonValue& total = agent["resources"];
      const std::string drain = lower_case(agent["drain_info"]["state"].text());
      const std::string condition = !drain.empty()                   ? drain
                                    : agent["deactivated"].boolean() ? "deactivated"
                                    : agent["active"].boolean()      ? "active"
                                                                     : "disconnected";
      entries.push_back({&agent,
                         {agent["id"].text(), agent["hostname"].text(), condition,
                          fmt::format("{} / {}", amount(used["cpus"].number()), amount(total["cpus"].number())),
                          fmt::format("{} / {}", megabytes(used["mem"].number()), megabytes(total["mem"].number())),
                          fmt::format("{} / {}", megabytes(used["disk"].number()), megabytes(total["disk"].number())),
                          agent["version"].text()}});
    }
    return print_list(common, {"AGENT", "HOST", "STATE", "CPUS", "MEM", "DISK", "VERSION"}, entries);
  });
}

}  // namespace stoa::cli
