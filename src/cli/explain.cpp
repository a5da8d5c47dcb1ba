// `stoa explain`: why a framework is not offered what it waits for.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/list.h"
#include "cli/state.h"
#include "net/url.h"

namespace stoa::cli {
namespace {

Result<std::string> id_of(const JsonValue& list, std::string_view what, std::string_view part) {
  std::vector<std::string> ids;
  for (const JsonValue& one : list.elements()) ids.push_back(one["id"].text());
  LET(const std::size_t index, find_id(what, part, ids));
  return ids[index];
}

// All pages of the answer: where the framework stands, and each agent.
Result<std::pair<JsonValue, std::vector<JsonValue>>> ask(Cluster& cluster, const std::string& framework,
                                                         const std::string& agent) {
  std::string target = "/allocator/explain?framework=" + net::percent_encode(framework);
  if (!agent.empty()) target += "&agent=" + net::percent_encode(agent);
  std::vector<JsonValue> agents;
  std::string after;
  while (true) {
    LET(const JsonValue page, cluster.get(after.empty() ? target : target + "&after=" + net::percent_encode(after)));
    for (const JsonValue& one : page["agents"].elements()) agents.push_back(one);
    after = page["next"].text();
    if (after.empty()) return std::pair(page["roles"], std::move(agents));
  }
}

void print_standings(const JsonValue& roles) {
  for (const JsonValue& role : roles.elements()) {
    print(fmt::format("role {}: share {:.4f}, of it this framework {:.4f}, priority {}{}\n", role["role"].text(),
                      role["role_share"].number(), role["framework_share"].number(), role["priority"].text(),
                      role["ahead"].is_null() ? "" : fmt::format(", {} asked before it", role["ahead"].text())));
  }
}

int explain(const CommonOptions& common, const std::string& framework, const std::string& agent) {
  Cluster cluster;
  if (const Result<> connected = cluster.connect(common.connection); !connected) return failed(connected.error());
  const auto state = cluster.get("/state");
  if (!state) return failed(state.error());
  const auto framework_id = id_of((*state)["frameworks"], "framework", framework);
  if (!framework_id) return failed(framework_id.error());
  std::string agent_id;
  if (!agent.empty()) {
    auto found = id_of((*state)["slaves"], "agent", agent);
    if (!found) return failed(found.error());
    agent_id = *std::move(found);
  }
  const auto answer = ask(cluster, *framework_id, agent_id);
  if (!answer) return failed(answer.error());
  if (common.output == "table" && !common.quiet) print_standings(answer->first);
  std::vector<ListEntry> entries;
  for (const JsonValue& one : answer->second) {
    const std::string left = one["filter_left_secs"].is_null() ? "" : age(one["filter_left_secs"].number());
    entries.push_back(
        {&one, {one["agent_id"].text(), one["role"].text(), one["reason"].text(), left, one["detail"].text()}});
  }
  return print_list(common, {"AGENT", "ROLE", "REASON", "LEFT", "DETAIL"}, entries);
}

}  // namespace

int explain_offers(std::span<const std::string> arguments) {
  CommonOptions common;
  std::string framework;
  std::string agent;
  Options options("explain [OPTIONS] FRAMEWORK", "Says which rule keeps a framework from being offered each agent.");
  options.positional("FRAMEWORK", framework);
  options.add("agent", 0, agent, "Only about this agent.");
  add_output(options, common);
  add_connection(options, common);
  options.example("stoa explain 2f1d-0003");
  options.example("stoa explain 2f1d-0003 --agent S4");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  return explain(common, framework, agent);
}

}  // namespace stoa::cli
