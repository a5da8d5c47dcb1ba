// The master's book of executors: which custom and default ones live, and what they hold of their agents beside their
// tasks (SCH-153, SCH-154). They enter with the launch that starts them or with the registration of their agent, and
// leave when the agent says that they ended.
#pragma once

#include <functional>

#include "master/state.h"

namespace stoa::master {

// Null if the framework has no such executor on the agent.
const Executor* find_executor(const Agent& agent, const FrameworkId& framework, const std::string& executor);

// Enters one that is being launched. `resources` must be the framework's already.
void enter_executor(Context& context, Framework& framework, Agent& agent, const mesos::v1::ExecutorInfo& info,
                    model::Resources resources);

// Enters one that its agent reported, and charges it. One with resources that cannot be read is left out.
void adopt_executor(Context& context, Framework& framework, Agent& agent, const mesos::v1::ExecutorInfo& info);

// Forgets one that ended; its resources return. Nothing happens if it is not in the books.
void release_executor(Context& context, Agent& agent, const FrameworkId& framework, const ExecutorId& executor);
// The same for each of the agent's whose framework `which` picks.
void release_executors(Context& context, Agent& agent, const std::function<bool(const Framework&)>& which);
// The same for all of a framework.
void release_executors(Context& context, Framework& framework);

// FAILURE of an executor, to the framework that owns it (SCH-243). `status` is the raw wait status, -1 if unknown.
void tell_executor_failure(Context& context, const Framework& framework, const AgentId& agent,
                           const ExecutorId& executor, int status);

// The agents that run anything of the framework, in the order of their ids. O(the fewer: its tasks and executors, or
// all agents).
std::vector<const Agent*> agents_of(const State& state, const Framework& framework);

}  // namespace stoa::master
