// Words for each thing that happens, for traces and statistics.
#pragma once

#include <string>
#include <string_view>

#include "agent/effects.h"
#include "agent/events.h"
#include "master/effects.h"
#include "master/events.h"
#include "proto/forward.h"
#include "sim/trace.h"

namespace stoa::sim {

// What kind of event it is: its type, of scheduler calls and messages of agents theirs. For statistics.
std::string_view kind_of(const master::Event& event);

// Notes the event or effect, with its message, in the trace.
void note(Trace& trace, const std::string& who, const agent::Event& event);
void note(Trace& trace, const std::string& who, const agent::Effect& effect);
void note(Trace& trace, const std::string& who, const master::Event& event);
void note(Trace& trace, const std::string& who, const master::Effect& effect);

}  // namespace stoa::sim
