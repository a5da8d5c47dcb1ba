#include "daemon/watched_containers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stoa::daemon {
namespace {

using Strings = std::vector<std::string>;

// Keeps every question until the test answers it.
class SlowRuntime final : public ports::ContainerRuntime {
 public:
  void on_exit(ExitFunction report) override { exited = std::move(report); }
  void prepare_sandbox(ports::SandboxSpec, PreparedFunction done) override { prepared = std::move(done); }
  void launch(ports::ContainerSpec, LaunchedFunction done) override { launched = std::move(done); }
  void release_volumes(ports::SandboxPath, std::vector<ports::SandboxVolume>) override {}
  void resize(const ContainerId&, ports::ContainerSize, DoneFunction done) override { resized = std::move(done); }
  void exec(const ContainerId&, ports::ContainerSpec, ExecutedFunction) override {}
  void signal(const ContainerId&, int) override {}
  void destroy(const ContainerId&) override { ++destroys; }
  void remove(const ContainerId&) override {}
  void recover(std::vector<ContainerId>, RecoveredFunction done) override { recovered = std::move(done); }

  ExitFunction exited;
  PreparedFunction prepared;
  LaunchedFunction launched;
  DoneFunction resized;
  RecoveredFunction recovered;
  int destroys = 0;
};

class WatchedContainers : public ::testing::Test {
 protected:
  WatchedContainers() {
    auto inner = std::make_unique<SlowRuntime>();
    slow_ = inner.get();
    runtime_ = std::make_unique<WatchedRuntime>(std::move(inner), pending_);
    runtime_->on_exit([this](const ports::ContainerExit& exit) { exits_.push_back(exit.id.value); });
  }
  Strings pending() {
    Strings result;
    for (const auto& each : pending_.all(TimePoint())) result.push_back(each.operation + " " + each.container);
    return result;
  }
  void launch(const char* id) {
    ports::ContainerSpec spec;
    spec.id = ContainerId(id);
    runtime_->launch(std::move(spec), [this](const Result<ports::LaunchedContainer>&) { ++answers_; });
  }

  PendingOperations pending_;
  SlowRuntime* slow_ = nullptr;
  std::unique_ptr<WatchedRuntime> runtime_;
  Strings exits_;
  int answers_ = 0;
};

// AGT-258
TEST_F(WatchedContainers, WhatIsAskedIsPendingUntilItIsAnswered) {
  runtime_->prepare_sandbox({.path = {"runs", "C1"}, .user = {}, .link = {}, .volumes = {}},
                            [](Result<std::string>) {});
  launch("C1");
  runtime_->resize(ContainerId("C1"), {}, [](Result<>) {});
  EXPECT_EQ(pending(), (Strings{"prepare_sandbox C1", "launch C1", "resize C1"}));
  slow_->launched(ports::LaunchedContainer{7});
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(pending(), (Strings{"prepare_sandbox C1", "resize C1"}));
  slow_->prepared(std::string("/w"));
  slow_->resized({});
  EXPECT_EQ(pending(), Strings());
}

// AGT-258
TEST_F(WatchedContainers, ADestructionIsPendingUntilTheContainerIsGone) {
  launch("C1");
  slow_->launched(ports::LaunchedContainer{7});
  runtime_->destroy(ContainerId("C1"));
  runtime_->destroy(ContainerId("C1"));
  runtime_->destroy(ContainerId("unknown"));
  EXPECT_EQ(slow_->destroys, 3);
  EXPECT_EQ(pending(), Strings{"destroy C1"});
  slow_->exited({.id = ContainerId("C1")});
  EXPECT_EQ(exits_, Strings{"C1"});
  EXPECT_EQ(pending(), Strings());
  launch("C2");
  runtime_->destroy(ContainerId("C2"));
  slow_->launched(fail(Code::failed_precondition, "Container destroyed during isolating"));
  EXPECT_EQ(pending(), Strings());
}

// AGT-258
TEST_F(WatchedContainers, WhatAnEarlierLifeLeftIsWatchedToo) {
  runtime_->recover({ContainerId("C1")}, [](const Result<std::vector<ports::RecoveredContainer>>&) {});
  EXPECT_EQ(pending(), Strings{"recover "});
  slow_->recovered(std::vector{ports::RecoveredContainer{
      .id = ContainerId("C1"), .state = ports::RecoveredContainer::State::running, .pid = 7}});
  runtime_->destroy(ContainerId("C1"));
  EXPECT_EQ(pending(), Strings{"destroy C1"});
}

class SlowFetcher final : public ports::Fetcher {
 public:
  void fetch(ports::FetchSpec, std::function<void(Result<>)> done) override { fetched = std::move(done); }
  void cancel(const ContainerId&) override {}
  ports::FetchCounts counts() const override { return {}; }

  std::function<void(Result<>)> fetched;
};

// AGT-258
TEST_F(WatchedContainers, AFetchIsPendingUntilItEnds) {
  SlowFetcher slow;
  WatchedFetcher fetcher(slow, pending_);
  ports::FetchSpec spec;
  spec.container = ContainerId("C1");
  fetcher.fetch(std::move(spec), [](Result<>) {});
  EXPECT_EQ(pending(), Strings{"fetch C1"});
  slow.fetched({});
  EXPECT_EQ(pending(), Strings());
}

}  // namespace
}  // namespace stoa::daemon
