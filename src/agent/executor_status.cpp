#include "agent/executor_status.h"

#include <fmt/format.h>

#include "mesos/v1/executor/executor.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

// A check has one result, of its own type, or none yet.
Result<> check_result(const v1::CheckStatusInfo& result) {
  if (!result.has_type()) return invalid("Expecting 'check_status.type' to be present");
  const auto belongs = [&](v1::CheckInfo::Type type, bool present, const char* name) -> Result<> {
    if (!present || result.type() == type) return {};
    return invalid(
        fmt::format("'check_status.{}' is present, but the type is {}", name, v1::CheckInfo::Type_Name(result.type())));
  };
  if (result.type() == v1::CheckInfo::UNKNOWN) return invalid("'check_status.type' is UNKNOWN");
  TRY(belongs(v1::CheckInfo::COMMAND, result.has_command(), "command"));
  TRY(belongs(v1::CheckInfo::HTTP, result.has_http(), "http"));
  return belongs(v1::CheckInfo::TCP, result.has_tcp(), "tcp");
}

}  // namespace

Result<> check_executor_status(const v1::executor::Call& call, const v1::TaskStatus& status) {
  if (!status.has_uuid()) return invalid("Expecting 'uuid' to be present");
  if (status.uuid().size() != 16)
    return invalid(fmt::format("Malformed 'uuid': expecting 16 bytes, got {}", status.uuid().size()));
  if (status.has_executor_id() && status.executor_id().value() != call.executor_id().value())
    return invalid("ExecutorID in Call does not match ExecutorID in TaskStatus");
  const std::string sender = fmt::format("Received Call from executor {} of framework {}", call.executor_id().value(),
                                         call.framework_id().value());
  if (status.source() != v1::TaskStatus::SOURCE_EXECUTOR)
    return invalid(sender + " with invalid source, expecting 'SOURCE_EXECUTOR'");
  if (!status.has_state()) return invalid(sender + " without a state");
  if (status.state() == v1::TASK_STAGING) return invalid(sender + " with the state TASK_STAGING, which is not allowed");
  if (status.has_check_status()) return check_result(status.check_status());
  return {};
}

}  // namespace stoa::agent
