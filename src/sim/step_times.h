// StepTimes: how long steps of a core took on this machine, by what they were told. It only watches: with it or
// without, a run is the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::sim {

class StepTimes {
 public:
  // `kind` must live as long as this.
  void add(std::string_view kind, std::chrono::nanoseconds time);
  // A table with a line for each kind and one for all: how many, their sum, median, 99th percentile and maximum.
  std::string report() const;

 private:
  std::map<std::string_view, std::vector<std::uint32_t>> times_;  // Nanoseconds; at most 4 s.
};

}  // namespace stoa::sim
