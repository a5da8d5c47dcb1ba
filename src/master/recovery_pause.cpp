#include "master/recovery_pause.h"

#include <cmath>

#include "master/send.h"

namespace stoa::master {

void begin_recovery_pause(Context& context) {
  State& state = context.state;
  const auto known = static_cast<double>(state.recovered_agents.size());
  const auto awaited = static_cast<std::size_t>(std::floor(state.config.agent_recovery_factor * known));
  if (state.sharing->quotas.empty() || awaited == 0) return;
  state.agents_awaited = awaited;
  state.allocator.set_paused(true, context.now.steady);
  state.timers.set({TimerKey::Kind::recovery_pause, ""}, context.now.steady + state.config.recovery_timeout);
  log_info(context, "allocation waits for {} agents to come back, {} at most", awaited,
           format_duration(state.config.recovery_timeout));
}

void note_agent_is_back(Context& context) {
  if (context.state.agents_awaited && --*context.state.agents_awaited == 0) end_recovery_pause(context);
}

void end_recovery_pause(Context& context) {
  State& state = context.state;
  if (!state.agents_awaited) return;
  log_info(context, "allocation begins; {} agents are still awaited", *state.agents_awaited);
  state.agents_awaited.reset();
  state.timers.cancel({TimerKey::Kind::recovery_pause, ""});
  state.allocator.set_paused(false, context.now.steady);
}

}  // namespace stoa::master
