#include "master/frameworks.h"

#include <cmath>

#include "master/agent_constraints.h"
#include "master/agents.h"
#include "master/completed.h"
#include "master/executors.h"
#include "master/framework_info.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::FrameworkInfo;
using SchedulerEvent = mesos::v1::scheduler::Event;

Duration failover_timeout(const FrameworkInfo& info) {
  if (!(info.failover_timeout() > 0)) return Duration(0);
  return Duration(static_cast<std::int64_t>(info.failover_timeout() * 1e9));
}

TimerKey heartbeat_timer(const FrameworkId& id) { return {TimerKey::Kind::heartbeat, id.value}; }
TimerKey removal_timer(const FrameworkId& id) { return {TimerKey::Kind::framework_removal, id.value}; }

// What the framework may be offered, in the allocator's terms.
allocator::FrameworkSpec spec_of(const State& state, const Framework& framework) {
  allocator::FrameworkSpec spec;
  if (framework.offer_constraints) {
    for (const auto& [role, constraints] : framework.offer_constraints->role_constraints()) {
      spec.constraints[role] = [&state, role, admits = framework.admits](const AgentId& id) {
        const auto agent = state.agents.find(id);
        return agent != state.agents.end() && admits->admits(role, *agent->second.info);
      };
    }
  }
  spec.roles = framework.roles;
  spec.suppressed = framework.suppressed;
  spec.gpu_resources = framework.capabilities.gpu_resources;
  spec.revocable_resources = framework.capabilities.revocable_resources;
  spec.shared_resources = framework.capabilities.shared_resources;
  spec.reservation_refinement = framework.capabilities.reservation_refinement;
  spec.multi_role = framework.capabilities.multi_role;
  spec.region_aware = framework.capabilities.region_aware;
  for (const auto& [role, filters] : framework.info->offer_filters()) {
    if (!filters.has_min_allocatable_resources()) continue;
    allocator::Minimum& sets = spec.minimum[role];
    for (const auto& set : filters.min_allocatable_resources().quantities()) {
      model::Quantities quantities;
      for (const auto& [name, scalar] : set.quantities()) {
        quantities.add(name, model::Scalar::from_thousandths(std::llround(scalar.value() * 1000)));
      }
      sets.push_back(std::move(quantities));
    }
  }
  return spec;
}

void put_info(Framework& framework, FrameworkInfo info) {
  framework.capabilities = Capabilities::of(info);
  framework.roles = roles_of(info);
  if (info.has_principal()) framework.principal = info.principal();
  framework.info = std::make_shared<const FrameworkInfo>(std::move(info));
  framework.view.reset();
}

void put_wishes(Framework& framework, Wishes wishes) {
  framework.suppressed = std::move(wishes.suppressed);
  framework.offer_constraints = std::move(wishes.constraints);
  framework.admits = std::move(wishes.admits);
  framework.view.reset();
}

// What a subscription asks for, made complete: the info with its id and principal, and which offers it wants.
struct Wanted {
  FrameworkInfo info;
  Wishes wishes;
};

Wanted wanted_of(const Subscribe& event) {
  const auto& subscribe = event.call->subscribe();
  Wanted wanted{subscribe.framework_info(), wishes_of(subscribe)};
  if (wanted.info.id().value().empty()) wanted.info.clear_id();
  if (!wanted.info.has_principal() && event.principal) wanted.info.set_principal(*event.principal);
  return wanted;
}

Result<> check_admissible(const State& state, Wanted& wanted) {
  TRY(validate_framework_info(wanted.info, state.config));
  TRY(settle_wishes(wanted.wishes, roles_of(wanted.info), state.config));
  if (!wanted.info.has_id()) return {};
  const FrameworkId id(wanted.info.id().value());
  if (state.completed_ids.contains(id)) {
    return fail(Code::failed_precondition, "Framework has been removed");
  }
  const auto known = state.frameworks.find(id);
  if (known == state.frameworks.end()) return {};
  if (known->second.removing) return fail(Code::failed_precondition, "Framework has been removed");
  const std::optional<std::string> principal =
      wanted.info.has_principal() ? std::optional(wanted.info.principal()) : std::nullopt;
  if (known->second.principal != principal) {
    return fail(Code::permission_denied, "Changing framework's principal is not allowed.");
  }
  return {};
}

void send_subscribed(Context& context, Framework& framework) {
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::SUBSCRIBED);
  auto& subscribed = *event->mutable_subscribed();
  subscribed.mutable_framework_id()->set_value(framework.id.value);
  subscribed.set_heartbeat_interval_seconds(
      std::chrono::duration<double>(context.state.config.heartbeat_interval).count());
  *subscribed.mutable_master_info() = *context.state.config.info;
  // Strict clients end on capabilities that are younger than they are (HTTP-208).
  subscribed.mutable_master_info()->clear_capabilities();
  subscribed.mutable_master_info()->add_capabilities()->set_type(mesos::v1::MasterInfo::Capability::AGENT_UPDATE);
  send(context, framework, std::move(event));
  heartbeat(context, framework);
}

void attach_stream(Context& context, Framework& framework, const Subscribe& event) {
  count(framework.counters->calls, mesos::v1::scheduler::Call::SUBSCRIBE);
  framework.stream = event.stream;
  framework.stream_id = event.stream_id;
  framework.view.reset();
  context.state.streams[event.stream] = framework.id;
  context.state.timers.cancel(removal_timer(framework.id));
}

void admit_new(Context& context, const Subscribe& event, Wanted wanted) {
  State& state = context.state;
  FrameworkId id(wanted.info.id().value());
  const bool is_back = !id.empty();
  if (!is_back) id = FrameworkId(fmt::format("{}-{:04}", state.config.info->id(), state.next_framework++));
  wanted.info.mutable_id()->set_value(id.value);

  Framework& framework = state.frameworks[id];
  framework.id = id;
  framework.view.list_in(state.touched_frameworks, framework);
  framework.sequence = state.next_sequence++;
  put_info(framework, std::move(wanted.info));
  put_wishes(framework, std::move(wanted.wishes));
  framework.registered = context.now.wall;
  framework.reregistered = context.now.wall;
  if (is_back) find_operations(context, framework);
  attach_stream(context, framework, event);
  log_info(context, "framework {} ({}) subscribed", id.value, framework.info->name());
  send_subscribed(context, framework);
  state.allocator.add_framework(id, spec_of(state, framework), true, {}, context.now.steady);
}

// The live stream of a framework, if any, is told and ended: its scheduler was replaced (SCH-057).
void end_old_stream(Context& context, Framework& framework) {
  if (!framework.stream) return;
  context.state.streams.erase(*framework.stream);
  refuse_stream(context, *framework.stream, "Framework failed over");
  framework.stream.reset();
}

void resume(Context& context, const Subscribe& event, Framework& framework, Wanted wanted) {
  const bool was_connected = framework.connected();
  // A changed user or checkpoint is silently kept as it was (SCH-060).
  if (!framework.recovered) {
    wanted.info.set_user(framework.info->user());
    wanted.info.set_checkpoint(framework.info->checkpoint());
  }
  const std::set<std::string> new_roles = roles_of(wanted.info);
  // Offers of roles that leave are rescinded to the stream that is still open; all others silently (SCH-059, SCH-062).
  withdraw_offers(context, framework, [&](const Offer& offer) { return !new_roles.contains(offer.role); });
  end_old_stream(context, framework);
  withdraw_offers_silently(context, framework);

  put_in_force(context, framework, std::move(wanted.info), std::move(wanted.wishes));
  framework.reregistered = context.now.wall;
  if (framework.recovered) framework.registered = context.now.wall;
  framework.recovered = false;
  attach_stream(context, framework, event);
  log_info(context, "framework {} ({}) subscribed again", framework.id.value, framework.info->name());
  send_subscribed(context, framework);
  if (!was_connected) context.state.allocator.activate_framework(framework.id, context.now.steady);
}

RegistryChange removal_record(const Context& context, const Framework& framework) {
  registry::Framework record;
  *record.mutable_info() = *framework.info;
  record.set_removed(context.now.wall);
  return {"framework", framework.id.value, record.SerializeAsString()};
}

}  // namespace

Result<> settle_wishes(Wishes& wishes, const std::set<std::string>& roles, const Config& config) {
  TRY(validate_suppressed(wishes.suppressed, roles));
  if (!wishes.constraints) return {};
  LET(AgentConstraints admits, AgentConstraints::parse(*wishes.constraints, roles, config.offer_constraints));
  wishes.admits = std::make_shared<const AgentConstraints>(std::move(admits));
  return {};
}

void put_in_force(Context& context, Framework& framework, FrameworkInfo info, Wishes wishes) {
  put_info(framework, std::move(info));
  put_wishes(framework, std::move(wishes));
  context.state.allocator.update_framework(framework.id, spec_of(context.state, framework), context.now.steady);
  tell_agents_of(context, framework);
}

void on_subscribe(Context& context, const Subscribe& event) {
  State& state = context.state;
  Wanted wanted = wanted_of(event);
  state.metrics.count(wanted.info.has_id() ? "master/messages_reregister_framework"
                                           : "master/messages_register_framework");
  if (auto admissible = check_admissible(state, wanted); !admissible) {
    log_info(context, "refusing a subscription of framework '{}': {}", wanted.info.name(), admissible.error().message);
    refuse_stream(context, event.stream, admissible.error().message);
    return;
  }
  const auto known =
      wanted.info.has_id() ? state.frameworks.find(FrameworkId(wanted.info.id().value())) : state.frameworks.end();
  if (known == state.frameworks.end()) {
    admit_new(context, event, std::move(wanted));
  } else {
    resume(context, event, known->second, std::move(wanted));
  }
}

void on_stream_closed(Context& context, const StreamClosed& event) {
  State& state = context.state;
  const auto known = state.streams.find(event.stream);
  if (known == state.streams.end()) return;
  Framework& framework = state.frameworks.at(known->second);
  state.streams.erase(known);
  framework.stream.reset();
  framework.view.reset();
  framework.unregistered = context.now.wall;
  state.metrics.count("master/messages_deactivate_framework");
  state.timers.cancel(heartbeat_timer(framework.id));
  withdraw_offers_silently(context, framework);
  state.allocator.deactivate_framework(framework.id);
  framework.inverse_refusals.clear();
  const Duration timeout = failover_timeout(*framework.info);
  log_info(context, "framework {} ({}) disconnected; removed in {} unless it returns", framework.id.value,
           framework.info->name(), format_duration(timeout));
  if (framework.removing) return;
  if (timeout == Duration(0)) {
    begin_removal(context, framework);
  } else {
    state.timers.set(removal_timer(framework.id), context.now.steady + timeout);
  }
}

void begin_removal(Context& context, Framework& framework, std::optional<ReplyNumber> reply) {
  if (framework.removing) return;
  framework.removing = true;
  context.state.timers.cancel(removal_timer(framework.id));
  persist(context, {removal_record(context, framework)}, RemoveFramework{framework.id, reply});
}

void finish_removal(Context& context, const RemoveFramework& removal) {
  State& state = context.state;
  const FrameworkId& id = removal.framework;
  const auto known = state.frameworks.find(id);
  if (known == state.frameworks.end()) return;
  Framework& framework = known->second;
  state.metrics.count("master/messages_unregister_framework");
  log_info(context, "framework {} ({}) removed", id.value, framework.info->name());
  withdraw_offers_silently(context, framework);
  if (framework.stream) {
    state.streams.erase(*framework.stream);
    context.effects.push_back(CloseStream{*framework.stream});
    framework.stream.reset();
  }
  auto shutdown = std::make_shared<link::ToAgent>();
  shutdown->mutable_shutdown_framework()->mutable_framework_id()->set_value(id.value);
  for (const Agent* agent : agents_of(state, framework)) send(context, *agent, shutdown);
  end_all_tasks(context, framework);
  release_executors(context, framework);
  orphan_operations(context, framework);
  state.timers.cancel(heartbeat_timer(id));
  state.timers.cancel(removal_timer(id));
  state.allocator.remove_framework(id);
  for (auto& [agent_id, agent] : state.agents) agent.inverse_answers.erase(id);
  state.maintenance.status.reset();
  framework.unregistered = context.now.wall;
  framework.view.reset();
  remember_completed(context, framework);
  state.frameworks.erase(known);
  if (removal.reply) context.effects.push_back(Reply{*removal.reply, {}});
}

Framework& recover_framework(Context& context, const FrameworkInfo& info) {
  State& state = context.state;
  const FrameworkId id(info.id().value());
  Framework& framework = state.frameworks[id];
  framework.id = id;
  framework.view.list_in(state.touched_frameworks, framework);
  framework.sequence = state.next_sequence++;
  framework.recovered = true;
  put_info(framework, info);
  find_operations(context, framework);
  state.allocator.add_framework(id, spec_of(state, framework), false, {}, context.now.steady);
  // Unless it comes back in time it is removed, lest its tasks run for ever (SCH-257).
  const Duration patience = std::max(failover_timeout(info), state.config.agent_reregister_timeout);
  state.timers.set(removal_timer(id), context.now.steady + patience);
  return framework;
}

void heartbeat(Context& context, Framework& framework) {
  static const auto event = [] {
    SchedulerEvent made;
    made.set_type(SchedulerEvent::HEARTBEAT);
    return std::make_shared<const SchedulerEvent>(made);
  }();
  send(context, framework, event);
  context.state.timers.set(heartbeat_timer(framework.id), context.now.steady + context.state.config.heartbeat_interval);
}

void refuse_stream(Context& context, StreamNumber stream, const std::string& why) {
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::ERROR);
  event->mutable_error()->set_message(why);
  context.effects.push_back(SendEvent{stream, std::move(event)});
  context.effects.push_back(CloseStream{stream});
}

}  // namespace stoa::master
