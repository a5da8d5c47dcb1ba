// The link to the leading master: becoming registered, and who is obeyed when.
#include <fmt/format.h>

#include <utility>

#include "agent/core.h"
#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

constexpr std::size_t deferred_max = 100'000;

}  // namespace

void Agent::Core::follow(Registration::Wish wish) {
  switch (wish) {
    case Registration::Wish::none:
      return;
    case Registration::Wish::connect:
      exits_untold_.clear();
      emit(Connect{registration_.link()});
      return;
    case Registration::Wish::send_register:
      pause_updates();
      send_register();
      return;
    case Registration::Wish::close:
      log(log::Level::warning, "the master is silent: looking for the leader again");
      pause_updates();
      deferred_.clear();
      emit(CloseLink{registration_.link()});
      return;
  }
}

void Agent::Core::send(std::shared_ptr<const link::ToMaster> message) {
  emit(SendMaster{registration_.link(), std::move(message)});
}

void Agent::Core::send(UpdateStreams::Sends& sends) {
  for (auto& update : sends) {
    auto message = std::make_shared<link::ToMaster>();
    link::Update& body = *message->mutable_update();
    body.mutable_framework_id()->set_value(update.key.framework.value);
    *body.mutable_status() = *update.status;
    body.set_latest_state(update.latest->state());
    send(std::move(message));
  }
  sends.clear();
}

void Agent::Core::pause_updates() {
  streams_.pause();
  operations_.pause();
}

void Agent::Core::send_register() {
  auto message = std::make_shared<link::ToMaster>();
  link::Register& body = *message->mutable_register_();
  *body.mutable_agent_info() = *info_;
  body.set_version(config_.version);
  for (const auto& address : config_.addresses) body.add_addresses(address);
  using Capability = v1::AgentInfo::Capability;
  for (const auto type : {Capability::MULTI_ROLE, Capability::HIERARCHICAL_ROLE, Capability::RESERVATION_REFINEMENT,
                          Capability::RESOURCE_PROVIDER, Capability::RESIZE_VOLUME,
                          Capability::AGENT_OPERATION_FEEDBACK, Capability::AGENT_DRAINING})
    body.add_capabilities()->set_type(type);
  if (config_.task_resource_limits) body.add_capabilities()->set_type(Capability::TASK_RESOURCE_LIMITS);
  operations_.describe(body);
  if (drain_) *body.mutable_drain_config() = *drain_->config;
  for (const auto& [key, run] : runs_) {
    if (!run.info || run.closing) continue;
    v1::Task& task = *body.add_tasks();
    task = *run.task;
    const auto pending = streams_.unacknowledged(key);
    const StatusPointer sent = pending.empty() ? run.latest : pending.front();
    if (!sent) continue;
    task.set_status_update_state(sent->state());
    task.set_status_update_uuid(sent->uuid());
  }
  for (const auto& [key, executor] : executors_) {
    if (executor.phase == ExecutorRun::Phase::terminated) continue;
    link::RunningExecutor& running = *body.add_executors();
    running.mutable_framework_id()->set_value(key.framework.value);
    *running.mutable_executor_info() = *executor.info;
  }
  for (const auto& [id, framework] : frameworks_) *body.add_frameworks() = *framework.info;
  body.set_epoch(epoch_);
  send(std::move(message));
}

void Agent::Core::obey(const link::ToAgent& message) {
  if (message.has_ping()) {
    auto pong = std::make_shared<link::ToMaster>();
    pong->mutable_pong();
    send(std::move(pong));
    follow(registration_.pinged(message.ping().connected(), now_.steady));
    return;
  }
  if (life_ != Life::active) return;
  if (message.has_registered()) return on_registered(message.registered());
  if (message.has_refused()) return on_refused(message.refused());
  if (message.has_shutdown()) return leave("The master ordered a shutdown: " + message.shutdown().message());
  if (registration_.state() != Registration::State::registered) {
    log(log::Level::warning, "dropped a message of a master that has not registered this agent");
    return;
  }
  if (!id_is_stored_) {
    if (deferred_.size() < deferred_max) deferred_.push_back(std::make_shared<const link::ToAgent>(message));
    return;
  }
  switch (message.kind_case()) {
    case link::ToAgent::kRun:
    case link::ToAgent::kRunGroup:
      return obey_launch(message);
    case link::ToAgent::kKill:
      return kill(message.kill());
    case link::ToAgent::kAcknowledge:
      return acknowledge(message.acknowledge());
    case link::ToAgent::kReconcileTasks:
      return reconcile(message.reconcile_tasks());
    case link::ToAgent::kUpdateFramework:
      return update_framework(message.update_framework());
    case link::ToAgent::kShutdownFramework:
      return remove_framework(FrameworkId(message.shutdown_framework().framework_id().value()));
    case link::ToAgent::kShutdownExecutor:
      return shut_down_executor(FrameworkId(message.shutdown_executor().framework_id().value()),
                                ExecutorId(message.shutdown_executor().executor_id().value()));
    case link::ToAgent::kApplyOperation:
      return apply_operation(message.apply_operation());
    case link::ToAgent::kAcknowledgeOperation:
      return acknowledge_operation(message.acknowledge_operation());
    case link::ToAgent::kReconcileOperations:
      return reconcile_operations(message.reconcile_operations());
    case link::ToAgent::kDrain:
      return drain(message.drain());
    case link::ToAgent::kSchedulerMessage:
      return deliver_message(message.scheduler_message());
    default:
      log(log::Level::warning, "dropped a message of an unknown kind from the master");
      return;
  }
}

void Agent::Core::on_registered(const link::Registered& message) {
  if (registration_.state() != Registration::State::registering) return;
  if (message.has_epoch() && message.epoch() < epoch_) {
    log(log::Level::warning,
        fmt::format("not obeying a master of epoch {}: epoch {} has begun", message.epoch(), epoch_));
    emit(CloseLink{registration_.link()});
    registration_.give_up(now_.steady);
    return;
  }
  const AgentId id(message.agent_id().value());
  if (!id_.empty() && id != id_) {
    exit(1, fmt::format("the master registered this agent as {}, but it is {}; containers go on running", id.value,
                        id_.value));
    return;
  }
  registration_.registered(Duration(message.silence_max()), now_.steady);
  refusal_.clear();
  const bool is_new = id_.empty();
  if (is_new) {
    if (!model::validate_identifier(id.value).has_value())
      return exit(1, "the master gave this agent an id that cannot be a path: " + id.value);
    id_ = id;
    operations_.set_agent(id);
    auto info = std::make_shared<v1::AgentInfo>(*info_);
    info->mutable_id()->set_value(id.value);
    info_ = std::move(info);
    emit(LinkAgentDirectory{id_});
  }
  if (is_new || message.epoch() > epoch_) {
    epoch_ = message.epoch();
    store_agent();
  }
  if (is_new || !id_is_stored_) {
    journal_.then(AgentStored{});
    return;
  }
  on_agent_stored();
}

// Registered, and our id is durable: everything may flow.
void Agent::Core::on_agent_stored() {
  id_is_stored_ = true;
  if (registration_.state() != Registration::State::registered || life_ != Life::active) return;
  log(log::Level::info, fmt::format("registered with the master as agent {}", id_.value));
  UpdateStreams::Sends sends;
  streams_.resume(now_.steady, sends);
  send(sends);
  Operations::Sends outcomes;
  operations_.resume(now_.steady, outcomes);
  send(outcomes);
  for (const auto& [key, status] : std::exchange(exits_untold_, {})) tell_executor_exited(key, status);
  for (const auto& message : std::exchange(deferred_, {})) obey(*message);
}

void Agent::Core::store_agent() {
  journal_.put(agent_kind, agent_record_id, encode(StoredAgent{.info = info_, .boot_id = boot_id_, .epoch = epoch_}));
}

void Agent::Core::on_refused(const link::Refused& message) {
  if (message.shutdown()) {
    leave("The master refused this agent for good: " + message.message());
    return;
  }
  ++counters_.registrations_refused;
  refusal_ = message.message();
  log(log::Level::warning, "the master does not register this agent yet: " + message.message());
  pause_updates();
  registration_.refused(message.has_retry_after()
                            ? std::optional(Duration(static_cast<Duration::rep>(message.retry_after())))
                            : std::nullopt,
                        now_.steady);
}

void Agent::Core::acknowledge(const link::Acknowledge& message) {
  const TaskKey key{FrameworkId(message.framework_id().value()), TaskId(message.task_id().value())};
  const auto result = streams_.acknowledge(key, message.uuid());
  TaskRun* run = find_run(key);
  if (result == UpdateStreams::Acknowledged::no || run == nullptr) {
    log(log::Level::debug, "ignored an acknowledgement that matches no pending update of " + key.text());
    return;
  }
  const bool terminal = result == UpdateStreams::Acknowledged::terminal;
  if (terminal) {
    run->closing = true;
    if (run->info) journal_.erase(task_kind, key.text());
    journal_.erase(progress_kind, key.text());
  } else {
    changed_.insert(key);
  }
  journal_.then(AcknowledgementStored{key, terminal});
}

void Agent::Core::reconcile(const link::ReconcileTasks& message) {
  const FrameworkId framework(message.framework_info().id().value());
  for (const auto& task : message.task_ids()) {
    const TaskKey key{framework, TaskId(task.value())};
    if (runs_.contains(key)) continue;
    add_framework(message.framework_info());
    drop(key, nullptr, v1::TaskStatus::REASON_RECONCILIATION, "Reconciliation: task unknown to the agent");
  }
}

void Agent::Core::update_framework(const link::UpdateFramework& message) {
  const FrameworkId id(message.framework_info().id().value());
  const auto found = frameworks_.find(id);
  if (found == frameworks_.end()) return;
  found->second.info = std::make_shared<const v1::FrameworkInfo>(message.framework_info());
  journal_.put(framework_kind, id.value, encode(message.framework_info()));
  UpdateStreams::Sends sends;
  streams_.resend(id, now_.steady, sends);
  send(sends);
  Operations::Sends outcomes;
  operations_.resend(id, now_.steady, outcomes);
  send(outcomes);
}

}  // namespace stoa::agent
