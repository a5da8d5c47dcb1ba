// Inverse offers: frameworks are asked whether they can do without what they hold on a machine that will be away
// (SCH-246 to SCH-250). Their answers are shown to the operator and change nothing else.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Asks every connected framework that holds something of an agent with scheduled unavailability, was not asked yet, and
// has not answered lately: one INVERSE_OFFERS event for each framework. Part of every allocation.
void make_inverse_offers(Context& context);

// Withdraws one with RESCIND_INVERSE_OFFER to its framework.
void withdraw_inverse_offer(Context& context, const OfferId& id);
// Withdraws those of an agent that goes away, or whose schedule has changed.
void withdraw_inverse_offers(Context& context, Agent& agent);
// Withdraws those of a framework whose stream has ended, without a word.
void withdraw_inverse_offers_silently(Context& context, Framework& framework);

}  // namespace stoa::master
