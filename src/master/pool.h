// Pool: what one ACCEPT works on. Its operations are carried out in turn, each on what the ones before it left
// (SCH-107); what none of them used goes back in the end.
#pragma once

#include <string>

#include "master/state.h"

namespace stoa::master {

struct Pool {
  Agent& agent;
  std::string role;            // To which all of it is allocated.
  model::Resources offered;    // As it was offered.
  model::Resources left;       // Not used yet.
  model::Resources shared;     // The shared volumes among it, one each: any number of tasks may use them (SCH-147).
  model::Resources set_aside;  // Made by operations, and not for this ACCEPT any more (SCH-181).

  // Adds an offer.
  void add(const model::Resources& resources);
  // What a task may use: what is left, with shared volumes that are used already. `room` holds it if that is not the
  // same as what is left.
  const model::Resources& usable(model::Resources& room) const;
};

// Takes what a launch needs out of the pool: with_single_counts() of it must be usable. Whoever uses a shared volume
// counts, though the offer brought it once; so further users are charged in addition (RES-131).
void take(Context& context, const Framework& framework, Pool& pool, const model::Resources& needed);

// What is left goes back: what is as it was offered is refused for `refuse_seconds`, what operations made comes without
// a filter (SCH-110).
void give_back_rest(Context& context, const Framework& framework, const Pool& pool, double refuse_seconds);

}  // namespace stoa::master
