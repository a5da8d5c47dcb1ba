#include "sim/step_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace stoa::sim {
namespace {

// `times` are sorted and not empty.
double microseconds(const std::vector<std::uint32_t>& times, double fraction) {
  return times[static_cast<std::size_t>(fraction * static_cast<double>(times.size() - 1))] / 1e3;
}

std::string line(std::string_view kind, std::vector<std::uint32_t> times) {
  std::ranges::sort(times);
  const double sum = std::accumulate(times.begin(), times.end(), 0.0);
  return fmt::format("{:<30}{:>10}{:>10.3f}{:>10.1f}{:>10.1f}{:>12.1f}\n", kind, times.size(), sum / 1e9,
                     microseconds(times, 0.5), microseconds(times, 0.99), microseconds(times, 1));
}

}  // namespace

void StepTimes::add(std::string_view kind, std::chrono::nanoseconds time) {
  constexpr std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
  times_[kind].push_back(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(time.count()), max)));
}

std::string StepTimes::report() const {
  std::string text =
      fmt::format("{:<30}{:>10}{:>10}{:>10}{:>10}{:>12}\n", "told", "steps", "sum s", "p50 us", "p99 us", "max us");
  std::vector<std::uint32_t> all;
  for (const auto& [kind, times] : times_) {
    text += line(kind, times);
    all.insert(all.end(), times.begin(), times.end());
  }
  if (!all.empty()) text += line("all", std::move(all));
  return text;
}

}  // namespace stoa::sim
