#include "master/group_rules.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "google/protobuf/util/message_differencer.h"
#include "master/executor_rules.h"
#include "master/executors.h"
#include "master/task_rules.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::ContainerInfo;
using mesos::v1::ExecutorInfo;
using mesos::v1::HealthCheck;
using mesos::v1::TaskInfo;

Result<> prefixed(std::string_view prefix, Result<> result) {
  if (result) return result;
  return fail(result.error().code, fmt::format("{}{}", prefix, result.error().message));
}

bool shares_cgroups(const ContainerInfo& container) {
  return !container.linux_info().has_share_cgroups() || container.linux_info().share_cgroups();
}

// SCH-145
Result<> check_limits_apart(const TaskInfo& task) {
  if (task.limits().empty() || !shares_cgroups(task.container())) return {};
  return invalid("Resource limits can only be set for tasks of a group that have 'share_cgroups' set to 'false'");
}

Result<> check_not_docker(const TaskInfo& task) {
  if (task.container().type() != ContainerInfo::DOCKER || !task.has_container()) return {};
  return invalid("Docker ContainerInfo is not supported on the task");
}

// SCH-164
Result<> check_networks(const TaskInfo& task) {
  if (task.container().network_infos().empty() || !task.has_health_check()) return {};
  const HealthCheck::Type type = task.health_check().type();
  if (type != HealthCheck::HTTP && type != HealthCheck::TCP) return {};
  return invalid(fmt::format("{} health checks are not supported for tasks of a group with networks of their own",
                             HealthCheck::Type_Name(type)));
}

// SCH-160, SCH-167
Result<> check_tasks(GroupCase& given) {
  std::set<std::string_view> ids;
  for (const TaskInfo& task : given.tasks) {
    const std::string prefix = fmt::format("Task '{}' is invalid: ", task.task_id().value());
    TaskCase validated{task, given.framework, given.agent, given.available};
    TRY(prefixed(prefix, validate_task_alone(validated)));
    if (!ids.insert(task.task_id().value()).second) {
      return invalid(prefix + "Task has duplicate ID: " + task.task_id().value());
    }
    TRY(prefixed(prefix, check_limits_apart(task)));
    TRY(prefixed(prefix, check_not_docker(task)));
    TRY(prefixed(prefix, check_networks(task)));
    given.needed.push_back(std::move(validated.needed));
  }
  return {};
}

// SCH-166
Result<> check_share_cgroups(GroupCase& given) {
  const bool shares = shares_cgroups(given.tasks[0].container());
  for (const TaskInfo& task : given.tasks) {
    if (shares_cgroups(task.container()) != shares) {
      return invalid("All tasks of a task group must have the same value of 'share_cgroups'");
    }
  }
  for (const auto& [framework_id, task_id] : given.agent.tasks) {
    if (framework_id != given.framework.id) continue;
    const Task& task = given.framework.tasks.at(task_id);
    if (!task.holds_resources || !task.message->has_executor_id()) continue;
    if (task.message->executor_id().value() != given.executor.executor_id().value()) continue;
    if (shares_cgroups(task.message->container()) == shares) continue;
    return invalid("All tasks of an executor must have the same value of 'share_cgroups'");
  }
  return {};
}

Result<> check_executor(GroupCase& given) {
  const ExecutorInfo& executor = given.executor;
  if (!executor.has_type()) return invalid("'ExecutorInfo.type' must be set");
  if (executor.type() == ExecutorInfo::UNKNOWN) return invalid("Unknown executor type");
  ExecutorCase validated{executor, given.framework, given.agent, {}};
  TRY(validate_executor(validated));
  if (executor.has_container() && executor.container().type() == ContainerInfo::DOCKER) {
    return invalid("Docker ContainerInfo is not supported on the executor");
  }
  given.executor_needed = std::move(validated.needed);
  given.starts_executor = find_executor(given.agent, given.framework.id, executor.executor_id().value()) == nullptr;
  return {};
}

// SCH-162
Result<> check_executor_amounts(GroupCase& given) {
  const std::string& id = given.executor.executor_id().value();
  const auto amount = [&](const char* name) { return given.executor_needed.scalar(name); };
  const auto text = [](model::Scalar scalar) { return scalar.is_zero() ? std::string("None") : scalar.to_text(); };
  if (amount("cpus").thousandths() < executor_cpus_min) {
    return invalid(
        fmt::format("Executor '{}' uses less CPUs ({}) than the minimum required (0.01)", id, text(amount("cpus"))));
  }
  if (amount("mem").thousandths() < executor_mem_min) {
    return invalid(
        fmt::format("Executor '{}' uses less memory ({}) than the minimum required (32MB)", id, text(amount("mem"))));
  }
  if (amount("disk").is_zero()) return invalid(fmt::format("Executor '{}' uses no disk", id));
  return {};
}

// SCH-161
Result<> check_own_executors(GroupCase& given) {
  for (const TaskInfo& task : given.tasks) {
    if (!task.has_executor()) continue;
    if (google::protobuf::util::MessageDifferencer::Equals(task.executor(), given.executor)) continue;
    return invalid(fmt::format("The `ExecutorInfo` of task '{}' is different from executor '{}'",
                               task.task_id().value(), given.executor.executor_id().value()));
  }
  return {};
}

model::Resources total_of(const GroupCase& given, bool with_executor) {
  model::Resources total = with_executor ? given.executor_needed : model::Resources();
  for (const model::Resources& needed : given.needed) total += needed;
  return total;
}

// SCH-165, RES-024
Result<> check_no_overlap(GroupCase& given) {
  std::vector<const google::protobuf::RepeatedPtrField<mesos::v1::Resource>*> lists{&given.executor.resources()};
  for (const TaskInfo& task : given.tasks) lists.push_back(&task.resources());
  if (model::check_no_overlap(lists)) return {};
  return invalid(fmt::format("There are overlapping resources in the task resources {} and executor resources {}",
                             total_of(given, false).to_text(), given.executor_needed.to_text()));
}

Result<> check_mixes(GroupCase& given) {
  const model::Resources total = total_of(given, true);
  // A shared volume may be named by several tasks; any other once.
  TRY(prefixed("Task group and executor use duplicate persistence ID: ", model::check_persistence_ids(total)));
  if (auto role = total.allocation_role(); !role) {
    return invalid("Invalid task group and executor resources: " + role.error().message);
  }
  return prefixed("Task group and executor mix revocable and non-revocable resources: ",
                  model::check_revocable_not_mixed(total));
}

Result<> check_fits(GroupCase& given) {
  const model::Resources total = total_of(given, given.starts_executor);
  if (given.available.contains(total.with_single_counts())) return {};
  return invalid(fmt::format("Total resources {} required by task group and its executor are more than available {}",
                             total.to_text(), given.available.to_text()));
}

}  // namespace

Result<> validate_group(GroupCase& given) {
  static constexpr std::array rules{check_tasks,         check_share_cgroups, check_executor, check_executor_amounts,
                                    check_own_executors, check_no_overlap,    check_mixes,    check_fits};
  for (const auto rule : rules) TRY(rule(given));
  return {};
}

}  // namespace stoa::master
