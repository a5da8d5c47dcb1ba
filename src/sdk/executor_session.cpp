#include "sdk/executor_session.h"

#include <fmt/format.h>
#include <mesos/v1/executor/executor.pb.h>

#include <csignal>

#include "net/entropy.h"

namespace stoa::sdk {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint_path = "/api/v1/executor";
constexpr Duration beat_interval = 30min;  // EXE-050
constexpr Duration backoff_first = 100ms;
constexpr Backoff::Limits call_backoff{.first = 200ms, .most = 2s};

// The agent is not there yet, or not yet ready (EXE-005, EXE-186).
bool is_passing(int status) { return status == 404 || status == 429 || status >= 500; }

}  // namespace

ExecutorSession::ExecutorSession(net::Loop& loop, const executor::Options& options, executor::Driver& driver,
                                 executor::Handler& handler, Shared& shared)
    : loop_(loop),
      options_(options),
      driver_(driver),
      handler_(handler),
      shared_(shared),
      encoding_(options.json ? Encoding::json : Encoding::protobuf),
      random_(net::random_number()),
      client_(loop),
      stream_(loop, client_,
              {.on_record = [this](const std::string& record) { on_record(record); },
               .on_end = [this](const StreamEnd& end) { on_stream_end(end); }}),
      calls_(loop, client_, Backoff(call_backoff, net::random_number())),
      backoff_({.first = std::min<Duration>(backoff_first, options.backoff_max), .most = options.backoff_max},
               net::random_number()) {}

ExecutorSession::~ExecutorSession() = default;

void ExecutorSession::start() {
  Result<net::Url> url = net::Url::parse(options_.agent + std::string(endpoint_path));
  if (!url) return end(std::unexpected(Failure{0, "the agent's address: " + url.error().message}));
  url_ = *std::move(url);
  beat_later();
  subscribe();
}

void ExecutorSession::end(Ended ended) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  shared_.is_over = true;
  stream_.close();
  calls_.clear();
  for (net::Timer* timer : {&timer_, &recovery_timer_, &grace_timer_, &beat_timer_}) timer->cancel();
  if (!ended) handler_.on_error(driver_, ended.error());
  shared_.completion.set(std::move(ended));
}

void ExecutorSession::finish() {
  is_finishing_ = true;
  end_if_finished();
}

void ExecutorSession::end_if_finished() {
  if (!is_finishing_ || phase_ == Phase::over) return;
  const bool is_all_told = unacknowledged_.updates() == 0 && calls_.size() == 0;
  const bool is_nobody_left = is_shutting_down_ && phase_ == Phase::disconnected;
  if (is_all_told || is_nobody_left) end({});
}

// ---- Subscribing

void ExecutorSession::subscribe() {
  phase_ = Phase::subscribing;
  Call call = make(Call::SUBSCRIBE);
  call.mutable_subscribe();
  unacknowledged_.tell(call);
  stream_.open(request(call));
}

void ExecutorSession::on_stream_end(const StreamEnd& end) {
  if (end.status != 0 && !is_passing(end.status)) {
    return this->end(std::unexpected(Failure{end.status, end.message}));
  }
  lose({end.status, end.message});
}

void ExecutorSession::lose(Failure failure) {
  phase_ = Phase::disconnected;
  stream_.close();
  // The next SUBSCRIBE tells the updates; messages are sent at most once.
  calls_.clear();
  shared_.messages -= std::exchange(messages_, 0);
  if (is_shutting_down_) return end_if_finished();
  if (!std::exchange(is_loss_told_, true)) handler_.on_disconnected(driver_, failure);
  // An agent that answers is there: only one that is gone ends an executor that it cannot recover (EXE-187).
  if (!options_.is_checkpointing && failure.status == 0) return shut_down();
  if (!std::exchange(is_recovering_, true) && options_.recovery_timeout > 0s) {
    recovery_timer_ = loop_.after(options_.recovery_timeout, [this] {
      timer_.cancel();
      stream_.close();
      phase_ = Phase::disconnected;
      shut_down();
    });
  }
  timer_ = loop_.after(backoff_.next(), [this] { subscribe(); });
}

void ExecutorSession::shut_down() {
  if (std::exchange(is_shutting_down_, true)) return;
  recovery_timer_.cancel();
  grace_timer_ = loop_.after(options_.grace_period, [this] { on_grace_over(); });
  handler_.on_shutdown(driver_);
  end_if_finished();
}

// EXE-188
void ExecutorSession::on_grace_over() {
  if (options_.kills_group) ::kill(0, SIGKILL);
  end({});
}

// ---- Events

void ExecutorSession::on_record(const std::string& record) {
  Event event;
  if (const Result<> read = decode(encoding_, record, event); !read) {
    return lose({0, fmt::format("{}: an event that cannot be read: {}", url_.authority(), read.error().message)});
  }
  handler_.on_event(driver_, event);
  if (event.type() == Event::ERROR) return end(std::unexpected(Failure{200, event.error().message()}));
  dispatch(event);
}

void ExecutorSession::on_subscribed(const Event& event) {
  phase_ = Phase::subscribed;
  is_loss_told_ = is_recovering_ = false;
  recovery_timer_.cancel();
  backoff_.succeeded();
  handler_.on_subscribed(driver_, event.subscribed());
  calls_.open();
}

void ExecutorSession::dispatch(const Event& event) {
  switch (event.type()) {
    case Event::SUBSCRIBED:
      return on_subscribed(event);
    case Event::LAUNCH:
      unacknowledged_.launched(event.launch().task());
      return handler_.on_launch(driver_, event.launch().task());
    case Event::LAUNCH_GROUP:
      for (const auto& task : event.launch_group().task_group().tasks()) unacknowledged_.launched(task);
      return handler_.on_launch_group(driver_, event.launch_group().task_group());
    case Event::KILL:
      return handler_.on_kill(driver_, event.kill());
    case Event::ACKNOWLEDGED:
      if (unacknowledged_.acknowledged(event.acknowledged().task_id().value(), event.acknowledged().uuid())) {
        --shared_.updates;
      }
      return end_if_finished();
    case Event::MESSAGE:
      return handler_.on_message(driver_, event.message().data());
    case Event::SHUTDOWN:
      return shut_down();
    default:
      return;  // Heartbeats, and what later versions may send.
  }
}

// ---- Calls

ExecutorSession::Call ExecutorSession::make(int type) const {
  Call call;
  call.set_type(static_cast<Call::Type>(type));
  call.mutable_framework_id()->set_value(options_.framework_id);
  call.mutable_executor_id()->set_value(options_.executor_id);
  return call;
}

void ExecutorSession::update(mesos::v1::TaskStatus status) {
  if (phase_ == Phase::over) return;
  status.set_uuid(random_.uuid_bytes());
  status.set_source(mesos::v1::TaskStatus::SOURCE_EXECUTOR);
  status.mutable_executor_id()->set_value(options_.executor_id);
  if (!status.has_timestamp()) status.set_timestamp(net::wall());
  unacknowledged_.updated(status);
  if (phase_ == Phase::disconnected) return;  // The next SUBSCRIBE tells it.
  Call call = make(Call::UPDATE);
  *call.mutable_update()->mutable_status() = std::move(status);
  add(std::move(call));
}

void ExecutorSession::message(std::string data) {
  if (phase_ == Phase::over) return;
  ++messages_;
  Call call = make(Call::MESSAGE);
  call.mutable_message()->set_data(std::move(data));
  add(std::move(call));
}

void ExecutorSession::beat_later() {
  beat_timer_ = loop_.after(beat_interval, [this] {
    if (phase_ == Phase::subscribed) add(make(Call::HEARTBEAT));
    beat_later();
  });
}

void ExecutorSession::add(Call call) {
  // Shared by the two functions of one entry.
  const auto kept = std::make_shared<const Call>(std::move(call));
  calls_.add({.request = [this, kept] { return request(*kept); },
              .on_answer = [this, kept](const Failure& answer) { return on_answer(*kept, answer); }});
}

CallQueue::Next ExecutorSession::on_answer(const Call& call, const Failure& answer) {
  const int status = answer.status;
  const bool is_silence = status == 0 && call.type() != Call::UPDATE;  // Nobody knows: not twice.
  if (is_passing(status) || (status == 0 && !is_silence)) return CallQueue::Next::again;
  if (status == 403) {
    lose({status, fmt::format("{}: {}", url_.authority(), answer.message)});
    return CallQueue::Next::done;
  }
  if (status >= 400) {
    end(std::unexpected(Failure{
        status, fmt::format("{} refused {}: {}", url_.authority(), Call::Type_Name(call.type()), answer.message)}));
    return CallQueue::Next::done;
  }
  if (call.type() == Call::MESSAGE) {
    --messages_;
    --shared_.messages;
  }
  // Once this call has left the queue.
  if (is_finishing_) timer_ = loop_.after(0s, [this] { end_if_finished(); });
  return CallQueue::Next::done;
}

http::ClientRequest ExecutorSession::request(const Call& call) const {
  http::ClientRequest out{.method = "POST", .url = url_, .body = encode(encoding_, call)};
  out.unix_socket = options_.socket_path;
  set_media_type(encoding_, out.headers);
  if (!options_.token.empty()) out.headers.set("Authorization", "Bearer " + options_.token);
  return out;
}

}  // namespace stoa::sdk
