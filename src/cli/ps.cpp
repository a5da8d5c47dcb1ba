// `stoa ps`: tasks.
#include "cli/command.h"
#include "cli/list.h"
#include "cli/state.h"
#include "net/loop.h"

namespace stoa::cli {

int list_tasks(std::span<const std::string> arguments) {
  CommonOptions common;
  bool all = false;
  Options options("ps [OPTIONS]", "Lists the cluster's tasks: what runs, or with --all also what has ended.");
  options.add("all", 'a', all, "Also tasks that have ended.");
  add_output(options, common);
  add_connection(options, common);
  options.example("stoa ps");
  options.example("stoa ps --all --output=json");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  return with_state(common, [&](const JsonValue& state) {
    const double now = net::wall();
    std::vector<ListEntry> entries;
    for (const auto& [task_pointer, framework, is_completed] : tasks_of(state)) {
      if (is_completed && !all) continue;
      const JsonValue& task = *task_pointer;
      const auto& statuses = task["statuses"].elements();
      const std::string since = statuses.empty() ? "" : age(now - statuses.back()["timestamp"].number());
      std::string host = task["slave_id"].text();
      for (const JsonValue& agent : state["slaves"].elements()) {
        if (agent["id"].text() == host) host = agent["hostname"].text();
      }
      entries.push_back({&task,
                         {task["id"].text(), task["state"].text(), since, amount(task["resources"]["cpus"].number()),
                          megabytes(task["resources"]["mem"].number()), host, (*framework)["name"].text()}});
    }
    return print_list(common, {"TASK", "STATE", "SINCE", "CPUS", "MEM", "HOST", "FRAMEWORK"}, entries);
  });
}

}  // namespace stoa::cli
