// TaskChecks: Checker in the language of the wire. It reads what a task's `check` and `health_check` ask for, shows
// their results in the task's statuses, and says how each probe is made.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/checker.h"
#include "agent/environment.h"
#include "agent/states.h"
#include "base/result.h"
#include "proto/forward.h"

namespace stoa::agent {

class TaskChecks {
 public:
  // None if the task has neither. `info` without secrets.
  static std::optional<TaskChecks> of(std::shared_ptr<const mesos::v1::TaskInfo> info);

  // The same task with secrets, if a probe may need them: kept in memory only, and not known to the next life.
  void know(const std::shared_ptr<const mesos::v1::TaskInfo>& with_secrets);
  // Takes over what the last status of the task told.
  void restore(const mesos::v1::TaskStatus& latest);
  // Sets `healthy` once it is known, and `check_status`, empty until there is a result (EXE-168).
  void add_to(mesos::v1::TaskStatus& status) const;

  struct Place {
    const Config& config;
    const mesos::v1::FrameworkInfo& framework;
    const mesos::v1::ExecutorInfo* executor = nullptr;  // Of a task of the default executor.
    AgentId agent;
    std::string directory;            // The sandbox, absolute.
    std::optional<std::string> user;  // Of the task's processes; none: the agent's own.
  };
  // Fails with unavailable if it needs a secret that is not known any more.
  Result<ProbeTarget> target(ProbePurpose purpose, const Place& place) const;
  // None: it may take as long as it takes.
  std::optional<Duration> timeout(ProbePurpose purpose) const;

  Checker checker;
  std::optional<mesos::v1::TaskStatus_Reason> owed;  // Of news that could not be told yet.

 private:
  TaskChecks(Checker::Options options, std::shared_ptr<const mesos::v1::TaskInfo> info)
      : checker(options), info_(std::move(info)) {}

  std::shared_ptr<const mesos::v1::TaskInfo> info_;
};

}  // namespace stoa::agent
