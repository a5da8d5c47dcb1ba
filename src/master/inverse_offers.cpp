#include "master/inverse_offers.h"

#include <set>
#include <utility>

#include "allocator/filters.h"
#include "base/check.h"
#include "master/calls.h"
#include "master/offers.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using SchedulerEvent = mesos::v1::scheduler::Event;

bool may_be_asked(const Context& context, const FrameworkId& id, const Agent& agent) {
  if (agent.inverse_offers.contains(id)) return false;
  const Framework& framework = context.state.frameworks.at(id);
  if (!framework.connected()) return false;
  const auto refused = framework.inverse_refusals.find(agent.id);
  return refused == framework.inverse_refusals.end() || refused->second <= context.now.steady;
}

// The first task of another framework than this one's: they are in the order of frameworks.
auto next_framework(const Agent& agent, const FrameworkId& id) {
  return agent.tasks.lower_bound({FrameworkId(id.value + '\0'), TaskId()});
}

// Who holds something of the agent and may be asked. O(offers + executors + frameworks, and their tasks that ended).
std::set<FrameworkId> to_be_asked(const Context& context, const Agent& agent) {
  const State& state = context.state;
  std::set<FrameworkId> asked;
  const auto add = [&](const FrameworkId& id) {
    if (may_be_asked(context, id, agent)) asked.insert(id);
  };
  for (const auto& [key, executor] : agent.executors) add(key.first);
  for (const OfferId& id : agent.offers) add(state.offers.at(id).framework);
  for (auto task = agent.tasks.begin(); task != agent.tasks.end();) {
    const FrameworkId& id = task->first;
    if (asked.contains(id) || !may_be_asked(context, id, agent)) {
      task = next_framework(agent, id);
    } else if (state.frameworks.at(id).tasks.at(task->second).holds_resources) {
      asked.insert(id);
      task = next_framework(agent, id);
    } else {
      ++task;
    }
  }
  return asked;
}

// Books one as outstanding, and adds it to the event. Returns about how long it is as JSON.
std::size_t ask(Context& context, Framework& framework, Agent& agent, SchedulerEvent& event) {
  State& state = context.state;
  const OfferId id(fmt::format("{}-O{}", state.config.info->id(), state.next_offer++));
  auto& message = *event.mutable_inverse_offers()->add_inverse_offers();
  message.mutable_id()->set_value(id.value);
  message.mutable_framework_id()->set_value(framework.id.value);
  message.mutable_agent_id()->set_value(agent.id.value);
  put_url(agent, *message.mutable_url());
  *message.mutable_unavailability() = *agent.unavailability;
  framework.inverse_refusals.erase(agent.id);
  framework.inverse_offers.insert(id);
  agent.inverse_offers.emplace(framework.id, id);
  state.inverse_offers.emplace(id, InverseOffer{framework.id, agent.id});
  if (state.config.offer_timeout) {
    state.timers.set({TimerKey::Kind::inverse_offer, id.value}, context.now.steady + *state.config.offer_timeout);
  }
  return 3 * message.ByteSizeLong();
}

InverseOffer take(Context& context, const OfferId& id) {
  State& state = context.state;
  auto node = state.inverse_offers.extract(id);
  CHECK(!node.empty(), "an inverse offer that is not outstanding was taken");
  const InverseOffer offer = std::move(node.mapped());
  state.frameworks.at(offer.framework).inverse_offers.erase(id);
  state.agents.at(offer.agent).inverse_offers.erase(offer.framework);
  state.timers.cancel({TimerKey::Kind::inverse_offer, id.value});
  return offer;
}

// SCH-247. Ids that are unknown, of ordinary offers or of others are skipped.
template <typename Ids>
void note_answers(Context& context, Framework& framework, const Ids& ids, const mesos::v1::Filters* filters,
                  bool accepted) {
  const Duration length = allocator::refusal_length(refusal(filters));
  const Duration interval = context.state.config.allocation.allocation_interval;
  for (const auto& id : ids) {
    if (!framework.inverse_offers.contains(OfferId(id.value()))) continue;
    const InverseOffer offer = take(context, OfferId(id.value()));
    context.state.agents.at(offer.agent).inverse_answers[framework.id] = {accepted, context.now.wall};
    context.state.maintenance.status.reset();
    if (length == Duration::zero()) continue;
    // As for ordinary offers, a refusal holds in the next round (SCH-122).
    framework.inverse_refusals[offer.agent] = context.now.steady + std::max(length, interval + Duration(1));
  }
}

}  // namespace

void make_inverse_offers(Context& context) {
  State& state = context.state;
  if (!state.maintenance.schedule) return;
  struct Pending {
    std::shared_ptr<SchedulerEvent> event;
    std::size_t bytes = 0;
  };
  std::map<FrameworkId, Pending> events;
  for (auto& [agent_id, agent] : state.agents) {
    if (!agent.unavailability || !agent.connected()) continue;
    for (const FrameworkId& id : to_be_asked(context, agent)) {
      Framework& framework = state.frameworks.at(id);
      Pending& pending = events[id];
      if (!pending.event) {
        pending.event = std::make_shared<SchedulerEvent>();
        pending.event->set_type(SchedulerEvent::INVERSE_OFFERS);
      }
      pending.bytes += ask(context, framework, agent, *pending.event);
      if (pending.bytes <= state.config.offers_event_bytes_max) continue;
      send(context, framework, std::exchange(pending, {}).event);
    }
  }
  for (auto& [id, pending] : events) {
    if (pending.event) send(context, state.frameworks.at(id), std::move(pending.event));
  }
}

void withdraw_inverse_offer(Context& context, const OfferId& id) {
  const InverseOffer offer = take(context, id);
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::RESCIND_INVERSE_OFFER);
  event->mutable_rescind_inverse_offer()->mutable_inverse_offer_id()->set_value(id.value);
  send(context, context.state.frameworks.at(offer.framework), std::move(event));
}

void withdraw_inverse_offers(Context& context, Agent& agent) {
  while (!agent.inverse_offers.empty()) withdraw_inverse_offer(context, OfferId(agent.inverse_offers.begin()->second));
}

void withdraw_inverse_offers_silently(Context& context, Framework& framework) {
  while (!framework.inverse_offers.empty()) take(context, OfferId(*framework.inverse_offers.begin()));
}

void on_accept_inverse_offers(Context& context, Framework& framework, const CallMessage& call) {
  const auto& answer = call->accept_inverse_offers();
  note_answers(context, framework, answer.inverse_offer_ids(), answer.has_filters() ? &answer.filters() : nullptr,
               true);
}

void on_decline_inverse_offers(Context& context, Framework& framework, const CallMessage& call) {
  const auto& answer = call->decline_inverse_offers();
  note_answers(context, framework, answer.inverse_offer_ids(), answer.has_filters() ? &answer.filters() : nullptr,
               false);
}

}  // namespace stoa::master
