#include "containers/posix/posix_meter.h"

#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

using namespace std::chrono_literals;

class Meter : public testing::RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    begin({});
  }
  void begin(Duration sample_age_max) {
    auto started = PosixMeter::start(
        {.runtime_directory = options().runtime_directory, .sample_age_max = sample_age_max, .disk_age_max = 1h});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    meter_ = *std::move(started);
  }
  std::shared_ptr<const ports::UsageSample> sample() {
    std::promise<std::shared_ptr<const ports::UsageSample>> answer;
    meter_->sample([&](std::shared_ptr<const ports::UsageSample> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  // Waits for the background.
  std::uint64_t size_of(const std::string& path) {
    for (;;) {
      if (const auto sizes = meter_->disk_used({path}); !sizes.empty()) return sizes.at(path);
      std::this_thread::yield();
    }
  }

  std::unique_ptr<PosixMeter> meter_;
};

// AGT-149
TEST_F(Meter, AContainersWholeTreeIsMeasured) {
  const testing::Signpost ready(directory_.path() + "/ready");
  // Half a second of work in a child that ends, then two processes that wait.
  ASSERT_TRUE(launch(shell("c", "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; sleep 1000 & echo > " +
                                    ready.path() + "; wait")));
  ASSERT_TRUE(launch(shell("c.nested", "sleep 1000")));
  ready.read();
  const auto shown = sample();
  ASSERT_TRUE(shown->containers.contains(ContainerId("c")));
  const ports::ContainerUsage& usage = shown->containers.at(ContainerId("c"));
  EXPECT_GE(usage.processes, 3U);
  EXPECT_GE(usage.threads, 3U);
  EXPECT_GT(usage.user_seconds, 0);
  EXPECT_GT(usage.memory_bytes, 100'000U);
  EXPECT_GT(shown->time, 1.7e9);
  const ports::ContainerUsage& nested = shown->containers.at(ContainerId("c.nested"));
  EXPECT_LT(nested.processes, usage.processes);
}

// AGT-146
TEST_F(Meter, WhatCannotBeMeasuredIsLeftOutAlone) {
  ASSERT_TRUE(launch(shell("good", "sleep 1000")));
  std::filesystem::create_directories(runtime_path("torn"));
  std::ofstream(runtime_path("torn") + "/pid") << "rubbish";
  const auto shown = sample();
  EXPECT_TRUE(shown->containers.contains(ContainerId("good")));
  EXPECT_FALSE(shown->containers.contains(ContainerId("torn")));
  std::filesystem::remove_all(runtime_path("torn"));
}

// AGT-147 V0-107
TEST_F(Meter, OneSampleIsSharedByAllWhoAskWithinItsTime) {
  begin(1h);
  const auto first = sample();
  EXPECT_EQ(sample(), first);
  begin(0s);
  const auto fresh = sample();
  EXPECT_NE(sample(), fresh);
}

// V0-107
TEST_F(Meter, TimesOfAContainerOutliveTheAgent) {
  const testing::Signpost ready(directory_.path() + "/ready");
  ASSERT_TRUE(launch(shell(
      "c", "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo > " + ready.path() + "; exec sleep 1000")));
  ready.read();
  const double before = sample()->containers.at(ContainerId("c")).user_seconds;
  EXPECT_GT(before, 0);
  begin(0s);
  EXPECT_GE(sample()->containers.at(ContainerId("c")).user_seconds, before);
}

TEST_F(Meter, ADirectoryIsMeasuredInTheBackgroundWithoutFollowingLinks) {
  const std::string path = directory_.path() + "/data";
  std::filesystem::create_directories(path + "/below");
  std::filesystem::create_directories(directory_.path() + "/elsewhere");
  std::ofstream(directory_.path() + "/elsewhere/big") << std::string(1 << 20, 'x') << std::flush;
  std::ofstream(path + "/below/file") << std::string(64 << 10, 'x') << std::flush;
  std::filesystem::create_hard_link(path + "/below/file", path + "/again");
  std::filesystem::create_directory_symlink(directory_.path() + "/elsewhere", path + "/link");
  const std::uint64_t bytes = size_of(path);
  EXPECT_GE(bytes, 64U << 10);
  EXPECT_LT(bytes, 128U << 10);
  EXPECT_TRUE(meter_->disk_used({directory_.path() + "/none"}).empty());
}

}  // namespace
}  // namespace stoa::containers
