// `stoa logs`: what a task has printed, also after its end.
#include <fmt/format.h>

#include <thread>

#include "cli/cluster.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/sandbox.h"
#include "cli/state.h"

namespace stoa::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration follow_wait_min = 50ms;
constexpr Duration follow_wait_max = 1s;

struct LogOptions {
  CommonOptions common;
  bool follow = false;
  std::optional<std::uint32_t> lines;
  bool is_stderr = false;
  std::string file;
  std::string task;
};

// Prints what is there. False if nobody reads any more.
Result<bool> print_rest(Cluster& cluster, RemoteFile& file, bool& any) {
  for (;;) {
    LET(const std::string data, file.next(cluster));
    if (data.empty()) return true;
    any = true;
    if (!print(data)) return false;
  }
}

Result<> show(const LogOptions& options, Cluster& cluster) {
  LET(const JsonValue state, cluster.get("/state"));
  LET(const TaskEntry entry, find_task(state, options.task));
  LET(const net::Url agent, agent_of(state, (*entry.task)["slave_id"].text()));
  const std::string& framework_id = (*entry.framework)["id"].text();
  const std::string& task_id = (*entry.task)["id"].text();
  LET(Sandbox sandbox, find_sandbox(cluster, agent, framework_id, task_id));
  const std::string name = !options.file.empty() ? options.file : options.is_stderr ? "stderr" : "stdout";
  RemoteFile file(agent, sandbox.directory + "/" + name);
  if (options.lines) TRY(seek_last_lines(cluster, file, *options.lines));
  Duration wait = follow_wait_min;
  for (;;) {
    bool any = false;
    LET(const bool is_read, print_rest(cluster, file, any));
    // The end is looked for before the last reading, so that nothing written in between is missed.
    if (!is_read || !options.follow || sandbox.is_ended) return {};
    wait = any ? follow_wait_min : std::min(wait * 2, follow_wait_max);
    std::this_thread::sleep_for(wait);
    if (!any) {
      LET(sandbox, find_sandbox(cluster, agent, framework_id, task_id));
    }
  }
}

}  // namespace

int show_logs(std::span<const std::string> arguments) {
  LogOptions log;
  Options options("logs [OPTIONS] TASK",
                  "Shows what a task has printed. TASK is its id, or enough of either end of it.");
  options.add("follow", 'f', log.follow, "Shows what is printed from now on too, until the task ends.");
  options.add("lines", 'n', log.lines, "Only so many lines from the end.");
  options.add("stderr", 0, log.is_stderr, "What was printed as errors.");
  options.add("file", 0, log.file, "Another file of the task's sandbox.");
  add_connection(options, log.common);
  options.positional("TASK", log.task);
  options.example("stoa logs -f web-1a2b3c4d");
  options.example("stoa logs -n 20 --stderr web");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  if (log.task.empty()) {
    complain("which task? stoa logs [OPTIONS] TASK");
    return exit_usage;
  }
  Cluster cluster;
  if (const Result<> found = cluster.connect(log.common.connection); !found) {
    return failed(found.error());
  }
  const Result<> done = show(log, cluster);
  return done ? exit_done : failed(done.error());
}

}  // namespace stoa::cli
