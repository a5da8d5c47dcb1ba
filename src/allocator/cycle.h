// One allocation cycle: the walk over agents and clients that gives free resources away (ALC-030 to ALC-037).
#pragma once

#include <vector>

#include "allocator/books.h"

namespace stoa::allocator {

// Visits `candidates`, listed by id, in the order of the options, and returns what was given. The books are up to date
// afterwards.
std::vector<Grant> give_away(Books& books, std::vector<AgentIndex> candidates, TimePoint now);

}  // namespace stoa::allocator
