// What this machine has, for resources that the operator did not name (RES-065, AGT-018).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/resource_text.h"

namespace stoa::daemon {

// What is offered of what there is, in whole units: all CPUs; memory and disk (MiB) beside 1 GiB and 5 GiB for the
// system, half of a small machine; nothing known: 1 CPU, 1 GiB, 10 GiB (AGT-018).
std::int64_t cpus_offered(std::optional<std::int64_t> cpus);
std::int64_t mem_offered(std::optional<std::int64_t> mebibytes);
std::int64_t disk_offered(std::optional<std::int64_t> mebibytes);

// The strictest limits of the control group that `own` (the text of /proc/self/cgroup) names, and of all above it,
// below `root` (/sys/fs/cgroup). Nothing: unlimited or unknown (AGT-026).
struct GroupLimits {
  std::optional<double> cpus;
  std::optional<std::int64_t> mem_bytes;
};
GroupLimits group_limits(const std::string& root, std::string_view own);

// The lower of what the hardware, with the affinity of this process, has and what its control groups allow, in whole
// CPUs (AGT-026).
std::optional<std::int64_t> cpus_within(std::optional<std::int64_t> cpus, const GroupLimits& limits);
std::optional<std::int64_t> bytes_within(std::optional<std::int64_t> bytes, const GroupLimits& limits);

// The agent's resources: those of `flag` (text or JSON array), and for each of cpus, mem, disk and ports that it does
// not name, what is detected: so naming any disk means that the root disk is to be named, too (RES-066). `work_dir`
// tells which file system is the root disk, and where relative roots of disks lie; it need not exist yet. Fails with
// invalid_argument and "Failed to determine agent resources: ..." for a bad flag, and for a MOUNT disk whose root is
// not among `mounts` (RES-112).
Result<model::Resources> agent_resources(std::string_view flag, std::string_view default_role,
                                         const std::string& work_dir, const std::set<std::string>& mounts);

}  // namespace stoa::daemon
