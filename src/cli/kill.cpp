// `stoa kill`: ends a task of `stoa run --detach`.
//
// Only a framework can kill its tasks. A detached task's framework is nobody but its id: this command takes its place,
// kills, hears the end, and leaves.
#include <fmt/format.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include "cli/cluster.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/state.h"
#include "net/loop.h"

namespace stoa::cli {
namespace {

using mesos::v1::scheduler::Event;

bool is_detached_run(const JsonValue& framework) {
  for (const JsonValue& label : framework["labels"].elements()) {
    if (label["key"].text() == "stoa.run" && label["value"].text() == "detached") return true;
  }
  return false;
}

mesos::v1::FrameworkInfo framework_info(const JsonValue& framework) {
  mesos::v1::FrameworkInfo info;
  info.mutable_id()->set_value(framework["id"].text());
  info.set_name(framework["name"].text());
  info.set_user(framework["user"].text());
  info.set_checkpoint(framework["checkpoint"].boolean());
  info.set_failover_timeout(framework["failover_timeout"].number());
  for (const JsonValue& role : framework["roles"].elements()) info.add_roles(role.text());
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::PARTITION_AWARE);
  for (const JsonValue& label : framework["labels"].elements()) {
    auto& entry = *info.mutable_labels()->add_labels();
    entry.set_key(label["key"].text());
    entry.set_value(label["value"].text());
  }
  return info;
}

Result<> check(const TaskEntry& entry) {
  const JsonValue& framework = *entry.framework;
  const std::string& id = (*entry.task)["id"].text();
  if (entry.is_completed) {
    return fail(Code::failed_precondition, fmt::format("task {} has ended as {}", id, (*entry.task)["state"].text()));
  }
  if (!is_detached_run(framework)) {
    return fail(Code::failed_precondition,
                fmt::format("task {} belongs to framework {} ({}): only that framework can kill it; end the task "
                            "there, or the whole framework",
                            id, framework["name"].text(), framework["id"].text()));
  }
  if (framework["connected"].boolean()) {
    return fail(Code::failed_precondition, fmt::format("task {} is being ended by another `stoa kill`", id));
  }
  return {};
}

// Kills and waits for the last update. The framework goes with its last task.
Result<> end(Session& session, const std::string& task_id, bool is_last, TimePoint deadline) {
  while (net::now() < deadline) {
    const std::optional<SessionItem> item = session.take(deadline - net::now());
    if (!item) break;
    if (item->failure) return std::unexpected(*item->failure);
    if (item->lost) continue;
    if (item->signal != 0) return fail(Code::timed_out, "interrupted; the task may still be running");
    if (item->event->type() == Event::SUBSCRIBED) session.kill(task_id);
    if (item->event->type() != Event::UPDATE) continue;
    const mesos::v1::TaskStatus& status = item->event->update().status();
    if (status.task_id().value() != task_id || !scheduler::is_terminal(status.state())) continue;
    return is_last ? session.teardown() : Result<>{};
  }
  return fail(Code::timed_out, fmt::format("task {} was told to end and has not done so yet", task_id));
}

Result<> kill(Cluster& cluster, const std::string& part, Duration timeout) {
  LET(const JsonValue state, cluster.get("/state"));
  LET(const TaskEntry entry, find_task(state, part));
  TRY(check(entry));
  const std::string& task_id = (*entry.task)["id"].text();
  Session session(cluster, framework_info(*entry.framework));
  const bool is_last = (*entry.framework)["tasks"].elements().size() == 1;
  TRY(end(session, task_id, is_last, net::now() + timeout));
  print(task_id + "\n");
  return {};
}

}  // namespace

int kill_task(std::span<const std::string> arguments) {
  CommonOptions common;
  std::string task;
  Options options("kill [OPTIONS] TASK",
                  "Ends a task that `stoa run --detach` started. Tasks of other frameworks are theirs to end.");
  add_connection(options, common);
  options.positional("TASK", task);
  options.example("stoa kill web-1a2b3c4d");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  if (task.empty()) {
    complain("which task? stoa kill TASK");
    return exit_usage;
  }
  block_interrupts();
  Cluster cluster;
  if (const Result<> found = cluster.connect(common.connection); !found) return failed(found.error());
  const Result<> done = kill(cluster, task, common.connection.timeout);
  return done ? exit_done : failed(done.error());
}

}  // namespace stoa::cli
