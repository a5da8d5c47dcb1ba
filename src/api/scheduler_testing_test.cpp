#include "api/scheduler_testing.h"

#include <gtest/gtest.h>

#include <future>

#include "base/check.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/record_io.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::api::testing {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;

const std::string master_id = "8f3c2e0a-1111-4222-8333-abcdefabcdef";
const char* const subscribe_body = R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"svc","name":"web",
 "roles":["eng"],"failover_timeout":3600,"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"}]}}})";

// ---- SentStream

bool SentStream::send(std::string data) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  chunks_.push_back(std::move(data));
  return true;
}

void SentStream::close() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    callback = on_closed_;
  }
  if (callback) callback();
}

void SentStream::on_closed(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_closed_ = std::move(callback);
}

std::vector<std::string> SentStream::chunks() const {
  const std::lock_guard lock(mutex_);
  return chunks_;
}

bool SentStream::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// ---- Answer

std::string Answer::header(std::string_view name) const {
  return std::string(response.headers.get(name).value_or(std::string_view()));
}

// Takes one answer.
class WatchedExchange final : public http::Exchange {
 public:
  void respond(http::Response response) override { take({std::move(response), nullptr}); }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    auto made = std::make_shared<SentStream>();
    take({std::move(head), made});
    return made;
  }
  void upgrade(std::string, http::Headers, std::function<void(std::shared_ptr<http::Channel>)>) override {
    ADD_FAILURE() << "nothing here is upgraded";
  }
  std::optional<Answer> answer;

 private:
  void take(Answer given) {
    EXPECT_FALSE(answer) << "a request was answered twice";
    answer = std::move(given);
  }
};

// ---- LiveMaster

void LiveMaster::step(const master::Event& event) {
  std::vector<master::Event> pending{event};
  while (!pending.empty()) {
    const master::Event next = std::move(pending.front());
    pending.erase(pending.begin());
    master::Effects effects;
    core_.step(next, now_, effects);
    for (const master::Effect& effect : effects) carry_out(effect, pending);
    const Result<> audit = core_.audit();
    EXPECT_TRUE(audit) << audit.error().message;
  }
}

void LiveMaster::carry_out(const master::Effect& effect, std::vector<master::Event>& caused) {
  if (const auto* write = std::get_if<master::Persist>(&effect)) {
    caused.push_back(master::Persisted{write->write, {}});
  } else if (const auto* event = std::get_if<master::SendEvent>(&effect)) {
    if (const auto stream = streams_.find(event->stream); stream != streams_.end()) stream->second->push(event->event);
  } else if (const auto* ended = std::get_if<master::CloseStream>(&effect)) {
    if (const auto stream = streams_.extract(ended->stream)) stream.mapped()->finish();
  } else if (const auto* reply = std::get_if<master::Reply>(&effect)) {
    const auto waiting = replies_.extract(reply->reply);
    ASSERT_FALSE(waiting.empty()) << "a reply to nobody";
    waiting.mapped()(reply->outcome);
  } else if (const auto* sent = std::get_if<master::SendAgent>(&effect)) {
    to_agents.push_back(sent->message);
  }
}

void LiveMaster::advance(Duration duration) {
  now_.steady += duration;
  now_.wall += std::chrono::duration<double>(duration).count();
  step(master::Tick{});
}

void LiveMaster::subscribe(std::shared_ptr<EventStream> stream, master::Subscribe event) {
  ++calls;
  event.stream = StreamNumber{next_number_++};
  if (principal) event.principal = principal;
  streams_[event.stream] = std::move(stream);
  step(event);
}

void LiveMaster::call(master::SchedulerCall event, std::function<void(Result<>)> done) {
  ++calls;
  event.reply = ReplyNumber{next_number_++};
  if (principal) event.principal = principal;
  replies_[event.reply] = std::move(done);
  step(event);
}

void LiveMaster::command(master::OperatorCommand command, std::function<void(Result<>)> done) {
  const ReplyNumber reply{next_number_++};
  replies_[reply] = std::move(done);
  std::visit(
      [&](auto& event) {
        event.reply = reply;
        step(std::move(event));
      },
      command);
}

void LiveMaster::snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) {
  done(std::make_shared<const master::Snapshot>(core_.snapshot()));
}

// ---- Subscription

std::vector<Event> Subscription::events() const {
  const std::string records = answer.header("Message-Content-Type").empty() ? answer.header("Content-Type")
                                                                            : answer.header("Message-Content-Type");
  std::vector<Event> out;
  for (const std::string& chunk : answer.stream->chunks()) {
    codec::RecordReader reader(chunk.size());
    EXPECT_TRUE(reader.feed(chunk));
    const auto record = reader.next();
    EXPECT_TRUE(record && !reader.next() && !reader.in_record()) << "a chunk is not one record: " << chunk;
    Event& event = out.emplace_back();
    const Result<> read = records == "application/json" ? codec::read_json(record.value_or(""), event)
                                                        : codec::read_protobuf(record.value_or(""), event);
    EXPECT_TRUE(read) << chunk;
  }
  return out;
}

std::vector<std::string> Subscription::lines() const {
  std::vector<std::string> out;
  for (const Event& event : events()) {
    out.push_back(Event::Type_Name(event.type()));
    if (event.type() == Event::ERROR) out.back() += " " + event.error().message();
    if (event.type() != Event::UPDATE) continue;
    const auto& status = event.update().status();
    out.back() += " " + status.task_id().value() + " " + mesos::v1::TaskState_Name(status.state());
  }
  return out;
}

// ---- SchedulerBench

static master::Config config() {
  using mesos::v1::MasterInfo;
  master::Config out;
  MasterInfo info;
  info.set_id(master_id);
  info.set_ip(0);
  info.set_port(5050);
  info.set_hostname("leader");
  for (const auto type : {MasterInfo::Capability::AGENT_UPDATE, MasterInfo::Capability::AGENT_DRAINING,
                          MasterInfo::Capability::QUOTA_V2}) {
    info.add_capabilities()->set_type(type);
  }
  out.info = std::make_shared<const MasterInfo>(info);
  out.allocation.order_by_id = true;
  return out;
}

SchedulerBench::SchedulerBench(Start start) : master(config()) {
  if (start == Start::recovered) master.step(master::RegistryLoaded{});
}

Answer SchedulerBench::send(http::Request request) {
  const auto exchange = std::make_shared<WatchedExchange>();
  api.handle(std::move(request), http::Responder(exchange));
  settle();
  CHECK(exchange->answer.has_value(), "a request was not answered");
  return *exchange->answer;
}

Answer SchedulerBench::post(http::Headers headers, std::string body) {
  http::Request request;
  request.method = "POST";
  request.path = request.target = "/api/v1/scheduler";
  request.headers = std::move(headers);
  request.body = std::move(body);
  return send(std::move(request));
}

Subscription SchedulerBench::subscribe(std::string body, http::Headers headers) {
  if (!headers.has("Content-Type")) headers.add("Content-Type", "application/json");
  Subscription made;
  made.answer = post(std::move(headers), std::move(body));
  CHECK(made.answer.stream != nullptr, made.answer.body());
  made.stream_id = made.answer.header("Mesos-Stream-Id");
  const auto events = made.events();
  if (!events.empty()) made.framework_id = events.front().subscribed().framework_id().value();
  return made;
}

std::string SchedulerBench::filled_in(const Subscription& subscription, std::string_view json) const {
  std::string offer;
  for (const Event& event : subscription.events()) {
    for (const auto& made : event.offers().offers()) offer = made.id().value();
  }
  std::string out;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const std::string_view mark = json.substr(at, 2);
    if (mark == "$F" || mark == "$O" || mark == "$A") {
      out += mark == "$F" ? subscription.framework_id : mark == "$O" ? offer : agent_id;
      ++at;
    } else {
      out += json[at];
    }
  }
  return out;
}

Answer SchedulerBench::call(const Subscription& subscription, std::string_view json) {
  return post({{"Content-Type", "application/json"}, {"Mesos-Stream-Id", subscription.stream_id}},
              filled_in(subscription, json));
}

Answer SchedulerBench::call_protobuf(const Subscription& subscription, const Call& call) {
  return post({{"Content-Type", "application/x-protobuf"}, {"Mesos-Stream-Id", subscription.stream_id}},
              call.SerializePartialAsString());
}

void SchedulerBench::add_agent(std::string_view resources) {
  auto message = std::make_shared<link::ToMaster>();
  link::Register& claim = *message->mutable_register_();
  claim.mutable_agent_info()->set_hostname("node");
  claim.mutable_agent_info()->set_port(5051);
  const model::Resources total = model::testing::resources(resources);
  total.to_messages(model::WireForm::new_form, *claim.mutable_agent_info()->mutable_resources());
  total.to_messages(model::WireForm::new_form, *claim.mutable_total_resources());
  claim.set_version("1.11.0");
  master.step(master::FromAgent{LinkNumber{1000 + master.seen().agents.size()}, message});
  const auto agents = master.seen().agents;
  CHECK(!agents.empty(), "the agent was not admitted");
  agent_id = agents.front()->id.value;
  round();
}

void SchedulerBench::round() {
  master.advance(std::chrono::seconds(1));
  settle();
}

void SchedulerBench::settle() {
  std::promise<void> reached;
  loop.post([&] { reached.set_value(); });
  reached.get_future().wait();
}

Call call_of(std::string_view json) {
  Call call;
  const auto read = codec::read_json(json, call);
  CHECK(read.has_value(), read ? "" : read.error().message);
  return call;
}

}  // namespace stoa::api::testing
