// What executors say: subscriptions, updates, messages.
#include "agent/core.h"
#include "mesos/v1/executor/executor.pb.h"

namespace stoa::agent {

// Why this caller cannot be heard, in the order of EXE-020.
Result<> Agent::Core::check_executor(const mesos::v1::executor::Call& call) const {
  if (life_ == Life::created || life_ == Life::recovering)
    return fail(Code::unavailable, "Agent has not finished recovery");
  if (!frameworks_.contains(FrameworkId(call.framework_id().value()))) return invalid("Framework cannot be found");
  return invalid("Executor cannot be found");
}

void Agent::Core::on(const ExecutorSubscribe& event) {
  emit(OpenExecutorStream{event.stream, check_executor(*event.call)});
}

void Agent::Core::on(const ExecutorCall& event) { emit(ReplyExecutor{event.reply, check_executor(*event.call)}); }

void Agent::Core::on(const ExecutorStreamClosed&) {}

void Agent::Core::on(const ContainerResized&) {}

}  // namespace stoa::agent
