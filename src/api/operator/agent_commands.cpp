// Operators' calls that take agents out of use and back: DRAIN_AGENT, DEACTIVATE_AGENT, REACTIVATE_AGENT (OPR-160).
#include <algorithm>
#include <limits>

#include "api/operator/master_calls.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Call;
using To = master::SwitchAgent::To;

master::OperatorCommand switch_agent(const mesos::v1::AgentID& id, To to,
                                     std::shared_ptr<const mesos::v1::DrainConfig> config = nullptr) {
  return master::SwitchAgent{{}, AgentId(id.value()), to, std::move(config)};
}

}  // namespace

Result<master::OperatorCommand> drain_agent(const Call& call, const std::optional<std::string>&) {
  const auto& wanted = call.drain_agent();
  const auto& grace = wanted.max_grace_period();
  if (grace.seconds() < 0 || grace.nanos() < 0) return invalid("'max_grace_period' is negative");
  auto config = std::make_shared<mesos::v1::DrainConfig>();
  if (wanted.has_max_grace_period()) {
    constexpr std::int64_t second = 1'000'000'000;
    // What is longer than three hundred years is for ever.
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() / second - 1;
    config->mutable_max_grace_period()->set_nanoseconds(std::min(grace.seconds(), most) * second + grace.nanos());
  }
  config->set_mark_gone(wanted.mark_gone());
  return switch_agent(wanted.agent_id(), To::drained, std::move(config));
}

Result<master::OperatorCommand> deactivate_agent(const Call& call, const std::optional<std::string>&) {
  return switch_agent(call.deactivate_agent().agent_id(), To::deactivated);
}

Result<master::OperatorCommand> reactivate_agent(const Call& call, const std::optional<std::string>&) {
  return switch_agent(call.reactivate_agent().agent_id(), To::active);
}

}  // namespace stoa::api
