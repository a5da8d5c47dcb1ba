// What is worth offering: splinters of an agent only cost everybody an answer (ALC-110, ALC-111).
#pragma once

#include "allocator/allocator.h"

namespace stoa::allocator {

// True if one alternative is met by the quantities, or there is none.
bool meets(const Minimum& minimum, const model::Resources& offered);

}  // namespace stoa::allocator
