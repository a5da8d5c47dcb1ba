// Checks and health checks of the tasks that run (EXE-160..171): what their Checker wants is done here. A task has one
// if it has a container; how its process is run and ended is not of interest here.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/core.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

// Statuses of one task that wait for acknowledgements: with more, results of checks wait too, so that a scheduler that
// is away does not make the store grow. The newest result is told as soon as there is room.
constexpr std::size_t unacknowledged_max = 64;

}  // namespace

void Agent::Core::on(const ProbeEnded& event) {
  TaskRun* run = find_run(event.probe.container);
  if (run == nullptr || !run->checks) return;
  obey_checks(*run, run->checks->checker.ended(event.probe.number, event.outcome, now_.steady));
  apply(*run, {});
}

void Agent::Core::follow_checks(TaskRun& run) {
  if (!run.checks) return;
  using Phase = CommandExecutor::Phase;
  if (run.executor.phase() == Phase::ended || run.executor.saved_kill()) return stop_checks(run);
  if (run.executor.phase() != Phase::running) return;
  Checker& checker = run.checks->checker;
  if (!checker.has_started()) {
    const double ran = run.started ? std::max(now_.wall - *run.started, 0.0) : 0;
    checker.start(now_.steady - Duration(static_cast<Duration::rep>(ran * 1e9)), now_.steady);
  }
  if (run.checks->owed) tell_check(run, *run.checks->owed, {});
  obey_checks(run, checker.advance(now_.steady));
}

void Agent::Core::stop_checks(TaskRun& run) {
  if (!run.checks) return;
  run.checks->owed.reset();
  obey_checks(run, run.checks->checker.stop());
}

void Agent::Core::obey_checks(TaskRun& run, const CheckActions& actions) {
  for (const auto& action : actions) {
    if (const auto* begin = std::get_if<BeginProbe>(&action)) {
      begin_probe(run, *begin);
    } else if (const auto* end = std::get_if<EndProbe>(&action)) {
      emit(CancelProbe{{run.container, end->number}});
    } else if (const auto* health = std::get_if<TellHealth>(&action)) {
      tell_check(run, v1::TaskStatus::REASON_TASK_HEALTH_CHECK_STATUS_UPDATED, health->message);
    } else if (std::holds_alternative<TellCheck>(action)) {
      tell_check(run, v1::TaskStatus::REASON_TASK_CHECK_STATUS_UPDATED, {});
    } else if (const auto* kill = std::get_if<KillSick>(&action)) {
      log(log::Level::warning, fmt::format("task {} is unhealthy and is killed: {}", run.key.text(), kill->message));
      apply(run, run.executor.kill(std::nullopt, now_.steady));
    }
  }
}

void Agent::Core::begin_probe(TaskRun& run, const BeginProbe& begin) {
  TaskChecks::Place place{.config = config_,
                          .framework = *frameworks_.at(run.key.framework).info,
                          .executor = run.place ? run.executor_info.get() : nullptr,
                          .agent = id_,
                          .directory = config_.work_dir + "/" + run.directory};
  if (config_.switch_user) place.user = run.task->user();
  auto target = run.checks->target(begin.purpose, place);
  if (target) {
    emit(Probe{.name = {run.container, begin.number},
               .target = *std::move(target),
               .timeout = run.checks->timeout(begin.purpose)});
    return;
  }
  // Better unwatched than killed for a variable that only its last life knew.
  run.checks->checker.give_up(begin.purpose);
  log(log::Level::warning, fmt::format("task {}: no more {}checks: {}", run.key.text(),
                                       begin.purpose == ProbePurpose::health ? "health " : "", target.error().message));
}

void Agent::Core::tell_check(TaskRun& run, v1::TaskStatus_Reason reason, std::string message) {
  run.checks->owed.reset();
  if (streams_.unacknowledged(run.key).size() >= unacknowledged_max) {
    run.checks->owed = reason;
    return;
  }
  report(run, {.state = v1::TASK_RUNNING, .reason = reason, .message = std::move(message)});
}

}  // namespace stoa::agent
