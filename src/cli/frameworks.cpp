// `stoa frameworks`: who uses the cluster, and how much of it.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/list.h"
#include "cli/state.h"

namespace stoa::cli {
namespace {

std::string roles_of(const JsonValue& framework) {
  if (!framework["role"].is_null()) return framework["role"].text();
  std::vector<std::string> roles;
  for (const JsonValue& role : framework["roles"].elements()) roles.push_back(role.text());
  return join(roles, ",");
}

ListEntry entry_of(const JsonValue& state, const JsonValue& framework, bool is_completed) {
  const DominantShare share = dominant_share(state, framework);
  const char* condition = is_completed                        ? "completed"
                          : !framework["connected"].boolean() ? "disconnected"
                          : framework["active"].boolean()     ? "active"
                                                              : "inactive";
  return {&framework,
          {framework["id"].text(), framework["name"].text(), condition, roles_of(framework),
           std::to_string(framework["tasks"].elements().size()), amount(framework["used_resources"]["cpus"].number()),
           megabytes(framework["used_resources"]["mem"].number()),
           share.resource.empty() ? "0%" : fmt::format("{:.1f}% {}", share.share * 100, share.resource)}};
}

}  // namespace

int list_frameworks(std::span<const std::string> arguments) {
  CommonOptions common;
  bool all = false;
  Options options("frameworks [OPTIONS]", "Lists frameworks with what they use and their dominant share.");
  options.add("all", 'a', all, "Also frameworks that have completed.");
  add_output(options, common);
  add_connection(options, common);
  options.example("stoa frameworks --all");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  return with_state(common, [&](const JsonValue& state) {
    std::vector<ListEntry> entries;
    for (const JsonValue& framework : state["frameworks"].elements()) {
      entries.push_back(entry_of(state, framework, false));
    }
    for (const JsonValue& framework : state["completed_frameworks"].elements()) {
      if (all) entries.push_back(entry_of(state, framework, true));
    }
    return print_list(common, {"FRAMEWORK", "NAME", "STATE", "ROLES", "TASKS", "CPUS", "MEM", "SHARE"}, entries);
  });
}

}  // namespace stoa::cli
