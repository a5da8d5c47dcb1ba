#include "sim/master_host.h"

#include <fmt/format.h>

#include <utility>

#include "mesos/v1/scheduler/scheduler.pb.h"
#include "sim/describe.h"
#include "stoa/link.pb.h"

namespace stoa::sim {

MasterHost::MasterHost(Environment& environment)
    : environment_(environment),
      store_(environment.plan, environment.queue, environment.random),
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
  master::RegistryLoaded loaded;
  for (const auto& [key, bytes] : store_.records()) loaded.records.push_back({key.kind, key.id, bytes});
  step(loaded);
}

void MasterHost::crash() {
  environment_.trace.note("master", "crashes");
  store_.crash();
  wakeup_.set(std::nullopt);
  for (const auto& [number, stream] : streams_) environment_.network.crash(stream.connection, Network::server);
  for (const auto& [number, link] : links_) environment_.network.crash(link.connection, Network::server);
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
  links_[number] = {connection, std::move(take)};
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
  streams_[number] = {connection, std::move(take)};
  step(master::Subscribe{.stream = number, .stream_id = id, .call = std::move(call)});
  return {connection, id};
}

void MasterHost::on_call(std::shared_ptr<const mesos::v1::scheduler::Call> call, const std::string& stream_id) {
  if (is_up())
    step(master::SchedulerCall{.reply = ReplyNumber{next_number_++}, .call = std::move(call), .stream_id = stream_id});
}

bool MasterHost::has_link(ConnectionNumber connection) const {
  for (const auto& [number, link] : links_)
    if (link.connection == connection) return true;
  return false;
}

void MasterHost::step(const master::Event& event) {
  ++steps_;
  note(environment_.trace, "master", event);
  master::Effects effects = std::exchange(effects_, {});
  core_->step(event, environment_.queue.now(), effects);
  for (const master::Effect& effect : effects) {
    note(environment_.trace, "master", effect);
    perform(effect);
  }
  effects.clear();
  effects_ = std::move(effects);  // Its memory serves the next step.
  wakeup_.set(core_->next_wakeup());
}

void MasterHost::perform(const master::Effect& effect) {
  Network& network = environment_.network;
  if (const auto* persist = std::get_if<master::Persist>(&effect)) {
    perform(*persist);
  } else if (const auto* send = std::get_if<master::SendEvent>(&effect)) {
    const auto stream = streams_.find(send->stream);
    if (stream == streams_.end()) return;
    network.send(stream->second.connection, Network::server,
                 [take = stream->second.take, event = send->event] { take(event); });
  } else if (const auto* close = std::get_if<master::CloseStream>(&effect)) {
    if (const auto stream = streams_.find(close->stream); stream != streams_.end())
      network.close(stream->second.connection, Network::server);
  } else if (const auto* frame = std::get_if<master::SendAgent>(&effect)) {
    const auto link = links_.find(frame->link);
    if (link == links_.end()) return;
    network.send(link->second.connection, Network::server,
                 [take = link->second.take, message = frame->message] { take(message); });
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
  std::vector<ports::RecordChange> batch;
  for (const master::RegistryChange& change : effect.changes) {
    std::optional<std::string> bytes;
    if (!change.bytes.empty()) bytes = change.bytes;
    batch.push_back({{change.kind, change.id}, std::move(bytes)});
  }
  store_.apply(std::move(batch), [] {}, [this, write = effect.write] { step(master::Persisted{write, {}}); });
}

}  // namespace stoa::sim
