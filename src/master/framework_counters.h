// What the master counts for each framework (SCH-266): a plain record of numbers, copied into each snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace stoa::master {

struct FrameworkCounters {
  // By the number of the enum value: Call::Type, Event::Type, Offer::Operation::Type, TaskState.
  static constexpr std::size_t values_max = 32;
  using ByType = std::array<std::uint64_t, values_max>;

  ByType calls{};
  ByType events{};
  ByType operations{};
  ByType tasks_terminal{};
  std::uint64_t offers_sent = 0;
  std::uint64_t offers_accepted = 0;
  std::uint64_t offers_declined = 0;
  std::uint64_t offers_rescinded = 0;
};

// Adds one for a value of an enum; values that are too new to have a place are not counted.
inline void count(FrameworkCounters::ByType& counters, int value) {
  if (value >= 0 && static_cast<std::size_t>(value) < counters.size()) ++counters[static_cast<std::size_t>(value)];
}

}  // namespace stoa::master
