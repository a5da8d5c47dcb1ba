// Registration of agents: who is admitted under which id, what is written first, and how its tasks enter the books
// (HA-090 to HA-117, AGT-030 to AGT-041).
#include <algorithm>

#include "google/protobuf/util/message_differencer.h"
#include "master/agents.h"
#include "master/deactivation.h"
#include "master/executors.h"
#include "master/frameworks.h"
#include "master/kill_message.h"
#include "master/maintenance.h"
#include "master/offers.h"
#include "master/operation_book.h"
#include "master/recovery_pause.h"
#include "master/send.h"
#include "master/statuses.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/identifier.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using link::Register;
using link::ToAgent;
using mesos::v1::AgentInfo;

// Far above any machine, far below what would spoil the shares of everyone.
constexpr std::int64_t cpus_max = 1'000'000;
// Of an agent's record in the registry, whatever keeps it (HA-071).
constexpr std::size_t info_bytes_max = 500 << 10;

void refuse(Context& context, LinkNumber link, const std::string& why, bool shutdown) {
  log_warning(context, "refusing a registration: {}", why);
  auto message = std::make_shared<ToAgent>();
  message->mutable_refused()->set_message(why);
  message->mutable_refused()->set_shutdown(shutdown);
  context.effects.push_back(SendAgent{link, std::move(message)});
  context.effects.push_back(CloseLink{link});
}

constexpr const char* machine_is_down = "The machine is down for maintenance";

bool runs_where_down(const Maintenance& maintenance, const Register& claim) {
  if (maintenance.down.empty()) return false;
  return is_down(maintenance, claim.agent_info().hostname(), {claim.addresses().begin(), claim.addresses().end()});
}

// What an agent says of itself must hold before anything is written (SEC-245).
Result<> check_claims(const Register& claim) {
  const std::string& id = claim.agent_info().id().value();
  if (!id.empty()) {
    if (auto valid = model::validate_identifier(id); !valid) return invalid("invalid id: " + valid.error().message);
  }
  if (claim.agent_info().ByteSizeLong() > info_bytes_max) return invalid("agent info too large");
  auto total = model::Resources::from_messages(claim.total_resources());
  if (!total) return invalid("invalid resources: " + total.error().message);
  if (auto more = model::Resources::from_messages(claim.oversubscribed_resources()); !more) {
    return invalid("invalid oversubscribed resources: " + more.error().message);
  }
  if (total->scalar("cpus").thousandths() > cpus_max * 1000) {
    return invalid(fmt::format("{} cpus are more than any machine has", total->scalar("cpus").to_text()));
  }
  return {};
}

// Writes that the agent is admitted; the rest follows in finish_admission.
void admit(Context& context, LinkNumber link, const std::shared_ptr<const link::ToMaster>& message, const AgentId& id,
           bool was_unreachable) {
  AgentInfo info = message->register_().agent_info();
  info.mutable_id()->set_value(id.value);
  context.state.registering.insert(link);
  context.state.registering_agents.insert(id);
  persist(context, {agent_record(context, id, registry::Agent::ADMITTED, &info)},
          AdmitAgent{id, link, message, was_unreachable});
}

void send_registered(Context& context, const Agent& agent) {
  const Config& config = context.state.config;
  auto message = std::make_shared<ToAgent>();
  auto& registered = *message->mutable_registered();
  registered.mutable_agent_id()->set_value(agent.id.value);
  registered.set_silence_max(
      static_cast<std::uint64_t>((config.agent_ping_timeout * config.max_agent_ping_timeouts).count()));
  if (context.state.epoch > 0) registered.set_epoch(context.state.epoch);
  send(context, agent, std::move(message));
}

Framework* find_framework(State& state, const std::string& id) {
  const auto known = state.frameworks.find(FrameworkId(id));
  return known == state.frameworks.end() ? nullptr : &known->second;
}

// Makes sure that the frameworks of what an agent reports are known. A task or executor of one that was removed, the
// agent is told to end (SCH-075).
void recover_frameworks(Context& context, const Agent& agent, const Register& claim) {
  State& state = context.state;
  std::set<std::string> running;
  for (const auto& task : claim.tasks()) running.insert(task.framework_id().value());
  for (const auto& executor : claim.executors()) running.insert(executor.framework_id().value());
  std::set<std::string> owners = running;
  for (const auto& operation : claim.operations()) owners.insert(operation.framework_id().value());
  for (const auto& info : claim.frameworks()) {
    const FrameworkId id(info.id().value());
    if (!owners.contains(id.value) || state.frameworks.contains(id) || state.completed_ids.contains(id)) continue;
    recover_framework(context, info);
  }
  for (const std::string& id : running) {
    if (state.frameworks.contains(FrameworkId(id))) continue;
    if (!state.completed_ids.contains(FrameworkId(id))) {
      log_warning(context, "agent {} reports tasks of framework {} without its description", agent.id.value, id);
    }
    auto message = std::make_shared<ToAgent>();
    message->mutable_shutdown_framework()->mutable_framework_id()->set_value(id);
    send(context, agent, std::move(message));
  }
}

// Enters the executors of an agent that this leader does not have in its books.
void adopt_executors(Context& context, Agent& agent, const Register& claim, bool known) {
  for (const auto& running : claim.executors()) {
    Framework* framework = find_framework(context.state, running.framework_id().value());
    const std::string& id = running.executor_info().executor_id().value();
    if (framework == nullptr || find_executor(agent, framework->id, id) != nullptr) continue;
    adopt_executor(context, *framework, agent, running.executor_info());
    if (!known || framework->info->checkpoint()) continue;
    // Its tasks were reported lost when the link broke, so it must not go on (SCH-239).
    auto message = std::make_shared<ToAgent>();
    *message->mutable_shutdown_executor()->mutable_framework_id() = running.framework_id();
    *message->mutable_shutdown_executor()->mutable_executor_id() = running.executor_info().executor_id();
    send(context, agent, std::move(message));
  }
}

// Executors in our books that the agent does not have any more ended while nobody could tell us (SCH-243).
void release_ended_executors(Context& context, Agent& agent, const Register& claim) {
  std::set<std::pair<FrameworkId, ExecutorId>> running;
  for (const auto& executor : claim.executors()) {
    running.insert(
        {FrameworkId(executor.framework_id().value()), ExecutorId(executor.executor_info().executor_id().value())});
  }
  std::vector<std::pair<FrameworkId, ExecutorId>> ended;
  for (const auto& [key, executor] : agent.executors) {
    if (!running.contains(key)) ended.push_back(key);
  }
  for (const auto& [framework, id] : ended) {
    release_executor(context, agent, framework, id);
    tell_executor_failure(context, context.state.frameworks.at(framework), agent.id, id, -1);
  }
}

// Enters the tasks of an agent that this leader does not have in its books. `known`: it has the agent in them.
void adopt_tasks(Context& context, Agent& agent, const Register& claim, bool known, bool was_unreachable) {
  for (const auto& record : claim.tasks()) {
    Framework* framework = find_framework(context.state, record.framework_id().value());
    if (framework == nullptr || framework->tasks.contains(TaskId(record.task_id().value()))) continue;
    if (known && !framework->info->checkpoint() && !is_terminal(record.state())) {
      // It was reported lost when the link broke, so it must not go on (SCH-239).
      send(context, agent, kill_message(framework->id, record.task_id().value()));
      continue;
    }
    adopt_task(context, *framework, agent, record);
    if (!was_unreachable || is_terminal(record.state())) continue;
    StatusFacts facts{TaskId(record.task_id().value()), record.state(),
                      mesos::v1::TaskStatus::REASON_AGENT_REREGISTERED, "Agent reregistered"};
    facts.agent = agent.id;
    tell_status(context, *framework, facts);
  }
}

void put_claim(Agent& agent, const Register& claim, AgentInfo info) {
  agent.info = std::make_shared<const AgentInfo>(std::move(info));
  agent.addresses.assign(claim.addresses().begin(), claim.addresses().end());
  agent.version = claim.version();
  agent.capabilities.clear();
  for (const auto& capability : claim.capabilities()) agent.capabilities.insert(capability.type());
  agent.view.reset();
}

// An agent without a region counts as local (SCH-047).
bool is_local(const mesos::v1::MasterInfo& master, const AgentInfo& agent) {
  if (!agent.domain().has_fault_domain()) return true;
  return master.domain().fault_domain().region().name() == agent.domain().fault_domain().region().name();
}

allocator::AgentSpec spec_of(const State& state, const Agent& agent) {
  allocator::AgentSpec spec;
  spec.total = agent.total;
  spec.hostname = agent.info->hostname();
  spec.is_local_region = is_local(*state.config.info, *agent.info);
  return spec;
}

void attach(Context& context, Agent& agent, LinkNumber link) {
  agent.link = link;
  agent.pings_unanswered = 0;
  agent.marking = false;
  agent.view.reset();
  context.state.links[link] = agent.id;
  context.state.timers.cancel({TimerKey::Kind::agent_return, agent.id.value});
  context.state.timers.set({TimerKey::Kind::agent_ping, agent.id.value},
                           context.now.steady + context.state.config.agent_ping_timeout);
}

// Tasks in our books that the agent did not name are asked back; kills that waited are sent (HA-117, SCH-204).
void reconcile_with(Context& context, Agent& agent, const Register& claim) {
  std::set<std::pair<FrameworkId, TaskId>> named;
  for (const auto& task : claim.tasks()) {
    named.insert({FrameworkId(task.framework_id().value()), TaskId(task.task_id().value())});
  }
  std::map<FrameworkId, std::shared_ptr<ToAgent>> asked;
  for (const auto& key : agent.tasks) {
    Framework& framework = context.state.frameworks.at(key.first);
    Task& task = framework.tasks.at(key.second);
    if (!named.contains(key)) {
      std::shared_ptr<ToAgent>& message = asked[key.first];
      if (!message) {
        message = std::make_shared<ToAgent>();
        *message->mutable_reconcile_tasks()->mutable_framework_info() = *framework.info;
      }
      message->mutable_reconcile_tasks()->add_task_ids()->set_value(key.second.value);
    } else if (task.kill) {
      if (!is_terminal(task.message->state())) send(context, agent, kill_message(framework.id, *task.kill));
      task.kill.reset();
    }
  }
  for (auto& [framework, message] : asked) send(context, agent, std::move(message));
}

// An agent that this leader has in its books comes over a new link.
void reconnect(Context& context, Agent& agent, LinkNumber link, const std::shared_ptr<const link::ToMaster>& message) {
  State& state = context.state;
  const Register& claim = message->register_();
  if (agent.link) {
    if (*agent.link != link) {
      state.links.erase(*agent.link);
      context.effects.push_back(CloseLink{*agent.link});
      withdraw_offers(context, agent);
    }
  }
  const bool was_connected = agent.connected();
  put_claim(agent, claim, *agent.info);
  note_unavailability(context, agent);
  agent.reregistered = context.now.wall;
  attach(context, agent, link);
  state.metrics.count("master/messages_reregister_slave");
  state.metrics.count("master/slave_reregistrations");
  send_registered(context, agent);
  log_info(context, "agent {} at {} registered again", agent.id.value, agent.info->hostname());
  recover_frameworks(context, agent, claim);
  put_registered(context, agent, *message);
  release_ended_executors(context, agent, claim);
  adopt_executors(context, agent, claim, true);
  adopt_tasks(context, agent, claim, true, false);
  for (const auto& record : claim.tasks()) {
    const auto framework = state.frameworks.find(FrameworkId(record.framework_id().value()));
    if (framework == state.frameworks.end()) continue;
    const auto task = framework->second.tasks.find(TaskId(record.task_id().value()));
    if (task == framework->second.tasks.end() || record.statuses().empty()) continue;
    // The books follow the agent at once; the framework hears it by the agent's own updates.
    note_status(context, framework->second, task->second, *record.statuses().rbegin(), record.state(), false);
    note_delivery(framework->second, task->second, record);
  }
  reconcile_with(context, agent, claim);
  ask_back(context, agent);
  resend_drain(context, agent);
  if (!was_connected && !state.deactivated.contains(agent.id)) {
    state.allocator.activate_agent(agent.id, context.now.steady);
  }
}

// The link ended while the registration was being written: the agent is admitted and expected back.
void expect_back(Context& context, const AgentId& id, bool was_unreachable, AgentInfo info) {
  State& state = context.state;
  // One that we knew before stays what it was to us until it is here.
  if (was_unreachable || state.agents.contains(id)) return;
  state.recovered_agents[id] = {std::make_shared<const AgentInfo>(std::move(info))};
  state.timers.set({TimerKey::Kind::recovered_agent, id.value},
                   context.now.steady + state.config.agent_reregister_timeout);
}

bool same_attributes(const AgentInfo& a, const AgentInfo& b) {
  return std::ranges::equal(a.attributes(), b.attributes(), [](const auto& left, const auto& right) {
    return google::protobuf::util::MessageDifferencer::Equals(left, right);
  });
}

bool same_machine(const Agent& agent, const Register& claim) {
  return agent.info->hostname() == claim.agent_info().hostname() && agent.info->port() == claim.agent_info().port();
}

// Registration of an agent with an id of its own.
void register_known(Context& context, LinkNumber link, const std::shared_ptr<const link::ToMaster>& message) {
  State& state = context.state;
  const Register& claim = message->register_();
  const AgentId id(claim.agent_info().id().value());
  if (state.gone_agents.contains(id)) return refuse(context, link, "Agent has been marked gone", true);
  if (state.registering_agents.contains(id)) return;  // Its repetition while the first is written (HA-091).
  if (const auto known = state.agents.find(id); known != state.agents.end()) {
    if (known->second.marking) return;  // Decided when the mark is written (HA-113).
    if (known->second.connected() && !same_machine(known->second, claim)) {
      return refuse(context, link, fmt::format("Agent {} is connected from another machine", id.value), true);
    }
    const bool changed = !google::protobuf::util::MessageDifferencer::Equals(*known->second.info, claim.agent_info());
    if (!changed) return reconnect(context, known->second, link, message);
    return admit(context, link, message, id, false);
  }
  if (const auto recovered = state.recovered_agents.find(id); recovered != state.recovered_agents.end()) {
    if (recovered->second.marking) return;
    const bool changed =
        !google::protobuf::util::MessageDifferencer::Equals(*recovered->second.info, claim.agent_info());
    state.registering.insert(link);
    if (!changed) return finish_admission(context, AdmitAgent{id, link, message, false});
    return admit(context, link, message, id, false);
  }
  // Unreachable until now, or not in the registry at all: welcomed with its tasks (HA-111, HA-112).
  admit(context, link, message, id, state.unreachable_agents.contains(id));
}

}  // namespace

RegistryChange agent_record(const Context& context, const AgentId& id, int state, const AgentInfo* info) {
  registry::Agent record;
  record.set_state(static_cast<registry::Agent::State>(state));
  if (info != nullptr) *record.mutable_info() = *info;
  record.set_since(context.now.wall);
  return {"agent", id.value, record.SerializeAsString()};
}

void on_register(Context& context, LinkNumber link, const std::shared_ptr<const link::ToMaster>& message) {
  State& state = context.state;
  const Register& claim = message->register_();
  if (auto valid = check_claims(claim); !valid) return refuse(context, link, valid.error().message, false);
  if (claim.agent_info().domain().has_fault_domain() && !state.config.info->domain().has_fault_domain()) {
    return refuse(context, link, "the agent has a fault domain and the master has none: give the master one, too",
                  false);
  }
  if (runs_where_down(state.maintenance, claim)) return refuse(context, link, machine_is_down, true);
  if (state.registering.contains(link)) return;
  if (const auto known = state.links.find(link); known != state.links.end()) {
    // Its repetition, sent before our answer came. What it says was true then: since, tasks may have been launched over
    // this link, or ended and been acknowledged, and must not be asked back or come back.
    const std::string& id = claim.agent_info().id().value();
    if (id.empty() || id == known->second.value) return send_registered(context, state.agents.at(known->second));
    log_warning(context, "agent {} registers as agent {} over its link: ignored", known->second.value, id);
    return;
  }
  if (!claim.agent_info().id().value().empty()) return register_known(context, link, message);
  const AgentId id(fmt::format("{}-S{}", state.config.info->id(), state.next_agent++));
  admit(context, link, message, id, false);
}

void finish_admission(Context& context, const AdmitAgent& admission) {
  State& state = context.state;
  const bool link_is_gone = state.registering.erase(admission.link) == 0;
  state.registering_agents.erase(admission.agent);
  const Register& claim = admission.registration->register_();
  AgentInfo info = claim.agent_info();
  info.mutable_id()->set_value(admission.agent.value);
  if (runs_where_down(state.maintenance, claim)) {  // Since it was taken down, this was written.
    std::vector<RegistryChange> changes{{"agent", admission.agent.value, ""}};
    if (auto forgotten = forget_deactivation(state, admission.agent)) changes.push_back(*std::move(forgotten));
    if (const auto known = state.agents.find(admission.agent); known != state.agents.end()) {
      known->second.marking = true;
      persist(context, std::move(changes), RemoveAgent{admission.agent});
    } else {
      state.recovered_agents.erase(admission.agent);
      state.timers.cancel({TimerKey::Kind::recovered_agent, admission.agent.value});
      persist(context, std::move(changes), NothingMore{});
    }
    if (!link_is_gone) refuse(context, admission.link, machine_is_down, true);
    return;
  }
  if (link_is_gone) return expect_back(context, admission.agent, admission.was_unreachable, std::move(info));
  if (const auto known = state.agents.find(admission.agent); known != state.agents.end()) {
    // Known, with new information that is now written.
    Agent& agent = known->second;
    const std::shared_ptr<const AgentInfo> before = agent.info;
    agent.info = std::make_shared<const AgentInfo>(std::move(info));
    reconnect(context, agent, admission.link, admission.registration);
    state.allocator.update_agent(agent.id, spec_of(state, agent), context.now.steady);
    if (!same_attributes(*before, *agent.info)) state.allocator.forget_filters(agent.id, context.now.steady);
    return;
  }
  const bool recovered = state.recovered_agents.erase(admission.agent) > 0;
  if (recovered) note_agent_is_back(context);
  state.timers.cancel({TimerKey::Kind::recovered_agent, admission.agent.value});
  state.unreachable_agents.erase(admission.agent);

  Agent& agent = state.agents[admission.agent];
  agent.id = admission.agent;
  agent.view.list_in(state.touched_agents, agent);
  agent.sequence = state.next_sequence++;
  agent.registered = context.now.wall;
  const bool returning = recovered || admission.was_unreachable || !claim.agent_info().id().value().empty();
  if (returning) agent.reregistered = context.now.wall;
  put_claim(agent, claim, std::move(info));
  note_unavailability(context, agent);
  attach(context, agent, admission.link);
  state.metrics.count(returning ? "master/messages_reregister_slave" : "master/messages_register_slave");
  state.metrics.count(returning ? "master/slave_reregistrations" : "master/slave_registrations");
  send_registered(context, agent);
  recover_frameworks(context, agent, claim);
  put_registered(context, agent, *admission.registration);
  log_info(context, "agent {} at {} registered with {}", agent.id.value, agent.info->hostname(), agent.total.to_text());
  state.allocator.add_agent(agent.id, spec_of(state, agent), {}, context.now.steady);
  if (state.deactivated.contains(agent.id)) state.allocator.deactivate_agent(agent.id);
  resend_drain(context, agent);
  adopt_executors(context, agent, claim, false);
  adopt_tasks(context, agent, claim, false, admission.was_unreachable);
}

}  // namespace stoa::master
