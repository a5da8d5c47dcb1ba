// Counts: how often the things happened that a run is there for, so that its summary shows what was tried. Laws that
// nothing puts to the test hold without proving anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace stoa::sim {

enum class Happening : std::size_t {
  link_lost,
  agent_restarted,
  machine_rebooted,
  master_restarted,
  scheduler_lost,
  failed_over,
  torn_down,
  killed,
  group_launched,
  executor_started,
  executor_ended,
  executor_stream_lost,
  volume_used,
  // Done on a machine.
  reserved,
  unreserved,
  created,
  destroyed,
  grown,
  shrunk,
  // As the scheduler that asked for feedback was told.
  operation_done,
  operation_refused,
  count
};

class Counts {
 public:
  void add(Happening what) { ++numbers_[static_cast<std::size_t>(what)]; }
  std::uint64_t of(Happening what) const { return numbers_[static_cast<std::size_t>(what)]; }
  Counts& operator+=(const Counts& other);
  // "12 links lost, 3 agents restarted, ..."
  std::string to_text() const;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Happening::count)> numbers_{};
};

}  // namespace stoa::sim
