// Whether a test may hold a time against a bound.
#pragma once

namespace stoa {

// Times mean nothing in a program that a sanitizer has slowed down.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool times_count = false;
#else
inline constexpr bool times_count = true;
#endif

}  // namespace stoa
