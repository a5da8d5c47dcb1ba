// `stoa drain`, `stoa deactivate`, `stoa reactivate`: agents out of use and back (FE-091).
#include <fmt/format.h>

#include <optional>
#include <thread>

#include "cli/agent_word.h"
#include "cli/cluster.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "codec/json.h"
#include "mesos/v1/master/master.pb.h"
#include "net/url.h"

namespace stoa::cli {
namespace {

using mesos::v1::master::Call;

constexpr auto poll_interval = std::chrono::milliseconds(300);

// Until it is drained, or gone.
Result<> wait_for_drain(Cluster& cluster, const std::string& id) {
  for (;;) {
    LET(const JsonValue state, cluster.get("/slaves?slave_id=" + net::percent_encode(id)));
    const auto& agents = state["slaves"].elements();
    if (agents.empty() || agents.front()["drain_info"]["state"].text() == "DRAINED") return {};
    if (!agents.front()["deactivated"].boolean()) {
      return fail(Code::failed_precondition, fmt::format("agent {} does not drain any more", id));
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

// Finds the agent, makes the call for it and prints its id.
int call_for(const CommonOptions& common, const std::string& word, Call (*make)(const std::string& id),
             const std::function<void(Call&)>& complete = {}, bool wait = false) {
  Cluster cluster;
  if (const Result<> found = cluster.connect(common.connection); !found) return failed(found.error());
  const Result<JsonValue> state = cluster.get("/slaves");
  if (!state) return failed(state.error());
  const auto agent = find_agent(*state, word);
  // One that is not registered now is known to the master by its whole id.
  const std::string id = agent ? (**agent)["id"].text() : word;
  if (!agent && agent.error().code != Code::not_found) return failed(agent.error());
  Call call = make(id);
  if (complete) complete(call);
  if (const Result<> done = cluster.post("/api/v1", codec::to_json(call)); !done) return failed(done.error());
  if (wait) {
    if (const Result<> done = wait_for_drain(cluster, id); !done) return failed(done.error());
  }
  print(id + "\n");
  return exit_done;
}

// The words of a command that takes an agent and nothing else. Returns the exit code if that is all.
std::optional<int> read_agent(Options& options, CommonOptions& common, std::span<const std::string> arguments,
                              std::string& agent) {
  add_connection(options, common);
  options.positional("AGENT", agent);
  if (const std::optional<int> code = read_options(options, arguments)) return code;
  if (!agent.empty()) return std::nullopt;
  complain("which agent? see stoa agents");
  return exit_usage;
}

}  // namespace

int drain_agent(std::span<const std::string> arguments) {
  CommonOptions common;
  std::string agent;
  std::optional<Duration> grace;
  bool mark_gone = false;
  bool wait = false;
  Options options(
      "drain [OPTIONS] AGENT",
      "Ends all tasks of an agent and gives it no new ones, until `stoa reactivate`. AGENT is an id, the end "
      "of one, a host name or an address.");
  options.add("grace", 0, grace, "Longest time that a task may take to end; default: its own.");
  options.add("mark_gone", 0, mark_gone, "When it is empty it is gone for good: its id and volumes never come back.");
  options.add("wait", 0, wait, "Waits until nothing is left on it.");
  options.example("stoa drain --grace=1mins --wait node7.example.org");
  if (const auto code = read_agent(options, common, arguments, agent)) return *code;
  const auto complete = [&](Call& call) {
    if (mark_gone) call.mutable_drain_agent()->set_mark_gone(true);
    if (!grace) return;
    auto& period = *call.mutable_drain_agent()->mutable_max_grace_period();
    period.set_seconds(std::chrono::duration_cast<std::chrono::seconds>(*grace).count());
    period.set_nanos(static_cast<std::int32_t>((*grace % std::chrono::seconds(1)).count()));
  };
  return call_for(
      common, agent,
      [](const std::string& id) {
        Call call;
        call.set_type(Call::DRAIN_AGENT);
        call.mutable_drain_agent()->mutable_agent_id()->set_value(id);
        return call;
      },
      complete, wait);
}

int deactivate_agent(std::span<const std::string> arguments) {
  CommonOptions common;
  std::string agent;
  Options options("deactivate [OPTIONS] AGENT",
                  "Has nothing more of an agent offered. What runs on it goes on; see also `stoa drain`.");
  options.example("stoa deactivate node7.example.org");
  if (const auto code = read_agent(options, common, arguments, agent)) return *code;
  return call_for(common, agent, [](const std::string& id) {
    Call call;
    call.set_type(Call::DEACTIVATE_AGENT);
    call.mutable_deactivate_agent()->mutable_agent_id()->set_value(id);
    return call;
  });
}

int reactivate_agent(std::span<const std::string> arguments) {
  CommonOptions common;
  std::string agent;
  Options options("reactivate [OPTIONS] AGENT", "Has an agent that was drained or deactivated offered again.");
  options.example("stoa reactivate node7.example.org");
  if (const auto code = read_agent(options, common, arguments, agent)) return *code;
  return call_for(common, agent, [](const std::string& id) {
    Call call;
    call.set_type(Call::REACTIVATE_AGENT);
    call.mutable_reactivate_agent()->mutable_agent_id()->set_value(id);
    return call;
  });
}

}  // namespace stoa::cli
