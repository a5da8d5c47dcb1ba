// Views: what readers are shown of one framework or agent. Cached with the record until it changes.
#pragma once

#include <memory>

#include "master/snapshot.h"
#include "master/state.h"

namespace stoa::master {

std::shared_ptr<const FrameworkView> view_of(const State& state, const Framework& framework);
std::shared_ptr<const AgentView> view_of(const State& state, const Agent& agent);

}  // namespace stoa::master
