// Directories of ended work, from the end of that work to their removal (AGT-093, AGT-100..106).
#include <set>
#include <utility>

#include "agent/core.h"
#include "agent/sandbox_paths.h"

namespace stoa::agent {

void Agent::Core::start_collection() {
  garbage_.start(now_.steady);
  emit(FindGarbage{id_});
}

// The run has ended and nothing runs in it. What holds it goes too, unless it holds others.
void Agent::Core::collect(const SandboxName& name) {
  const auto schedule = [&](const std::string& path) {
    emit(MarkGarbage{path});
    if (life_ == Life::active) garbage_.schedule(path, Duration(0), now_.steady);
  };
  schedule(sandbox_directory(name));
  if (!uses(name.framework, name.executor)) schedule(executor_directory(name));
  if (!uses(name.framework, std::nullopt)) schedule(framework_directory(name));
}

bool Agent::Core::uses(const FrameworkId& framework, const std::optional<ExecutorId>& executor) const {
  if (!executor && frameworks_.contains(framework)) return true;
  if (executor && runs_.contains({framework, TaskId(executor->value)})) return true;
  if (executor && executors_.contains({framework, *executor})) return true;
  for (const auto& [id, dying] : dying_)
    if (dying.name && dying.name->framework == framework && (!executor || dying.name->executor == *executor))
      return true;
  return false;
}

std::set<std::string> Agent::Core::directories_in_use() const {
  std::set<std::string> result;
  const auto add = [&](const SandboxName& name) {
    result.insert({sandbox_directory(name), executor_directory(name), framework_directory(name)});
  };
  for (const auto& [key, run] : runs_)
    if (!run.container.empty() && !run.place) add(sandbox_name(run));
  for (const auto& [key, executor] : executors_) add({id_, key.framework, key.executor, executor.container});
  for (const auto& [id, dying] : dying_)
    if (dying.name) add(*dying.name);
  if (!id_.empty()) result.insert({agent_directory(id_), agent_meta_directory(id_)});
  return result;
}

void Agent::Core::on(const GarbageFound& event) {
  if (life_ != Life::active) return;
  const auto used = directories_in_use();
  for (const auto& [path, modified] : event.directories) {
    if (used.contains(path)) continue;
    garbage_.schedule(path, Duration(static_cast<Duration::rep>((now_.wall - modified) * 1e9)), now_.steady);
  }
}

void Agent::Core::on(const DiskMeasured& event) { garbage_.measured(event.used, now_.steady); }

void Agent::Core::on(const TreeRemoved& event) {
  if (!event.result.has_value())
    log(log::Level::warning, "cannot remove " + event.path + ": " + event.result.error().message);
  garbage_.removed(event.path, event.result.has_value(), now_.steady);
  begin_waiting();
}

void Agent::Core::advance_collection() {
  if (life_ != Life::active) return;
  Garbage::Wishes wishes = garbage_.advance(now_.steady);
  if (wishes.measure) emit(MeasureDisk{});
  if (wishes.remove) emit(RemoveTree{*std::move(wishes.remove)});
}

}  // namespace stoa::agent
