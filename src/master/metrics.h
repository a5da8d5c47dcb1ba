// Counters of a master, by the names that exporters read (V0-132 to V0-136). Gauges are computed from a snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stoa::master {

class Metrics {
 public:
  Metrics();
  // Adds one to the counter of that name, e.g. "master/tasks_finished".
  void count(std::string_view name) {
    const auto found = counters_.find(name);
    if (found == counters_.end()) {
      counters_.emplace(name, 1);
    } else {
      ++found->second;
    }
  }
  const std::map<std::string, std::uint64_t, std::less<>>& counters() const { return counters_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counters_;
};

}  // namespace stoa::master
