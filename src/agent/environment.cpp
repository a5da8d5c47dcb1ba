#include "agent/environment.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr double command_executor_cpus = 0.1;
constexpr double command_executor_mem = 32;  // MB.

std::string allocation_role(const v1::TaskInfo& task) {
  for (const auto& resource : task.resources())
    if (resource.allocation_info().has_role()) return resource.allocation_info().role();
  return {};
}

struct Names {
  std::string executor;
  AgentId agent;
  std::string directory;
  bool has_image = false;
  Duration shutdown_grace{};
};

void set_agent_made(const Config& config, const v1::FrameworkInfo& framework, const Names& names,
                    std::map<std::string, std::string>& variables) {
  variables["MESOS_FRAMEWORK_ID"] = framework.id().value();
  variables["MESOS_EXECUTOR_ID"] = names.executor;
  variables["MESOS_SLAVE_ID"] = names.agent.value;
  variables["MESOS_SLAVE_PID"] = config.pid;
  variables["MESOS_AGENT_ENDPOINT"] = config.endpoint;
  variables["MESOS_DIRECTORY"] = names.directory;
  variables["MESOS_SANDBOX"] = names.has_image ? config.sandbox_directory : names.directory;
  variables["MESOS_CHECKPOINT"] = framework.checkpoint() ? "1" : "0";
  if (framework.checkpoint()) {
    variables["MESOS_RECOVERY_TIMEOUT"] = format_duration(config.recovery_timeout);
    variables["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = format_duration(config.executor_reregistration_timeout);
  }
  variables["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"] = format_duration(names.shutdown_grace);
  variables["MESOS_HTTP_COMMAND_EXECUTOR"] = "0";
  variables["LIBPROCESS_PORT"] = "0";
}

Duration shutdown_grace_of(const Config& config, const v1::ExecutorInfo* executor) {
  if (executor == nullptr || !executor->has_shutdown_grace_period()) return config.executor_shutdown_grace_period;
  return Duration(executor->shutdown_grace_period().nanoseconds());
}

// Of the first address of each family; IPv4 has the plain name if there is one (EXE-093).
void set_addresses(const Config& config, std::map<std::string, std::string>& variables) {
  for (const std::string& address : config.addresses)
    variables.try_emplace(address.contains(':') ? "MESOS_CONTAINER_IP6" : "MESOS_CONTAINER_IP", address);
  if (const auto v6 = variables.find("MESOS_CONTAINER_IP6"); v6 != variables.end())
    variables.try_emplace("MESOS_CONTAINER_IP", v6->second);
}

// The strongest of all (EXE-090).
Result<> add_command(const v1::CommandInfo& command, TaskEnvironment& result) {
  TRY(set_variables(command.environment(), result.variables));
  for (const auto& variable : command.environment().variables()) result.command_names.push_back(variable.name());
  return {};
}

TaskEnvironment inherited(const Config& config) {
  TaskEnvironment result{.variables = config.executor_environment};
  result.variables.try_emplace("PATH", default_path);
  return result;
}

void forget_secret(v1::Secret& secret) { secret.clear_value(); }

void forget_secrets(v1::CommandInfo& command) {
  for (auto& variable : *command.mutable_environment()->mutable_variables())
    if (variable.has_secret()) forget_secret(*variable.mutable_secret());
}

void forget_secrets(v1::ContainerInfo& container) {
  for (auto& volume : *container.mutable_volumes())
    if (volume.source().has_secret()) forget_secret(*volume.mutable_source()->mutable_secret());
}

std::string shorten(const std::string& text) { return text.size() > 15 ? text.substr(0, 12) + "..." : text; }

std::string command_text(const v1::CommandInfo& command) {
  if (command.shell()) return command.has_value() ? fmt::format("sh -c '{}'", shorten(command.value())) : "NO COMMAND";
  if (!command.has_value() && command.arguments().empty()) return "NO EXECUTABLE";
  const std::vector<std::string> arguments(command.arguments().begin(), command.arguments().end());
  return fmt::format("[{}]", shorten(arguments.empty() ? command.value() : join(arguments, ", ")));
}

void add_scalar(v1::ExecutorInfo& info, const char* name, double value, const std::string& role) {
  v1::Resource& resource = *info.add_resources();
  if (!role.empty()) resource.mutable_allocation_info()->set_role(role);
  resource.set_name(name);
  resource.set_type(v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

}  // namespace

Result<> set_variables(const v1::Environment& environment, std::map<std::string, std::string>& variables) {
  for (const auto& variable : environment.variables()) {
    std::string value = variable.value();
    if (variable.type() == v1::Environment::Variable::SECRET) {
      if (!variable.secret().has_value())
        return fail(Code::unimplemented,
                    fmt::format("environment variable '{}' is a secret by reference, and no resolver of secrets is "
                                "configured",
                                variable.name()));
      value = variable.secret().value().data();
    }
    variables[variable.name()] = std::move(value);
  }
  return {};
}

Result<TaskEnvironment> task_environment(const EnvironmentInput& input) {
  TaskEnvironment result = inherited(input.config);
  const bool is_grouped = input.executor != nullptr;
  set_agent_made(input.config, input.framework,
                 {.executor = is_grouped ? input.executor->executor_id().value() : input.task.task_id().value(),
                  .agent = input.agent,
                  .directory = input.directory,
                  .has_image = input.task.container().mesos().has_image(),
                  .shutdown_grace = shutdown_grace_of(input.config, input.executor)},
                 result.variables);
  if (is_grouped) set_addresses(input.config, result.variables);
  if (const std::string role = allocation_role(input.task); !role.empty())
    result.variables["MESOS_ALLOCATION_ROLE"] = role;
  TRY(add_command(input.task.command(), result));
  result.variables.erase("MESOS_EXECUTOR_AUTHENTICATION_TOKEN");
  return result;
}

Result<TaskEnvironment> executor_environment(const ExecutorEnvironmentInput& input) {
  TaskEnvironment result = inherited(input.config);
  set_agent_made(input.config, input.framework,
                 {.executor = input.executor.executor_id().value(),
                  .agent = input.agent,
                  .directory = input.directory,
                  .has_image = input.executor.container().mesos().has_image(),
                  .shutdown_grace = shutdown_grace_of(input.config, &input.executor)},
                 result.variables);
  TRY(add_command(input.executor.command(), result));
  return result;
}

v1::ExecutorInfo without_secrets(const v1::ExecutorInfo& executor) {
  v1::ExecutorInfo result = executor;
  if (result.command().has_environment()) forget_secrets(*result.mutable_command());
  if (result.has_container()) forget_secrets(*result.mutable_container());
  return result;
}

v1::TaskInfo without_secrets(const v1::TaskInfo& task) {
  v1::TaskInfo result = task;
  if (result.command().has_environment()) forget_secrets(*result.mutable_command());
  if (result.check().command().command().has_environment())
    forget_secrets(*result.mutable_check()->mutable_command()->mutable_command());
  if (result.health_check().command().has_environment())
    forget_secrets(*result.mutable_health_check()->mutable_command());
  if (result.has_container()) forget_secrets(*result.mutable_container());
  if (result.has_executor()) *result.mutable_executor() = without_secrets(task.executor());
  return result;
}

v1::ExecutorInfo command_executor_info(const FrameworkId& framework, const v1::TaskInfo& task) {
  v1::ExecutorInfo info;
  info.mutable_executor_id()->set_value(task.task_id().value());
  info.mutable_framework_id()->set_value(framework.value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  info.set_source(task.task_id().value());  // Deprecated, and read by every UI.
#pragma GCC diagnostic pop
  info.set_name(
      fmt::format("Command Executor (Task: {}) (Command: {})", task.task_id().value(), command_text(task.command())));
  *info.mutable_command() = task.command();
  if (task.has_container()) *info.mutable_container() = task.container();
  if (task.has_labels()) *info.mutable_labels() = task.labels();
  if (task.has_discovery()) *info.mutable_discovery() = task.discovery();
  add_scalar(info, "cpus", command_executor_cpus, allocation_role(task));
  add_scalar(info, "mem", command_executor_mem, allocation_role(task));
  return info;
}

}  // namespace stoa::agent
