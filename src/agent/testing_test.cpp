#include "agent/testing.h"

#include <signal.h>

#include <algorithm>

#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/checkpoint.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

v1::FrameworkInfo test_framework(const std::string& id, bool checkpoint) {
  v1::FrameworkInfo info;
  info.set_user("tester");
  info.set_name("framework " + id);
  info.mutable_id()->set_value(id);
  info.set_checkpoint(checkpoint);
  return info;
}

v1::TaskInfo test_task(const std::string& id, const std::string& command) {
  v1::TaskInfo task;
  task.set_name("task " + id);
  task.mutable_task_id()->set_value(id);
  task.mutable_agent_id()->set_value("S0");
  task.mutable_command()->set_value(command);
  v1::Resource& cpus = *task.add_resources();
  cpus.set_name("cpus");
  cpus.set_type(v1::Value::SCALAR);
  cpus.mutable_scalar()->set_value(0.1);
  cpus.mutable_allocation_info()->set_role("web");
  return task;
}

Config test_config() {
  v1::AgentInfo info;
  info.set_hostname("host.example");
  info.set_port(5051);
  v1::Resource& cpus = *info.add_resources();
  cpus.set_name("cpus");
  cpus.set_type(v1::Value::SCALAR);
  cpus.mutable_scalar()->set_value(4);
  Config config;
  config.info = std::make_shared<const v1::AgentInfo>(info);
  config.version = "1.0.0";
  config.addresses = {"192.0.2.7", "2001:db8::7"};
  config.pid = "slave(1)@192.0.2.7:5051";
  config.endpoint = "192.0.2.7:5051";
  config.work_dir = "/var/lib/stoa";
  return config;
}

World::World(Config settings, std::uint64_t seed) : config(std::move(settings)), seed_(seed) {}
World::~World() = default;

void World::start() {
  persists.clear();
  sandboxes.clear();
  launches.clear();
  changes.clear();
  removals.clear();
  measurements = 0;
  connects.clear();
  recoveries.clear();
  to_master.clear();
  to_agent.clear();
  exits.clear();
  probes.clear();
  resizes.clear();
  for (auto& [number, stream] : streams) stream.closed = true;
  link.reset();
  exit.reset();
  effects.clear();
  agent_ = std::make_unique<Agent>(config, seed_++);
  Recovered recovered{.boot_id = boot_id, .latest_agent = AgentId(latest_agent)};
  for (const auto& [key, bytes] : store) recovered.records.push_back({key.first, key.second, bytes});
  step(recovered);
}

void World::settle() {
  while (do_persist() || do_recover_containers() || do_connect() || do_to_master() || do_to_agent() || do_sandbox() ||
         do_launch() || do_resize() || do_volumes() || do_measure() || do_removal() || do_exits()) {
  }
}

void World::start_and_register() {
  start();
  settle();
  advance(std::chrono::seconds(2));
}

void World::advance(Duration duration) {
  const TimePoint end = now.steady + duration;
  const auto move = [&](TimePoint to) {
    now.wall += std::chrono::duration<double>(to - now.steady).count();
    now.steady = to;
  };
  while (alive()) {
    const auto next = agent_->next_wakeup();
    if (!next || *next > end) break;
    move(std::max(*next, now.steady));
    tick();
    settle();
  }
  move(end);
}

bool World::do_persist(bool fail_it) {
  if (persists.empty() || !alive()) return false;
  const Persist persist = std::move(persists.front());
  persists.pop_front();
  if (!fail_it) commit(persist);
  step(Persisted{persist.write, fail_it ? Result<>(fail(Code::internal, "disk full")) : Result<>()});
  return true;
}

void World::commit(const Persist& persist) {
  for (const auto& change : persist.changes) {
    if (!change.bytes) {
      store.erase({change.kind, change.id});
      continue;
    }
    store[{change.kind, change.id}] = *change.bytes;
    if (change.kind != "progress") continue;
    checkpoint::Progress progress;
    progress.ParseFromString(*change.bytes);
    auto& known = order[{FrameworkId(progress.framework_id().value()), TaskId(progress.task_id().value())}];
    for (const auto& status : progress.pending())
      if (std::ranges::find(known, status.uuid()) == known.end()) known.push_back(status.uuid());
  }
}

bool World::do_sandbox(Result<> result, bool fetching) {
  if (sandboxes.empty() || !alive()) return false;
  const PrepareSandbox sandbox = std::move(sandboxes.front());
  sandboxes.pop_front();
  step(SandboxReady{sandbox.id, std::move(result), fetching});
  return true;
}

bool World::do_launch(std::optional<Error> error) {
  if (launches.empty() || !alive()) return false;
  const Launch launch = std::move(launches.front());
  launches.pop_front();
  if (error) {
    containers.erase(launch.id);
    step(ContainerLaunched{launch.id, std::unexpected(*error)});
    return true;
  }
  Container& container = containers[launch.id];
  container.state = Container::State::running;
  container.pid = next_pid_++;
  step(ContainerLaunched{launch.id, container.pid});
  if (container.destroyed) process_ends(launch.id, SIGKILL);
  return true;
}

bool World::do_volumes(std::optional<Error> error) {
  if (changes.empty() || !alive()) return false;
  const ChangeVolumes change = std::move(changes.front());
  changes.pop_front();
  if (!error) change_disk(change);
  step(VolumesChanged{change.number, error ? Result<>(std::unexpected(*error)) : Result<>()});
  return true;
}

void World::change_disk(const ChangeVolumes& change) {
  disk.insert(change.make.begin(), change.make.end());
  for (const auto& directory : change.remove) disk.erase(directory);
}

bool World::do_measure() {
  if (measurements == 0 || !alive()) return false;
  --measurements;
  step(DiskMeasured{disk_used});
  return true;
}

bool World::do_removal(Result<> result) {
  if (removals.empty() || !alive()) return false;
  const std::string path = std::move(removals.front().path);
  removals.pop_front();
  step(TreeRemoved{path, std::move(result)});
  return true;
}

bool World::do_connect(bool success) {
  if (connects.empty() || !alive()) return false;
  const LinkNumber number = connects.front();
  connects.pop_front();
  if (success) {
    link = number;
    step(LinkUp{number});
  } else {
    step(LinkDown{number});
  }
  return true;
}

bool World::do_recover_containers() {
  if (recoveries.empty() || !alive()) return false;
  const RecoverContainers asked = std::move(recoveries.front());
  recoveries.pop_front();
  ContainersRecovered answer;
  std::erase_if(containers,
                [&](const auto& entry) { return std::ranges::find(asked.known, entry.first) == asked.known.end(); });
  for (const auto& [id, container] : containers)
    answer.containers.push_back({.id = id,
                                 .running = container.state == Container::State::running,
                                 .wait_status = container.wait_status,
                                 .pid = container.pid});
  step(answer);
  return true;
}

bool World::do_to_master() {
  if (to_master.empty()) return false;
  const auto message = to_master.front();
  to_master.pop_front();
  if (message->has_update()) on_update(message->update());
  if (message->has_register_()) on_register(message->register_());
  if (message->has_update_resources()) reports.push_back(message);
  if (message->has_update_operation()) on_outcome(message->update_operation());
  if (message->has_pong()) ++pongs;
  if (message->has_executor_exited() || message->has_executor_message()) from_executors.push_back(message);
  return true;
}

bool World::do_to_agent() {
  if (to_agent.empty() || !link || !alive()) return false;
  const auto message = to_agent.front();
  to_agent.pop_front();
  step(FromMaster{*link, message});
  return true;
}

bool World::do_exits() {
  if (exits.empty() || !alive()) return false;
  const ContainerExited event = exits.front();
  exits.pop_front();
  step(event);
  return true;
}

bool World::do_probe(const ProbeOutcome& outcome) {
  if (probes.empty() || !alive()) return false;
  const ProbeName name = probes.front().name;
  probes.pop_front();
  step(ProbeEnded{name, outcome});
  return true;
}

bool World::do_resize(Result<> result) {
  if (resizes.empty() || !alive()) return false;
  const Resize resize = std::move(resizes.front());
  resizes.pop_front();
  step(ContainerResized{resize.id, std::move(result)});
  return true;
}

void World::tick() { step(Tick{}); }

void World::step(const Event& event) {
  if (!alive()) return;
  Effects made;
  agent_->step(event, now, made);
  for (const auto& effect : made) {
    effects.push_back(effect);
    on(effect);
  }
}

void World::break_link() {
  if (!link) return;
  const LinkNumber number = *link;
  link.reset();
  to_master.clear();
  to_agent.clear();
  step(LinkDown{number});
}

void World::process_ends(const ContainerId& id, int wait_status) {
  const auto found = containers.find(id);
  if (found == containers.end() || found->second.state != Container::State::running) return;
  found->second.state = Container::State::exited;
  found->second.wait_status = wait_status;
  exits.push_back({.id = id, .wait_status = wait_status});
}

void World::say(link::ToAgent message) {
  to_agent.push_back(std::make_shared<const link::ToAgent>(std::move(message)));
}

void World::run(const v1::FrameworkInfo& framework, const v1::TaskInfo& task, bool expects_new_executor) {
  link::ToAgent message;
  *message.mutable_run()->mutable_framework_info() = framework;
  *message.mutable_run()->mutable_task() = task;
  if (!expects_new_executor) message.mutable_run()->set_expects_new_executor(false);
  own(framework, task);
  if (link) say(std::move(message));
}

void World::run_group(const v1::FrameworkInfo& framework, const v1::ExecutorInfo& executor,
                      const std::vector<v1::TaskInfo>& tasks, bool expects_new_executor) {
  link::ToAgent message;
  *message.mutable_run_group()->mutable_framework_info() = framework;
  *message.mutable_run_group()->mutable_executor_info() = executor;
  message.mutable_run_group()->mutable_task_group();
  message.mutable_run_group()->set_expects_new_executor(expects_new_executor);
  for (const auto& task : tasks) {
    *message.mutable_run_group()->mutable_task_group()->add_tasks() = task;
    own(framework, task);
  }
  if (link) say(std::move(message));
}

void World::own(const v1::FrameworkInfo& framework, const v1::TaskInfo& task) {
  frameworks_[framework.id().value()] = framework.SerializeAsString();
  const TaskKey key{FrameworkId(framework.id().value()), TaskId(task.task_id().value())};
  run_begins_[key] = seen_[key].size();
  owned.insert(key);
}

void World::kill(const TaskKey& key, std::optional<Duration> grace) {
  link::ToAgent message;
  message.mutable_kill()->mutable_framework_id()->set_value(key.framework.value);
  message.mutable_kill()->mutable_task_id()->set_value(key.task.value);
  if (grace) message.mutable_kill()->mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(grace->count());
  if (link) say(std::move(message));
}

void World::acknowledge(const TaskKey& key, const std::string& uuid) {
  link::ToAgent message;
  link::Acknowledge& body = *message.mutable_acknowledge();
  body.mutable_framework_id()->set_value(key.framework.value);
  body.mutable_task_id()->set_value(key.task.value);
  body.set_uuid(uuid);
  acknowledged_.insert(uuid);
  if (is_terminal(seen_[key].back()->state()) && seen_[key].back()->uuid() == uuid) owned.erase(key);
  if (link) say(std::move(message));
}

void World::acknowledge(const link::Update& update) {
  acknowledge({FrameworkId(update.framework_id().value()), TaskId(update.status().task_id().value())},
              update.status().uuid());
}

void World::on(const Effect& effect) {
  if (const auto* persist = std::get_if<Persist>(&effect)) {
    if (!persists.empty()) broken.push_back("two writes under way");
    persists.push_back(*persist);
  } else if (const auto* made = std::get_if<LinkAgentDirectory>(&effect)) {
    latest_agent = made->id.value;
  } else if (const auto* connect = std::get_if<Connect>(&effect)) {
    connects.push_back(connect->link);
  } else if (const auto* message = std::get_if<SendMaster>(&effect)) {
    if (!link || *link != message->link) broken.push_back("message on a link that is not up");
    if (message->message->has_update()) {
      const auto& update = message->message->update();
      const std::string record =
          stored("progress", update.framework_id().value() + "/" + update.status().task_id().value());
      checkpoint::Progress progress;
      progress.ParseFromString(record);
      if (progress.pending_size() == 0 || progress.pending(0).uuid() != update.status().uuid())
        broken.push_back("an update was sent that is not the first stored one: " + update.ShortDebugString());
    }
    to_master.push_back(message->message);
  } else if (std::get_if<CloseLink>(&effect) != nullptr) {
    link.reset();
    to_master.clear();
    to_agent.clear();
  } else if (const auto* recover = std::get_if<RecoverContainers>(&effect)) {
    recoveries.push_back(*recover);
  } else if (const auto* sandbox = std::get_if<PrepareSandbox>(&effect)) {
    sandboxes.push_back(*sandbox);
  } else if (const auto* launch = std::get_if<Launch>(&effect)) {
    on(*launch);
  } else if (on_executor_effect(effect)) {
    return;
  } else if (const auto* signal = std::get_if<Signal>(&effect)) {
    if (signal->signal == SIGTERM) ++containers[signal->id].terminations;
  } else if (const auto* destroy = std::get_if<Destroy>(&effect)) {
    containers[destroy->id].destroyed = true;
    process_ends(destroy->id, SIGKILL);
  } else if (const auto* remove = std::get_if<Remove>(&effect)) {
    const auto found = containers.find(remove->id);
    if (found != containers.end() && found->second.state == Container::State::running)
      broken.push_back("a running container was removed");
    containers.erase(remove->id);
    std::erase_if(sandboxes, [&](const auto& waiting) { return waiting.id == remove->id; });
  } else if (const auto* probe = std::get_if<Probe>(&effect)) {
    on(*probe);
  } else if (const auto* cancelled = std::get_if<CancelProbe>(&effect)) {
    if (std::erase_if(probes, [&](const auto& one) { return one.name == cancelled->name; }) == 0)
      broken.push_back("a probe was cancelled that is not under way");
  } else if (const auto* change = std::get_if<ChangeVolumes>(&effect)) {
    changes.push_back(*change);
  } else if (const auto* tree = std::get_if<RemoveTree>(&effect)) {
    if (!removals.empty()) broken.push_back("two trees are removed at a time");
    removals.push_back(*tree);
  } else if (std::holds_alternative<MeasureDisk>(effect)) {
    ++measurements;
  } else if (const auto* made_exit = std::get_if<Exit>(&effect)) {
    exit = *made_exit;
  }
}

void World::on(const Probe& probe) {
  const auto found = containers.find(probe.name.container);
  if (found == containers.end() || found->second.pid == 0) broken.push_back("a probe of a container that never ran");
  if (found != containers.end() && found->second.terminations > 0) broken.push_back("a probe after the kill began");
  const auto same =
      std::ranges::count_if(probes, [&](const auto& one) { return one.name.container == probe.name.container; });
  if (same >= 2) broken.push_back("probes of one purpose overlap");
  probes.push_back(probe);
}

void World::on(const Launch& launch) {
  const FrameworkId framework(launch.environment.at("MESOS_FRAMEWORK_ID"));
  if (launch.task) {
    const TaskKey key{framework, TaskId(launch.task->task_id().value())};
    if (stored("task", key.text()).empty()) broken.push_back("a task was launched before it was stored");
    newest_container[key] = launch.id;
  } else {
    const ExecutorKey key{framework, ExecutorId(launch.executor->executor_id().value())};
    if (stored("executor", key.text()).empty()) broken.push_back("an executor was launched before it was stored");
    newest_executor[key] = launch.id;
  }
  if (containers.contains(launch.id)) broken.push_back("a container was launched twice");
  containers[launch.id] = {};
  launches.push_back(launch);
}

bool World::on_executor_effect(const Effect& effect) {
  if (const auto* resize = std::get_if<Resize>(&effect)) {
    resizes.push_back(*resize);
  } else if (const auto* open = std::get_if<OpenExecutorStream>(&effect)) {
    streams[open->stream].result = open->result;
  } else if (const auto* sent = std::get_if<SendExecutor>(&effect)) {
    Stream& stream = streams[sent->stream];
    if (!stream.result.has_value() || stream.closed) broken.push_back("an event on a stream that is not open");
    const auto type = sent->event->type();
    const bool may_be_first = type == v1::executor::Event::SUBSCRIBED || type == v1::executor::Event::SHUTDOWN;
    if (stream.events.empty() && !may_be_first) broken.push_back("a stream begins with another event");
    stream.events.push_back(sent->event);
  } else if (const auto* close = std::get_if<CloseExecutorStream>(&effect)) {
    streams[close->stream].closed = true;
  } else if (const auto* reply = std::get_if<ReplyExecutor>(&effect)) {
    if (!replies.emplace(reply->reply, reply->result).second) broken.push_back("a call was answered twice");
  } else {
    return false;
  }
  return true;
}

StreamNumber World::subscribe(v1::executor::Call call) {
  const StreamNumber number{next_number_++};
  call.set_type(v1::executor::Call::SUBSCRIBE);
  call.mutable_subscribe();
  step(ExecutorSubscribe{.stream = number, .call = std::make_shared<const v1::executor::Call>(std::move(call))});
  return number;
}

ReplyNumber World::call(v1::executor::Call call) {
  const ReplyNumber number{next_number_++};
  step(ExecutorCall{.reply = number, .call = std::make_shared<const v1::executor::Call>(std::move(call))});
  return number;
}

void World::close_stream(StreamNumber stream) { step(ExecutorStreamClosed{stream}); }

void World::on_update(const link::Update& update) {
  updates.push_back(std::make_shared<const link::Update>(update));
  const TaskKey key{FrameworkId(update.framework_id().value()), TaskId(update.status().task_id().value())};
  auto& seen = seen_[key];
  const std::string& uuid = update.status().uuid();
  const bool is_new = std::ranges::none_of(seen, [&](const auto& status) { return status->uuid() == uuid; });
  if (is_new) {
    for (const auto& status : seen)
      if (!acknowledged_.contains(status->uuid())) broken.push_back("an update came before its turn: " + key.text());
    if (seen.size() > run_begins_[key] && is_terminal(seen.back()->state()))
      broken.push_back("an update after a terminal one: " + key.text());
    seen.push_back(std::make_shared<const v1::TaskStatus>(update.status()));
  }
  if (acknowledges) acknowledge(update);
}

void World::on_outcome(const link::UpdateOperation& update) {
  outcomes.push_back(std::make_shared<const link::UpdateOperation>(update));
  if (!acknowledges || !update.status().has_uuid()) return;
  link::ToAgent message;
  message.mutable_acknowledge_operation()->set_operation_uuid(update.operation_uuid());
  message.mutable_acknowledge_operation()->set_status_uuid(update.status().uuid().value());
  if (link) say(std::move(message));
}

void World::on_register(const link::Register& message) {
  registrations.push_back(std::make_shared<const link::Register>(message));
  if (!registers) return;
  link::ToAgent answer;
  answer.mutable_registered()->mutable_agent_id()->set_value(assigned_id);
  answer.mutable_registered()->set_silence_max(std::chrono::nanoseconds(std::chrono::seconds(75)).count());
  say(std::move(answer));
  std::set<TaskKey> missing = owned;
  for (const auto& task : message.tasks())
    missing.erase({FrameworkId(task.framework_id().value()), TaskId(task.task_id().value())});
  for (const auto& key : missing) {
    link::ToAgent ask;
    ask.mutable_reconcile_tasks()->mutable_framework_info()->ParseFromString(frameworks_[key.framework.value]);
    ask.mutable_reconcile_tasks()->add_task_ids()->set_value(key.task.value);
    say(std::move(ask));
  }
}

ContainerId World::container_of(const TaskKey& key) const {
  const auto found = newest_container.find(key);
  return found == newest_container.end() ? ContainerId() : found->second;
}

std::vector<int> World::states(const TaskKey& key) const {
  std::vector<int> result;
  const auto found = seen_.find(key);
  if (found == seen_.end()) return result;
  for (const auto& status : found->second) result.push_back(status->state());
  return result;
}

const v1::TaskStatus& World::last_status(const TaskKey& key) const { return *seen_.at(key).back(); }

std::string World::stored(const std::string& kind, const std::string& id) const {
  const auto found = store.find({kind, id});
  return found == store.end() ? std::string() : found->second;
}

std::size_t World::stored_count(const std::string& kind) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(store, [&](const auto& entry) { return entry.first.first == kind; }));
}

}  // namespace stoa::agent
