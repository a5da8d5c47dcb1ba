#include "agent/agent.h"

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

Agent::Agent(Config config, std::uint64_t seed) : core_(std::make_unique<Core>(std::move(config), seed)) {}
Agent::~Agent() = default;
Agent::Agent(Agent&&) noexcept = default;
Agent& Agent::operator=(Agent&&) noexcept = default;

void Agent::step(const Event& event, const Now& now, Effects& effects) { core_->step(event, now, effects); }
std::optional<TimePoint> Agent::next_wakeup() const { return core_->next_wakeup(); }
Snapshot Agent::snapshot() const { return core_->snapshot(); }
const std::string& Agent::registration_refusal() const { return core_->registration_refusal(); }

Agent::Core::Core(Config config, std::uint64_t seed)
    : config_(std::move(config)),
      random_(seed),
      info_(config_.info),
      registration_({.backoff_factor = config_.registration_backoff_factor,
                     .backoff_max = config_.registration_backoff_max,
                     .silence_max = config_.silence_max},
                    random_),
      streams_({.retry_min = config_.update_retry_min, .retry_max = config_.update_retry_max}, random_),
      operations_({.work_dir = config_.work_dir,
                   .retry = {.retry_min = config_.update_retry_min, .retry_max = config_.update_retry_max}},
                  journal_, random_),
      garbage_({.delay = config_.gc_delay,
                .disk_headroom = config_.gc_disk_headroom,
                .watch_interval = config_.disk_watch_interval}) {}

void Agent::Core::step(const Event& event, const Now& now, Effects& effects) {
  if (life_ == Life::ended) return;
  now_ = now;
  effects_ = &effects;
  std::visit([this](const auto& known) { on(known); }, event);
  end_drain_if_done();
  advance_collection();
  if (life_ != Life::ended) flush();
  effects_ = nullptr;
}

std::optional<TimePoint> Agent::Core::next_wakeup() const {
  if (life_ == Life::ended) return std::nullopt;
  std::optional<TimePoint> result;
  for (const auto& candidate : {registration_.next_wakeup(), streams_.next_wakeup(), operations_.next_wakeup(),
                                garbage_.next_wakeup(), executor_timers_.next(), life_timers_.next(),
                                heartbeat_timers_.next(), dying_timers_.next(), reconnecting_until_})
    if (candidate && (!result || *candidate < *result)) result = candidate;
  return result;
}

// Whoever led before is not obeyed any more; updates wait (HA-037).
void Agent::Core::on(const LeaderChanged& event) {
  const Registration::Wish wish = registration_.leader_changed(event.is_known, now_.steady);
  log(log::Level::info, event.is_known ? "a leading master is known" : "no leading master is known");
  if (wish != Registration::Wish::close) return;
  pause_updates();
  deferred_.clear();
  emit(CloseLink{registration_.link()});
}

void Agent::Core::on(const LinkUp& event) {
  // It was asked for when another master led.
  if (!registration_.is_current(event.link)) return emit(CloseLink{event.link});
  follow(registration_.link_up(event.link, now_.steady));
}

void Agent::Core::on(const LinkDown& event) {
  if (!registration_.link_down(event.link, now_.steady)) return;
  pause_updates();
  deferred_.clear();
}

void Agent::Core::on(const FromMaster& event) {
  if (!registration_.is_current(event.link)) {
    log(log::Level::warning, "dropped a message of a former link to a master");
    return;
  }
  obey(*event.message);
}

void Agent::Core::on(const Persisted& event) {
  if (!event.result.has_value()) {
    exit(1, "cannot write the agent's state: " + event.result.error().message);
    return;
  }
  for (const auto& stored : journal_.persisted(event.write)) on_stored(stored);
}

void Agent::Core::on_stored(const Stored& stored) {
  if (std::holds_alternative<AgentStored>(stored)) {
    on_agent_stored();
  } else if (const auto* task = std::get_if<TaskStored>(&stored)) {
    on_task_stored(*task);
  } else if (const auto* status = std::get_if<StatusStored>(&stored)) {
    UpdateStreams::Sends sends;
    streams_.durable(status->key, status->added, now_.steady, sends);
    send(sends);
  } else if (const auto* acknowledgement = std::get_if<AcknowledgementStored>(&stored)) {
    on_acknowledgement_stored(*acknowledgement);
  } else if (const auto* kill = std::get_if<KillStored>(&stored)) {
    on_kill_stored(*kill);
  } else if (const auto* end = std::get_if<EndStored>(&stored)) {
    emit(Remove{end->container});
    if (const TaskRun* run = find_run(end->container); run != nullptr) release_volumes(*run);
  } else if (const auto* executor = std::get_if<ExecutorStored>(&stored)) {
    on_executor_stored(*executor);
  } else if (const auto* batch = std::get_if<BatchStored>(&stored)) {
    on_batch_stored(*batch);
  } else if (const auto* subscription = std::get_if<SubscriptionStored>(&stored)) {
    on_subscription_stored(*subscription);
  } else if (const auto* update = std::get_if<UpdateStored>(&stored)) {
    on_update_stored(*update);
  } else if (const auto* operation = std::get_if<OperationStored>(&stored)) {
    on_operation_stored(*operation);
  } else if (std::holds_alternative<DrainStored>(stored)) {
    kill_all_for_drain();
  } else {
    all_erased_ = true;
    exit_if_left();
  }
}

void Agent::Core::on(const SandboxReady& event) {
  if (ExecutorRun* executor = find_executor(event.id); executor != nullptr)
    return on_executor_sandbox(*executor, event);
  TaskRun* run = find_run(event.id);
  if (run == nullptr || has_ended(*run) || run->launched) return;
  if (ExecutorRun* executor = executor_of(*run); executor != nullptr)
    return on_member_sandbox(*executor, *run, event.result);
  if (event.result.has_value()) {
    run->delivered = true;
    apply(*run, run->executor.start());
    return;
  }
  if (event.fetching)
    return report(*run, {.state = mesos::v1::TASK_FAILED,
                         .reason = mesos::v1::TaskStatus::REASON_CONTAINER_LAUNCH_FAILED,
                         .from_agent = true,
                         .message = "Failed to launch container: " + event.result.error().message});
  report(*run, {.state = mesos::v1::TASK_DROPPED,
                .reason = mesos::v1::TaskStatus::REASON_EXECUTOR_TERMINATED,
                .from_agent = true,
                .message = "Failed to prepare the sandbox: " + event.result.error().message});
}

void Agent::Core::on(const ContainerLaunched& event) {
  if (const auto dying = dying_.find(event.id); dying != dying_.end()) {
    dying->second.launching = false;
    if (event.pid.has_value()) {
      emit(Destroy{event.id});
    } else {
      on_dying_exit(event.id);
    }
    return;
  }
  if (ExecutorRun* executor = find_executor(event.id); executor != nullptr)
    return on_executor_launched(*executor, event.pid);
  TaskRun* run = find_run(event.id);
  if (run == nullptr) return;
  if (event.pid.has_value()) {
    run->pid = *event.pid;
    run->started = now_.wall;
    changed_.insert(run->key);
  }
  apply(*run, run->executor.launched(event.pid, now_.steady));
}

void Agent::Core::on(const ContainerExited& event) {
  if (dying_.contains(event.id)) {
    on_dying_exit(event.id);
    return;
  }
  if (ExecutorRun* executor = find_executor(event.id); executor != nullptr) {
    if (executor->phase != ExecutorRun::Phase::terminated) executor_ended(*executor, event);
    return finish_reconnecting(false);
  }
  if (TaskRun* run = find_run(event.id); run != nullptr) apply(*run, run->executor.exited(event));
}

void Agent::Core::on(const Tick&) {
  follow(registration_.advance(now_.steady));
  UpdateStreams::Sends sends;
  streams_.advance(now_.steady, sends);
  send(sends);
  Operations::Sends outcomes;
  operations_.advance(now_.steady, outcomes);
  send(outcomes);
  while (const auto key = executor_timers_.pop(now_.steady)) {
    TaskRun* run = find_run(*key);
    if (run != nullptr) apply(*run, run->executor.advance(now_.steady));
  }
  while (const auto key = life_timers_.pop(now_.steady)) on_life_timer(executors_.at(*key));
  while (const auto key = heartbeat_timers_.pop(now_.steady)) send_heartbeat(executors_.at(*key));
  if (reconnecting_until_ && now_.steady >= *reconnecting_until_) finish_reconnecting(true);
  while (const auto id = dying_timers_.pop(now_.steady)) emit(Destroy{*id});
}

void Agent::Core::flush() {
  if (!journal_.ready()) return;
  for (const auto& key : changed_)
    if (const TaskRun* run = find_run(key); run != nullptr && !run->closing)
      journal_.put(progress_kind, key.text(), encode(progress_of(*run)));
  changed_.clear();
  journal_.flush(*effects_);
}

void Agent::Core::log(log::Level level, std::string message) { emit(Log{level, std::move(message)}); }

void Agent::Core::exit(int code, std::string message) {
  life_ = Life::ended;
  emit(Exit{code, std::move(message)});
}

}  // namespace stoa::agent
