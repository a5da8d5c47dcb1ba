#include "api/statistics.h"

#include <cmath>
#include <limits>
#include <vector>

#include "agent/container_needs.h"
#include "agent/volumes.h"
#include "mesos/v1/mesos.pb.h"
#include "model/resources.h"
#include "model/task_state.h"

namespace stoa::api {
namespace {

using mesos::v1::ResourceStatistics;
using Resources = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

constexpr double megabyte = 1 << 20;

std::uint64_t bytes_of(double megabytes) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const double bytes = megabytes * megabyte;
  return bytes < static_cast<double>(most) ? static_cast<std::uint64_t>(bytes) : most;
}

void put(const ports::ContainerUsage& used, double time, ResourceStatistics& statistics) {
  statistics.set_timestamp(time);
  statistics.set_processes(used.processes);
  statistics.set_threads(used.threads);
  statistics.set_cpus_user_time_secs(used.user_seconds);
  statistics.set_cpus_system_time_secs(used.system_seconds);
  statistics.set_mem_rss_bytes(used.memory_bytes);
  statistics.set_mem_total_bytes(used.memory_bytes);
}

void put(const agent::ContainerNeeds& needs, ResourceStatistics& statistics) {
  statistics.set_cpus_soft_limit(needs.cpus);
  statistics.set_mem_soft_limit_bytes(bytes_of(needs.mem_megabytes));
  statistics.set_mem_limit_bytes(bytes_of(needs.mem_limit_megabytes.value_or(needs.mem_megabytes)));
  if (needs.cpus_limit && !std::isinf(*needs.cpus_limit)) statistics.set_cpus_limit(*needs.cpus_limit);
}

bool is_alive(const agent::TaskRecord& task) { return !model::is_terminal(task.task->state()); }

// A persistent volume of a container, and where it lies.
struct Volume {
  const mesos::v1::Resource* resource;
  std::string directory;
};

void add_volumes(const Resources& resources, const std::string& work_dir, std::vector<Volume>& volumes) {
  for (const mesos::v1::Resource& resource : resources) {
    if (!resource.disk().has_persistence()) continue;
    const auto parsed = model::Resources::from_messages(Resources(&resource, &resource + 1));
    if (!parsed) continue;
    for (const model::Resources::Member& volume : *parsed) {
      const agent::VolumeDirectory place = agent::volume_directory(volume.resource, work_dir);
      volumes.push_back({&resource, place.path.empty() ? place.root : place.root + "/" + place.path});
    }
  }
}

std::uint64_t disk_requested(const Resources& resources) {
  double megabytes = 0;
  for (const mesos::v1::Resource& resource : resources) {
    if (resource.name() == "disk" && !resource.disk().has_persistence() && !resource.disk().has_source()) {
      megabytes += resource.scalar().value();
    }
  }
  return bytes_of(megabytes);
}

// The sandbox and each volume apart (AGT-151). What is not known yet is left out.
void put_disks(const agent::ExecutorRecord& executor, const ReadingContext& context, ResourceStatistics& statistics) {
  std::vector<Volume> volumes;
  std::uint64_t limit = disk_requested(executor.info->resources());
  add_volumes(executor.info->resources(), context.work_dir, volumes);
  for (const auto& task : executor.tasks) {
    if (!is_alive(*task)) continue;
    limit += disk_requested(task->task->resources());
    add_volumes(task->task->resources(), context.work_dir, volumes);
  }
  std::vector<std::string> directories{executor.directory};
  for (const Volume& volume : volumes) directories.push_back(volume.directory);
  const auto sizes = context.meter->disk_used(directories);
  if (limit > 0) statistics.set_disk_limit_bytes(limit);
  if (const auto found = sizes.find(executor.directory); found != sizes.end()) {
    statistics.set_disk_used_bytes(found->second);
    auto& disk = *statistics.add_disk_statistics();
    if (limit > 0) disk.set_limit_bytes(limit);
    disk.set_used_bytes(found->second);
  }
  for (const Volume& volume : volumes) {
    const auto found = sizes.find(volume.directory);
    if (found == sizes.end()) continue;
    auto& disk = *statistics.add_disk_statistics();
    if (volume.resource->disk().has_source()) *disk.mutable_source() = volume.resource->disk().source();
    *disk.mutable_persistence() = volume.resource->disk().persistence();
    disk.set_limit_bytes(bytes_of(volume.resource->scalar().value()));
    disk.set_used_bytes(found->second);
  }
}

}  // namespace

void measure(const ReadingContext& context, const ports::ContainerMeter::SampleFunction& done) {
  if (context.meter != nullptr) return context.meter->sample(done);
  done(std::make_shared<const ports::UsageSample>());
}

bool fill_statistics(const agent::ExecutorRecord& executor, const ports::UsageSample& usage,
                     const ReadingContext& context, ResourceStatistics& statistics) {
  const auto found = usage.containers.find(executor.container);
  if (found == usage.containers.end()) return false;
  put(found->second, usage.time, statistics);
  std::vector<const mesos::v1::TaskInfo*> tasks;
  for (const auto& task : executor.tasks) {
    if (is_alive(*task)) tasks.push_back(task->info.get());
  }
  put(agent::container_needs(executor.info.get(), tasks, false), statistics);
  if (context.meter != nullptr) put_disks(executor, context, statistics);
  return true;
}

bool fill_statistics(const agent::TaskRecord& task, const ports::UsageSample& usage, ResourceStatistics& statistics) {
  const auto found = usage.containers.find(task.container);
  if (found == usage.containers.end()) return false;
  put(found->second, usage.time, statistics);
  const mesos::v1::TaskInfo* info = task.info.get();
  put(agent::container_needs(nullptr, {&info, 1}, false), statistics);
  return true;
}

}  // namespace stoa::api
