// Weights and priorities of roles, as operators set them (ALC-200, ALC-230). All or nothing, durable before the reply.
#include <cmath>

#include "master/operators.h"
#include "master/send.h"

namespace stoa::master {
namespace {

constexpr int priority_max = 1'000'000;

Result<SharingChange> checked(const State& state, const UpdateWeights& event) {
  SharingChange change;
  for (const auto& [name, weight] : event.weights) {
    LET(const std::string role, check_role(state, name));
    if (!(weight > 0) || !std::isfinite(weight)) {
      return invalid(fmt::format("Weights must be positive: that of role '{}' is {}", role, weight));
    }
    change.weights[role] = weight;
  }
  return change;
}

Result<SharingChange> checked(const State& state, const UpdatePriorities& event) {
  SharingChange change;
  for (const auto& [name, priority] : event.priorities) {
    LET(const std::string role, check_role(state, name));
    if (priority && (*priority < -priority_max || *priority > priority_max)) {
      return invalid(fmt::format("Priorities are from -1000000 to 1000000: that of role '{}' is {}", role, *priority));
    }
    change.priorities[role] = priority ? std::optional(static_cast<int>(*priority)) : std::nullopt;
  }
  return change;
}

template <typename Event>
void update(Context& context, const Event& event) {
  auto change = checked(context.state, event);
  if (!change) {
    context.effects.push_back(Reply{event.reply, std::unexpected(change.error())});
    return;
  }
  change_sharing(context, *std::move(change), event.reply);
}

}  // namespace

void on_update_weights(Context& context, const UpdateWeights& event) { update(context, event); }
void on_update_priorities(Context& context, const UpdatePriorities& event) { update(context, event); }

}  // namespace stoa::master
