#include "daemon/detection.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"
#include "codec/json.h"
#include "mesos/v1/agent/agent.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::daemon {
namespace {

constexpr std::int64_t mib = 1 << 20;

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

template <typename Value>
std::optional<Value> lower(std::optional<Value> a, std::optional<Value> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

std::optional<std::int64_t> memory_limit(const std::string& file) {
  std::istringstream text(read_text(file));
  std::int64_t limit = 0;
  if (!(text >> limit) || limit <= 0 || limit >= (std::int64_t{1} << 60)) return std::nullopt;
  return limit;
}

// `QUOTA PERIOD`, both in microseconds, or `max PERIOD`.
std::optional<double> cpu_limit(const std::string& file) {
  std::istringstream text(read_text(file));
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// Those that this process may run on: a cpuset or an affinity leaves fewer than there are.
std::optional<std::int64_t> usable_cpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  if (const long online = sysconf(_SC_NPROCESSORS_ONLN); online > 0) return online;
  return std::nullopt;
}

std::optional<std::int64_t> memory_bytes() {
  struct sysinfo info{};
  if (sysinfo(&info) != 0) return std::nullopt;
  return static_cast<std::int64_t>(info.totalram) * info.mem_unit;
}

// Of the file system that the directory lies on, or will lie on when it is made.
std::optional<std::int64_t> detected_disk(const std::string& directory) {
  std::filesystem::path path = directory;
  struct statvfs info{};
  while (statvfs(path.c_str(), &info) != 0) {
    if (path == path.parent_path()) return std::nullopt;
    path = path.parent_path();
  }
  return static_cast<std::int64_t>(info.f_blocks) * static_cast<std::int64_t>(info.f_frsize) / mib;
}

Result<> check_mounts(const model::Resources& resources, const std::string& work_dir,
                      const std::set<std::string>& mounts) {
  for (const model::Resources::Member& member : resources) {
    const auto& disk = member.resource.disk();
    if (!disk || !disk->is(model::Disk::Source::Type::mount)) continue;
    const std::string given = disk->source->mount ? disk->source->mount->path.value_or("") : "";
    std::string root = given.starts_with('/') ? given : work_dir + "/" + given;
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    if (mounts.contains(root)) continue;
    return invalid(fmt::format("'{}' of a MOUNT disk is no mount point", root));
  }
  return {};
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

std::int64_t cpus_offered(std::optional<std::int64_t> cpus) { return std::max<std::int64_t>(1, cpus.value_or(1)); }

std::int64_t mem_offered(std::optional<std::int64_t> mebibytes) {
  if (!mebibytes) return 1024;
  return *mebibytes >= 2048 ? *mebibytes - 1024 : *mebibytes / 2;
}

std::int64_t disk_offered(std::optional<std::int64_t> mebibytes) {
  if (!mebibytes) return 10240;
  return *mebibytes >= 10240 ? *mebibytes - 5120 : *mebibytes / 2;
}

GroupLimits group_limits(const std::string& root, std::string_view own) {
  GroupLimits limits{.cpus = {}, .mem_bytes = memory_limit(root + "/memory/memory.limit_in_bytes")};
  std::string path;
  for (const std::string_view line : split(own, '\n')) {
    if (line.starts_with("0::/")) path = line.substr(3);
  }
  while (path.ends_with('/')) path.pop_back();
  for (;;) {
    limits.mem_bytes = lower(limits.mem_bytes, memory_limit(root + path + "/memory.max"));
    limits.cpus = lower(limits.cpus, cpu_limit(root + path + "/cpu.max"));
    if (path.empty()) return limits;
    path.resize(path.rfind('/'));
  }
}

std::optional<std::int64_t> cpus_within(std::optional<std::int64_t> cpus, const GroupLimits& limits) {
  if (!limits.cpus) return cpus;
  return lower(cpus, std::optional(static_cast<std::int64_t>(*limits.cpus)));
}

std::optional<std::int64_t> bytes_within(std::optional<std::int64_t> bytes, const GroupLimits& limits) {
  return lower(bytes, limits.mem_bytes);
}

Result<model::Resources> agent_resources(std::string_view flag, std::string_view default_role,
                                         const std::string& work_dir, const std::set<std::string>& mounts) {
  const auto failed = [](const Error& error) {
    return invalid("Failed to determine agent resources: " + error.message);
  };
  auto given = parse_flag(flag, default_role);
  if (!given) return failed(given.error());
  if (const auto mounted = check_mounts(given->resources, work_dir, mounts); !mounted) return failed(mounted.error());
  const GroupLimits limits = group_limits("/sys/fs/cgroup", read_text("/proc/self/cgroup"));
  std::string detected;
  const auto detect = [&](std::string_view name, const std::string& value) {
    if (!given->names.contains(std::string(name))) detected += fmt::format("{}:{};", name, value);
  };
  std::optional<std::int64_t> mem = bytes_within(memory_bytes(), limits);
  if (mem) *mem /= mib;
  detect("cpus", fmt::to_string(cpus_offered(cpus_within(usable_cpus(), limits))));
  detect("mem", fmt::to_string(mem_offered(mem)));
  detect("disk", fmt::to_string(disk_offered(detected_disk(work_dir))));
  detect("ports", "[31000-32000]");
  LET(model::FlagResources found, model::parse_simple(detected, default_role));
  return given->resources + found.resources;
}

}  // namespace stoa::daemon
