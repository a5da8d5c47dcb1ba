// Rules on the parts that tasks and executors have in common: commands, containers, checks.
#include <fmt/format.h>

#include "master/task_rules.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::CheckInfo;
using mesos::v1::ContainerInfo;
using mesos::v1::Environment;
using mesos::v1::HealthCheck;
using mesos::v1::Secret;
using mesos::v1::Volume;

Result<> check_secret(const Secret& secret) {
  switch (secret.type()) {
    case Secret::REFERENCE:
      if (!secret.has_reference()) return invalid("Secret of type REFERENCE must have the 'reference' field set");
      if (secret.has_value()) return invalid("Secret of type REFERENCE must not have the 'value' field set");
      return {};
    case Secret::VALUE:
      if (!secret.has_value()) return invalid("Secret of type VALUE must have the 'value' field set");
      if (secret.has_reference()) return invalid("Secret of type VALUE must not have the 'reference' field set");
      return {};
    default:
      return invalid("Secret of unknown type");
  }
}

Result<> check_variable(const Environment::Variable& variable) {
  switch (variable.type()) {
    case Environment::Variable::VALUE:
      if (!variable.has_value()) {
        return invalid(fmt::format("Environment variable '{}' of type 'VALUE' must have a value set", variable.name()));
      }
      if (variable.has_secret()) {
        return invalid(
            fmt::format("Environment variable '{}' of type 'VALUE' must not have a secret set", variable.name()));
      }
      return {};
    case Environment::Variable::SECRET:
      if (!variable.has_secret()) {
        return invalid(
            fmt::format("Environment variable '{}' of type 'SECRET' must have a secret set", variable.name()));
      }
      if (variable.has_value()) {
        return invalid(
            fmt::format("Environment variable '{}' of type 'SECRET' must not have a value set", variable.name()));
      }
      TRY(check_secret(variable.secret()));
      if (variable.secret().value().data().find('\0') != std::string::npos) {
        return invalid(
            fmt::format("Environment variable '{}' specifies a secret containing null bytes", variable.name()));
      }
      return {};
    default:
      return invalid(fmt::format("Environment variable '{}' is of unknown type", variable.name()));
  }
}

Result<> check_volume(const Volume& volume) {
  const int sources = int(volume.has_host_path()) + int(volume.has_image()) + int(volume.has_source());
  if (sources != 1) {
    return invalid("Only one of them should be set: 'host_path', 'image' and 'source'");
  }
  if (!volume.has_source()) return {};
  const Volume::Source& source = volume.source();
  switch (source.type()) {
    case Volume::Source::DOCKER_VOLUME:
      if (!source.has_docker_volume()) return invalid("'source.docker_volume' is not set for DOCKER_VOLUME volume");
      return {};
    case Volume::Source::HOST_PATH:
      if (!source.has_host_path()) return invalid("'source.host_path' is not set for HOST_PATH volume");
      return {};
    case Volume::Source::SANDBOX_PATH:
      if (!source.has_sandbox_path()) return invalid("'source.sandbox_path' is not set for SANDBOX_PATH volume");
      return {};
    case Volume::Source::SECRET:
      if (!source.has_secret()) return invalid("'source.secret' is not set for SECRET volume");
      return check_secret(source.secret());
    case Volume::Source::CSI_VOLUME:
      if (!source.has_csi_volume()) return invalid("'source.csi_volume' is not set for CSI_VOLUME volume");
      return {};
    default:
      return invalid("'source.type' is unknown");
  }
}

template <typename Check>
Result<> check_times(const Check& check) {
  if (check.has_delay_seconds() && !(check.delay_seconds() >= 0)) {
    return invalid("Expecting 'delay_seconds' to be non-negative");
  }
  if (check.has_interval_seconds() && !(check.interval_seconds() >= 0)) {
    return invalid("Expecting 'interval_seconds' to be non-negative");
  }
  if (check.has_timeout_seconds() && !(check.timeout_seconds() >= 0)) {
    return invalid("Expecting 'timeout_seconds' to be non-negative");
  }
  return {};
}

template <typename Http>
Result<> check_path(const Http& http) {
  if (!http.has_path() || http.path().starts_with('/')) return {};
  return invalid(fmt::format("The path '{}' of HTTP check must start with '/'", http.path()));
}

}  // namespace

Result<> check_command(const mesos::v1::CommandInfo& command) {
  for (const auto& variable : command.environment().variables()) TRY(check_variable(variable));
  return {};
}

Result<> check_container(const ContainerInfo& container) {
  for (const Volume& volume : container.volumes()) TRY(check_volume(volume));
  if (container.type() != ContainerInfo::DOCKER) return {};
  if (!container.has_docker()) return invalid("DockerInfo 'docker' is not set for DOCKER typed ContainerInfo");
  for (const auto& parameter : container.docker().parameters()) {
    if (parameter.key() == "name") return invalid("Parameter in DockerInfo must not be 'name'");
  }
  return {};
}

Result<> check_check(const CheckInfo& check) {
  switch (check.type()) {
    case CheckInfo::COMMAND:
      if (!check.has_command()) return invalid("Expecting 'command' to be set for COMMAND check");
      if (!check.command().command().has_value()) return invalid("Command check must contain 'command.command.value'");
      TRY(check_command(check.command().command()));
      break;
    case CheckInfo::HTTP:
      if (!check.has_http()) return invalid("Expecting 'http' to be set for HTTP check");
      TRY(check_path(check.http()));
      break;
    case CheckInfo::TCP:
      if (!check.has_tcp()) return invalid("Expecting 'tcp' to be set for TCP check");
      break;
    default:
      return invalid("CheckInfo must specify 'type'");
  }
  return check_times(check);
}

Result<> check_health_check(const HealthCheck& check) {
  switch (check.type()) {
    case HealthCheck::COMMAND:
      if (!check.has_command()) return invalid("Expecting 'command' to be set for COMMAND health check");
      if (!check.command().has_value() && check.command().arguments().empty()) {
        return invalid("Command health check must contain 'command.value'");
      }
      TRY(check_command(check.command()));
      break;
    case HealthCheck::HTTP:
      if (!check.has_http()) return invalid("Expecting 'http' to be set for HTTP health check");
      if (check.http().has_scheme() && check.http().scheme() != "http" && check.http().scheme() != "https") {
        return invalid(fmt::format("Unsupported HTTP health check scheme: '{}'", check.http().scheme()));
      }
      TRY(check_path(check.http()));
      break;
    case HealthCheck::TCP:
      if (!check.has_tcp()) return invalid("Expecting 'tcp' to be set for TCP health check");
      break;
    default:
      return invalid("HealthCheck must specify 'type'");
  }
  TRY(check_times(check));
  if (check.has_grace_period_seconds() && !(check.grace_period_seconds() >= 0)) {
    return invalid("Expecting 'grace_period_seconds' to be non-negative");
  }
  return {};
}

}  // namespace stoa::master
