// The ways a rule says what must be done: log, send, persist. Each appends to the effects of the running step.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "master/state.h"

namespace stoa::master {

template <typename... Args>
void log_info(Context& context, fmt::format_string<Args...> format, Args&&... args) {
  context.effects.push_back(Log{log::Level::info, fmt::format(format, std::forward<Args>(args)...)});
}
template <typename... Args>
void log_warning(Context& context, fmt::format_string<Args...> format, Args&&... args) {
  context.effects.push_back(Log{log::Level::warning, fmt::format(format, std::forward<Args>(args)...)});
}

// Sends on the framework's stream; an event for a disconnected framework is discarded (SCH-070).
void send(Context& context, const Framework& framework, std::shared_ptr<const mesos::v1::scheduler::Event> event);

// Sends over the agent's link; nothing happens if the agent is away.
void send(Context& context, const Agent& agent, std::shared_ptr<const link::ToAgent> message);

// Asks for a durable write and remembers what is to be done once it is durable.
void persist(Context& context, std::vector<RegistryChange> changes, Continuation then);

}  // namespace stoa::master
