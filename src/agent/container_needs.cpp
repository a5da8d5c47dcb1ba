#include "agent/container_needs.h"

#include <string>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {
namespace {

using Resources = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

double amount(const Resources& resources, const char* name) {
  double sum = 0;
  for (const mesos::v1::Resource& resource : resources) {
    if (resource.name() == name) sum += resource.scalar().value();
  }
  return sum;
}

struct Sums {
  double request = 0;
  double limit = 0;
  bool some_limited = false;
  bool all_limited = true;
};

Sums sums_of(const mesos::v1::ExecutorInfo* executor, std::span<const mesos::v1::TaskInfo* const> tasks,
             const char* name) {
  Sums sums;
  if (executor != nullptr) sums.request = sums.limit = amount(executor->resources(), name);
  for (const mesos::v1::TaskInfo* task : tasks) {
    const double request = amount(task->resources(), name);
    const auto limit = task->limits().find(name);
    const bool limited = limit != task->limits().end();
    sums.request += request;
    sums.limit += limited ? limit->second.value() : request;
    sums.some_limited |= limited;
    sums.all_limited &= limited;
  }
  return sums;
}

}  // namespace

ContainerNeeds container_needs(const mesos::v1::ExecutorInfo* executor,
                               std::span<const mesos::v1::TaskInfo* const> tasks, bool limits_cpus) {
  const Sums cpus = sums_of(executor, tasks, "cpus");
  const Sums mem = sums_of(executor, tasks, "mem");
  ContainerNeeds needs{.cpus = cpus.request, .mem_megabytes = mem.request};
  if (limits_cpus || (cpus.some_limited && cpus.all_limited)) needs.cpus_limit = cpus.limit;
  if (mem.some_limited) needs.mem_limit_megabytes = mem.limit;
  return needs;
}

}  // namespace stoa::agent
