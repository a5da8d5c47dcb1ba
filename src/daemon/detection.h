// What this machine has, for resources that the operator did not name (RES-065, AGT-018).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/resource_text.h"

namespace stoa::daemon {

// The agent's resources: those of `flag` (text or JSON array), and for each of cpus, mem, disk and ports that it does
// not name, what is detected. `work_dir` tells which file system is the root disk. cpus and mem respect the limits of
// the control group that the agent itself runs in (AGT-026). Fails with invalid_argument for a bad flag.
Result<model::Resources> agent_resources(std::string_view flag, std::string_view default_role,
                                         const std::string& work_dir);

}  // namespace stoa::daemon
