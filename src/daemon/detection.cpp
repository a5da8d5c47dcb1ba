#include "daemon/detection.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "codec/json.h"
#include "mesos/v1/agent/agent.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::daemon {
namespace {

constexpr std::int64_t mib = 1 << 20;

std::optional<std::int64_t> read_number(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

// The limit of memory of the agent's own control group, of either version. None: unlimited or unknown.
std::optional<std::int64_t> memory_limit() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const auto limit = read_number(path);
    if (limit && *limit > 0 && *limit < (std::int64_t{1} << 60)) return limit;
  }
  return std::nullopt;
}

std::int64_t detected_cpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
}

// In MiB: what remains beside 1 GiB for the system, half of a small machine.
std::int64_t detected_mem() {
  struct sysinfo info{};
  if (sysinfo(&info) != 0) return 1024;
  std::int64_t total = static_cast<std::int64_t>(info.totalram) * info.mem_unit;
  if (const auto limit = memory_limit()) total = std::min(total, *limit);
  total /= mib;
  return total >= 2048 ? total - 1024 : total / 2;
}

std::int64_t detected_disk(const std::string& work_dir) {
  struct statvfs info{};
  if (statvfs(work_dir.c_str(), &info) != 0) return 10240;
  const std::int64_t total = static_cast<std::int64_t>(info.f_blocks) * static_cast<std::int64_t>(info.f_frsize) / mib;
  return total >= 10240 ? total - 5120 : total / 2;
}

// JSON when the text is a JSON array, else the simple form (RES-060).
Result<model::FlagResources> parse_flag(std::string_view flag, std::string_view default_role) {
  if (!flag.starts_with('[')) return model::parse_simple(flag, default_role);
  // A message with a repeated field of resources reads the array.
  mesos::v1::AgentInfo holder;
  const std::string wrapped = fmt::format(R"({{"hostname":"","resources":{}}})", flag);
  if (auto read = codec::read_json(wrapped, holder); !read) {
    return invalid("Failed to parse resources: " + read.error().message);
  }
  return model::from_flag_messages(holder.resources(), default_role);
}

}  // namespace

Result<model::Resources> agent_resources(std::string_view flag, std::string_view default_role,
                                         const std::string& work_dir) {
  auto given = parse_flag(flag, default_role);
  if (!given) return invalid("Failed to determine agent resources: " + given.error().message);
  std::string detected;
  const auto detect = [&](std::string_view name, const std::string& value) {
    if (!given->names.contains(std::string(name))) detected += fmt::format("{}:{};", name, value);
  };
  detect("cpus", fmt::to_string(detected_cpus()));
  detect("mem", fmt::to_string(detected_mem()));
  detect("disk", fmt::to_string(detected_disk(work_dir)));
  detect("ports", "[31000-32000]");
  LET(model::FlagResources found, model::parse_simple(detected, default_role));
  return given->resources + found.resources;
}

}  // namespace stoa::daemon
