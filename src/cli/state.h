// The master's state as commands look at it: which tasks, agents and frameworks there are, and finding one by a part of
// its id.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/cluster.h"
#include "cli/json_value.h"

namespace stoa::cli {

// A task with the framework it belongs to; both point into the state.
struct TaskEntry {
  const JsonValue* task;
  const JsonValue* framework;
  bool is_completed = false;
};

// Live tasks first, then unreachable, then completed ones, those of completed frameworks last.
std::vector<TaskEntry> tasks_of(const JsonValue& state);

// As find_id().
Result<TaskEntry> find_task(const JsonValue& state, std::string_view part);

// Where the agent of that id listens. Fails with not_found if the master does not know it (any more).
Result<net::Url> agent_of(const JsonValue& state, std::string_view agent_id);

// Share of the resource of which the framework holds most, from 0 to 1, and that resource's name.
struct DominantShare {
  double share = 0;
  std::string resource;
};
DominantShare dominant_share(const JsonValue& state, const JsonValue& framework);

}  // namespace stoa::cli
