// executor::Options::from_environment(): the words of EXE-088.
#include <fmt/format.h>

#include <cstdlib>

#include "base/result.h"
#include "base/time.h"
#include "stoa/executor.h"

namespace stoa::executor {
namespace {

using namespace std::chrono_literals;

constexpr Duration recovery_timeout_default = 15min;

std::string get(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> need(const char* name) {
  std::string value = get(name);
  if (value.empty()) return invalid(fmt::format("{} is not set: is this process started by an agent?", name));
  return value;
}

Result<Duration> duration(const char* name, Duration absent) {
  const std::string text = get(name);
  if (text.empty()) return absent;
  Result<Duration> out = parse_duration(text);
  if (!out) return invalid(fmt::format("{}: {}", name, out.error().message));
  return out;
}

bool is_true(const char* name) {
  const std::string value = get(name);
  return value == "1" || value == "true";
}

// `http://ADDR:PORT/slave(1)` from `slave(1)@ADDR:PORT`.
Result<std::string> agent_address() {
  for (const char* name : {"LIBPROCESS_SSL_ENABLED", "SSL_ENABLED"}) {
    if (is_true(name)) return fail(Code::unimplemented, fmt::format("{}: only http is spoken", name));
  }
  LET(const std::string pid, need("MESOS_SLAVE_PID"));
  const std::size_t at = pid.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == pid.size()) {
    return invalid(fmt::format("MESOS_SLAVE_PID='{}': expecting slave(1)@ADDRESS:PORT", pid));
  }
  return fmt::format("http://{}/{}", pid.substr(at + 1), pid.substr(0, at));
}

Result<Options> read() {
  Options out;
  LET(out.agent, agent_address());
  out.socket_path = get("MESOS_DOMAIN_SOCKET");
  LET(out.framework_id, need("MESOS_FRAMEWORK_ID"));
  LET(out.executor_id, need("MESOS_EXECUTOR_ID"));
  LET(out.agent_id, need("MESOS_SLAVE_ID"));
  out.directory = get("MESOS_SANDBOX").empty() ? get("MESOS_DIRECTORY") : get("MESOS_SANDBOX");
  out.is_checkpointing = is_true("MESOS_CHECKPOINT");
  LET(out.recovery_timeout, duration("MESOS_RECOVERY_TIMEOUT", recovery_timeout_default));
  LET(out.backoff_max, duration("MESOS_SUBSCRIPTION_BACKOFF_MAX", out.backoff_max));
  LET(out.grace_period, duration("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", out.grace_period));
  out.token = get("MESOS_EXECUTOR_AUTHENTICATION_TOKEN");
  return out;
}

}  // namespace

std::expected<Options, std::string> Options::from_environment() {
  Result<Options> out = read();
  unsetenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN");
  if (!out) return std::unexpected(std::move(out).error().message);
  return *std::move(out);
}

}  // namespace stoa::executor
