#include "master/task_rules.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "master/executor_rules.h"
#include "master/executors.h"
#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"

namespace stoa::master {
namespace {

using mesos::v1::TaskInfo;

Result<> prefixed(std::string_view prefix, Result<> result) {
  if (result) return result;
  return fail(result.error().code, fmt::format("{}{}", prefix, result.error().message));
}

Result<> check_id(TaskCase& given) { return model::validate_identifier(given.task.task_id().value()); }

Result<> check_not_in_use(TaskCase& given) {
  const std::string& id = given.task.task_id().value();
  if (!given.framework.tasks.contains(TaskId(id))) return {};
  return invalid("Task has duplicate ID: " + id);
}

Result<> check_not_unreachable(TaskCase& given) {
  const std::string& id = given.task.task_id().value();
  if (!given.framework.unreachable.contains(TaskId(id))) return {};
  return invalid(fmt::format("Task reuses the ID '{}' of an unreachable task", id));
}

Result<> check_agent(TaskCase& given) {
  if (given.task.agent_id().value() == given.agent.id.value) return {};
  return invalid(fmt::format("Task uses invalid agent {} while agent {} is expected", given.task.agent_id().value(),
                             given.agent.id.value));
}

Result<> check_kill_policy(TaskCase& given) {
  if (given.task.kill_policy().grace_period().nanoseconds() >= 0) return {};
  return invalid("Task's 'kill_policy.grace_period' must be non-negative");
}

Result<> check_max_completion_time(TaskCase& given) {
  if (given.task.max_completion_time().nanoseconds() >= 0) return {};
  return invalid("Task's `max_completion_time` must be non-negative");
}

Result<> check_task_check(TaskCase& given) {
  if (!given.task.has_check()) return {};
  return prefixed("Task uses invalid check: ", check_check(given.task.check()));
}

Result<> check_task_health_check(TaskCase& given) {
  if (!given.task.has_health_check()) return {};
  return prefixed("Task uses invalid health check: ", check_health_check(given.task.health_check()));
}

Result<> check_resources(TaskCase& given) {
  if (given.task.resources().empty()) return invalid("Task uses no resources");
  auto needed = model::Resources::from_messages(given.task.resources());
  if (!needed) return std::unexpected(needed.error());
  TRY(prefixed("Task uses invalid resources: ", model::check_no_overlap({&given.task.resources()})));
  given.needed = *std::move(needed);
  return {};
}

Result<> check_persistence(TaskCase& given) {
  return prefixed("Task uses duplicate persistence ID: ", model::check_persistence_ids(given.needed));
}

Result<> check_one_role(TaskCase& given) {
  if (auto role = given.needed.allocation_role(); !role) {
    return prefixed("Invalid task resources: ", std::unexpected(role.error()));
  }
  return {};
}

Result<> check_revocable(TaskCase& given) {
  return prefixed("Task mixes revocable and non-revocable resources: ", model::check_revocable_not_mixed(given.needed));
}

Result<> check_task_command(TaskCase& given) {
  if (!given.task.has_command()) return {};
  return prefixed("Task's `CommandInfo` is invalid: ", check_command(given.task.command()));
}

Result<> check_task_container(TaskCase& given) {
  if (!given.task.has_container()) return {};
  return prefixed("Task's `ContainerInfo` is invalid: ", check_container(given.task.container()));
}

// SCH-145
Result<> check_limits(TaskCase& given) {
  for (const auto& [name, limit] : given.task.limits()) {
    if (name != "cpus" && name != "mem") {
      return invalid(fmt::format("Task's limits may be set for 'cpus' and 'mem' only, not for '{}'", name));
    }
    const model::Scalar request = given.needed.scalar(name);
    if (request.is_zero()) return invalid(fmt::format("Task has a limit but no request of '{}'", name));
    if (std::isnan(limit.value()) || limit.value() * 1000 + 0.5 < static_cast<double>(request.thousandths())) {
      return invalid(fmt::format("Task's limit of '{}' is less than its request", name));
    }
  }
  return {};
}

Result<> check_command_or_executor(TaskCase& given) {
  if (given.task.has_command() != given.task.has_executor()) return {};
  return invalid("Task should have at least one (but not both) of CommandInfo or ExecutorInfo present");
}

// SCH-151, SCH-153 to SCH-157
Result<> check_executor(TaskCase& given) {
  if (!given.task.has_executor()) return {};
  const mesos::v1::ExecutorInfo& executor = given.task.executor();
  ExecutorCase validated{executor, given.framework, given.agent, {}};
  TRY(validate_executor(validated));
  if (executor.type() != mesos::v1::ExecutorInfo::CUSTOM) return invalid("'ExecutorInfo.type' must be 'CUSTOM'");
  given.executor_needed = std::move(validated.needed);
  given.starts_executor = find_executor(given.agent, given.framework.id, executor.executor_id().value()) == nullptr;
  return {};
}

// RES-024
Result<> check_no_overlap_with_executor(TaskCase& given) {
  if (!given.task.has_executor()) return {};
  const auto& executor = given.task.executor().resources();
  if (model::check_no_overlap({&given.task.resources(), &executor})) return {};
  return invalid(fmt::format("There are overlapping resources in the task resources {} and executor resources {}",
                             given.needed.to_text(), given.executor_needed.to_text()));
}

Result<> check_mixes_with_executor(TaskCase& given) {
  if (!given.task.has_executor()) return {};
  const model::Resources total = given.needed + given.executor_needed;
  TRY(prefixed("Task and its executor use duplicate persistence ID: ", model::check_persistence_ids(total)));
  if (auto role = total.allocation_role(); !role) {
    return invalid("Invalid task and executor resources: " + role.error().message);
  }
  return prefixed("Task and its executor mix revocable and non-revocable resources: ",
                  model::check_revocable_not_mixed(total));
}

// SCH-148
Result<> check_fits(TaskCase& given) {
  const model::Resources total = given.starts_executor ? given.needed + given.executor_needed : given.needed;
  if (given.available.contains(total.with_single_counts())) return {};
  return invalid(fmt::format("Total resources {} required by task and its executor is more than available {}",
                             total.to_text(), given.available.to_text()));
}

Result<> check_share_cgroups(TaskCase& given) {
  const auto& linux_info = given.task.container().linux_info();
  if (!linux_info.has_share_cgroups() || linux_info.share_cgroups()) return {};
  return invalid("Only tasks in a task group may have 'share_cgroups' set to 'false'");
}

}  // namespace

Result<> validate_task_alone(TaskCase& given) {
  static constexpr std::array rules{check_id,           check_not_in_use,        check_not_unreachable,
                                    check_agent,        check_kill_policy,       check_max_completion_time,
                                    check_task_check,   check_task_health_check, check_resources,
                                    check_persistence,  check_one_role,          check_revocable,
                                    check_task_command, check_task_container,    check_limits};
  for (const auto rule : rules) TRY(rule(given));
  return {};
}

Result<> validate_task(TaskCase& given) {
  TRY(validate_task_alone(given));
  static constexpr std::array rules{check_command_or_executor, check_executor, check_no_overlap_with_executor,
                                    check_mixes_with_executor, check_fits,     check_share_cgroups};
  for (const auto rule : rules) TRY(rule(given));
  return {};
}

}  // namespace stoa::master
