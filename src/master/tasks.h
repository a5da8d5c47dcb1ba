// The master's book of tasks: which live, in which state, what they hold; and where they go when they end.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Enters a task that is being launched, in TASK_STAGING. Its resources must be the framework's already.
void enter_launched(Context& context, Framework& framework, Agent& agent, const mesos::v1::TaskInfo& task,
                    model::Resources resources);

// Enters a task that an agent reported when it (re-)registered. Its resources must be part of the agent's.
void adopt_task(Context& context, Framework& framework, Agent& agent, const mesos::v1::Task& task);

// Notes a status: the history, the newest state, and what is being delivered (OPR-091, OPR-092). Resources return as
// soon as the newest state is terminal (SCH-217).
void note_status(Context& context, Framework& framework, Task& task, const mesos::v1::TaskStatus& status,
                 int latest_state, bool delivering);

// Notes which status the agent says is being delivered: its updates may all have been lost on the way.
void note_delivery(Framework& framework, Task& task, const mesos::v1::Task& claim);

// Moves a task to the framework's completed ones (SCH-222, SCH-224).
void complete_task(Context& context, Framework& framework, const TaskId& id);

// Ends every task of a framework that is removed as TASK_KILLED, told to nobody (SCH-074).
void end_all_tasks(Context& context, Framework& framework);

// Ends a task with a status made by the master, and forgets it: lost with its agent's link or with its agent.
void lose_task(Context& context, Framework& framework, const TaskId& id, int state, int reason,
               const std::string& message);

// Moves a task to the unreachable ones, with TASK_UNREACHABLE or TASK_LOST to the framework (HA-110).
void make_unreachable(Context& context, Framework& framework, const TaskId& id, WallSeconds since);

// Ends a task of an unreachable agent that is now gone for good (SCH-245).
void end_unreachable_task(Context& context, Framework& framework, const TaskId& id, const std::string& message);

// True for states that never change (SCH-208).
bool is_terminal(int state);

}  // namespace stoa::master
