#include "master/testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {

namespace v1 = mesos::v1;
using SchedulerCallMessage = v1::scheduler::Call;
using SchedulerEvent = v1::scheduler::Event;

v1::FrameworkInfo test_framework(std::initializer_list<const char*> roles) {
  v1::FrameworkInfo info;
  info.set_user("svc");
  info.set_name("web");
  info.set_checkpoint(true);
  info.set_failover_timeout(3600);
  for (const char* role : roles) info.add_roles(role);
  info.add_capabilities()->set_type(v1::FrameworkInfo::Capability::MULTI_ROLE);
  info.add_capabilities()->set_type(v1::FrameworkInfo::Capability::PARTITION_AWARE);
  info.add_capabilities()->set_type(v1::FrameworkInfo::Capability::RESERVATION_REFINEMENT);
  return info;
}

v1::FrameworkInfo old_framework(const std::string& role) {
  v1::FrameworkInfo info;
  info.set_user("svc");
  info.set_name("old");
  info.set_checkpoint(true);
  info.set_failover_timeout(3600);
  if (role != "*") info.set_role(role);
  return info;
}

v1::TaskInfo test_task(const std::string& id, const AgentId& agent, std::string_view resources) {
  v1::TaskInfo task;
  task.set_name("task " + id);
  task.mutable_task_id()->set_value(id);
  task.mutable_agent_id()->set_value(agent.value);
  task.mutable_command()->set_value("true");
  if (!resources.empty()) {
    model::testing::resources(resources).to_messages(model::WireForm::new_form, *task.mutable_resources());
  }
  return task;
}

Config test_config() {
  Config config;
  v1::MasterInfo info;
  info.set_id("M");
  info.set_ip(0);
  info.set_port(5050);
  info.set_hostname("leader");
  info.add_capabilities()->set_type(v1::MasterInfo::Capability::AGENT_UPDATE);
  config.info = std::make_shared<const v1::MasterInfo>(info);
  config.allocation.order_by_id = true;
  return config;
}

std::string line_of(const SchedulerEvent& event) {
  std::string line = SchedulerEvent::Type_Name(event.type());
  switch (event.type()) {
    case SchedulerEvent::SUBSCRIBED:
      return line + " " + event.subscribed().framework_id().value();
    case SchedulerEvent::OFFERS:
      for (const v1::Offer& offer : event.offers().offers()) line += " " + offer.id().value();
      return line;
    case SchedulerEvent::INVERSE_OFFERS:
      for (const v1::InverseOffer& offer : event.inverse_offers().inverse_offers()) line += " " + offer.id().value();
      return line;
    case SchedulerEvent::RESCIND_INVERSE_OFFER:
      return line + " " + event.rescind_inverse_offer().inverse_offer_id().value();
    case SchedulerEvent::RESCIND:
      return line + " " + event.rescind().offer_id().value();
    case SchedulerEvent::UPDATE:
      return line + " " + event.update().status().task_id().value() + " " +
             v1::TaskState_Name(event.update().status().state());
    case SchedulerEvent::UPDATE_OPERATION_STATUS:
      return line + " " + event.update_operation_status().status().operation_id().value() + " " +
             v1::OperationState_Name(event.update_operation_status().status().state());
    case SchedulerEvent::FAILURE:
      line += " " + event.failure().agent_id().value();
      return event.failure().has_executor_id() ? line + " " + event.failure().executor_id().value() : line;
    case SchedulerEvent::ERROR:
      return line + " " + event.error().message();
    case SchedulerEvent::MESSAGE:
      return line + " " + event.message().data();
    default:
      return line;
  }
}

std::string line_of(const link::ToAgent& message) {
  switch (message.kind_case()) {
    case link::ToAgent::kRegistered:
      return "registered " + message.registered().agent_id().value();
    case link::ToAgent::kRefused:
      return std::string(message.refused().shutdown() ? "refused, shut down: " : "refused: ") +
             message.refused().message();
    case link::ToAgent::kPing:
      return message.ping().connected() ? "ping" : "ping disconnected";
    case link::ToAgent::kRun:
      return "run " + message.run().task().task_id().value();
    case link::ToAgent::kKill:
      return "kill " + message.kill().task_id().value();
    case link::ToAgent::kAcknowledge:
      return "acknowledge " + message.acknowledge().task_id().value();
    case link::ToAgent::kReconcileTasks: {
      std::string line = "reconcile";
      for (const auto& id : message.reconcile_tasks().task_ids()) line += " " + id.value();
      return line;
    }
    case link::ToAgent::kUpdateFramework:
      return "framework " + message.update_framework().framework_info().id().value();
    case link::ToAgent::kShutdownFramework:
      return "shut down framework " + message.shutdown_framework().framework_id().value();
    case link::ToAgent::kShutdownExecutor:
      return "shut down executor " + message.shutdown_executor().executor_id().value();
    case link::ToAgent::kSchedulerMessage:
      return "message " + message.scheduler_message().data();
    case link::ToAgent::kShutdown:
      return "shut down";
    case link::ToAgent::kRunGroup:
      return "run group on " + message.run_group().executor_info().executor_id().value();
    case link::ToAgent::kApplyOperation:
      return "apply " + mesos::v1::Offer::Operation::Type_Name(message.apply_operation().info().type());
    case link::ToAgent::kAcknowledgeOperation:
      return "acknowledge operation";
    case link::ToAgent::kReconcileOperations:
      return "reconcile operations";
    case link::ToAgent::kDrain:
      return "drain";
    case link::ToAgent::KIND_NOT_SET:
      return "nothing";
  }
}

// What holds for every status that the master makes.
static void expect_lawful(const FakeScheduler& scheduler, const v1::TaskStatus& status) {
  if (!status.has_source() || status.source() != v1::TaskStatus::SOURCE_MASTER) return;
  EXPECT_FALSE(status.has_uuid()) << status.ShortDebugString();
  EXPECT_TRUE(status.has_reason()) << status.ShortDebugString();
  EXPECT_FALSE(status.message().empty()) << status.ShortDebugString();
  EXPECT_GT(status.timestamp(), 0) << status.ShortDebugString();
  switch (status.state()) {
    case v1::TASK_LOST:
      EXPECT_FALSE(scheduler.partition_aware) << status.ShortDebugString();
      return;
    case v1::TASK_UNREACHABLE:
    case v1::TASK_DROPPED:
    case v1::TASK_GONE:
    case v1::TASK_GONE_BY_OPERATOR:
    case v1::TASK_UNKNOWN:
      EXPECT_TRUE(scheduler.partition_aware) << status.ShortDebugString();
      return;
    default:
      return;
  }
}

Lines FakeScheduler::heard() { return std::exchange(lines, {}); }

Lines FakeScheduler::told() {
  Lines all = heard();
  std::erase(all, "HEARTBEAT");
  return all;
}

const v1::TaskStatus& FakeScheduler::status() const {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if ((*event)->type() == SchedulerEvent::UPDATE) return (*event)->update().status();
  }
  CHECK(false, "no status came");
}

const v1::OperationStatus& FakeScheduler::operation_status() const {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if ((*event)->has_update_operation_status()) return (*event)->update_operation_status().status();
  }
  CHECK(false, "no status of an operation came");
}

const v1::Offer& FakeScheduler::offer(const AgentId& agent) const {
  for (const auto& [id, offer] : offers) {
    if (agent.empty() || offer->agent_id().value() == agent.value) return *offer;
  }
  CHECK(false, "no offer is outstanding");
}

std::string FakeAgent::operation(std::size_t back) const {
  for (auto message = received.rbegin(); message != received.rend(); ++message) {
    if ((*message)->has_apply_operation() && back-- == 0) return (*message)->apply_operation().operation_uuid();
  }
  CHECK(false, "no operation came");
}

Lines FakeAgent::told() { return std::exchange(lines, {}); }

Bench::Bench(Config config, std::vector<RegistryRecord> registry, std::uint64_t seed)
    : master(std::move(config), seed) {
  for (const RegistryRecord& record : registry) store_[{record.kind, record.id}] = record.bytes;
  step(RegistryLoaded{std::move(registry)});
}

Bench::~Bench() = default;

void Bench::advance(Duration duration) {
  const TimePoint end = now.steady + duration;
  const auto move_to = [&](TimePoint when) {
    now.wall += std::chrono::duration<double>(when - now.steady).count();
    now.steady = when;
  };
  while (const auto wakeup = master.next_wakeup()) {
    if (*wakeup > end || stepped_down) break;
    const TimePoint before = now.steady;
    move_to(std::max(*wakeup, now.steady));
    step(Tick{});
    const auto next = master.next_wakeup();
    ASSERT_TRUE(!next || *next > before) << "the master wants to be woken again and again";
  }
  move_to(end);
  step(Tick{});
}

void Bench::step(const Event& event) {
  effects.clear();
  follow_up_.push_back(event);
  while (!follow_up_.empty()) {
    const Event next = std::move(follow_up_.front());
    follow_up_.pop_front();
    Effects caused;
    master.step(next, now, caused);
    for (const Effect& effect : caused) {
      carry_out(effect);
      effects.push_back(effect);
    }
    if (!audits) continue;
    const Result<> step_audit = step_audit_.check(master);
    EXPECT_TRUE(step_audit) << step_audit.error().message;
    const Result<> audit = master.audit();
    EXPECT_TRUE(audit) << audit.error().message;
  }
}

void Bench::carry_out(const Effect& effect) {
  if (const auto* event = std::get_if<SendEvent>(&effect)) on_sent(*event);
  if (const auto* message = std::get_if<SendAgent>(&effect)) on_sent(*message);
  if (const auto* reply = std::get_if<Reply>(&effect)) {
    outcome_ = reply->outcome;
    EXPECT_TRUE(replies.emplace(reply->reply, reply->outcome).second) << "a call was answered twice";
  }
  if (const auto* down = std::get_if<StepDown>(&effect)) stepped_down = down->why;
  if (const auto* close = std::get_if<CloseStream>(&effect)) {
    for (FakeScheduler& scheduler : schedulers) {
      if (scheduler.stream != close->stream) continue;
      EXPECT_TRUE(scheduler.open) << "a stream was ended twice";
      scheduler.open = false;
    }
  }
  if (const auto* close = std::get_if<CloseLink>(&effect)) {
    for (FakeAgent& agent : agents) {
      if (agent.link == close->link) agent.open = false;
    }
  }
  if (const auto* write = std::get_if<Persist>(&effect)) {
    writes.push_back(*write);
    if (!holding_) {
      store(*write);
      follow_up_.push_back(Persisted{write->write, {}});
      writes.pop_back();
    }
  }
}

void Bench::on_sent(const SendEvent& effect) {
  for (FakeScheduler& scheduler : schedulers) {
    if (scheduler.stream != effect.stream) continue;
    EXPECT_TRUE(scheduler.open) << "on a stream that has ended: " << line_of(*effect.event);
    if (effect.event->has_update()) expect_lawful(scheduler, effect.event->update().status());
    scheduler.events.push_back(effect.event);
    scheduler.lines.push_back(line_of(*effect.event));
    if (effect.event->type() == SchedulerEvent::SUBSCRIBED) {
      scheduler.id = FrameworkId(effect.event->subscribed().framework_id().value());
    }
    for (const v1::Offer& offer : effect.event->offers().offers()) {
      scheduler.offers[OfferId(offer.id().value())] = std::make_shared<const v1::Offer>(offer);
    }
    if (effect.event->type() == SchedulerEvent::RESCIND) {
      EXPECT_EQ(scheduler.offers.erase(OfferId(effect.event->rescind().offer_id().value())), 1U)
          << "rescinded an offer that was not outstanding";
    }
    return;
  }
  ADD_FAILURE() << "an event for a stream that never was: " << line_of(*effect.event);
}

void Bench::on_sent(const SendAgent& effect) {
  for (FakeAgent& agent : agents) {
    if (agent.link != effect.link) continue;
    EXPECT_TRUE(agent.open) << "on a link that has ended: " << line_of(*effect.message);
    if (effect.message->kind_case() == link::ToAgent::kPing) {
      ++agent.pings;
      if (!agent.answers_pings) return;
      auto pong = std::make_shared<link::ToMaster>();
      pong->mutable_pong();
      follow_up_.push_back(FromAgent{agent.link, pong});
      return;
    }
    if (effect.message->kind_case() == link::ToAgent::kRegistered) {
      agent.id = AgentId(effect.message->registered().agent_id().value());
    }
    agent.received.push_back(effect.message);
    agent.lines.push_back(line_of(*effect.message));
    return;
  }
}

void Bench::store(const Persist& write) {
  for (const RegistryChange& change : write.changes) {
    if (change.bytes.empty()) {
      store_.erase({change.kind, change.id});
    } else {
      store_[{change.kind, change.id}] = change.bytes;
    }
  }
}

void Bench::release_write(bool success) {
  ASSERT_FALSE(writes.empty());
  const Persist write = writes.front();
  writes.pop_front();
  if (success) store(write);
  step(Persisted{write.write, success ? Result<>{} : fail(Code::unavailable, "disk full")});
}

void Bench::release_all_writes() {
  holding_ = false;
  while (!writes.empty()) release_write();
}

FakeScheduler& Bench::subscribe(const v1::FrameworkInfo& info, std::initializer_list<const char*> suppressed,
                                std::optional<std::string> principal) {
  FakeScheduler& scheduler = schedulers.emplace_back();
  scheduler.stream = StreamNumber{next_number_++};
  scheduler.stream_id = "stream-" + std::to_string(scheduler.stream.value);
  scheduler.principal = principal;
  scheduler.partition_aware = std::ranges::any_of(info.capabilities(), [](const auto& capability) {
    return capability.type() == v1::FrameworkInfo::Capability::PARTITION_AWARE;
  });
  auto call = std::make_shared<SchedulerCallMessage>();
  call->set_type(SchedulerCallMessage::SUBSCRIBE);
  *call->mutable_subscribe()->mutable_framework_info() = info;
  if (info.has_id()) *call->mutable_framework_id() = info.id();
  for (const char* role : suppressed) call->mutable_subscribe()->add_suppressed_roles(role);
  step(Subscribe{scheduler.stream, scheduler.stream_id, call, principal});
  return scheduler;
}

void Bench::disconnect(FakeScheduler& scheduler) {
  scheduler.open = false;
  scheduler.offers.clear();
  step(StreamClosed{scheduler.stream});
}

ReplyNumber Bench::post(FakeScheduler& scheduler, SchedulerCallMessage call) {
  if (!call.has_framework_id()) call.mutable_framework_id()->set_value(scheduler.id.value);
  const ReplyNumber number{next_number_++};
  step(SchedulerCall{number, std::make_shared<const SchedulerCallMessage>(std::move(call)), scheduler.stream_id,
                     scheduler.principal});
  return number;
}

Result<> Bench::call(FakeScheduler& scheduler, SchedulerCallMessage call) {
  outcome_.reset();
  post(scheduler, std::move(call));
  if (stepped_down) return fail(Code::unavailable, *stepped_down);
  CHECK(outcome_.has_value(), "a call was not answered");
  return *outcome_;
}

Result<> Bench::accept(FakeScheduler& scheduler, const std::vector<OfferId>& offers,
                       const std::vector<v1::TaskInfo>& tasks, std::optional<double> refuse_seconds) {
  v1::Offer::Operation operation;
  operation.set_type(v1::Offer::Operation::LAUNCH);
  for (const v1::TaskInfo& task : tasks) *operation.mutable_launch()->add_task_infos() = task;
  return operate(scheduler, offers, {operation}, refuse_seconds);
}

Result<> Bench::operate(FakeScheduler& scheduler, const std::vector<OfferId>& offers,
                        const std::vector<v1::Offer_Operation>& operations, std::optional<double> refuse_seconds) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::ACCEPT);
  for (const OfferId& id : offers) call.mutable_accept()->add_offer_ids()->set_value(id.value);
  for (const auto& operation : operations) *call.mutable_accept()->add_operations() = operation;
  if (refuse_seconds) call.mutable_accept()->mutable_filters()->set_refuse_seconds(*refuse_seconds);
  const std::vector<OfferId> used = offers;
  TRY(this->call(scheduler, std::move(call)));
  for (const OfferId& id : used) scheduler.offers.erase(id);
  return {};
}

void Bench::launch(FakeScheduler& scheduler, const v1::TaskInfo& task) {
  const OfferId offer(scheduler.offer(AgentId(task.agent_id().value())).id().value());
  ASSERT_TRUE(accept(scheduler, {offer}, {task}, 0));
  ASSERT_TRUE(list_of(scheduler.id, task.task_id().value()).starts_with("tasks")) << "the launch was refused";
}

Result<> Bench::decline(FakeScheduler& scheduler, const OfferId& offer, std::optional<double> refuse_seconds) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::DECLINE);
  const OfferId id = offer;
  call.mutable_decline()->add_offer_ids()->set_value(id.value);
  if (refuse_seconds) call.mutable_decline()->mutable_filters()->set_refuse_seconds(*refuse_seconds);
  TRY(this->call(scheduler, std::move(call)));
  scheduler.offers.erase(id);
  return {};
}

Result<> Bench::kill(FakeScheduler& scheduler, const std::string& task, const AgentId& agent) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::KILL);
  call.mutable_kill()->mutable_task_id()->set_value(task);
  if (!agent.empty()) call.mutable_kill()->mutable_agent_id()->set_value(agent.value);
  return this->call(scheduler, std::move(call));
}

Result<> Bench::acknowledge(FakeScheduler& scheduler, const AgentId& agent, const std::string& task,
                            const std::string& uuid) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::ACKNOWLEDGE);
  call.mutable_acknowledge()->mutable_agent_id()->set_value(agent.value);
  call.mutable_acknowledge()->mutable_task_id()->set_value(task);
  call.mutable_acknowledge()->set_uuid(uuid);
  return this->call(scheduler, std::move(call));
}

Result<> Bench::revive(FakeScheduler& scheduler, std::initializer_list<const char*> roles) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::REVIVE);
  for (const char* role : roles) call.mutable_revive()->add_roles(role);
  return this->call(scheduler, std::move(call));
}

Result<> Bench::suppress(FakeScheduler& scheduler, std::initializer_list<const char*> roles) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::SUPPRESS);
  for (const char* role : roles) call.mutable_suppress()->add_roles(role);
  return this->call(scheduler, std::move(call));
}

Result<> Bench::reconcile(FakeScheduler& scheduler, const std::vector<std::pair<std::string, AgentId>>& tasks) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::RECONCILE);
  call.mutable_reconcile();
  for (const auto& [task, agent] : tasks) {
    auto& asked = *call.mutable_reconcile()->add_tasks();
    asked.mutable_task_id()->set_value(task);
    if (!agent.empty()) asked.mutable_agent_id()->set_value(agent.value);
  }
  return this->call(scheduler, std::move(call));
}

Result<> Bench::teardown(FakeScheduler& scheduler) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::TEARDOWN);
  return this->call(scheduler, std::move(call));
}

ReplyNumber Bench::teardown_by_operator(const FrameworkId& framework) {
  const ReplyNumber number{next_number_++};
  step(Teardown{number, framework});
  return number;
}

ReplyNumber Bench::mark_gone(const AgentId& agent) {
  const ReplyNumber number{next_number_++};
  step(MarkGone{number, agent});
  return number;
}

FakeAgent& Bench::add_agent(const std::string& resources, const std::string& hostname) {
  FakeAgent& agent = agents.emplace_back();
  agent.hostname = hostname.empty() ? "node" + std::to_string(agents.size() - 1) : hostname;
  agent.resources = resources;
  connect(agent);
  return agent;
}

void Bench::connect(FakeAgent& agent, const std::vector<v1::Task>& tasks,
                    const std::vector<v1::FrameworkInfo>& frameworks) {
  agent.link = LinkNumber{next_number_++};
  agent.open = true;
  send_register(agent, tasks, frameworks);
}

void Bench::send_register(FakeAgent& agent, const std::vector<v1::Task>& tasks,
                          const std::vector<v1::FrameworkInfo>& frameworks) {
  link::ToMaster message;
  link::Register& claim = *message.mutable_register_();
  v1::AgentInfo& info = *claim.mutable_agent_info();
  info.set_hostname(agent.hostname);
  info.set_port(5051);
  if (!agent.id.empty()) info.mutable_id()->set_value(agent.id.value);
  const model::Resources resources = model::testing::resources(agent.resources);
  resources.to_messages(model::WireForm::new_form, *info.mutable_resources());
  resources.to_messages(model::WireForm::new_form, *claim.mutable_total_resources());
  claim.set_version("1.11.0");
  claim.add_addresses("fd00::1");
  claim.add_capabilities()->set_type(v1::AgentInfo::Capability::AGENT_DRAINING);
  for (const v1::Task& task : tasks) *claim.add_tasks() = task;
  for (const v1::FrameworkInfo& framework : frameworks) *claim.add_frameworks() = framework;
  if (agent.also) {
    if (!agent.also->total_resources().empty()) claim.clear_total_resources();
    claim.MergeFrom(*agent.also);
  }
  say(agent, std::move(message));
}

void Bench::break_link(FakeAgent& agent) {
  agent.open = false;
  step(LinkClosed{agent.link});
}

void Bench::say(FakeAgent& agent, link::ToMaster message) {
  step(FromAgent{agent.link, std::make_shared<const link::ToMaster>(std::move(message))});
}

std::string Bench::update(FakeAgent& agent, const FakeScheduler& scheduler, const std::string& task,
                          v1::TaskState state, std::optional<v1::TaskState> latest) {
  link::ToMaster message;
  link::Update& update = *message.mutable_update();
  update.mutable_framework_id()->set_value(scheduler.id.value);
  v1::TaskStatus& status = *update.mutable_status();
  status.mutable_task_id()->set_value(task);
  status.mutable_agent_id()->set_value(agent.id.value);
  status.set_state(state);
  status.set_source(v1::TaskStatus::SOURCE_EXECUTOR);
  status.set_timestamp(now.wall);
  std::string uuid = "uuid" + std::to_string(next_number_++);
  uuid.resize(16, '.');
  status.set_uuid(uuid);
  if (latest) update.set_latest_state(*latest);
  say(agent, std::move(message));
  return uuid;
}

void Bench::exit_executor(FakeAgent& agent, const FakeScheduler& scheduler, const std::string& executor, int status) {
  link::ToMaster message;
  message.mutable_executor_exited()->mutable_framework_id()->set_value(scheduler.id.value);
  message.mutable_executor_exited()->mutable_executor_id()->set_value(executor);
  message.mutable_executor_exited()->set_status(status);
  say(agent, std::move(message));
}

std::string Bench::update_operation(FakeAgent& agent, const std::string& operation_uuid, int state, bool acknowledged) {
  link::ToMaster message;
  link::UpdateOperation& update = *message.mutable_update_operation();
  update.set_operation_uuid(operation_uuid);
  update.mutable_status()->set_state(static_cast<v1::OperationState>(state));
  std::string uuid;
  if (acknowledged) {
    uuid = "status" + std::to_string(next_number_++);
    uuid.resize(16, '.');
    update.mutable_status()->mutable_uuid()->set_value(uuid);
  }
  say(agent, std::move(message));
  return uuid;
}

Result<> Bench::acknowledge_operation(FakeScheduler& scheduler, const AgentId& agent, const std::string& operation,
                                      const std::string& uuid) {
  SchedulerCallMessage call;
  call.set_type(SchedulerCallMessage::ACKNOWLEDGE_OPERATION_STATUS);
  auto& acknowledge = *call.mutable_acknowledge_operation_status();
  acknowledge.mutable_agent_id()->set_value(agent.value);
  acknowledge.mutable_operation_id()->set_value(operation);
  acknowledge.set_uuid(uuid);
  return this->call(scheduler, std::move(call));
}

std::string Bench::list_of(const FrameworkId& framework, const std::string& task) const {
  const Snapshot seen = snapshot();
  std::string found;
  const auto look = [&](const auto& list, const char* name) {
    for (const auto& message : list) {
      if (message->task_id().value() == task) found += found.empty() ? name : std::string("+") + name;
    }
  };
  for (const auto* frameworks : {&seen.frameworks, &seen.completed_frameworks}) {
    for (const auto& view : *frameworks) {
      if (view->id != framework) continue;
      look(view->tasks, "tasks");
      look(view->unreachable_tasks, "unreachable");
      look(view->completed_tasks, "completed");
    }
  }
  return found;
}

std::shared_ptr<const v1::Task> Bench::task(const FrameworkId& framework, const std::string& task) const {
  const Snapshot seen = snapshot();
  for (const auto* frameworks : {&seen.frameworks, &seen.completed_frameworks}) {
    for (const auto& view : *frameworks) {
      if (view->id != framework) continue;
      for (const auto* list : {&view->tasks, &view->unreachable_tasks, &view->completed_tasks}) {
        for (const auto& message : *list) {
          if (message->task_id().value() == task) return message;
        }
      }
    }
  }
  return nullptr;
}

std::vector<RegistryRecord> Bench::registry() const {
  std::vector<RegistryRecord> records;
  for (const auto& [key, bytes] : store_) records.push_back({key.first, key.second, bytes});
  return records;
}

}  // namespace stoa::master
