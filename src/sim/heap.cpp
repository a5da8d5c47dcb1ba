#include "sim/heap.h"

#ifdef STOA_MIMALLOC
#include <mimalloc.h>
#else
#include <malloc.h>
#endif

namespace stoa::sim {

#ifdef STOA_MIMALLOC

std::size_t heap_in_use() {
  std::size_t sum = 0;
  const auto add = [](const mi_heap_t*, const mi_heap_area_t* area, void*, std::size_t, void* to) {
    *static_cast<std::size_t*>(to) += area->used * area->block_size;
    return true;
  };
  mi_heap_visit_blocks(mi_heap_get_default(), false, add, &sum);
  return sum;
}

void prefer_large_pages() { mi_option_enable(mi_option_large_os_pages); }

#else

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void prefer_large_pages() {}

#endif

}  // namespace stoa::sim
