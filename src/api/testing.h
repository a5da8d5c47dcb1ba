// Fakes around the read endpoints: ports that hold a snapshot, a connection that catches the answer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "proto/forward.h"

namespace stoa::api::testing {

class CaughtExchange final : public http::Exchange {
 public:
  explicit CaughtExchange(std::promise<http::Response>& answer) : answer_(answer) {}
  void respond(http::Response response) override {
    if (response.shared_body) response.body = *response.shared_body;
    answer_.set_value(std::move(response));
  }
  std::shared_ptr<http::Stream> stream(http::Response) override { return nullptr; }
  void upgrade(std::string, http::Headers, std::function<void(std::shared_ptr<http::Channel>)>) override {}

 private:
  std::promise<http::Response>& answer_;
};

class FakeMaster final : public MasterPort {
 public:
  bool recovered() const override { return recovered_now; }
  void subscribe(std::shared_ptr<EventStream>, master::Subscribe) override {}
  void call(master::SchedulerCall, std::function<void(Result<>)>) override {}
  void command(master::OperatorCommand command, std::function<void(Result<>)> done) override {
    commands.push_back(std::move(command));
    done(outcome);
  }
  void snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) override {
    done(std::make_shared<const master::Snapshot>(state));
  }

  void explain(allocator::ExplainQuestion question, std::function<void(const allocator::Explained&)> done) override {
    asked = std::move(question);
    done(explained);
  }
  void plan(FrameworkId, allocator::Demand demand, std::function<void(const allocator::Plan&)> done) override {
    demanded = std::move(demand);
    done(planned);
  }

  allocator::ExplainQuestion asked;
  allocator::Explained explained;
  allocator::Demand demanded;
  allocator::Plan planned;
  bool recovered_now = true;
  master::Snapshot state;
  std::vector<master::OperatorCommand> commands;
  Result<> outcome;  // Of every command.
};

class FakeAgent final : public AgentPort {
 public:
  bool recovered() const override { return recovered_now; }
  void subscribe(agent::ExecutorSubscribe, StreamAnswer) override {}
  void call(agent::ExecutorCall, std::function<void(Result<>)>) override {}
  void snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)> done) override {
    done(std::make_shared<const agent::Snapshot>(state));
  }

  bool recovered_now = true;
  agent::Snapshot state;
};

class FakeMeter final : public ports::ContainerMeter {
 public:
  void sample(SampleFunction done) override { done(std::make_shared<const ports::UsageSample>(usage)); }
  std::map<std::string, std::uint64_t> disk_used(const std::vector<std::string>& directories) override {
    asked = directories;
    return sizes;
  }

  ports::UsageSample usage;
  std::map<std::string, std::uint64_t> sizes;
  std::vector<std::string> asked;
};

inline ReadingContext context(net::Loop& loop) {
  ReadingContext context;
  context.loop = &loop;
  context.flags = {{"cluster", "blue"}, {"port", "5050"}, {"work_dir", "/w"}};
  context.version.product = "0.1.0";
  context.version.build_date = "2026-01-02 03:04:05";
  context.version.build_time = 1.5;
  context.version.build_user = "ci";
  context.start_time = 1000.5;
  context.elected_time = [] { return 1001.5; };
  context.hostname = "m1";
  context.port = 5050;
  context.pid = "slave(1)@10.0.0.7:5051";
  return context;
}

// Gives a request to the handler that the router finds, and waits for its answer.
inline http::Response ask(const http::Router& router, const std::string& method, const std::string& target,
                          http::Headers headers = {}, std::string body = {}) {
  const std::size_t mark = target.find('?');
  auto found = router.find(method, target.substr(0, mark));
  if (auto* refusal = std::get_if<http::Response>(&found)) return *refusal;
  const auto& match = std::get<http::Router::Match>(found);
  http::Request request;
  request.method = method == "HEAD" && match.route->methods.has("GET") ? "GET" : method;
  request.path = match.path;
  request.target = target;
  if (mark != std::string::npos) request.query = net::parse_query(target.substr(mark + 1)).value();
  request.headers = std::move(headers);
  request.body = std::move(body);
  std::promise<http::Response> answer;
  auto future = answer.get_future();
  match.route->handler(std::move(request), http::Responder(std::make_shared<CaughtExchange>(answer)));
  return future.get();
}

inline http::Router router(const char* prefix) {
  http::RouterOptions options;
  options.component_prefix = prefix;
  options.exempt_from_prefix = {"/metrics", "/files", "/version", "/logging", "/help", "/system"};
  return http::Router(std::move(options));
}

// Made in messages_for_test.cpp. A task of framework F-0000 on agent M-S0 with cpus, mem and a port of role `web`, and
// with one status if `timestamp` is not 0.
using ResourceList = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;
void add_scalar(ResourceList& resources, const char* name, double value, const char* role = nullptr);
void add_ports(ResourceList& resources, std::uint64_t begin, std::uint64_t end, const char* role = nullptr);
mesos::v1::Task task(const std::string& id, mesos::v1::TaskState state, double timestamp = 0);
std::shared_ptr<const mesos::v1::Task> shared(mesos::v1::Task task);

}  // namespace stoa::api::testing
