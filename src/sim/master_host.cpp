#include "sim/master_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "master/state.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "sim/describe.h"
#include "sim/heap.h"
#include "stoa/link.pb.h"

namespace stoa::sim {

MasterHost::MasterHost(Environment& environment)
    : environment_(environment),
      store_(environment.plan, environment.queue, environment.random,
             {.on_durable = [] {}, .on_told = [this](WriteNumber write) { step(master::Persisted{write, {}}); }}),
      wakeup_(environment.queue, [this] { step(master::Tick{}); }) {}

MasterHost::~MasterHost() = default;

void MasterHost::start() {
  ++life_;
  master::Config config;
  mesos::v1::MasterInfo info;
  info.set_id(fmt::format("M{}", life_));
  info.set_ip(0);
  info.set_port(5050);
  config.info = std::make_shared<const mesos::v1::MasterInfo>(info);
  config.agent_reregister_timeout = environment_.plan.reregister_timeout;
  config.allocation.seed = environment_.random.next();
  core_ = std::make_unique<master::Master>(std::move(config), environment_.random.next());
  audit_ = {};
  master::RegistryLoaded loaded;
  for (const auto& [key, bytes] : store_.records()) loaded.records.push_back({key.kind, key.id, bytes});
  step(loaded);
}

void MasterHost::crash() {
  environment_.trace.note("master", "crashes");
  environment_.counts.add(Happening::master_restarted);
  store_.crash();
  wakeup_.set(std::nullopt);
  for (const auto& [number, stream] : streams_) environment_.network.crash(stream.connection, Network::server);
  std::vector<ConnectionNumber> connections;
  for (const auto& [number, link] : links_) connections.push_back(link.connection);
  std::ranges::sort(connections);
  for (const ConnectionNumber connection : connections) environment_.network.crash(connection, Network::server);
  streams_.clear();
  links_.clear();
  core_.reset();
}

MasterHost::Link MasterHost::accept_link(std::function<void()> agent_closed, TakeFrame take) {
  const LinkNumber number{next_number_++};
  const ConnectionNumber connection = environment_.network.open(std::move(agent_closed), [this, number, life = life_] {
    if (life != life_ || core_ == nullptr) return;
    links_.erase(number);
    step(master::LinkClosed{number});
  });
  links_[number] = {connection, std::make_shared<const TakeFrame>(std::move(take))};
  return {number, connection};
}

void MasterHost::on_frame(LinkNumber link, std::shared_ptr<const link::ToMaster> message) {
  if (core_ != nullptr && links_.contains(link)) step(master::FromAgent{link, std::move(message)});
}

MasterHost::Stream MasterHost::subscribe(std::shared_ptr<const mesos::v1::scheduler::Call> call,
                                         std::function<void()> scheduler_closed, TakeEvent take) {
  const StreamNumber number{next_number_++};
  const std::string id = fmt::format("stream-{}", number.value);
  const ConnectionNumber connection =
      environment_.network.open(std::move(scheduler_closed), [this, number, life = life_] {
        if (life != life_ || core_ == nullptr) return;
        streams_.erase(number);
        step(master::StreamClosed{number});
      });
  streams_[number] = {connection, std::make_shared<const TakeEvent>(std::move(take))};
  step(master::Subscribe{.stream = number, .stream_id = id, .call = std::move(call)});
  return {connection, id};
}

void MasterHost::on_call(std::shared_ptr<const mesos::v1::scheduler::Call> call, const std::string& stream_id) {
  if (is_up())
    step(master::SchedulerCall{.reply = ReplyNumber{next_number_++}, .call = std::move(call), .stream_id = stream_id});
}

MasterHost::Weight MasterHost::weigh() {
  Weight weight{.agents = core_->state().agents.size()};
  for (const auto& [id, framework] : core_->state().frameworks) weight.tasks += framework.tasks.size();
  const std::size_t before = heap_in_use();
  wakeup_.set(std::nullopt);
  core_.reset();
  weight.bytes = before - heap_in_use();
  return weight;
}

void MasterHost::step(const master::Event& event) {
  ++steps_;
  note(environment_.trace, "master", event);
  master::Effects effects = std::exchange(effects_, {});
  step_core(event, effects);
  check_books();
  for (const master::Effect& effect : effects) {
    note(environment_.trace, "master", effect);
    perform(effect);
  }
  effects.clear();
  effects_ = std::move(effects);  // Its memory serves the next step.
  wakeup_.set(core_->next_wakeup());
}

void MasterHost::step_core(const master::Event& event, master::Effects& effects) {
  StepTimes* const times = environment_.watch.step_times;
  if (times == nullptr) return core_->step(event, environment_.queue.now(), effects);
  const auto begin = std::chrono::steady_clock::now();
  core_->step(event, environment_.queue.now(), effects);
  times->add(kind_of(event), std::chrono::steady_clock::now() - begin);
}

void MasterHost::check_books() {
  if (const auto sound = audit_.check(*core_); !sound)
    environment_.laws.broken("the books of the master are sound", sound.error().message);
  for (const master::Agent* agent : core_->state().touched_agents.records())
    environment_.touched_agents.push_back(agent->id);
}

void MasterHost::perform(const master::Effect& effect) {
  Network& network = environment_.network;
  if (const auto* persist = std::get_if<master::Persist>(&effect)) {
    perform(*persist);
  } else if (const auto* send = std::get_if<master::SendEvent>(&effect)) {
    const auto stream = streams_.find(send->stream);
    if (stream == streams_.end()) return;
    network.send(stream->second.connection, Network::server,
                 [take = stream->second.take, event = send->event] { (*take)(event); });
  } else if (const auto* close = std::get_if<master::CloseStream>(&effect)) {
    if (const auto stream = streams_.find(close->stream); stream != streams_.end())
      network.close(stream->second.connection, Network::server);
  } else if (const auto* frame = std::get_if<master::SendAgent>(&effect)) {
    const auto link = links_.find(frame->link);
    if (link == links_.end()) return;
    network.send(link->second.connection, Network::server,
                 [take = link->second.take, message = frame->message] { (*take)(message); });
  } else if (const auto* end = std::get_if<master::CloseLink>(&effect)) {
    if (const auto link = links_.find(end->link); link != links_.end())
      network.close(link->second.connection, Network::server);
  } else if (const auto* reply = std::get_if<master::Reply>(&effect)) {
    if (!reply->outcome) ++refusals_;
  } else if (const auto* down = std::get_if<master::StepDown>(&effect)) {
    environment_.laws.broken("a master with a working store leads on", down->why);
  }
}

void MasterHost::perform(const master::Persist& effect) {
  Store::Batch batch;
  for (const master::RegistryChange& change : effect.changes) {
    std::optional<std::string> bytes;
    if (!change.bytes.empty()) bytes = change.bytes;
    batch.push_back({{change.kind, change.id}, std::move(bytes)});
  }
  store_.apply(effect.write, std::move(batch));
}

}  // namespace stoa::sim
