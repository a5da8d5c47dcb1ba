#include "daemon/sharing_flags.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "model/role.h"
#include "net/entropy.h"

namespace stoa::daemon {
namespace {

template <typename Value>
Result<Value> parse_value(std::string_view role, std::string_view text) {
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return invalid(fmt::format("'{}' of role '{}' is not a number", text, role));
  }
  return value;
}

template <typename Value>
Result<std::map<std::string, Value>> parse(const std::string& text) {
  std::map<std::string, Value> result;
  if (text.empty()) return result;
  for (const std::string_view part : split(text, ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return invalid(fmt::format("'{}' is not ROLE=NUMBER", part));
    const std::string role(trim(part.substr(0, equals)));
    TRY(model::validate_role(role));
    LET(const Value value, parse_value<Value>(role, trim(part.substr(equals + 1))));
    if (!result.emplace(role, value).second) return invalid(fmt::format("role '{}' is named twice", role));
  }
  return result;
}

allocator::PreemptionMode preemption_mode(const MasterFlags& flags, allocator::Sorter sorter) {
  using allocator::PreemptionMode;
  if (!flags.preemption) return sorter == allocator::Sorter::priority ? PreemptionMode::priority : PreemptionMode::off;
  if (*flags.preemption == "guarantees") return PreemptionMode::guarantees;
  return *flags.preemption == "priority" ? PreemptionMode::priority : PreemptionMode::off;
}

}  // namespace

Result<std::map<std::string, double>> parse_weights(const std::string& text) {
  LET(auto weights, parse<double>(text));
  for (const auto& [role, weight] : weights) {
    if (!(weight > 0) || !std::isfinite(weight)) {
      return invalid(fmt::format("Weights must be positive: that of role '{}' is {}", role, weight));
    }
  }
  return weights;
}

Result<std::map<std::string, int>> parse_priorities(const std::string& text) {
  LET(auto priorities, parse<int>(text));
  for (const auto& [role, priority] : priorities) {
    if (priority < -1'000'000 || priority > 1'000'000) {
      return invalid(fmt::format("Priorities are from -1000000 to 1000000: that of role '{}' is {}", role, priority));
    }
  }
  return priorities;
}

allocator::Options allocation_options(const MasterFlags& flags) {
  using allocator::Sorter;
  allocator::Options options;
  options.allocation_interval = flags.allocation_interval;
  options.allocation_interval_min = flags.allocation_min_interval;
  options.order_by_id = flags.allocation_order == "id";
  options.seed = flags.allocator_seed ? *flags.allocator_seed : net::random_number();
  options.minimum = *allocator::parse_minimum(flags.min_allocatable_resources);
  options.fair_sharing_excluded = {flags.fair_sharing_excluded_resource_names.begin(),
                                   flags.fair_sharing_excluded_resource_names.end()};
  options.filter_gpu_resources = flags.filter_gpu_resources;
  options.role_sorter = flags.allocator == "priority" || flags.role_sorter == "priority" ? Sorter::priority
                        : flags.role_sorter == "random"                                  ? Sorter::random
                                                                                         : Sorter::drf;
  options.framework_sorter = flags.framework_sorter == "random" ? Sorter::random : Sorter::drf;
  options.hold_after = flags.hold_after;
  options.preemption = {.mode = preemption_mode(flags, options.role_sorter),
                        .delay = flags.preemption_delay,
                        .grace = flags.preemption_grace_period,
                        .kill_grace_max = flags.preemption_kill_grace_max,
                        .hold = flags.preemption_hold,
                        .victims_max = flags.preemption_max_victims};
  return options;
}

}  // namespace stoa::daemon
