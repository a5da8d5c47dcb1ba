#include "agent/launch_order.h"

#include <fmt/format.h>

#include <cmath>

#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

std::optional<std::string> bad_identifier(const LaunchOrder& order) {
  std::vector<const std::string*> ids{&order.framework->id().value()};
  if (order.executor != nullptr) ids.push_back(&order.executor->executor_id().value());
  for (const auto* task : order.tasks) ids.push_back(&task->task_id().value());
  for (const auto* id : ids)
    if (const auto valid = model::validate_identifier(*id); !valid.has_value()) return valid.error().message;
  return std::nullopt;
}

std::optional<std::string> bad_limit(const v1::TaskInfo& task) {
  const auto text = [](const char* what, const char* isolator) {
    return fmt::format(
        "{} limits can only be set on tasks launched in Mesos containers when the agent has loaded the 'cgroups/{}' "
        "isolator",
        what, isolator);
  };
  if (task.limits().contains("cpus")) return text("CPU", "cpu");
  if (task.limits().contains("mem")) return text("Memory", "mem");
  return std::nullopt;
}

std::optional<std::string> bad_executor(const v1::ExecutorInfo& info) {
  if (!is_default_executor(info)) {
    if (info.has_command()) return std::nullopt;
    return fmt::format("The executor '{}' has no command", info.executor_id().value());
  }
  if (info.has_command()) return "'ExecutorInfo.command' must not be set for the 'DEFAULT' executor";
  if (!info.has_container()) return std::nullopt;
  if (info.container().type() != v1::ContainerInfo::MESOS)
    return "'ExecutorInfo.container.type' must be 'MESOS' for the 'DEFAULT' executor";
  if (info.container().has_docker() || info.container().mesos().has_image())
    return "'ExecutorInfo.container' must not have an image for the 'DEFAULT' executor";
  return std::nullopt;
}

std::optional<std::string> bad_task(const LaunchOrder& order, const v1::TaskInfo& task) {
  const bool is_run_by_agent = order.executor == nullptr || is_default_executor(*order.executor);
  if (is_run_by_agent && !task.has_command()) return "The task has no command";
  return bad_limit(task);
}

}  // namespace

FrameworkId LaunchOrder::framework_id() const { return FrameworkId(framework->id().value()); }

ExecutorId LaunchOrder::executor_id() const { return ExecutorId(executor->executor_id().value()); }

std::vector<TaskKey> LaunchOrder::keys() const {
  std::vector<TaskKey> result;
  result.reserve(tasks.size());
  for (const auto* task : tasks) result.push_back({framework_id(), TaskId(task->task_id().value())});
  return result;
}

std::optional<LaunchOrder> launch_order(const link::ToAgent& message) {
  LaunchOrder order;
  if (message.has_run()) {
    order.framework = &message.run().framework_info();
    order.tasks = {&message.run().task()};
    order.expects_new_executor = message.run().expects_new_executor();
    if (!message.run().task().has_executor()) return order;
    order.executor = &message.run().task().executor();
    order.is_group = is_default_executor(*order.executor);
    return order;
  }
  order.framework = &message.run_group().framework_info();
  order.executor = &message.run_group().executor_info();
  order.is_group = true;
  order.expects_new_executor = message.run_group().expects_new_executor();
  for (const auto& task : message.run_group().task_group().tasks()) order.tasks.push_back(&task);
  if (order.tasks.empty()) return std::nullopt;
  return order;
}

std::optional<Refusal> unacceptable(const LaunchOrder& order) {
  auto why = bad_identifier(order);
  if (!why && order.executor != nullptr) why = bad_executor(*order.executor);
  for (const auto* task : order.tasks)
    if (!why) why = bad_task(order, *task);
  if (!why) return std::nullopt;
  return Refusal{v1::TaskStatus::REASON_TASK_INVALID, *std::move(why)};
}

bool is_default_executor(const v1::ExecutorInfo& info) { return info.type() == v1::ExecutorInfo::DEFAULT; }

}  // namespace stoa::agent
