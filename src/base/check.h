// CHECK: for promises of our own code, on in release builds too. Never for what came over a wire or from a disk.
#pragma once

#include <string_view>

namespace stoa {

// Prints the broken promise to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition, std::string_view detail);

}  // namespace stoa

#define CHECK(condition, ...)                                                                \
  do {                                                                                       \
    if (!(condition)) [[unlikely]]                                                           \
      ::stoa::check_failed(__FILE__, __LINE__, #condition, ::std::string_view{__VA_ARGS__}); \
  } while (false)
