// FakeCluster: a master and an agent as a command sees them, on a real socket: one offer, tasks that end as told,
// files.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "codec/protobuf.h"
#include "codec/record_io.h"
#include "http/server.h"

namespace stoa::cli {

class FakeCluster {
 public:
  using Call = mesos::v1::scheduler::Call;
  using Event = mesos::v1::scheduler::Event;

  FakeCluster() {
    http::Router router;
    router.add("/health", {"GET"}, [](http::Request, http::Responder answer) { answer.respond(http::empty(200)); });
    router.add("/state", {"GET"}, [this](http::Request, http::Responder answer) {
      const std::lock_guard lock(mutex_);
      answer.respond(http::json(state));
    });
    for (const char* path : {"/files/read", "/files/download"}) {
      router.add(path, {"GET"}, [this](http::Request request, http::Responder answer) { read(request, answer); });
    }
    router.add("/api/v1/scheduler", {"POST"},
               [this](http::Request request, http::Responder answer) { scheduler(request, std::move(answer)); });
    server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{}, std::move(router));
    EXPECT_TRUE(server_->listen({}));
  }
  ~FakeCluster() {
    server_.reset();
    stream_.reset();  // Before the loop that it is of.
  }

  net::Endpoint endpoint() const { return server_->endpoints().front(); }
  std::string master() const { return "--master=" + endpoint().to_string(); }

  // The types of the calls so far, `!` before those without the right stream id.
  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::string last_task_id() {
    const std::lock_guard lock(mutex_);
    return task_id_;
  }

  // Set before use.
  double offered_cpus = 4;
  mesos::v1::TaskState end_state = mesos::v1::TASK_FINISHED;
  std::string end_message = "Command exited with status 0";
  bool ends_by_itself = true;                // Else only when killed.
  std::string state = "{}";                  // Of master and agent; a task that was launched adds itself.
  std::map<std::string, std::string> files;  // Content by path.

 private:
  // `/files/read` for the size only; `/files/download` with a range from a first byte on.
  void read(const http::Request& request, http::Responder& answer) {
    const std::lock_guard lock(mutex_);
    const auto file = files.find(request.query.at("path"));
    if (file == files.end()) return answer.respond(http::text(404));
    const std::string& content = file->second;
    if (request.path == "/files/read") {
      return answer.respond(http::json("{\"data\":\"\",\"offset\":" + std::to_string(content.size()) + "}"));
    }
    const auto first = std::stoul(std::string(request.headers.get("Range").value_or("bytes=0-").substr(6)));
    if (first >= content.size()) return answer.respond(http::empty(416));
    http::Response part = http::text(206);
    part.body = content.substr(first);
    answer.respond(std::move(part));
  }

  void send(const Event& event) { stream_->send(codec::frame_record(codec::to_protobuf(event))); }

  void scheduler(const http::Request& request, http::Responder answer) {
    const std::lock_guard lock(mutex_);
    Call call;
    EXPECT_TRUE(codec::read_protobuf(request.body, call));
    if (call.type() == Call::SUBSCRIBE) {
      calls_.push_back("SUBSCRIBE");
      return subscribe(std::move(answer));
    }
    const bool is_right = request.headers.get("Mesos-Stream-Id") == "stream-1" && call.framework_id().value() == "F1";
    calls_.push_back((is_right ? "" : "!") + Call::Type_Name(call.type()));
    answer.respond(http::empty(202));
    if (call.type() == Call::KILL) update(mesos::v1::TASK_KILLED, "Command terminated with signal Terminated");
    if (call.type() != Call::ACCEPT) return;
    for (const auto& operation : call.accept().operations()) {
      for (const mesos::v1::TaskInfo& task : operation.launch().task_infos()) launch(task);
    }
  }

  void subscribe(http::Responder answer) {
    http::Response head;
    head.headers.set("Content-Type", "application/x-protobuf");
    head.headers.set("Mesos-Stream-Id", "stream-1");
    stream_ = answer.stream(std::move(head));
    Event event;
    event.set_type(Event::SUBSCRIBED);
    event.mutable_subscribed()->mutable_framework_id()->set_value("F1");
    send(event);
    Event offers;
    offers.set_type(Event::OFFERS);
    mesos::v1::Offer& offer = *offers.mutable_offers()->add_offers();
    offer.mutable_id()->set_value("O1");
    offer.mutable_framework_id()->set_value("F1");
    offer.mutable_agent_id()->set_value("A1");
    offer.set_hostname("localhost");
    offer.mutable_url()->set_scheme("http");
    offer.mutable_url()->mutable_address()->set_ip(endpoint().address.to_string());
    offer.mutable_url()->mutable_address()->set_port(endpoint().port);
    for (const auto& [name, amount] : {std::pair("cpus", offered_cpus), std::pair("mem", 1024.0)}) {
      mesos::v1::Resource& resource = *offer.add_resources();
      resource.set_name(name);
      resource.set_type(mesos::v1::Value::SCALAR);
      resource.mutable_scalar()->set_value(amount);
    }
    send(offers);
  }

  void launch(const mesos::v1::TaskInfo& task) {
    task_id_ = task.task_id().value();
    state = R"({"frameworks":[{"id":"F1","executors":[{"id":")" + task_id_ + R"(","directory":"/sandbox"}]}]})";
    update(mesos::v1::TASK_RUNNING, "");
    if (ends_by_itself) update(end_state, end_message);
  }

  void update(mesos::v1::TaskState to, const std::string& message) {
    Event event;
    event.set_type(Event::UPDATE);
    mesos::v1::TaskStatus& status = *event.mutable_update()->mutable_status();
    status.mutable_task_id()->set_value(task_id_);
    status.mutable_agent_id()->set_value("A1");
    status.set_state(to);
    status.set_message(message);
    status.set_uuid("0123456789abcdef");
    send(event);
  }

  std::mutex mutex_;
  std::vector<std::string> calls_;
  std::string task_id_;
  std::shared_ptr<http::Stream> stream_;
  net::Loop loop_{1};
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::cli
