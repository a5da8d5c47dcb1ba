// What every backend must give, run against each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "base/random.h"
#include "base/times_count.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "store/testing.h"
#include "store/zookeeper_store.h"
#include "store/zookeeper_testing.h"

namespace stoa::store {
namespace {

using testing::commit;
using testing::erase;
using testing::load;
using testing::put;
using testing::record;
using Records = std::vector<ports::Record>;

struct Backend {
  std::string name;
  std::function<std::unique_ptr<ports::RecordStore>(const std::string& directory)> open;
};

std::unique_ptr<ports::RecordStore> open_sqlite(const std::string& directory) {
  auto store = SqliteStore::open({.path = directory + "/registry.db"});
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return store ? *std::move(store) : nullptr;
}

// One server for all tests of this process; each has a registry of its own there.
std::unique_ptr<ports::RecordStore> open_zookeeper(const std::string& directory) {
  if (!testing::ZooKeeperServer::is_available()) return nullptr;
  static testing::ZooKeeperServer server;
  auto store = ZooKeeperStore::open({.url = server.url(), .root = "/tests" + directory, .member = {}});
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return store ? *std::move(store) : nullptr;
}

class StoreTest : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (store_ == nullptr) GTEST_SKIP() << "Debian's zookeeper is not installed";
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<ports::RecordStore> store_ = GetParam().open(directory_.path());
};

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest,
                         ::testing::Values(Backend{"Memory",
                                                   [](const auto&) { return std::make_unique<MemoryStore>(); }},
                                           Backend{"Sqlite", open_sqlite}, Backend{"ZooKeeper", open_zookeeper}),
                         [](const auto& info) { return info.param.name; });

// HA-064
TEST_P(StoreTest, ANewStoreIsEmpty) { EXPECT_EQ(load(*store_), Records{}); }

// HA-063 HA-064
TEST_P(StoreTest, ReadsSeeEveryAcknowledgedChangeInTheOrderOfKeys) {
  ASSERT_TRUE(commit(*store_, {put("b", "1", "x"), put("a", "2", "y"), put("a", "1", "")}).get());
  ASSERT_TRUE(commit(*store_, {put("b", "1", "z"), erase("a", "2"), erase("none", "at all")}).get());
  EXPECT_EQ(load(*store_), (Records{record("a", "1", ""), record("b", "1", "z")}));
}

// HA-064
TEST_P(StoreTest, KeysAndBytesMayHoldAnything) {
  const std::string all("\0\xff'\"\n", 5);
  ASSERT_TRUE(commit(*store_, {put("kind", all, all), put("kind", "", "empty id")}).get());
  EXPECT_EQ(load(*store_), (Records{record("kind", "", "empty id"), record("kind", all, all)}));
}

// HA-052 HA-064
TEST_P(StoreTest, BatchesAreAppliedAndAnsweredInTheOrderOfTheCalls) {
  std::vector<int> order;
  std::promise<void> last;
  for (int i = 0; i < 1000; ++i) {
    store_->apply({put("counter", "only", std::to_string(i))}, [&order, &last, i](Result<> result) {
      EXPECT_TRUE(result);
      order.push_back(i);
      if (i == 999) last.set_value();
    });
  }
  last.get_future().get();
  EXPECT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(load(*store_), Records{record("counter", "only", "999")});
}

// HA-052
TEST_P(StoreTest, AnEmptyBatchSucceeds) { EXPECT_TRUE(commit(*store_, {}).get()); }

// HA-064
TEST_P(StoreTest, AfterAFailureBeforeTheWriteNothingIsThereAndNothingMoreIsTaken) {
  FaultyStore faulty(*store_);
  ASSERT_TRUE(commit(faulty, {put("a", "1", "x")}).get());
  faulty.inject(FaultyStore::Fault::fail_before_write);
  EXPECT_EQ(commit(faulty, {put("a", "2", "x"), erase("a", "1")}).get().error().code, Code::unavailable);
  EXPECT_EQ(commit(faulty, {put("a", "3", "x")}).get().error().code, Code::unavailable);
  EXPECT_EQ(load(faulty), Records{record("a", "1", "x")});
}

// HA-064 HA-063
TEST_P(StoreTest, AfterAFailureBetweenWriteAndAnswerTheTruthIsLearntByReading) {
  FaultyStore faulty(*store_);
  faulty.inject(FaultyStore::Fault::fail_after_write);
  EXPECT_FALSE(commit(faulty, {put("a", "1", "x"), put("a", "2", "x")}).get());
  EXPECT_FALSE(commit(faulty, {put("a", "3", "x")}).get());
  EXPECT_EQ(load(faulty), (Records{record("a", "1", "x"), record("a", "2", "x")}));
}

// HA-064
TEST_P(StoreTest, DelayedAnswersComeInOrder) {
  FaultyStore faulty(*store_);
  faulty.inject(FaultyStore::Fault::delay_answer);
  std::vector<std::future<Result<>>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(commit(faulty, {put("a", std::to_string(i), "x")}));
  ASSERT_TRUE(commit(*store_, {}).get());  // All three are durable by now.
  EXPECT_EQ(load(faulty).size(), 3u);
  for (auto& answer : answers) EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  faulty.release();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
}

// HA-063 HA-064: against a deliberately dumb model.
TEST_P(StoreTest, HoldsWhatAMapWouldHold) {
  Random random(7);
  std::map<ports::RecordKey, std::string> model;
  std::vector<std::future<Result<>>> answers;
  for (int i = 0; i < 300; ++i) {
    std::vector<ports::RecordChange> batch;
    for (std::uint64_t n = random.below(5); n > 0; --n) {
      const ports::RecordKey key{.kind = "k" + std::to_string(random.below(3)), .id = std::to_string(random.below(20))};
      if (random.chance(0.3)) {
        batch.push_back({.key = key, .bytes = std::nullopt});
        model.erase(key);
      } else {
        batch.push_back({.key = key, .bytes = std::string(random.below(3000), 'x')});
        model[key] = *batch.back().bytes;
      }
    }
    answers.push_back(commit(*store_, std::move(batch)));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get());
  Records expected;
  for (const auto& [key, bytes] : model) expected.push_back({.key = key, .bytes = bytes});
  EXPECT_EQ(load(*store_), expected);
}

// HA-063
TEST_P(StoreTest, AThousandAdmissionsASecondAreSustained) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::vector<std::future<Result<>>> answers;
  for (int i = 0; i < 5000; ++i) {
    answers.push_back(commit(*store_, {put("agent", std::to_string(i), std::string(2000, 'a'))}));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get());
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  RecordProperty("admissions_per_second", static_cast<int>(5000 / seconds.count()));
  if (times_count) EXPECT_LT(seconds.count(), 5.0);
}

// HA-063
TEST_P(StoreTest, OneSmallBatchTakesTenMillisecondsAtTheMedian) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::chrono::microseconds> times;
  for (int i = 0; i < 101; ++i) {
    const Clock::time_point begin = Clock::now();
    ASSERT_TRUE(commit(*store_, {put("agent", std::to_string(i), std::string(2000, 'a'))}).get());
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  }
  std::ranges::sort(times);
  RecordProperty("p50_us", static_cast<int>(times[50].count()));
  RecordProperty("p99_us", static_cast<int>(times[99].count()));
  if (times_count) EXPECT_LE(times[50].count(), 10'000);
}

}  // namespace
}  // namespace stoa::store
