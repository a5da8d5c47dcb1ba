#include "agent/task_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

constexpr double seconds_max = 1e9;  // 30 years: leaves room for sums.

Duration duration_of(double seconds) {
  if (!(seconds > 0)) return {};
  return Duration(static_cast<Duration::rep>(std::min(seconds, seconds_max) * 1e9));
}

template <typename Message>
Checker::Times times_of(const Message& check) {
  return {.delay = duration_of(check.delay_seconds()), .interval = duration_of(check.interval_seconds())};
}

template <typename Message>
std::optional<ProbeType> type_of(const Message& check) {
  switch (check.type()) {
    case Message::COMMAND:
      return ProbeType::command;
    case Message::HTTP:
      return ProbeType::http;
    case Message::TCP:
      return ProbeType::tcp;
    default:
      return std::nullopt;
  }
}

// Where a server of the task may listen, if it does not say so itself (EXE-170).
std::vector<std::string> hosts_of(const Config& config) {
  std::vector<std::string> hosts{"127.0.0.1", "::1"};
  for (const auto& address : config.addresses)
    if (std::ranges::find(hosts, address) == hosts.end()) hosts.push_back(address);
  return hosts;
}

template <typename Message>
std::vector<std::string> hosts_of(const Message& probe, const Config& config) {
  if (!probe.has_protocol()) return hosts_of(config);
  return {probe.protocol() == v1::NetworkInfo::IPv6 ? "::1" : "127.0.0.1"};
}

std::string path_of(const std::string& path) { return path.empty() ? "/" : path; }

Result<ProbeTarget> command_target(const v1::CommandInfo& command, const v1::TaskInfo& task,
                                   const TaskChecks::Place& place) {
  const auto unknown = [](const Error& error) {
    return fail(Code::unavailable, "the value of a secret is not kept over a restart of the agent: " + error.message);
  };
  auto environment = task_environment({.config = place.config,
                                       .framework = place.framework,
                                       .task = task,
                                       .executor = place.executor,
                                       .agent = place.agent,
                                       .directory = place.directory});
  if (!environment) return unknown(environment.error());
  if (const auto set = set_variables(command.environment(), environment->variables); !set) return unknown(set.error());
  ProbeCommand result{.directory = place.directory,
                      .shell = command.shell(),
                      .executable = command.value(),
                      .environment = std::move(environment->variables),
                      .user = place.user};
  if (!result.shell) {
    result.argv.assign(command.arguments().begin(), command.arguments().end());
    if (result.executable.empty() && !result.argv.empty()) result.executable = result.argv.front();
    if (result.argv.empty()) result.argv.push_back(result.executable);
  }
  return result;
}

}  // namespace

std::optional<TaskChecks> TaskChecks::of(std::shared_ptr<const v1::TaskInfo> info) {
  Checker::Options options;
  if (info->has_check() && type_of(info->check())) options.check = times_of(info->check());
  if (const auto type = type_of(info->health_check()); info->has_health_check() && type) {
    const v1::HealthCheck& health = info->health_check();
    options.health = {.type = *type,
                      .times = times_of(health),
                      .failures_max = health.consecutive_failures(),
                      .grace = duration_of(health.grace_period_seconds())};
  }
  if (!options.check && !options.health) return std::nullopt;
  return TaskChecks(options, std::move(info));
}

void TaskChecks::know(const std::shared_ptr<const v1::TaskInfo>& with_secrets) {
  const bool is_needed =
      (with_secrets->has_check() && with_secrets->check().type() == v1::CheckInfo::COMMAND) ||
      (with_secrets->has_health_check() && with_secrets->health_check().type() == v1::HealthCheck::COMMAND);
  if (is_needed) info_ = with_secrets;
}

void TaskChecks::restore(const v1::TaskStatus& latest) {
  std::optional<bool> healthy;
  if (latest.has_healthy()) healthy = latest.healthy();
  std::optional<int> result;
  const v1::CheckStatusInfo& check = latest.check_status();
  if (check.command().has_exit_code()) result = check.command().exit_code();
  if (check.http().has_status_code()) result = static_cast<int>(check.http().status_code());
  if (check.tcp().has_succeeded()) result = check.tcp().succeeded() ? 1 : 0;
  checker.restore(healthy, result);
}

void TaskChecks::add_to(v1::TaskStatus& status) const {
  if (const auto healthy = checker.healthy()) status.set_healthy(*healthy);
  if (!info_->has_check()) return;
  v1::CheckStatusInfo& shown = *status.mutable_check_status();
  shown.set_type(info_->check().type());
  const std::optional<int> result = checker.check_result();
  switch (info_->check().type()) {
    case v1::CheckInfo::COMMAND:
      shown.mutable_command();
      if (result) shown.mutable_command()->set_exit_code(*result);
      return;
    case v1::CheckInfo::HTTP:
      shown.mutable_http();
      if (result) shown.mutable_http()->set_status_code(static_cast<std::uint32_t>(*result));
      return;
    case v1::CheckInfo::TCP:
      shown.mutable_tcp();
      if (result) shown.mutable_tcp()->set_succeeded(*result != 0);
      return;
    default:
      return;
  }
}

Result<ProbeTarget> TaskChecks::target(ProbePurpose purpose, const Place& place) const {
  if (purpose == ProbePurpose::check) {
    const v1::CheckInfo& check = info_->check();
    if (check.type() == v1::CheckInfo::COMMAND) return command_target(check.command().command(), *info_, place);
    if (check.type() == v1::CheckInfo::HTTP)
      return ProbeHttp{
          .hosts = hosts_of(place.config), .port = check.http().port(), .path = path_of(check.http().path())};
    return ProbeTcp{.hosts = hosts_of(place.config), .port = check.tcp().port()};
  }
  const v1::HealthCheck& health = info_->health_check();
  if (health.type() == v1::HealthCheck::COMMAND) return command_target(health.command(), *info_, place);
  if (health.type() == v1::HealthCheck::HTTP)
    return ProbeHttp{.hosts = hosts_of(health.http(), place.config),
                     .tls = health.http().scheme() == "https",
                     .port = health.http().port(),
                     .path = path_of(health.http().path())};
  return ProbeTcp{.hosts = hosts_of(health.tcp(), place.config), .port = health.tcp().port()};
}

std::optional<Duration> TaskChecks::timeout(ProbePurpose purpose) const {
  const double seconds =
      purpose == ProbePurpose::check ? info_->check().timeout_seconds() : info_->health_check().timeout_seconds();
  const Duration timeout = duration_of(seconds);
  return timeout > Duration(0) ? std::optional(timeout) : std::nullopt;
}

}  // namespace stoa::agent
