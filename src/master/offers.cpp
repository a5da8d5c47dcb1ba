#include "master/offers.h"

#include <map>

#include "base/check.h"
#include "master/inverse_offers.h"
#include "master/preempt.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using SchedulerEvent = mesos::v1::scheduler::Event;

model::WireForm wire_form(const Framework& framework) {
  return framework.capabilities.reservation_refinement ? model::WireForm::new_form : model::WireForm::old_form;
}

// What the framework is shown. Without MULTI_ROLE nothing says to which role it is allocated (SCH-040).
std::shared_ptr<const mesos::v1::Offer> message_of(const Offer& offer, const Framework& framework, const Agent& agent) {
  auto message = std::make_shared<mesos::v1::Offer>();
  message->mutable_id()->set_value(offer.id.value);
  message->mutable_framework_id()->set_value(framework.id.value);
  message->mutable_agent_id()->set_value(agent.id.value);
  message->set_hostname(agent.info->hostname());
  put_url(agent, *message->mutable_url());
  if (agent.unavailability) *message->mutable_unavailability() = *agent.unavailability;
  if (agent.info->has_domain()) *message->mutable_domain() = agent.info->domain();
  *message->mutable_attributes() = agent.info->attributes();
  const auto own = agent.executors.lower_bound({framework.id, ExecutorId()});
  for (auto it = own; it != agent.executors.end() && it->first.first == framework.id; ++it) {
    message->add_executor_ids()->set_value(it->first.second.value);
  }
  if (framework.capabilities.multi_role) {
    offer.resources.to_messages(wire_form(framework), *message->mutable_resources());
    message->mutable_allocation_info()->set_role(offer.role);
  } else {
    offer.resources.without_allocation_role().to_messages(wire_form(framework), *message->mutable_resources());
  }
  return message;
}

void rescind(Context& context, const Framework& framework, const OfferId& id) {
  ++framework.counters->offers_rescinded;
  auto event = std::make_shared<SchedulerEvent>();
  event->set_type(SchedulerEvent::RESCIND);
  event->mutable_rescind()->mutable_offer_id()->set_value(id.value);
  send(context, framework, std::move(event));
}

// Books one grant as an outstanding offer. None if the framework or agent left meanwhile (ALC-093).
const Offer* book(Context& context, allocator::Grant grant) {
  State& state = context.state;
  const auto framework = state.frameworks.find(grant.framework);
  const auto agent = state.agents.find(grant.agent);
  if (framework == state.frameworks.end() || agent == state.agents.end() || !framework->second.connected() ||
      !agent->second.connected()) {
    give_back(context, grant.framework, grant.agent, grant.resources, std::nullopt);
    return nullptr;
  }
  Offer offer;
  offer.id = OfferId(fmt::format("{}-O{}", state.config.info->id(), state.next_offer++));
  offer.framework = grant.framework;
  offer.agent = grant.agent;
  offer.role = std::move(grant.role);
  offer.resources = std::move(grant.resources);
  offer.view = std::make_shared<const OfferView>(OfferView{message_of(offer, framework->second, agent->second),
                                                           offer.framework, offer.agent, offer.role, offer.resources});
  ++framework->second.counters->offers_sent;
  framework->second.offers.insert(offer.id);
  framework->second.view.reset();
  agent->second.offers.insert(offer.id);
  agent->second.offered += offer.resources;
  agent->second.view.reset();
  if (state.config.offer_timeout) {
    state.timers.set({TimerKey::Kind::offer, offer.id.value}, context.now.steady + *state.config.offer_timeout);
  }
  return &state.offers.emplace(offer.id, std::move(offer)).first->second;
}

}  // namespace

void put_url(const Agent& agent, mesos::v1::URL& url) {
  url.set_scheme("http");
  url.mutable_address()->set_hostname(agent.info->hostname());
  if (!agent.addresses.empty()) url.mutable_address()->set_ip(agent.addresses.front());
  url.mutable_address()->set_port(agent.info->port());
  url.set_path("/slave(1)");
}

void allocate(Context& context) {
  State& state = context.state;
  const auto due = state.allocator.next_cycle();
  if (!due || *due > context.now.steady) return;
  std::map<FrameworkId, std::shared_ptr<SchedulerEvent>> events;
  std::map<FrameworkId, std::size_t> bytes;
  const auto flush = [&](const FrameworkId& id) {
    send(context, state.frameworks.at(id), std::move(events[id]));
    events.erase(id);
    bytes.erase(id);
  };
  for (allocator::Grant& grant : state.allocator.run(context.now.steady)) {
    const Offer* offer = book(context, std::move(grant));
    if (offer == nullptr) continue;
    std::shared_ptr<SchedulerEvent>& event = events[offer->framework];
    if (!event) {
      event = std::make_shared<SchedulerEvent>();
      event->set_type(SchedulerEvent::OFFERS);
    }
    *event->mutable_offers()->add_offers() = *offer->view->message;
    // JSON is about three times as long as the binary form.
    std::size_t& size = bytes[offer->framework];
    size += 3 * offer->view->message->ByteSizeLong();
    if (size > state.config.offers_event_bytes_max) flush(FrameworkId(offer->framework));
  }
  while (!events.empty()) flush(FrameworkId(events.begin()->first));
  if (state.agents_awaited) return;  // No inverse offers either (ALC-240).
  make_inverse_offers(context);
  preempt(context);
}

void give_back(Context& context, const FrameworkId& framework, const AgentId& agent, const model::Resources& resources,
               std::optional<double> refuse_seconds) {
  const auto given = context.state.allocator.recover(framework, agent, resources, refuse_seconds, context.now.steady);
  CHECK(given, given.error().message);
}

Offer take_offer(Context& context, const OfferId& id) {
  State& state = context.state;
  auto node = state.offers.extract(id);
  CHECK(!node.empty(), "an offer that is not outstanding was taken");
  Offer offer = std::move(node.mapped());
  if (const auto framework = state.frameworks.find(offer.framework); framework != state.frameworks.end()) {
    framework->second.offers.erase(id);
    framework->second.view.reset();
  }
  if (const auto agent = state.agents.find(offer.agent); agent != state.agents.end()) {
    agent->second.offers.erase(id);
    agent->second.offered -= offer.resources;
    agent->second.view.reset();
  }
  state.timers.cancel({TimerKey::Kind::offer, id.value});
  return offer;
}

void return_offer(Context& context, const OfferId& id, std::optional<double> refuse_seconds) {
  const Offer offer = take_offer(context, id);
  give_back(context, offer.framework, offer.agent, offer.resources, refuse_seconds);
}

void withdraw_offer(Context& context, const OfferId& id, std::optional<double> refuse_seconds) {
  rescind(context, context.state.frameworks.at(context.state.offers.at(id).framework), id);
  return_offer(context, id, refuse_seconds);
}

void end_offer(Context& context, const OfferId& id) {
  const Offer& offer = context.state.offers.at(id);
  context.state.allocator.note_lapse(offer.framework, offer.agent, offer.resources);
  withdraw_offer(context, id);
}

void withdraw_offers(Context& context, Framework& framework, const std::function<bool(const Offer&)>& which) {
  const std::set<OfferId> ids = framework.offers;
  for (const OfferId& id : ids) {
    if (which(context.state.offers.at(id))) withdraw_offer(context, id);
  }
}

void withdraw_offers_silently(Context& context, Framework& framework) {
  const std::set<OfferId> ids = framework.offers;
  for (const OfferId& id : ids) return_offer(context, id, std::nullopt);
  withdraw_inverse_offers_silently(context, framework);
}

void withdraw_offers(Context& context, Agent& agent) {
  withdraw_offers(context, agent, [](const Offer&) { return true; });
}

void withdraw_offers(Context& context, Agent& agent, const std::function<bool(const Offer&)>& which) {
  const std::set<OfferId> ids = agent.offers;
  for (const OfferId& id : ids) {
    if (which(context.state.offers.at(id))) withdraw_offer(context, id);
  }
}

double refusal(const mesos::v1::Filters* filters) {
  return (filters == nullptr ? mesos::v1::Filters::default_instance() : *filters).refuse_seconds();
}

}  // namespace stoa::master
