#include "daemon/master_shell.h"

#include "base/overloaded.h"
#include "codec/arena.h"
#include "codec/link_frame.h"
#include "codec/protobuf.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "net/entropy.h"
#include "stoa/link.pb.h"

namespace stoa::daemon {
namespace {

// An agent with many thousands of tasks names them all in one frame.
constexpr std::size_t link_frame_bytes_max = 256u << 20;
constexpr std::string_view link_protocol = "stoa-agent/1";

}  // namespace

MasterShell::MasterShell(master::Config config, Options options)
    : options_(std::move(options)),
      core_(std::move(config), net::random_number()),
      thread_(core_, [this](master::Effects& effects) { perform(effects); }) {}

MasterShell::~MasterShell() { stop(); }

Result<> MasterShell::start(ports::RecordStore& store, std::uint64_t epoch) {
  LET(std::vector<ports::Record> records, store.load_all());
  store_ = &store;
  master::RegistryLoaded loaded{.records = {}, .epoch = epoch};
  for (ports::Record& record : records) {
    loaded.records.push_back({std::move(record.key.kind), std::move(record.key.id), std::move(record.bytes)});
  }
  thread_.post(std::move(loaded));
  thread_.read([this](const master::Master& core) { recovered_ = core.recovered(); });
  return {};
}

void MasterShell::finish() {
  stop();
  thread_.finish();
}

void MasterShell::stop() {
  thread_.stop();
  end_streams();
}

void MasterShell::end_streams() {
  const std::lock_guard lock(mutex_);
  recovered_ = false;
  ended_ = true;
  for (const auto& [number, stream] : streams_) stream->finish();
  for (const auto& [number, channel] : links_) channel->close();
  streams_.clear();
  links_.clear();
}

void MasterShell::subscribe(std::shared_ptr<api::EventStream> stream, master::Subscribe event) {
  const StreamNumber number{next_number_++};
  event.stream = number;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return stream->finish();
    streams_[number] = stream;
  }
  // The core hears of the subscription first, then of its end.
  thread_.post(std::move(event));
  stream->on_closed([this, number] {
    {
      const std::lock_guard lock(mutex_);
      streams_.erase(number);
    }
    thread_.post(master::StreamClosed{number});
  });
}

ReplyNumber MasterShell::expect_reply(Done done) {
  const ReplyNumber number{next_number_++};
  const std::lock_guard lock(mutex_);
  replies_[number] = std::move(done);
  return number;
}

void MasterShell::call(master::SchedulerCall event, Done done) {
  event.reply = expect_reply(std::move(done));
  thread_.post(std::move(event));
}

void MasterShell::command(master::OperatorCommand command, Done done) {
  std::visit(
      [&](auto& event) {
        event.reply = expect_reply(std::move(done));
        thread_.post(std::move(event));
      },
      command);
}

void MasterShell::snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) {
  {
    const std::lock_guard lock(mutex_);
    snapshot_waiters_.push_back(std::move(done));
    if (snapshot_waiters_.size() > 1) return;  // One is on its way, and it is taken after now.
  }
  thread_.read([this](const master::Master& core) {
    std::vector<std::function<void(std::shared_ptr<const master::Snapshot>)>> waiters;
    {
      const std::lock_guard lock(mutex_);
      waiters.swap(snapshot_waiters_);
    }
    const auto snapshot = std::make_shared<const master::Snapshot>(core.snapshot());
    for (const auto& waiter : waiters) waiter(snapshot);
  });
}

void MasterShell::explain(allocator::ExplainQuestion question, std::function<void(const allocator::Explained&)> done) {
  thread_.read([question = std::move(question), done = std::move(done)](const master::Master& core) {
    done(core.explain(question, Now{net::now(), net::wall()}));
  });
}

void MasterShell::plan(FrameworkId framework, allocator::Demand demand,
                       std::function<void(const allocator::Plan&)> done) {
  thread_.read([framework = std::move(framework), demand = std::move(demand),
                done = std::move(done)](const master::Master& core) { done(core.plan(framework, demand)); });
}

void MasterShell::handle_link(http::Request request, http::Responder responder) {
  if (!recovered_) return responder.respond(http::text(503, "Master has not finished recovery"));
  if (!http::wants_upgrade(request, link_protocol)) {
    http::Response response = http::text(426, "This path serves agents only: Upgrade: stoa-agent/1");
    response.headers.set("Upgrade", link_protocol);
    return responder.respond(std::move(response));
  }
  responder.upgrade(std::string(link_protocol),
                    [this](std::shared_ptr<http::Channel> channel) { open_link(std::move(channel)); });
}

void MasterShell::open_link(std::shared_ptr<http::Channel> channel) {
  const LinkNumber number{next_number_++};
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return channel->close();
    links_[number] = channel;
  }
  channel->on_closed([this, number] {
    {
      const std::lock_guard lock(mutex_);
      links_.erase(number);
    }
    thread_.post(master::LinkClosed{number});
  });
  auto reader = std::make_shared<codec::LinkFrameReader>(link_frame_bytes_max);
  channel->on_data([this, number, reader, weak = std::weak_ptr(channel)](std::string_view bytes) {
    const auto give_up = [&](std::string_view why) {
      log::warning("master", "closing the link of an agent: {}", why);
      if (const auto open = weak.lock()) open->abort();
    };
    if (auto fed = reader->feed(bytes); !fed) return give_up(fed.error().message);
    while (auto frame = reader->next()) {
      auto message = codec::make_in_arena<link::ToMaster>();
      if (auto read = codec::read_protobuf(*frame, *message); !read) return give_up(read.error().message);
      thread_.post(master::FromAgent{number, std::move(message)});
    }
  });
}

bool MasterShell::may_act() const { return !options_.acts_until || net::now() < options_.acts_until(); }

// Asked at each step, so that a process that was stopped for a while wakes up without acting (HA-152).
void MasterShell::perform(master::Effects& effects) {
  if (held_.empty() && may_act()) return carry_out(effects);
  std::ranges::move(effects, std::back_inserter(held_));
}

void MasterShell::resume() {
  thread_.read([this](const master::Master&) {
    if (held_.empty() || !may_act()) return;
    master::Effects effects;
    effects.swap(held_);
    carry_out(effects);
  });
}

void MasterShell::carry_out(master::Effects& effects) {
  const auto stream_of = [this](StreamNumber number) -> std::shared_ptr<api::EventStream> {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(number);
    return found == streams_.end() ? nullptr : found->second;
  };
  for (master::Effect& effect : effects) {
    std::visit(Overloaded{[&](const master::Persist& e) { persist(e); },
                          [&](const master::SendEvent& e) {
                            if (const auto stream = stream_of(e.stream)) stream->push(e.event);
                          },
                          [&](const master::CloseStream& e) {
                            if (const auto stream = stream_of(e.stream)) stream->finish();
                          },
                          [&](const master::Reply& e) { reply(e); }, [&](const master::SendAgent& e) { send(e); },
                          [&](const master::CloseLink& e) {
                            const std::lock_guard lock(mutex_);
                            if (const auto found = links_.find(e.link); found != links_.end()) found->second->close();
                          },
                          [&](const master::StepDown& e) {
                            recovered_ = false;
                            options_.fail(e.why);
                          },
                          [&](const master::Log& e) { log::write(e.level, "master", e.message); }},
               effect);
  }
}

void MasterShell::persist(const master::Persist& effect) {
  std::vector<ports::RecordChange> batch;
  batch.reserve(effect.changes.size());
  for (const master::RegistryChange& change : effect.changes) {
    std::optional<std::string> bytes;
    if (!change.bytes.empty()) bytes = change.bytes;
    batch.push_back({{change.kind, change.id}, std::move(bytes)});
  }
  store_->apply(std::move(batch), [this, write = effect.write](Result<> result) {
    thread_.post(master::Persisted{write, std::move(result)});
  });
}

void MasterShell::send(const master::SendAgent& effect) {
  std::shared_ptr<http::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(effect.link);
    if (found == links_.end()) return;
    channel = found->second;
  }
  channel->send(codec::frame_link(codec::to_protobuf(*effect.message)));
}

void MasterShell::reply(const master::Reply& effect) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    auto node = replies_.extract(effect.reply);
    if (node.empty()) return;
    done = std::move(node.mapped());
  }
  done(effect.outcome);
}

}  // namespace stoa::daemon
