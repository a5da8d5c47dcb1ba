#include "master/executor_rules.h"

#include <fmt/format.h>

#include <array>

#include "google/protobuf/util/message_differencer.h"
#include "master/executors.h"
#include "master/task_rules.h"
#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"

namespace stoa::master {
namespace {

using mesos::v1::ContainerInfo;
using mesos::v1::ExecutorInfo;

Result<> prefixed(std::string_view prefix, Result<> result) {
  if (result) return result;
  return fail(result.error().code, fmt::format("{}{}", prefix, result.error().message));
}

Result<> check_id(ExecutorCase& given) { return model::validate_identifier(given.executor.executor_id().value()); }

Result<> check_grace_period(ExecutorCase& given) {
  if (given.executor.shutdown_grace_period().nanoseconds() >= 0) return {};
  return invalid("ExecutorInfo's 'shutdown_grace_period' must be non-negative");
}

Result<> check_default(const ExecutorInfo& executor) {
  if (executor.has_command()) return invalid("'ExecutorInfo.command' must not be set for 'DEFAULT' executor");
  if (!executor.has_container()) return {};
  if (executor.container().type() != ContainerInfo::MESOS) {
    return invalid("'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor");
  }
  if (!executor.container().mesos().has_image()) return {};
  return invalid("'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor");
}

// SCH-156
Result<> check_type(ExecutorCase& given) {
  switch (given.executor.type()) {
    case ExecutorInfo::DEFAULT:
      return check_default(given.executor);
    case ExecutorInfo::CUSTOM:
      if (given.executor.has_command()) return {};
      return invalid("'ExecutorInfo.command' must be set for 'CUSTOM' executor");
    default:
      return {};
  }
}

// SCH-151, SCH-163
Result<> check_framework(ExecutorCase& given) {
  if (given.executor.framework_id().value() == given.framework.id.value) return {};
  return invalid(fmt::format("ExecutorInfo has an invalid FrameworkID (Actual: {} vs Expected: {})",
                             given.executor.framework_id().value(), given.framework.id.value));
}

Result<> check_resources(ExecutorCase& given) {
  auto needed = model::Resources::from_messages(given.executor.resources());
  if (!needed) return invalid("Executor uses invalid resources: " + needed.error().message);
  TRY(prefixed("Executor uses invalid resources: ", model::check_no_overlap({&given.executor.resources()})));
  given.needed = *std::move(needed);
  TRY(prefixed("Executor uses duplicate persistence ID: ", model::check_persistence_ids(given.needed)));
  if (auto role = given.needed.allocation_role(); !role) {
    return invalid("Invalid executor resources: " + role.error().message);
  }
  return prefixed("Executor mixes revocable and non-revocable resources: ",
                  model::check_revocable_not_mixed(given.needed));
}

// SCH-157
Result<> check_unshared(ExecutorCase& given) {
  if (given.needed.shared().empty()) return {};
  return invalid(fmt::format("Executor resources {} should not contain any shared resources", given.needed.to_text()));
}

// What is compared in no other way than whole.
ExecutorInfo compared(const ExecutorInfo& executor) {
  ExecutorInfo rest = executor;
  rest.clear_type();
  rest.clear_resources();
  rest.clear_shutdown_grace_period();
  rest.clear_labels();
  return rest;
}

// SCH-153
Result<> check_compatible(ExecutorCase& given) {
  const Executor* running = find_executor(given.agent, given.framework.id, given.executor.executor_id().value());
  if (running == nullptr) return {};
  if (running->info->type() == given.executor.type() && running->resources == given.needed &&
      google::protobuf::util::MessageDifferencer::Equals(compared(*running->info), compared(given.executor))) {
    return {};
  }
  return invalid("ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID");
}

Result<> check_executor_command(ExecutorCase& given) {
  if (!given.executor.has_command()) return {};
  return prefixed("Executor's `CommandInfo` is invalid: ", check_command(given.executor.command()));
}

Result<> check_executor_container(ExecutorCase& given) {
  if (!given.executor.has_container()) return {};
  TRY(prefixed("Executor's `ContainerInfo` is invalid: ", check_container(given.executor.container())));
  const auto& linux_info = given.executor.container().linux_info();
  if (!linux_info.has_share_cgroups() || !linux_info.share_cgroups()) return {};
  return invalid("Executor's `ContainerInfo` is invalid: 'share_cgroups' cannot be set to 'true' on executors");
}

}  // namespace

Result<> validate_executor(ExecutorCase& given) {
  static constexpr std::array rules{check_id,         check_grace_period,     check_type,
                                    check_framework,  check_resources,        check_unshared,
                                    check_compatible, check_executor_command, check_executor_container};
  for (const auto rule : rules) TRY(rule(given));
  return {};
}

}  // namespace stoa::master
