#include "master/master.h"

#include <algorithm>

#include "base/overloaded.h"
#include "master/agents.h"
#include "master/allocator_gauges.h"
#include "master/calls.h"
#include "master/completed.h"
#include "master/deactivation.h"
#include "master/frameworks.h"
#include "master/gone.h"
#include "master/inverse_offers.h"
#include "master/maintenance.h"
#include "master/offers.h"
#include "master/operate.h"
#include "master/operator_changes.h"
#include "master/operators.h"
#include "master/preempt.h"
#include "master/recovery_pause.h"
#include "master/send.h"
#include "master/state.h"
#include "master/throttle.h"
#include "master/views.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

// The registry is the truth about agents and removed frameworks; tasks come with the agents (HA-085, HA-090).
void on_loaded(Context& context, const RegistryLoaded& loaded) {
  State& state = context.state;
  state.epoch = loaded.epoch;
  for (const RegistryRecord& record : loaded.records) {
    if (record.kind == "agent") {
      registry::Agent agent;
      if (!agent.ParseFromString(record.bytes)) {
        context.effects.push_back(StepDown{"the registry's record of agent " + record.id + " cannot be read"});
        return;
      }
      const AgentId id(record.id);
      if (agent.state() == registry::Agent::GONE) state.gone_agents.insert(id);
      if (agent.state() == registry::Agent::UNREACHABLE) state.unreachable_agents[id] = agent.since();
      if (agent.state() != registry::Agent::ADMITTED) continue;
      state.recovered_agents[id] = {std::make_shared<const mesos::v1::AgentInfo>(agent.info())};
      state.timers.set({TimerKey::Kind::recovered_agent, record.id},
                       context.now.steady + state.config.agent_reregister_timeout);
    } else if (record.kind == "framework") {
      remember_completed(context, FrameworkId(record.id));
    } else if (const auto read = load_sharing(state, record); !read || *read) {
      if (read) continue;
      context.effects.push_back(StepDown{read.error().message});
      return;
    } else if (record.kind == "maintenance") {
      if (const auto read = load_maintenance(state, record.id, record.bytes); !read) {
        context.effects.push_back(StepDown{read.error().message});
        return;
      }
    } else if (record.kind == "deactivated") {
      if (const auto read = load_deactivation(state, AgentId(record.id), record.bytes); !read) {
        context.effects.push_back(StepDown{read.error().message});
        return;
      }
    }
  }
  registry::Meta leader;
  leader.set_value(state.config.info->id());
  persist(context, {{"meta", "leader", leader.SerializeAsString()}}, NothingMore{});
  begin_sharing(context);
  begin_recovery_pause(context);
  state.recovered = true;
  log_info(context, "recovered: {} agents are expected back, {} are unreachable", state.recovered_agents.size(),
           state.unreachable_agents.size());
}

void on_persisted(Context& context, const Persisted& event) {
  State& state = context.state;
  auto node = state.writes.extract(event.write);
  if (node.empty()) return;
  if (!event.result) {
    // Whether it was written is unknown: the next leader reads the truth (HA-051, HA-056).
    state.stepped_down = true;
    context.effects.push_back(StepDown{"cannot write the registry: " + event.result.error().message});
    return;
  }
  std::visit(
      Overloaded{[&](const AdmitAgent& then) { finish_admission(context, then); },
                 [&](const MarkUnreachable& then) { finish_unreachable(context, then.agent); },
                 [&](const ForgetRecoveredAgent& then) { finish_forgetting(context, then.agent); },
                 [&](const RemoveFramework& then) { finish_removal(context, then); },
                 [&](const RemoveAgent& then) { finish_unregistration(context, then.agent); },
                 [&](const MarkAgentGone& then) { finish_gone(context, then); },
                 [&](const FinishChange&) { finish_operator_change(context); },
                 [&](const ApplySharing& then) { finish_change_sharing(context, then); }, [&](const NothingMore&) {}},
      node.mapped());
}

void on_teardown_by_operator(Context& context, const Teardown& event) {
  const auto framework = context.state.frameworks.find(event.framework);
  if (framework == context.state.frameworks.end() || framework->second.removing) {
    context.effects.push_back(Reply{event.reply, invalid("No framework found with specified ID")});
    return;
  }
  begin_removal(context, framework->second, event.reply);
}

void on_timer(Context& context, const TimerKey& key) {
  State& state = context.state;
  switch (key.kind) {
    case TimerKey::Kind::heartbeat:
      return heartbeat(context, state.frameworks.at(FrameworkId(key.id)));
    case TimerKey::Kind::framework_removal:
      return begin_removal(context, state.frameworks.at(FrameworkId(key.id)));
    case TimerKey::Kind::agent_ping:
      return ping(context, state.agents.at(AgentId(key.id)));
    case TimerKey::Kind::agent_return:
      return begin_unreachable(context, state.agents.at(AgentId(key.id)));
    case TimerKey::Kind::recovered_agent:
      return begin_forgetting(context, AgentId(key.id));
    case TimerKey::Kind::rate_limit:
      return let_pass(context, key.id);
    case TimerKey::Kind::offer:
      return end_offer(context, OfferId(key.id));
    case TimerKey::Kind::recovery_pause:
      return end_recovery_pause(context);
    case TimerKey::Kind::inverse_offer:
      return withdraw_inverse_offer(context, OfferId(key.id));
  }
}

}  // namespace

Master::Master(Config config, std::uint64_t seed) : state_(std::make_unique<State>(std::move(config), seed)) {}
Master::~Master() = default;

void Master::step(const Event& event, const Now& now, Effects& effects) {
  if (state_->stepped_down) return;
  state_->touched_frameworks.forget();
  state_->touched_agents.forget();
  Context context{*state_, now, effects};
  std::visit(Overloaded{[&](const RegistryLoaded& e) { on_loaded(context, e); },
                        [&](const Persisted& e) { on_persisted(context, e); },
                        [&](const Subscribe& e) { on_subscribe(context, e); },
                        [&](const SchedulerCall& e) { throttle(context, e); },
                        [&](const StreamClosed& e) {
                          if (!throttle(context, e)) on_stream_closed(context, e);
                        },
                        [&](const Teardown& e) { on_teardown_by_operator(context, e); },
                        [&](const MarkGone& e) { on_mark_gone(context, e); },
                        [&](const Operate& e) { on_operate(context, e); },
                        [&](const UpdateMaintenance& e) { on_operator_change(context, e); },
                        [&](const SwitchMachines& e) { on_operator_change(context, e); },
                        [&](const SwitchAgent& e) { on_operator_change(context, e); },
                        [&](const UpdateWeights& e) { on_update_weights(context, e); },
                        [&](const UpdatePriorities& e) { on_update_priorities(context, e); },
                        [&](const UpdateQuota& e) { on_update_quota(context, e); },
                        [&](const SetQuota& e) { on_set_quota(context, e); },
                        [&](const RemoveQuota& e) { on_remove_quota(context, e); },
                        [&](const FromAgent& e) { on_agent_frame(context, e); },
                        [&](const LinkClosed& e) { on_link_closed(context, e); }, [&](const Tick&) {}},
             event);
  while (const auto due = state_->timers.pop(now.steady)) on_timer(context, *due);
  end_drains(context);
  allocate(context);
}

std::optional<TimePoint> Master::next_wakeup() const {
  const auto timer = state_->timers.next();
  const auto cycle = state_->allocator.next_cycle();
  if (!timer) return cycle;
  return cycle ? std::min(*timer, *cycle) : timer;
}

bool Master::recovered() const { return state_->recovered; }

Snapshot Master::snapshot() const {
  Snapshot snapshot;
  snapshot.info = state_->config.info;
  const auto in_order = [&snapshot](auto& views, const auto& records, const State& state) {
    std::vector<std::pair<std::uint64_t, decltype(&records.begin()->second)>> order;
    order.reserve(records.size());
    for (const auto& [id, record] : records) order.emplace_back(record.sequence, &record);
    std::ranges::sort(order);
    views.reserve(order.size());
    for (const auto& [sequence, record] : order) {
      views.push_back(view_of(state, *record));
      if constexpr (requires { record->counters; }) {
        if (state.config.publish_per_framework_metrics) snapshot.framework_counters.push_back(*record->counters);
      }
    }
  };
  in_order(snapshot.frameworks, state_->frameworks, *state_);
  in_order(snapshot.agents, state_->agents, *state_);
  for (const CompletedFramework& completed : state_->completed_frameworks) {
    if (!completed.view) continue;
    snapshot.completed_frameworks.push_back(completed.view);
    if (state_->config.publish_per_framework_metrics) snapshot.framework_counters.push_back(completed.counters);
  }
  for (const auto& [id, agent] : state_->recovered_agents) snapshot.recovered_agents.push_back(agent.info);
  snapshot.unreachable_agents = state_->unreachable_agents.size();
  snapshot.maintenance_schedule = state_->maintenance.schedule;
  snapshot.maintenance_status = maintenance_status(*state_);
  for (const auto& [name, value] : state_->metrics.counters()) snapshot.metrics[name] = static_cast<double>(value);
  snapshot.sharing = state_->sharing;
  snapshot.preemptions = state_->preemptions;
  put_allocator_gauges(*state_, snapshot);
  return snapshot;
}

allocator::Explained Master::explain(const allocator::ExplainQuestion& question, const Now& now) const {
  return state_->allocator.explain(question, now.steady);
}

allocator::Plan Master::plan(const FrameworkId& framework, const allocator::Demand& demand) const {
  return state_->allocator.plan(framework, demand, [this](const AgentId& id) { return load_of(*state_, id); });
}

}  // namespace stoa::master
