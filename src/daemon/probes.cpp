#include "daemon/probes.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "agent/states.h"
#include "base/overloaded.h"
#include "daemon/probe_connections.h"
#include "net/entropy.h"

namespace stoa::daemon {
namespace {

using agent::ProbeOutcome;
using Kind = ProbeOutcome::Kind;

// A program in the task's container. What it does with the runtime outlives it: the runtime's answer may come later
// than its end, and is for nobody then.
class CommandProbe final : public Probes::UnderWay {
 public:
  CommandProbe(ports::ContainerRuntime& runtime, ContainerId inside, ContainerId id, agent::ProbeCommand command,
               ProbeDone done)
      : runtime_(runtime),
        inside_(std::move(inside)),
        id_(std::move(id)),
        command_(std::move(command)),
        state_(std::make_shared<State>(std::move(done))) {}

  ~CommandProbe() override {
    if (!state_->ended) runtime_.destroy(id_);
  }

  void start() override {
    ports::ContainerSpec spec;
    spec.id = id_;
    spec.sandbox_directory = command_.directory;
    spec.user = command_.user;
    spec.shell = command_.shell;
    spec.executable = command_.executable;
    spec.arguments = command_.argv;
    spec.output_to_stderr = true;
    spec.environment.assign(command_.environment.begin(), command_.environment.end());
    runtime_.exec(inside_, std::move(spec), [state = state_](const Result<int>& wait_status) {
      state->ended = true;
      state->done(outcome_of(wait_status, state->timed_out));
    });
  }

  bool on_timeout() override {
    state_->timed_out = true;
    runtime_.destroy(id_);
    return false;
  }

 private:
  struct State {
    explicit State(ProbeDone call) : done(std::move(call)) {}
    const ProbeDone done;
    std::atomic<bool> timed_out = false;
    std::atomic<bool> ended = false;
  };

  static ProbeOutcome outcome_of(const Result<int>& wait_status, bool timed_out) {
    if (timed_out) return {.kind = Kind::timed_out};
    // Destroyed, or its container is: says nothing about the task.
    if (!wait_status && wait_status.error().code == Code::failed_precondition)
      return {.kind = Kind::nothing, .message = wait_status.error().message};
    if (!wait_status) return {.kind = Kind::failed, .message = wait_status.error().message};
    if (WIFEXITED(*wait_status)) return {.kind = Kind::answered, .value = WEXITSTATUS(*wait_status)};
    return {.kind = Kind::failed, .message = "the command " + agent::describe_wait_status(*wait_status)};
  }

  ports::ContainerRuntime& runtime_;
  const ContainerId inside_;
  const ContainerId id_;
  const agent::ProbeCommand command_;
  const std::shared_ptr<State> state_;  // Shared with the runtime's answer.
};

}  // namespace

// What is under way. Entries are destroyed without the mutex: that may wait for a callback to return.
struct Probes::Table {
  struct Entry {
    std::shared_ptr<UnderWay> probe;  // Shared with the call that starts it.
    net::Timer timer;
  };

  std::mutex mutex;
  Ended ended;
  std::map<agent::ProbeName, Entry> probes;

  void end(const agent::ProbeName& name, ProbeOutcome outcome) {
    decltype(probes)::node_type over;
    const std::lock_guard lock(mutex);
    over = probes.extract(name);
    if (!over.empty() && ended) ended({name, std::move(outcome)});
  }

  void on_timeout(const agent::ProbeName& name) {
    {
      const std::lock_guard lock(mutex);
      const auto found = probes.find(name);
      if (found == probes.end() || !found->second.probe->on_timeout()) return;
    }
    end(name, {.kind = Kind::timed_out});
  }
};

Probes::Probes(net::Loop& loop, ports::ContainerRuntime& runtime, Ended ended)
    : loop_(loop),
      runtime_(runtime),
      life_(fmt::format("{:x}", static_cast<std::uint32_t>(net::random_number()))),
      table_(std::make_shared<Table>()) {
  table_->ended = std::move(ended);
}

Probes::~Probes() { stop(); }

void Probes::begin(const agent::Probe& probe) {
  const std::shared_ptr<UnderWay> made = make(probe);
  {
    const std::lock_guard lock(table_->mutex);
    if (!table_->ended) return;
    Table::Entry& entry = table_->probes[probe.name];
    entry.probe = made;
    if (probe.timeout)
      entry.timer = loop_.after(*probe.timeout, [table = table_, name = probe.name] { table->on_timeout(name); });
  }
  made->start();
}

std::shared_ptr<Probes::UnderWay> Probes::make(const agent::Probe& probe) {
  const auto done = [table = table_, name = probe.name](ProbeOutcome outcome) { table->end(name, std::move(outcome)); };
  return std::visit(
      Overloaded{[&](const agent::ProbeCommand& command) -> std::shared_ptr<UnderWay> {
                   const ContainerId id(
                       fmt::format("{}.check-{}-{}", probe.name.container.value, life_, probe.name.number));
                   return std::make_shared<CommandProbe>(runtime_, probe.name.container, id, command, done);
                 },
                 [&](const agent::ProbeHttp& target) { return http_probe(loop_, target, done); },
                 [&](const agent::ProbeTcp& target) { return tcp_probe(loop_, target, done); }},
      probe.target);
}

void Probes::cancel(const agent::ProbeName& name) {
  decltype(Table::probes)::node_type cancelled;
  const std::lock_guard lock(table_->mutex);
  cancelled = table_->probes.extract(name);
}

void Probes::stop() {
  std::map<agent::ProbeName, Table::Entry> cancelled;
  const std::lock_guard lock(table_->mutex);
  table_->ended = nullptr;
  cancelled.swap(table_->probes);
}

}  // namespace stoa::daemon
