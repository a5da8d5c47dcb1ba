#include "sdk/scheduler_session.h"

#include <fmt/format.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>

#include "codec/base64.h"
#include "net/entropy.h"
#include "sdk/scheduler_calls.h"

namespace stoa::sdk {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint_path = "/api/v1/scheduler";
constexpr int redirects_max = 5;
constexpr Duration heartbeat_default = 15s;
constexpr Backoff::Limits call_backoff{.first = 200ms, .most = 5s};
constexpr Backoff::Limits reconcile_backoff{.first = 1s, .most = 60s};

std::string basic(const scheduler::Options& options) {
  if (options.principal.empty()) return options.authorization;
  return "Basic " + codec::to_base64(options.principal + ":" + options.secret);
}

// Where the API is at a master that was named with or without a path.
net::Url endpoint_of(net::Url url) {
  if (url.path.ends_with(endpoint_path)) return url;
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += endpoint_path;
  return url;
}

std::set<std::string> roles_of(const mesos::v1::FrameworkInfo& info) {
  for (const auto& capability : info.capabilities()) {
    if (capability.type() == mesos::v1::FrameworkInfo::Capability::MULTI_ROLE) {
      return {info.roles().begin(), info.roles().end()};
    }
  }
  return {info.role()};
}

// Answers to SUBSCRIBE that may be another one the next time (SCH-258): no leader yet, not yet up, too much to do.
bool is_passing(int status) { return status == 0 || status == 307 || status == 404 || status == 429 || status >= 500; }

}  // namespace

SchedulerSession::SchedulerSession(net::Loop& loop, const scheduler::Options& options,
                                   const mesos::v1::FrameworkInfo& info, scheduler::Driver& driver,
                                   scheduler::Handler& handler, Shared& shared)
    : loop_(loop),
      options_(options),
      driver_(driver),
      handler_(handler),
      shared_(shared),
      encoding_(options.json ? Encoding::json : Encoding::protobuf),
      authorization_(basic(options)),
      subscription_(std::make_unique<Call>()),
      client_(loop),
      stream_(loop, client_,
              {.on_record = [this](const std::string& record) { on_record(record); },
               .on_end = [this](const StreamEnd& end) { on_stream_end(end); }}),
      calls_(loop, client_, Backoff(call_backoff, net::random_number())),
      backoff_({.first = options.backoff_min, .most = options.backoff_max}, net::random_number()),
      reconcile_backoff_(reconcile_backoff, net::random_number()) {
  subscription_->set_type(Call::SUBSCRIBE);
  *subscription_->mutable_subscribe()->mutable_framework_info() = info;
  if (info.has_id()) *subscription_->mutable_framework_id() = info.id();
}

SchedulerSession::~SchedulerSession() = default;

void SchedulerSession::start() {
  Result<std::unique_ptr<Leaders>> leaders = make_leaders(options_.masters, loop_);
  if (!leaders) return end(std::unexpected(Failure{0, leaders.error().message}));
  leaders_ = *std::move(leaders);
  connect();
}

void SchedulerSession::end(Ended ended) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  shared_.is_over = true;
  stream_.close();
  calls_.clear();
  timer_.cancel();
  reconcile_timer_.cancel();
  if (!ended) handler_.on_error(driver_, ended.error());
  shared_.completion.set(std::move(ended));
}

// ---- Subscribing

void SchedulerSession::connect_later() {
  ++attempts_;
  // The other candidates are tried at once; then it is time to wait.
  const bool is_round_over = attempts_ % leaders_->candidates() == 0 || attempts_ == 1;
  timer_ = loop_.after(is_round_over ? backoff_.next() : 0s, [this] { connect(); });
}

void SchedulerSession::connect() {
  redirects_ = 0;
  leaders_->find([this](Result<net::Url> found) {
    if (!found) return lose({0, found.error().message});
    subscribe(endpoint_of(*std::move(found)));
  });
}

void SchedulerSession::subscribe(net::Url url) {
  phase_ = Phase::subscribing;
  url_ = std::move(url);
  auto& subscribe = *subscription_->mutable_subscribe();
  subscribe.clear_suppressed_roles();
  for (const std::string& role : roles_of(subscribe.framework_info())) {
    if (suppressed_.contains(role)) subscribe.add_suppressed_roles(role);
  }
  stream_.open(request(url_, *subscription_));
  stream_.watch(heartbeat_default, std::max(options_.heartbeats_missed_max, 1));
}

void SchedulerSession::on_stream_end(const StreamEnd& end) {
  if (phase_ != Phase::subscribed && end.status == 307 && end.location && ++redirects_ <= redirects_max) {
    return subscribe(endpoint_of(*end.location));
  }
  if (!is_passing(end.status)) return this->end(std::unexpected(Failure{end.status, end.message}));
  lose({end.status, end.message});
}

void SchedulerSession::lose(Failure failure) {
  phase_ = Phase::disconnected;
  stream_.close();
  calls_.close();
  reconcile_timer_.cancel();
  if (!std::exchange(is_loss_told_, true)) handler_.on_disconnected(driver_, failure);
  connect_later();
}

// ---- Events

void SchedulerSession::on_record(const std::string& record) {
  Event event;
  if (const Result<> read = decode(encoding_, record, event); !read) {
    return lose({0, fmt::format("{}: an event that cannot be read: {}", url_.authority(), read.error().message)});
  }
  handler_.on_event(driver_, event);
  if (event.type() == Event::SUBSCRIBED) return on_subscribed(event);
  if (event.type() == Event::ERROR) {
    // The answer to TEARDOWN was lost, and it was carried out.
    if (is_tearing_down_ && phase_ == Phase::subscribing) return end({});
    return end(std::unexpected(Failure{200, event.error().message()}));
  }
  dispatch(event);
}

void SchedulerSession::on_subscribed(const Event& event) {
  const auto& subscribed = event.subscribed();
  phase_ = Phase::subscribed;
  attempts_ = 0;
  is_loss_told_ = false;
  backoff_.succeeded();
  leaders_->leads(url_);
  *subscription_->mutable_framework_id() = subscribed.framework_id();
  *subscription_->mutable_subscribe()->mutable_framework_info()->mutable_id() = subscribed.framework_id();
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.framework_id = subscribed.framework_id().value();
  }
  const double seconds = subscribed.heartbeat_interval_seconds();
  const bool is_usable = seconds > 0 && seconds < 1e6;
  stream_.watch(is_usable ? Duration(static_cast<Duration::rep>(seconds * 1e9)) : heartbeat_default,
                std::max(options_.heartbeats_missed_max, 1));
  handler_.on_subscribed(driver_, subscribed);
  calls_.open();
  tasks_.question_all();
  reconcile_backoff_.succeeded();
  if (options_.reconciles) reconcile();
}

void SchedulerSession::dispatch(const Event& event) {
  switch (event.type()) {
    case Event::OFFERS:
      return handler_.on_offers(driver_, event.offers().offers());
    case Event::RESCIND:
      return handler_.on_rescinded(driver_, event.rescind().offer_id());
    case Event::INVERSE_OFFERS:
      return handler_.on_inverse_offers(driver_, event.inverse_offers().inverse_offers());
    case Event::RESCIND_INVERSE_OFFER:
      return handler_.on_inverse_offer_rescinded(driver_, event.rescind_inverse_offer().inverse_offer_id());
    case Event::UPDATE:
      tasks_.updated(event.update().status());
      handler_.on_update(driver_, event.update().status());
      if (options_.acknowledges) acknowledge(event.update().status());
      return;
    case Event::UPDATE_OPERATION_STATUS:
      handler_.on_operation_update(driver_, event.update_operation_status().status());
      if (options_.acknowledges) acknowledge(event.update_operation_status().status());
      return;
    case Event::MESSAGE:
      return handler_.on_message(driver_, event.message());
    case Event::FAILURE:
      return handler_.on_failure(driver_, event.failure());
    default:
      return;  // Heartbeats, and what later versions may send.
  }
}

void SchedulerSession::acknowledge(const mesos::v1::TaskStatus& status) {
  if (!status.uuid().empty()) add_own(acknowledgement(status));
}

void SchedulerSession::acknowledge(const mesos::v1::OperationStatus& status) {
  if (status.has_uuid()) add_own(acknowledgement(status));
}

// ---- Calls

// Not limited: as many as events bring, and events are not read while too many calls wait.
void SchedulerSession::add_own(Call call) {
  ++shared_.calls;
  add(std::move(call));
}

void SchedulerSession::add(Call call) {
  if (phase_ == Phase::over) return;
  note(call);
  // Shared by the two functions of one entry.
  const auto kept = std::make_shared<const Call>(std::move(call));
  const auto type = kept->type();
  calls_.add({.request =
                  [this, kept] {
                    Call call = *kept;
                    *call.mutable_framework_id() = subscription_->framework_id();
                    if (call.has_update_framework()) {
                      *call.mutable_update_framework()->mutable_framework_info()->mutable_id() = call.framework_id();
                    }
                    return request(url_, call);
                  },
              .on_answer = [this, kept](const Failure& answer) { return on_answer(*kept, answer); },
              .may_overlap = type == Call::ACKNOWLEDGE || type == Call::ACKNOWLEDGE_OPERATION_STATUS});
  adapt_reading();
}

// What a call means for later subscriptions.
void SchedulerSession::note(const Call& call) {
  switch (call.type()) {
    case Call::ACCEPT:
      return tasks_.launched(call);
    case Call::SUPPRESS:
      if (call.suppress().roles().empty()) suppressed_ = roles_of(subscription_->subscribe().framework_info());
      return suppressed_.insert(call.suppress().roles().begin(), call.suppress().roles().end());
    case Call::REVIVE:
      if (call.revive().roles().empty()) suppressed_.clear();
      for (const std::string& role : call.revive().roles()) suppressed_.erase(role);
      return;
    case Call::TEARDOWN:
      is_tearing_down_ = true;
      return;
    default:
      return;
  }
}

CallQueue::Next SchedulerSession::on_answer(const Call& call, const Failure& answer) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return on_success(call);
  if (status == 0) return on_silence(call, answer);
  if (status == 429 || status == 502 || status == 504) return CallQueue::Next::again;
  if (status == 307 || status == 503 || (status == 403 && answer.message.contains("not subscribed"))) {
    // This master does not lead any more, or has lost our stream (SCH-005): nothing was done.
    if (phase_ == Phase::subscribed) lose({status, fmt::format("{}: {}", url_.authority(), answer.message)});
    return CallQueue::Next::again;
  }
  if (status == 400 && answer.message.contains("stream ID")) {
    // Another instance has subscribed and our stream has not heard of it yet. Subscribing again would take the
    // framework away from it (SCH-260).
    end(std::unexpected(Failure{status, "Framework failed over: " + answer.message}));
    return CallQueue::Next::done;
  }
  drop(call, answer);
  return CallQueue::Next::done;
}

CallQueue::Next SchedulerSession::on_success(const Call& call) {
  --shared_.calls;
  adapt_reading();
  if (call.type() == Call::TEARDOWN) {
    end({});
  } else if (call.type() == Call::UPDATE_FRAMEWORK) {
    *subscription_->mutable_subscribe()->mutable_framework_info() = call.update_framework().framework_info();
    *subscription_->mutable_subscribe()->mutable_framework_info()->mutable_id() = subscription_->framework_id();
    *subscription_->mutable_subscribe()->mutable_offer_constraints() = call.update_framework().offer_constraints();
    const auto& suppressed = call.update_framework().suppressed_roles();
    suppressed_ = {suppressed.begin(), suppressed.end()};
  }
  return CallQueue::Next::done;
}

// Nobody knows whether it was carried out. Most calls may be repeated; these would do something else the second time.
CallQueue::Next SchedulerSession::on_silence(const Call& call, const Failure& answer) {
  switch (call.type()) {
    case Call::ACCEPT:
      tasks_.question(call);
      if (options_.reconciles && phase_ == Phase::subscribed) reconcile_later();
      break;
    case Call::ACCEPT_INVERSE_OFFERS:
    case Call::DECLINE_INVERSE_OFFERS:
    case Call::MESSAGE:
    case Call::REQUEST:
      break;
    default:
      return CallQueue::Next::again;
  }
  --shared_.calls;
  handler_.on_refused(driver_, call, answer);
  adapt_reading();
  return CallQueue::Next::done;
}

void SchedulerSession::drop(const Call& call, const Failure& failure) {
  --shared_.calls;
  tasks_.refused(call);
  adapt_reading();
  handler_.on_refused(driver_, call, failure);
}

http::ClientRequest SchedulerSession::request(const net::Url& url, const Call& call) const {
  http::ClientRequest out{.method = "POST", .url = url, .body = encode(encoding_, call)};
  set_media_type(encoding_, out.headers);
  if (!authorization_.empty()) out.headers.set("Authorization", authorization_);
  if (call.type() != Call::SUBSCRIBE) out.headers.set("Mesos-Stream-Id", stream_.stream_id());
  return out;
}

void SchedulerSession::adapt_reading() { stream_.pause(shared_.calls >= options_.calls_max); }

// ---- Reconciliation

void SchedulerSession::reconcile() {
  const std::vector<KnownTasks::Task> tasks = tasks_.in_question();
  if (tasks.empty()) return;
  constexpr std::size_t tasks_per_call = 10'000;
  for (std::size_t begin = 0; begin < tasks.size(); begin += tasks_per_call) {
    Call call;
    call.set_type(Call::RECONCILE);
    for (std::size_t i = begin; i < std::min(begin + tasks_per_call, tasks.size()); ++i) {
      auto& task = *call.mutable_reconcile()->add_tasks();
      task.mutable_task_id()->set_value(tasks[i].id);
      if (!tasks[i].agent_id.empty()) task.mutable_agent_id()->set_value(tasks[i].agent_id);
    }
    add_own(std::move(call));
  }
  reconcile_later();
}

void SchedulerSession::reconcile_later() {
  reconcile_timer_ = loop_.after(reconcile_backoff_.next(), [this] { reconcile(); });
}

}  // namespace stoa::sdk
