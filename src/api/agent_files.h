// The virtual file space of an agent: its log, and every sandbox under its three names (V0-097, AGT-135).
#pragma once

#include "agent/snapshot.h"
#include "api/files/file_space.h"
#include "api/reading_context.h"

namespace stoa::api {

// `/slave/log`; for each executor run its real directory, the same with `runs/latest`, and
// `/frameworks/FID/executors/EID/runs/latest`. O(executors).
FileSpace agent_files(const agent::Snapshot& state, const ReadingContext& context);

}  // namespace stoa::api
