#include "cli/state.h"

#include <fmt/format.h>

#include <array>

#include "cli/output.h"

namespace stoa::cli {

std::vector<TaskEntry> tasks_of(const JsonValue& state) {
  std::vector<TaskEntry> out;
  for (const char* list : {"tasks", "unreachable_tasks", "completed_tasks"}) {
    for (const JsonValue& framework : state["frameworks"].elements()) {
      const bool is_completed = std::string_view(list) == "completed_tasks";
      for (const JsonValue& task : framework[list].elements()) out.push_back({&task, &framework, is_completed});
    }
  }
  for (const JsonValue& framework : state["completed_frameworks"].elements()) {
    for (const char* list : {"tasks", "unreachable_tasks", "completed_tasks"}) {
      for (const JsonValue& task : framework[list].elements()) out.push_back({&task, &framework, true});
    }
  }
  return out;
}

Result<TaskEntry> find_task(const JsonValue& state, std::string_view part) {
  const std::vector<TaskEntry> tasks = tasks_of(state);
  std::vector<std::string> ids;
  for (const TaskEntry& entry : tasks) ids.push_back((*entry.task)["id"].text());
  LET(const std::size_t index, find_id("task", part, ids));
  return tasks[index];
}

Result<net::Url> agent_of(const JsonValue& state, std::string_view agent_id) {
  for (const JsonValue& agent : state["slaves"].elements()) {
    if (agent["id"].text() == agent_id) return agent_url(agent["pid"].text());
  }
  return fail(Code::not_found, fmt::format("agent {} is not registered (any more)", agent_id));
}

DominantShare dominant_share(const JsonValue& state, const JsonValue& framework) {
  DominantShare out;
  for (const char* name : {"cpus", "gpus", "mem", "disk"}) {
    double total = 0;
    for (const JsonValue& agent : state["slaves"].elements()) total += agent["resources"][name].number();
    if (total <= 0) continue;
    const double share = framework["used_resources"][name].number() / total;
    if (share > out.share) out = {share, name};
  }
  return out;
}

}  // namespace stoa::cli
