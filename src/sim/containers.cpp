#include "sim/containers.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <set>
#include <utility>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::sim {
namespace {

model::Resources read(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  auto resources = model::Resources::from_messages(messages);
  CHECK(resources, resources.error().message);
  return resources->without_allocation_role();
}

ContainerId place_of(const ContainerId& executor, const TaskId& task) {
  return ContainerId(executor.value + "/" + task.value);
}

}  // namespace

std::string to_command(const Behaviour& behaviour) {
  return fmt::format("{} {} {}", behaviour.runs.count(), behaviour.wait_status, behaviour.heeds_sigterm ? 1 : 0);
}

Behaviour behaviour_of(const std::string& command) {
  Behaviour behaviour;
  char* at = nullptr;
  behaviour.runs = Duration(std::strtoll(command.c_str(), &at, 10));
  behaviour.wait_status = static_cast<int>(std::strtol(at, &at, 10));
  behaviour.heeds_sigterm = std::strtol(at, &at, 10) != 0;
  return behaviour;
}

void Containers::prepare(const agent::PrepareSandbox& effect) {
  Result<> result;
  if (random_.chance(plan_.faults.launch_fails)) result = fail(Code::unavailable, "disk full");
  tell(draw_wait(plan_.launch_delay / 10, random_), agent::SandboxReady{effect.id, std::move(result)});
}

void Containers::launch(const agent::Launch& effect) {
  if (random_.chance(plan_.faults.launch_fails)) {
    tell(draw_wait(plan_.launch_delay, random_),
         agent::ContainerLaunched{effect.id, fail(Code::unavailable, "no such program")});
    return;
  }
  Container container;
  container.framework = FrameworkId(effect.environment.at("MESOS_FRAMEWORK_ID"));
  if (effect.task) {
    container.task = TaskId(effect.task->task_id().value());
    container.behaviour = behaviour_of(effect.task->command().value());
    container.resources = read(effect.task->resources());
  } else {
    container.executor = ExecutorId(effect.executor->executor_id().value());
    container.resources = read(effect.executor->resources());
  }
  const bool is_new = containers_.emplace(effect.id, std::move(container)).second;
  CHECK(is_new, "a container was launched twice");
  owner_.touch();
  queue_.after(draw_wait(plan_.launch_delay, random_), [this, id = effect.id] { on_started(id); });
}

void Containers::on_started(const ContainerId& id) {
  Container* container = find(id);
  if (container == nullptr || container->state != Container::State::starting) return;
  container->state = Container::State::running;
  container->pid = next_pid_++;
  tell(Duration(0), agent::ContainerLaunched{id, container->pid});
  if (container->destroyed) {
    end(id, SIGKILL);
    return;
  }
  if (!container->executor.empty()) return owner_.executor_started(id, *container);
  queue_.after(container->behaviour.runs, [this, id] {
    const Container* running = find(id);
    if (running == nullptr || frozen_) return;
    const bool lost = random_.chance(plan_.faults.container_lost);
    end(id, lost ? agent::wait_status_unknown : running->behaviour.wait_status);
  });
}

void Containers::signal(const ContainerId& id, int signal) {
  Container* container = find(id);
  if (container == nullptr) return;
  container->signalled = true;
  if (!container->behaviour.heeds_sigterm) return;
  queue_.after(draw_wait(std::chrono::milliseconds(20), random_), [this, id, signal] { end(id, signal); });
}

void Containers::destroy(const ContainerId& id) {
  Container* container = find(id);
  if (container == nullptr) return;
  container->destroyed = true;
  if (container->state == Container::State::running)
    queue_.after(draw_wait(std::chrono::milliseconds(20), random_), [this, id] { end(id, SIGKILL); });
}

void Containers::remove(const ContainerId& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  CHECK(found->second.state == Container::State::ended, "a container that runs was removed");
  containers_.erase(found);
}

void Containers::recover(const std::vector<ContainerId>& known) {
  const std::set<ContainerId> wanted(known.begin(), known.end());
  std::vector<ContainerId> orphans;
  for (const auto& [id, container] : containers_)
    if (!wanted.contains(id) && container.parent.empty()) orphans.push_back(id);
  for (const ContainerId& id : orphans) {
    end(id, SIGKILL);
    containers_.erase(id);
  }
  queue_.after(draw_wait(plan_.launch_delay, random_), [this, known, life = agent_life_] {
    if (life != agent_life_) return;
    agent::ContainersRecovered answer;
    for (const ContainerId& id : known) {
      const auto found = containers_.find(id);
      if (found == containers_.end()) continue;
      const Container& container = found->second;
      const bool running = container.state == Container::State::running;
      answer.containers.push_back(
          {.id = id, .running = running, .wait_status = container.wait_status, .pid = container.pid});
    }
    owner_.report(std::move(answer));
  });
}

void Containers::probe(const agent::Probe& effect) {
  using Kind = agent::ProbeOutcome::Kind;
  const bool is_command = std::holds_alternative<agent::ProbeCommand>(effect.target);
  const bool is_http = std::holds_alternative<agent::ProbeHttp>(effect.target);
  agent::ProbeOutcome outcome{.kind = Kind::answered, .value = is_command ? 0 : is_http ? 200 : 1};
  if (!frozen_ && random_.chance(0.4)) outcome.value = is_command ? 1 : is_http ? 503 : 0;
  if (!frozen_ && random_.chance(0.1)) outcome.kind = static_cast<Kind>(random_.below(4));
  const bool is_new = probes_.insert(effect.name).second;
  CHECK(is_new, "a probe was begun twice");
  queue_.after(draw_wait(std::chrono::milliseconds(100), random_),
               [this, life = agent_life_, name = effect.name, outcome = std::move(outcome)]() mutable {
                 if (life != agent_life_ || probes_.erase(name) == 0) return;
                 const Container* container = find(name.container);
                 if (container == nullptr || container->state != Container::State::running)
                   outcome.kind = Kind::nothing;
                 owner_.report(agent::ProbeEnded{name, outcome});
               });
}

void Containers::agent_crashed() {
  ++agent_life_;
  probes_.clear();
  std::vector<ContainerId> starting;
  for (const auto& [id, container] : containers_)
    if (container.state == Container::State::starting) starting.push_back(id);
  for (const ContainerId& id : starting) {
    // The start of a container is a moment: it happened before the crash, or never.
    if (random_.chance(0.5)) {
      on_started(id);
    } else {
      containers_.erase(id);
    }
  }
}

void Containers::machine_crashed() {
  agent_crashed();
  for (const auto& [id, container] : std::exchange(containers_, {}))
    if (!container.executor.empty()) owner_.executor_ended(id);
}

void Containers::start_task(const ContainerId& executor, const mesos::v1::TaskInfo& info) {
  Container task{.state = Container::State::running, .framework = containers_.at(executor).framework};
  task.task = TaskId(info.task_id().value());
  task.parent = executor;
  task.resources = read(info.resources());
  const bool is_new = containers_.emplace(place_of(executor, task.task), std::move(task)).second;
  CHECK(is_new, "a task was begun twice");
  owner_.touch();
}

void Containers::end_task(const ContainerId& executor, const TaskId& task) {
  containers_.erase(place_of(executor, task));
  owner_.touch();
}

void Containers::end(const ContainerId& id, int wait_status) {
  Container* container = find(id);
  if (container == nullptr || container->state != Container::State::running) return;
  container->state = Container::State::ended;
  container->wait_status = wait_status;
  owner_.touch();
  if (container->executor.empty()) {
    owner_.task_ended(*container);
  } else {
    owner_.executor_ended(id);
    std::erase_if(containers_, [&](const auto& entry) { return entry.second.parent == id; });
  }
  tell(Duration(0), agent::ContainerExited{.id = id, .wait_status = wait_status});
}

Containers::Container* Containers::find(const ContainerId& id) {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second;
}

void Containers::tell(Duration wait, agent::Event event) {
  queue_.after(wait, [this, life = agent_life_, event = std::move(event)] {
    if (life == agent_life_) owner_.report(event);
  });
}

}  // namespace stoa::sim
