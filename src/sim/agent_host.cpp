#include "sim/agent_host.h"

#include <fmt/format.h>

#include <utility>

#include "agent/checkpoint.h"
#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "sim/describe.h"
#include "stoa/link.pb.h"

namespace stoa::sim {
namespace {

void add_scalar(mesos::v1::AgentInfo& info, const std::string& name, double value) {
  mesos::v1::Resource& resource = *info.add_resources();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

mesos::v1::AgentInfo draw_info(const std::string& name, const Plan& plan, Random& random) {
  mesos::v1::AgentInfo info;
  info.set_hostname(name);
  info.set_port(5051);
  add_scalar(info, "cpus", static_cast<double>(2 + random.below(15)));
  add_scalar(info, "mem", static_cast<double>(1024 * (4 + random.below(29))));
  mesos::v1::Resource& ports = *info.add_resources();
  ports.set_name("ports");
  ports.set_type(mesos::v1::Value::RANGES);
  auto& range = *ports.mutable_ranges()->add_range();
  range.set_begin(31000);
  range.set_end(31000 + 4 + random.below(100));
  if (plan.operations > 0 || plan.groups > 0 || plan.custom_executors > 0) add_scalar(info, "disk", 2048);
  return info;
}

agent::Config draw_config(const std::string& name, const Plan& plan, Random& random) {
  agent::Config config;
  config.info = std::make_shared<const mesos::v1::AgentInfo>(draw_info(name, plan, random));
  config.version = "1";
  config.addresses = {"192.0.2.1"};
  config.pid = "slave(1)@192.0.2.1:5051";
  config.endpoint = "192.0.2.1:5051";
  config.work_dir = "/work";
  config.update_retry_max = std::chrono::minutes(1);
  return config;
}

model::Resources read_total(const mesos::v1::AgentInfo& info) {
  auto total = model::Resources::from_messages(info.resources());
  CHECK(total, total.error().message);
  return *std::move(total);
}

}  // namespace

AgentHost::AgentHost(Environment& environment, MasterHost& master, std::size_t index)
    : environment_(environment),
      master_(master),
      index_(index),
      name_(fmt::format("agent-{}", index)),
      config_(draw_config(name_, environment.plan, environment.random)),
      total_(read_total(*config_.info)),
      store_(environment.plan, environment.queue, environment.random,
             {.on_durable = [this] { on_durable(); },
              .on_told = [this](WriteNumber write) { step(agent::Persisted{write, {}}); }}),
      containers_(
          environment.plan, environment.queue, environment.random,
          {.report =
               [this](const agent::Event& event) {
                 if (core_ != nullptr) step(event);
               },
           .touch = [this] { touch(); },
           .executor_started = [this](const ContainerId& id,
                                      const Containers::Container& container) { executors_.started(id, container); },
           .executor_ended = [this](const ContainerId& id) { executors_.ended(id); },
           .task_ended = [this](const Containers::Container& container) { on_task_ended(container); }}),
      executors_(environment, containers_,
                 [this](const agent::Event& event) {
                   if (core_ == nullptr) return false;
                   step(event);
                   return true;
                 }),
      disk_(environment.plan, environment.queue, environment.random,
            [this](const agent::Event& event) {
              touch();
              if (core_ != nullptr) step(event);
            }),
      ledger_(total_, config_.work_dir),
      wakeup_(environment.queue, [this] { step(agent::Tick{}); }) {}

AgentHost::~AgentHost() = default;

void AgentHost::start() {
  ++life_;
  core_ = std::make_unique<agent::Agent>(config_, environment_.random.next());
  agent::Recovered recovered{.boot_id = fmt::format("boot-{}", boot_), .latest_agent = id_};
  for (const auto& [key, bytes] : store_.records()) recovered.records.push_back({key.kind, key.id, bytes});
  step(recovered);
  executors_.agent_started();
}

void AgentHost::crash(bool reboot) {
  environment_.trace.note(name_, reboot ? "reboots" : "crashes");
  environment_.counts.add(reboot ? Happening::machine_rebooted : Happening::agent_restarted);
  core_.reset();
  wakeup_.set(std::nullopt);
  store_.crash();
  disk_.crash();
  executors_.agent_crashed();
  asked_.clear();
  touch();
  std::vector<std::string> keys;
  for (const auto& [key, bytes] : store_.records())
    if (key.kind == agent::progress_kind) keys.push_back(key.id);
  environment_.laws.on_agent_crash(keys);
  if (reboot) {
    ++boot_;
    for (const auto& [id, container] : containers_.all()) environment_.laws.on_end_forgotten(container.task.value);
    containers_.machine_crashed();
  } else {
    containers_.agent_crashed();
  }
  if (connection_) environment_.network.crash(*connection_, Network::client);
  connection_.reset();
}

void AgentHost::cut_link() {
  if (!connection_) return;
  environment_.trace.note(name_, "link is cut");
  environment_.counts.add(Happening::link_lost);
  environment_.network.cut(*connection_);
}

void AgentHost::step(const agent::Event& event) {
  note(environment_.trace, name_, event);
  agent::Effects effects = std::exchange(effects_, {});
  core_->step(event, environment_.queue.now(), effects);
  for (const agent::Effect& effect : effects) {
    note(environment_.trace, name_, effect);
    perform(effect);
  }
  effects.clear();
  effects_ = std::move(effects);  // Its memory serves the next step.
  wakeup_.set(core_->next_wakeup());
}

void AgentHost::perform(const agent::Effect& effect) {
  if (const auto* persist = std::get_if<agent::Persist>(&effect)) {
    perform(*persist);
  } else if (const auto* made = std::get_if<agent::LinkAgentDirectory>(&effect)) {
    id_ = made->id;
    environment_.machines[id_] = index_;
  } else if (const auto* connect = std::get_if<agent::Connect>(&effect)) {
    perform(*connect);
  } else if (const auto* send = std::get_if<agent::SendMaster>(&effect)) {
    perform(*send);
  } else if (const auto* close = std::get_if<agent::CloseLink>(&effect)) {
    if (connection_ && close->link == link_) environment_.network.close(*connection_, Network::client);
  } else if (const auto* volumes = std::get_if<agent::ChangeVolumes>(&effect)) {
    disk_.change(*volumes);
  } else if (const auto* tree = std::get_if<agent::RemoveTree>(&effect)) {
    answer(agent::TreeRemoved{tree->path, {}});
  } else if (const auto* exit = std::get_if<agent::Exit>(&effect)) {
    environment_.laws.broken("an agent with a working store lives on", name_ + ": " + exit->message);
  } else {
    perform_on_containers(effect);
    perform_on_executors(effect);
  }
}

void AgentHost::perform_on_containers(const agent::Effect& effect) {
  if (const auto* recover = std::get_if<agent::RecoverContainers>(&effect)) {
    containers_.recover(recover->known);
  } else if (const auto* sandbox = std::get_if<agent::PrepareSandbox>(&effect)) {
    perform(*sandbox);
  } else if (const auto* launch = std::get_if<agent::Launch>(&effect)) {
    containers_.launch(*launch);
  } else if (const auto* signal = std::get_if<agent::Signal>(&effect)) {
    containers_.signal(signal->id, signal->signal);
  } else if (const auto* destroy = std::get_if<agent::Destroy>(&effect)) {
    containers_.destroy(destroy->id);
  } else if (const auto* remove = std::get_if<agent::Remove>(&effect)) {
    containers_.remove(remove->id);
  } else if (const auto* probe = std::get_if<agent::Probe>(&effect)) {
    containers_.probe(*probe);
  } else if (const auto* cancelled = std::get_if<agent::CancelProbe>(&effect)) {
    containers_.cancel(cancelled->name);
  }
}

void AgentHost::perform_on_executors(const agent::Effect& effect) {
  if (const auto* open = std::get_if<agent::OpenExecutorStream>(&effect)) {
    executors_.perform(*open);
  } else if (const auto* send = std::get_if<agent::SendExecutor>(&effect)) {
    executors_.perform(*send);
  } else if (const auto* close = std::get_if<agent::CloseExecutorStream>(&effect)) {
    executors_.perform(*close);
  } else if (const auto* reply = std::get_if<agent::ReplyExecutor>(&effect)) {
    executors_.perform(*reply);
  } else if (const auto* resize = std::get_if<agent::Resize>(&effect)) {
    answer(agent::ContainerResized{resize->id, {}});
  }
}

void AgentHost::perform(const agent::PrepareSandbox& effect) {
  for (const auto& volume : effect.volumes)
    if (!disk_.directories().contains(volume.source))
      environment_.laws.broken("a task finds its volumes", name_ + ": " + volume.source.path);
  if (!effect.volumes.empty()) environment_.counts.add(Happening::volume_used);
  containers_.prepare(effect);
}

void AgentHost::on_task_ended(const Containers::Container& container) {
  const bool known = container.wait_status != agent::wait_status_unknown;
  environment_.laws.on_task_ended(
      container.task.value, {.state = container.wait_status == 0 ? mesos::v1::TASK_FINISHED : mesos::v1::TASK_FAILED,
                             .is_certain = known && !container.signalled && !container.destroyed});
}

// What a disk does at once.
void AgentHost::answer(agent::Event event) {
  environment_.queue.after(std::chrono::milliseconds(1), [this, event = std::move(event), life = life_] {
    if (life == life_ && core_ != nullptr) step(event);
  });
}

void AgentHost::perform(const agent::Persist& effect) {
  Store::Batch batch;
  Asked& asked = asked_.emplace_back();
  for (const agent::Change& change : effect.changes) {
    if (change.kind == agent::progress_kind) {
      asked.progress.push_back(progress_of(change.id, change.bytes));
      environment_.laws.on_progress(asked.progress.back(), false);
    } else if (change.kind == agent::resources_kind || change.kind == agent::operation_kind) {
      asked.resources.push_back(change);
    }
    batch.push_back({{change.kind, change.id}, change.bytes});
  }
  store_.apply(effect.write, std::move(batch));
}

void AgentHost::on_durable() {
  const Asked asked = std::move(asked_.front());
  asked_.pop_front();
  for (const Progress& progress : asked.progress) environment_.laws.on_progress(progress, true);
  if (asked.resources.empty()) return;
  touch();
  if (const auto broken = ledger_.written(asked.resources, environment_.torn_down))
    environment_.laws.broken(broken->law, name_ + ": " + broken->what);
}

void AgentHost::touch() {
  auto& touched = environment_.touched_machines;
  if (touched.empty() || touched.back() != index_) touched.push_back(index_);
}

void AgentHost::perform(const agent::Connect& effect) {
  environment_.queue.after(environment_.network.delay(), [this, number = effect.link, life = life_] {
    if (life == life_ && core_ != nullptr) on_connect_arrived(number);
  });
}

void AgentHost::on_connect_arrived(LinkNumber number) {
  const unsigned life = life_;
  if (!master_.is_up() || environment_.queue.now().steady < isolated_until_) {
    environment_.queue.after(environment_.network.delay(), [this, number, life] {
      if (life == life_ && core_ != nullptr) step(agent::LinkDown{number});
    });
    return;
  }
  const auto closed = [this, number, life] {
    if (life != life_ || core_ == nullptr) return;
    if (connection_ && link_ == number) connection_.reset();
    step(agent::LinkDown{number});
  };
  const auto take = [this, number, life](const std::shared_ptr<const link::ToAgent>& message) {
    if (life == life_ && core_ != nullptr) on_message(number, message);
  };
  const MasterHost::Link link = master_.accept_link(closed, take);
  link_ = number;
  link_at_master_ = link.number;
  connection_ = link.connection;
  environment_.network.send(link.connection, Network::server, [this, number, life] {
    if (life == life_ && core_ != nullptr) step(agent::LinkUp{number});
  });
}

void AgentHost::on_message(LinkNumber number, const std::shared_ptr<const link::ToAgent>& message) {
  if (message->has_apply_operation()) ledger_.ordered(message->apply_operation());
  if (message->has_kill()) environment_.laws.on_may_be_killed(message->kill().task_id().value());
  if (message->has_shutdown_framework()) {
    for (const auto& [id, container] : containers_.all())
      if (container.framework.value == message->shutdown_framework().framework_id().value())
        environment_.laws.on_may_be_killed(container.task.value);
  }
  step(agent::FromMaster{number, message});
}

void AgentHost::perform(const agent::SendMaster& effect) {
  if (effect.message->has_update()) environment_.laws.on_update_sent(effect.message->update());
  if (!connection_ || effect.link != link_) return;
  environment_.network.send(*connection_, Network::client, [this, link = link_at_master_, message = effect.message] {
    master_.on_frame(link, message);
  });
}

}  // namespace stoa::sim
