// One line for each thing that happens, for traces.
#pragma once

#include <string>

#include "agent/effects.h"
#include "agent/events.h"
#include "master/effects.h"
#include "master/events.h"
#include "proto/forward.h"
#include "sim/trace.h"

namespace stoa::sim {

// Notes the event or effect, with its message, in the trace.
void note(Trace& trace, const std::string& who, const agent::Event& event);
void note(Trace& trace, const std::string& who, const agent::Effect& effect);
void note(Trace& trace, const std::string& who, const master::Event& event);
void note(Trace& trace, const std::string& who, const master::Effect& effect);

}  // namespace stoa::sim
