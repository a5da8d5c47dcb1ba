// SchedulerBench: the scheduler endpoint in front of a real master core, without sockets, disks or a running clock.
//
// Requests are values and so are their answers. The core runs on the thread of the test and every write is durable at
// once; only events go by way of the loop, as they do in a daemon, and the bench waits for them before it hands
// anything back. So a test sees exactly what a client would see, and never waits for time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/scheduler.h"
#include "http/responder.h"
#include "master/master.h"
#include "net/loop.h"

namespace stoa::api::testing {

// A stream that keeps what it was given, one string per HTTP chunk.
class SentStream final : public http::Stream {
 public:
  bool send(std::string data) override;
  void close() override;
  void abort() override { close(); }
  void on_closed(std::function<void()> callback) override;
  std::size_t buffered() const override { return 0; }

  std::vector<std::string> chunks() const;
  bool closed() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> chunks_;
  bool closed_ = false;
  std::function<void()> on_closed_;
};

// One answer: the head alone if there is a stream.
struct Answer {
  http::Response response;
  std::shared_ptr<SentStream> stream;

  int status() const { return response.status; }
  const std::string& body() const { return response.body; }
  // Empty if the header is absent.
  std::string header(std::string_view name) const;
};

// A master core with a clock that stands still and a store that never fails.
class LiveMaster : public MasterPort {
 public:
  explicit LiveMaster(master::Config config) : core_(std::move(config), 1) {}

  bool recovered() const override { return core_.recovered(); }
  void subscribe(std::shared_ptr<EventStream> stream, master::Subscribe event) override;
  void call(master::SchedulerCall event, std::function<void(Result<>)> done) override;
  void command(master::OperatorCommand command, std::function<void(Result<>)> done) override;
  void snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) override;
  void explain(allocator::ExplainQuestion question, std::function<void(const allocator::Explained&)> done) override {
    done(core_.explain(question, now_));
  }
  void plan(FrameworkId framework, allocator::Demand demand,
            std::function<void(const allocator::Plan&)> done) override {
    done(core_.plan(framework, demand));
  }

  void step(const master::Event& event);
  void advance(Duration duration);

  // Calls as authenticated by this principal; none: as they come.
  std::optional<std::string> principal;
  // What agents were sent, over all links.
  std::vector<std::shared_ptr<const link::ToAgent>> to_agents;
  master::Snapshot seen() const { return core_.snapshot(); }
  int calls = 0;  // That reached the core, subscriptions included.

 private:
  void carry_out(const master::Effect& effect, std::vector<master::Event>& caused);

  master::Master core_;
  Now now_{TimePoint(std::chrono::hours(1)), 1'700'000'000};
  unsigned long long next_number_ = 1;
  std::map<StreamNumber, std::shared_ptr<EventStream>> streams_;
  std::map<ReplyNumber, std::function<void(Result<>)>> replies_;
};

// A subscription as its client knows it.
struct Subscription {
  Answer answer;
  std::string framework_id;
  std::string stream_id;
  // The events so far, decoded as the answer's header says. A chunk that is not exactly one record fails the test.
  std::vector<mesos::v1::scheduler::Event> events() const;
  // Their types, with the task for updates: "UPDATE t1 TASK_ERROR".
  std::vector<std::string> lines() const;
};

extern const char* const subscribe_body;  // A framework of role "eng", as JSON.
extern const std::string master_id;

class SchedulerBench {
 public:
  enum class Start { recovered, recovering };
  explicit SchedulerBench(Start start = Start::recovered);

  Answer send(http::Request request);
  // A POST of JSON without further headers.
  Answer post(std::string body) { return post({{"Content-Type", "application/json"}}, std::move(body)); }
  Answer post(http::Headers headers, std::string body);
  Subscription subscribe(std::string body = subscribe_body, http::Headers headers = {});
  // As the client of the subscription. In the text, `$F`, `$O` and `$A` stand for the framework, its newest offer and
  // the first agent.
  Answer call(const Subscription& subscription, std::string_view json);
  Answer call_protobuf(const Subscription& subscription, const mesos::v1::scheduler::Call& call);
  std::string filled_in(const Subscription& subscription, std::string_view json) const;

  // Registers an agent with these resources, in the simple form.
  void add_agent(std::string_view resources = "cpus:4;mem:1024;disk:1024");
  // Long enough for an allocation.
  void round();
  // Waits until every event is on its stream.
  void settle();

  net::Loop loop{1};
  LiveMaster master;
  SchedulerApi api{loop, master};
  std::string agent_id;
};

// The message that the JSON means.
mesos::v1::scheduler::Call call_of(std::string_view json);

}  // namespace stoa::api::testing
