// Offers: made from what the allocator granted, ended by use, decline, rescind or silently with their stream.
#pragma once

#include <functional>
#include <vector>

#include "master/state.h"

namespace mesos::v1 {
class URL;
}  // namespace mesos::v1

namespace stoa::master {

// Runs the allocator if a cycle is due and sends what it granted: one OFFERS event for each framework, several where
// one would be too large (SCH-096, HTTP-090).
void allocate(Context& context);

// Gives resources that were granted and not used back to the allocator, with a filter if `refuse_seconds` is set.
void give_back(Context& context, const FrameworkId& framework, const AgentId& agent, const model::Resources& resources,
               std::optional<double> refuse_seconds);

// Where the agent's API is.
void put_url(const Agent& agent, mesos::v1::URL& url);

// Takes an offer out of the books without touching its resources: the caller owns them then.
Offer take_offer(Context& context, const OfferId& id);

// Gives an offer's resources back to the allocator, with a filter if `refuse_seconds` is set, and forgets the offer.
void return_offer(Context& context, const OfferId& id, std::optional<double> refuse_seconds);

// Withdraws one offer, with a RESCIND to its framework; its resources are refused for `refuse_seconds` if that is set.
void withdraw_offer(Context& context, const OfferId& id, std::optional<double> refuse_seconds = std::nullopt);
// The framework did not answer one in time: the same, and a refusal of what was won by preemption (ALC-091, ALC-219).
void end_offer(Context& context, const OfferId& id);
// Withdraws the framework's offers for which `which` holds, each with a RESCIND on its stream.
void withdraw_offers(Context& context, Framework& framework, const std::function<bool(const Offer&)>& which);
// Withdraws all of them, and the inverse ones, without a word: their stream ended, or another took over (SCH-059,
// SCH-069).
void withdraw_offers_silently(Context& context, Framework& framework);
// Withdraws all offers of an agent that goes away, with RESCIND (SCH-098).
void withdraw_offers(Context& context, Agent& agent);
// Those of them for which `which` holds.
void withdraw_offers(Context& context, Agent& agent, const std::function<bool(const Offer&)>& which);

// For how many seconds what is given back is refused: what the filters say, else 5 (SCH-111, SCH-121).
double refusal(const mesos::v1::Filters* filters);

}  // namespace stoa::master
