// DECLINE: offers go back, with a filter (SCH-119, SCH-121).
#include "master/calls.h"
#include "master/offers.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {

void on_decline(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_decline_offers");
  const auto& decline = call->decline();
  const double refuse = refusal(decline.has_filters() ? &decline.filters() : nullptr);
  for (const auto& id : decline.offer_ids()) {
    // Unknown and outdated ids are skipped, and so are those of others, lest one framework destroy another's offers.
    if (!framework.offers.contains(OfferId(id.value()))) continue;
    ++framework.counters->offers_declined;
    return_offer(context, OfferId(id.value()), refuse);
  }
}

}  // namespace stoa::master
