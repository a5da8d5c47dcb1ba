#include "sim/scheduler.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/task_state.h"

namespace stoa::sim {

using mesos::v1::TaskStatus;
using mesos::v1::scheduler::Event;
using SchedulerCall = mesos::v1::scheduler::Call;
using std::chrono::milliseconds;
using std::chrono::seconds;

Scheduler::Scheduler(Environment& environment, MasterHost& master, std::size_t index, std::size_t tasks)
    : environment_(environment),
      master_(master),
      name_(fmt::format("scheduler-{}", index)),
      role_(fmt::format("role-{}", index % 7)),
      partition_aware_(environment.random.chance(0.6)),
      task_killing_(environment.random.chance(0.5)),
      holdings_(environment, name_, role_) {
  draw_tasks(tasks);
}

Scheduler::~Scheduler() = default;

void Scheduler::draw_tasks(std::size_t count) {
  Random& random = environment_.random;
  const Plan& plan = environment_.plan;
  const TimePoint begin = environment_.queue.now().steady;
  std::vector<Duration> waits;
  for (std::size_t i = 0; i < count; ++i) waits.push_back(draw_upto(plan.work_arrives_for, random));
  std::ranges::sort(waits, std::greater());
  for (std::size_t i = 0; i < count; ++i) {
    Task task;
    task.ready = begin + waits[i];
    task.id = TaskId(fmt::format("{}-t{}", name_, i));
    task.behaviour.runs = random.chance(0.1) ? Duration(std::chrono::hours(24)) : draw_wait(plan.task_mean, random);
    task.behaviour.wait_status = random.chance(0.8) ? 0 : random.chance(0.5) ? 1 << 8 : SIGSEGV;
    task.behaviour.heeds_sigterm = random.chance(0.8);
    task.cpus = 100 * static_cast<std::int64_t>(1 + random.below(10));
    task.mem = 32 * static_cast<std::int64_t>(1 + random.below(16));
    if (random.chance(0.2)) task.ports = 1 + random.below(2);
    if (random.chance(plan.kills)) task.kill_after = draw_wait(plan.task_mean / 2, random);
    if (random.chance(0.3)) task.checks = 1 + static_cast<int>(random.below(3));
    planned_.push_back(i);
    tasks_.push_back(std::move(task));
  }
}

mesos::v1::FrameworkInfo Scheduler::info() const {
  using Capability = mesos::v1::FrameworkInfo::Capability;
  mesos::v1::FrameworkInfo info;
  info.set_user("nobody");
  info.set_name(name_);
  if (!id_.empty()) info.mutable_id()->set_value(id_.value);
  info.add_roles(role_);
  info.set_checkpoint(true);
  info.set_failover_timeout(7 * 24 * 3600.0);
  info.add_capabilities()->set_type(Capability::MULTI_ROLE);
  info.add_capabilities()->set_type(Capability::RESERVATION_REFINEMENT);
  if (partition_aware_) info.add_capabilities()->set_type(Capability::PARTITION_AWARE);
  if (task_killing_) info.add_capabilities()->set_type(Capability::TASK_KILLING_STATE);
  return info;
}

void Scheduler::start() {
  subscribe();
  Random& random = environment_.random;
  if (!random.chance(environment_.plan.teardowns)) return;
  environment_.queue.after(draw_upto(environment_.plan.size.busy, random), [this] {
    tearing_down_ = true;
    environment_.torn_down.insert(id_);
    wind_down();
    tear_down();
  });
}

// Said again after each subscription, since the call may be lost. Once it was heard, the next subscription is refused.
void Scheduler::tear_down() {
  SchedulerCall call;
  call.set_type(SchedulerCall::TEARDOWN);
  send(std::move(call));
}

void Scheduler::on_error(const std::string& message) {
  if (!tearing_down_) {
    environment_.laws.broken("a framework that follows the rules is never refused", name_ + ": " + message);
    return;
  }
  if (!std::exchange(removed_, true)) environment_.counts.add(Happening::torn_down);
}

void Scheduler::subscribe() {
  if (removed_) return;
  const unsigned epoch = ++epoch_;
  subscribed_ = false;
  stream_.reset();
  calls_.reset();
  environment_.queue.after(environment_.network.delay(), [this, epoch] {
    if (epoch == epoch_) on_subscribe_arrived(epoch);
  });
}

void Scheduler::on_subscribe_arrived(unsigned epoch) {
  if (!master_.is_up() || environment_.queue.now().steady < isolated_until_) {
    after(seconds(1) + draw_upto(seconds(2), environment_.random), [this] { subscribe(); });
    return;
  }
  auto call = std::make_shared<SchedulerCall>();
  call->set_type(SchedulerCall::SUBSCRIBE);
  if (!id_.empty()) call->mutable_framework_id()->set_value(id_.value);
  *call->mutable_subscribe()->mutable_framework_info() = info();
  if (suppressed_) call->mutable_subscribe()->add_suppressed_roles(role_);
  const auto closed = [this, epoch] {
    if (epoch == epoch_) on_closed();
  };
  const auto take = [this, epoch](const EventMessage& event) {
    if (epoch == epoch_) on_event(event);
  };
  const MasterHost::Stream stream = master_.subscribe(std::move(call), closed, take);
  stream_ = stream.connection;
  stream_id_ = stream.id;
  calls_ = environment_.network.open([] {}, [] {});
}

void Scheduler::lose_connection(bool noticed) {
  if (!stream_ || removed_) return;
  environment_.counts.add(Happening::scheduler_lost);
  environment_.trace.note(name_, noticed ? "ends its connection" : "connection is cut");
  Network& network = environment_.network;
  if (!noticed) {
    network.cut(*stream_);
    if (environment_.random.chance(0.5)) network.cut(*calls_);
    return;
  }
  if (environment_.random.chance(0.5)) {
    network.close(*stream_, Network::client);
  } else {
    network.crash(*stream_, Network::client);
  }
  network.close(*calls_, Network::client);
  subscribe();
}

void Scheduler::fail_over() {
  if (!subscribed_ || tearing_down_) return;
  environment_.trace.note(name_, "another instance takes over");
  former_ = Former{*calls_, stream_id_};
  subscribe();
}

void Scheduler::wind_down() {
  winding_down_ = true;
  planned_.clear();
}

void Scheduler::on_closed() {
  environment_.trace.note(name_, "connection is gone");
  if (calls_) {
    environment_.network.close(*calls_, Network::client);
    environment_.network.close(*calls_, Network::server);
  }
  subscribe();
}

void Scheduler::on_subscribed(FrameworkId id) {
  id_ = std::move(id);
  subscribed_ = true;
  if (tearing_down_) {
    environment_.torn_down.insert(id_);
    tear_down();
  }
  reconcile();
  reconcile_later();
  if (!former_) return;
  auto call = std::make_shared<SchedulerCall>();
  call->set_type(SchedulerCall::TEARDOWN);
  call->mutable_framework_id()->set_value(id_.value);
  environment_.network.send(former_->calls, Network::client,
                            [this, call, stream_id = former_->stream_id] { master_.on_call(call, stream_id); });
  former_.reset();
  environment_.counts.add(Happening::failed_over);
}

void Scheduler::on_event(const EventMessage& event) {
  switch (event->type()) {
    case Event::SUBSCRIBED:
      return on_subscribed(FrameworkId(event->subscribed().framework_id().value()));
    case Event::OFFERS:
      return on_offers(event);
    case Event::UPDATE:
      return on_status(event);
    case Event::UPDATE_OPERATION_STATUS:
      return on_operation_status(event);
    case Event::ERROR:
      return on_error(event->error().message());
    default:
      return;
  }
}

void Scheduler::on_status(const EventMessage& event) {
  const TaskStatus& status = event->update().status();
  ++updates_;
  environment_.laws.on_status(id_.value, status, partition_aware_);
  Task* const found = find_task(status.task_id().value());
  if (found == nullptr) {
    environment_.laws.broken("a scheduler hears of its own tasks only", name_ + " " + status.task_id().value());
    return;
  }
  Task& task = *found;
  task.state = status.state();
  const bool nobody_knows = status.source() == TaskStatus::SOURCE_MASTER && status.state() == mesos::v1::TASK_LOST;
  task.final = model::is_terminal(status.state()) && !nobody_knows;
  if (!status.has_uuid()) return;
  Random& random = environment_.random;
  if (!winding_down_ && environment_.plan.size.faults && random.chance(0.03)) return;  // It will come again.
  const Duration wait = random.chance(environment_.plan.late_acknowledgements) ? draw_upto(seconds(25), random)
                                                                               : draw_upto(milliseconds(50), random);
  after(wait, [this, event] { acknowledge(event->update().status()); });
}

void Scheduler::acknowledge(const TaskStatus& status) {
  SchedulerCall call;
  call.set_type(SchedulerCall::ACKNOWLEDGE);
  *call.mutable_acknowledge()->mutable_agent_id() = status.agent_id();
  *call.mutable_acknowledge()->mutable_task_id() = status.task_id();
  call.mutable_acknowledge()->set_uuid(status.uuid());
  send(std::move(call));
}

void Scheduler::on_operation_status(const EventMessage& event) {
  const mesos::v1::OperationStatus& status = event->update_operation_status().status();
  holdings_.on_status(status);
  Random& random = environment_.random;
  if (!status.has_uuid() || (!winding_down_ && random.chance(0.03))) return;  // It will come again.
  after(draw_upto(seconds(random.chance(environment_.plan.late_acknowledgements) ? 25 : 1), random), [this, event] {
    const mesos::v1::OperationStatus& told = event->update_operation_status().status();
    SchedulerCall call;
    call.set_type(SchedulerCall::ACKNOWLEDGE_OPERATION_STATUS);
    auto& body = *call.mutable_acknowledge_operation_status();
    *body.mutable_agent_id() = told.agent_id();
    *body.mutable_operation_id() = told.operation_id();
    body.set_uuid(told.uuid().value());
    send(std::move(call));
  });
}

void Scheduler::on_offers(const EventMessage& event) {
  after(draw_upto(milliseconds(300), environment_.random), [this, event] {
    SchedulerCall decline;
    decline.set_type(SchedulerCall::DECLINE);
    for (const auto& offer : event->offers().offers())
      if (!accept(offer)) *decline.mutable_decline()->add_offer_ids() = offer.id();
    decline.mutable_decline()->mutable_filters()->set_refuse_seconds(planned_.empty() ? 3600 : 2);
    if (decline.decline().offer_ids_size() > 0) send(std::move(decline));
    const bool may_wait = !planned_.empty() && environment_.plan.size.faults && environment_.random.chance(0.5);
    if (!has_work() && !suppressed_ && !may_wait) suppress();
  });
}

void Scheduler::suppress() {
  suppressed_ = true;
  SchedulerCall call;
  call.set_type(SchedulerCall::SUPPRESS);
  send(std::move(call));
  if (!planned_.empty()) environment_.queue.at(tasks_[planned_.back()].ready, [this] { revive(); });
}

// Without a connection the next subscription says it.
void Scheduler::revive() {
  if (planned_.empty()) return;
  suppressed_ = false;
  SchedulerCall call;
  call.set_type(SchedulerCall::REVIVE);
  send(std::move(call));
}

bool Scheduler::has_work() const {
  return !planned_.empty() && tasks_[planned_.back()].ready <= environment_.queue.now().steady;
}

void Scheduler::reconcile() {
  SchedulerCall operations;
  operations.set_type(SchedulerCall::RECONCILE_OPERATIONS);
  if (holdings_.reconcile(operations)) send(std::move(operations));
  SchedulerCall call;
  call.set_type(SchedulerCall::RECONCILE);
  for (const Task& task : tasks_) {
    if (!task.launched || task.final) continue;
    auto& entry = *call.mutable_reconcile()->add_tasks();
    entry.mutable_task_id()->set_value(task.id.value);
    entry.mutable_agent_id()->set_value(task.agent.value);
  }
  if (call.reconcile().tasks().empty()) return;
  if (environment_.random.chance(0.1)) call.mutable_reconcile()->clear_tasks();  // Of all that the master knows.
  call.mutable_reconcile();
  send(std::move(call));
}

void Scheduler::reconcile_later() {
  after(seconds(20) + draw_upto(seconds(40), environment_.random), [this] {
    if (environment_.plan.size.faults) reconcile();
    reconcile_later();
  });
}

// Until it is over: calls are lost with connections.
void Scheduler::kill_later(std::size_t number, Duration wait) {
  environment_.queue.after(wait, [this, number] {
    Task& task = tasks_[number];
    if (task.final || tearing_down_ || (winding_down_ && !task.killed)) return;
    if (subscribed_) {
      if (!std::exchange(task.killed, true)) environment_.counts.add(Happening::killed);
      SchedulerCall call;
      call.set_type(SchedulerCall::KILL);
      call.mutable_kill()->mutable_task_id()->set_value(task.id.value);
      if (environment_.random.chance(0.5)) call.mutable_kill()->mutable_agent_id()->set_value(task.agent.value);
      if (environment_.random.chance(0.2))
        call.mutable_kill()->mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(1'000'000'000);
      send(std::move(call));
    }
    kill_later(number, seconds(10) + draw_upto(seconds(20), environment_.random));
  });
}

void Scheduler::send(SchedulerCall call) {
  if (!subscribed_) return;
  call.mutable_framework_id()->set_value(id_.value);
  environment_.network.send(*calls_, Network::client,
                            [this, message = std::make_shared<const SchedulerCall>(std::move(call)),
                             stream_id = stream_id_] { master_.on_call(message, stream_id); });
}

// Ids are NAME-tNUMBER.
Scheduler::Task* Scheduler::find_task(std::string_view id) {
  if (!id.starts_with(name_) || id.size() < name_.size() + 3) return nullptr;
  std::size_t number = tasks_.size();
  std::from_chars(id.data() + name_.size() + 2, id.data() + id.size(), number);
  return number < tasks_.size() && tasks_[number].id.value == id ? &tasks_[number] : nullptr;
}

}  // namespace stoa::sim
