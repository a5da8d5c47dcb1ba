#include "agent/states.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

bool has_capability(const v1::FrameworkInfo& framework, v1::FrameworkInfo::Capability::Type type) {
  for (const auto& capability : framework.capabilities())
    if (capability.type() == type) return true;
  return false;
}

}  // namespace

v1::TaskState state_for(const v1::FrameworkInfo& framework, v1::TaskState state) {
  switch (state) {
    case v1::TASK_DROPPED:
    case v1::TASK_GONE:
    case v1::TASK_GONE_BY_OPERATOR:
    case v1::TASK_UNREACHABLE:
    case v1::TASK_UNKNOWN:
      return has_capability(framework, v1::FrameworkInfo::Capability::PARTITION_AWARE) ? state : v1::TASK_LOST;
    default:
      return state;
  }
}

bool has_task_killing(const v1::FrameworkInfo& framework) {
  return has_capability(framework, v1::FrameworkInfo::Capability::TASK_KILLING_STATE);
}

std::string join_message(const std::string& first, const std::string& second) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  return first + "; " + second;
}

std::string describe_wait_status(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with status {}", WEXITSTATUS(wait_status));
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    const char* name = sigdescr_np(signal);
    return fmt::format("terminated with signal {}{}", name != nullptr ? name : fmt::format("{}", signal),
                       WCOREDUMP(wait_status) ? " (core dumped)" : "");
  }
  return fmt::format("ended with wait status {}", wait_status);
}

}  // namespace stoa::agent
