// Holds: an agent whose free resources pile up for one framework that needs much at once (sections 17 and 18).
//
// Without them freed pieces go to those with small tasks for ever (ALC-180). While an agent is held, its unreserved
// free resources are offered to nobody but the holder, and to the holder only when the need fits.
#pragma once

#include "allocator/books.h"

namespace stoa::allocator {

// Holds the agent, which nobody holds, for the client, until `until` at the latest.
void hold_agent(Books& books, Agent& agent, ClientIndex client, Minimum need, TimePoint until, HoldKind kind);
// Ends a hold, if there is one.
void release_agent(Books& books, Agent& agent);
const Hold* hold_on(const Books& books, AgentIndex agent);

// What the client says it needs at once: its own minimum, or its demands. Empty: nothing.
Minimum need_of(const Books& books, ClientIndex client);

// The client came first on some agent, and was not offered anything because there was too little of it.
void note_short(Books& books, ClientIndex client, TimePoint now);
// The client is offered what it needs.
void note_served(Books& books, ClientIndex client);

// Ends holds whose time or reason has passed, and gives new ones to those who waited long enough (ALC-181, ALC-183).
// O(holds + those who wait), and O(agents) for each new hold.
void update_holds(Books& books, TimePoint now);

}  // namespace stoa::allocator
