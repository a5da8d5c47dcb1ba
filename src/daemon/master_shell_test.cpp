#include "daemon/master_shell.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"

namespace stoa::daemon {
namespace {

using mesos::v1::scheduler::Call;

// The sending end of a stream: what was sent, and whether it has ended.
class Wire final : public http::Stream {
 public:
  bool send(std::string data) override {
    const std::lock_guard lock(mutex_);
    bytes_ += data;
    changed_.notify_all();
    return true;
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  void abort() override { close(); }
  void on_closed(std::function<void()>) override {}
  std::size_t buffered() const override { return 0; }

  // Waits for at most 20 s.
  bool closes() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return closed_; });
  }
  // The framework's id, once it is told.
  std::string subscribed() {
    constexpr std::string_view mark = R"("framework_id":{"value":")";
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return bytes_.find(mark) != std::string::npos; });
    const auto begin = bytes_.find(mark);
    if (begin == std::string::npos) return {};
    return bytes_.substr(begin + mark.size(), bytes_.find('"', begin + mark.size()) - begin - mark.size());
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;
  bool closed_ = false;
};

// HTTP-061 HA-040 HA-041
TEST(MasterShell, WhoCanNoLongerLeadEndsEveryStreamAndServesNobody) {
  net::Loop loop(1);
  master::Config config;
  auto info = std::make_shared<mesos::v1::MasterInfo>();
  info->set_id("M");
  info->set_ip(0);
  config.info = info;
  MasterShell* shell_pointer = nullptr;
  MasterShell shell(config, {.fail = [&](const std::string&) { shell_pointer->end_streams(); }, .acts_until = {}});
  shell_pointer = &shell;
  store::MemoryStore memory;  // Calls the shell back from a thread of its own: it goes first.
  store::FaultyStore store(memory);
  ASSERT_TRUE(shell.start(store, 0));

  auto call = std::make_shared<Call>();
  call->set_type(Call::SUBSCRIBE);
  auto& framework = *call->mutable_subscribe()->mutable_framework_info();
  framework.set_user("u");
  framework.set_name("f");
  auto first = std::make_shared<Wire>();
  shell.subscribe(std::make_shared<api::EventStream>(loop, first, codec::MediaType::json), {{}, "s", call, {}});
  const std::string id = first->subscribed();
  ASSERT_FALSE(id.empty());
  EXPECT_TRUE(shell.recovered());

  store.inject(store::FaultyStore::Fault::fail_before_write);
  shell.command(master::Teardown{{}, FrameworkId(id)}, [](const Result<>&) {});
  EXPECT_TRUE(first->closes());
  EXPECT_FALSE(shell.recovered());
  auto late = std::make_shared<Wire>();
  shell.subscribe(std::make_shared<api::EventStream>(loop, late, codec::MediaType::json), {{}, "t", call, {}});
  EXPECT_TRUE(late->closes());
  shell.finish();
}

// HA-043 HA-152
TEST(MasterShell, WhatIsToBeDoneWithoutAFreshAnswerWaitsForOne) {
  net::Loop loop(1);
  std::atomic<TimePoint> acts_until = net::now() - std::chrono::hours(1);
  mesos::v1::MasterInfo info;
  info.set_id("M");
  info.set_ip(0);
  info.set_port(5050);
  master::Config config;
  config.info = std::make_shared<const mesos::v1::MasterInfo>(info);
  MasterShell shell(config, {.fail = [](const std::string&) {}, .acts_until = [&] { return acts_until.load(); }});
  store::MemoryStore store;  // Calls the shell back from a thread of its own: it goes first.
  ASSERT_TRUE(shell.start(store, 1));
  std::promise<Result<>> answer;
  std::future<Result<>> answered = answer.get_future();
  shell.command(master::Teardown{{}, FrameworkId("nobody")}, [&](const Result<>& done) { answer.set_value(done); });
  const auto comes_within = [&](auto time) { return answered.wait_for(time) == std::future_status::ready; };
  EXPECT_FALSE(comes_within(std::chrono::milliseconds(200)));
  shell.resume();  // Nothing is newer: it goes on waiting.
  EXPECT_FALSE(comes_within(std::chrono::milliseconds(100)));
  acts_until = net::now() + std::chrono::hours(1);
  shell.resume();
  EXPECT_TRUE(comes_within(std::chrono::seconds(20)));
  shell.finish();
}

}  // namespace
}  // namespace stoa::daemon
