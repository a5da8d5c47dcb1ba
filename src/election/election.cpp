#include "election/election.h"

#include <fmt/format.h>

#include <utility>

namespace stoa::election {

void Election::step(const Event& event, Effects& effects) {
  std::visit([&](const auto& each) { on(each, effects); }, event);
}

Leadership Election::leadership() const {
  if (holds_office()) return {.mine = true, .leader = self_};
  // After stepping down our own name may still be in the detector's last word; it is not to be believed.
  if (leader_ && leader_->id == self_.id) return {};
  return {.mine = false, .leader = leader_};
}

void Election::on(const Detected& event, Effects& effects) {
  leader_ = event.leader;
  const bool elected = leader_ && leader_->id == self_.id;
  if (elected && phase_ == Phase::standby) {
    phase_ = Phase::recovering;
    effects.push_back(BeginRecovery{});
  } else if (!elected && holds_office()) {
    step_down(leader_ ? fmt::format("master {} at {}:{} leads now", leader_->id, leader_->host, leader_->port)
                      : std::string("no master leads any more"),
              effects);
  }
}

void Election::on(const Recovered&, Effects&) {
  if (phase_ == Phase::recovering) phase_ = Phase::leading;
}

void Election::on(const Failed& event, Effects& effects) {
  if (holds_office()) step_down(event.why, effects);
}

void Election::step_down(std::string why, Effects& effects) {
  phase_ = Phase::stepped_down;
  effects.push_back(StepDown{std::move(why)});
}

}  // namespace stoa::election
