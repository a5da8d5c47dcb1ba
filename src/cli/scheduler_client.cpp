#include "cli/scheduler_client.h"

#include <mesos/v1/scheduler/scheduler.pb.h>

#include <future>

#include "cli/exit_code.h"
#include "codec/protobuf.h"
#include "codec/record_io.h"

namespace stoa::cli {
namespace {

constexpr const char* media_type = "application/x-protobuf";
constexpr std::size_t event_bytes_max = 64 << 20;
constexpr int redirects_max = 5;

}  // namespace

struct SchedulerClient::State {
  State(http::Client& http_client, net::Url master) : client(http_client), url(std::move(master)) {}

  http::Client& client;
  net::Url url;
  OnEvent on_event;
  OnEnd on_end;
  codec::RecordReader reader{event_bytes_max};
  std::string refusal_body;
  int status = 0;

  std::mutex mutex;  // Guards what follows: calls come from any thread.
  std::shared_ptr<http::ClientStream> stream;
  std::string stream_id;
  std::string framework_id;
  bool is_closed = false;

  void on_head(const Result<http::Response>& head) {
    if (!head) return end(head.error());
    status = head->status;
    const std::lock_guard lock(mutex);
    stream_id = head->headers.get("Mesos-Stream-Id").value_or("");
  }

  void on_data(std::string_view bytes) {
    if (status != 200) {
      if (refusal_body.size() < 4096) refusal_body += bytes;
      return;
    }
    if (const Result<> fed = reader.feed(bytes); !fed) return end(fed.error());
    while (const std::optional<std::string> record = reader.next()) {
      mesos::v1::scheduler::Event event;
      if (const Result<> read = codec::read_protobuf(*record, event); !read) return end(read.error());
      if (event.type() == mesos::v1::scheduler::Event::SUBSCRIBED) {
        const std::lock_guard lock(mutex);
        framework_id = event.subscribed().framework_id().value();
      }
      {
        const std::lock_guard lock(mutex);
        if (is_closed) return;
      }
      on_event(event);
    }
  }

  void end(const Error& error) {
    {
      const std::lock_guard lock(mutex);
      if (is_closed) return;
      is_closed = true;
      if (stream) stream->close();
    }
    on_end(error);
  }

  http::ClientRequest request(std::string body) const {
    http::ClientRequest out{.method = "POST", .url = url, .body = std::move(body), .redirects_max = redirects_max};
    out.url.path = "/api/v1/scheduler";
    out.headers.set("Content-Type", media_type);
    out.headers.set("Accept", media_type);
    return out;
  }
};

SchedulerClient::SchedulerClient(http::Client& client, net::Url master)
    : state_(std::make_shared<State>(client, std::move(master))) {}

SchedulerClient::~SchedulerClient() {
  const std::lock_guard lock(state_->mutex);
  state_->is_closed = true;
  if (state_->stream) state_->stream->close();
}

void SchedulerClient::subscribe(const mesos::v1::FrameworkInfo& info, OnEvent on_event, OnEnd on_end) {
  mesos::v1::scheduler::Call call;
  call.set_type(mesos::v1::scheduler::Call::SUBSCRIBE);
  *call.mutable_subscribe()->mutable_framework_info() = info;
  if (info.has_id()) *call.mutable_framework_id() = info.id();
  state_->on_event = std::move(on_event);
  state_->on_end = std::move(on_end);
  auto stream = state_->client.stream(
      state_->request(codec::to_protobuf(call)),
      [state = state_](const Result<http::Response>& head) { state->on_head(head); },
      [state = state_](std::string_view bytes) { state->on_data(bytes); },
      [state = state_](const Result<>& ended) {
        if (state->status != 200) return state->end(error_of_status(state->status, state->refusal_body));
        state->end({Code::unavailable, ended ? "the master ended the subscription" : ended.error().message});
      });
  const std::lock_guard lock(state_->mutex);
  state_->stream = std::move(stream);
}

void SchedulerClient::call(mesos::v1::scheduler::Call call, std::function<void(Result<>)> done) {
  http::ClientRequest request;
  {
    const std::lock_guard lock(state_->mutex);
    call.mutable_framework_id()->set_value(state_->framework_id);
    request = state_->request(codec::to_protobuf(call));
    request.headers.set("Mesos-Stream-Id", state_->stream_id);
  }
  state_->client.request(std::move(request), [done = std::move(done)](const Result<http::Response>& answer) {
    if (!done) return;
    if (!answer) return done(std::unexpected(answer.error()));
    if (answer->status != 202) return done(std::unexpected(error_of_status(answer->status, answer->body)));
    done({});
  });
}

Result<> SchedulerClient::call_and_wait(mesos::v1::scheduler::Call call) {
  std::promise<Result<>> promise;
  std::future<Result<>> answer = promise.get_future();
  this->call(std::move(call), [&promise](Result<> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

std::string SchedulerClient::framework_id() const {
  const std::lock_guard lock(state_->mutex);
  return state_->framework_id;
}

}  // namespace stoa::cli
