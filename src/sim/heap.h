// The memory of this process, for whoever weighs what a core holds.
#pragma once

#include <cstddef>

namespace stoa::sim {

// Bytes that are allocated now, by this thread where threads have heaps of their own.
std::size_t heap_in_use();

// For large simulations, before the first: memory comes in large pages where the kernel has them. A fifth of a run
// with thousands of agents goes by without.
void prefer_large_pages();

}  // namespace stoa::sim
