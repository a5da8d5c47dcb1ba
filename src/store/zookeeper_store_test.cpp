// What only the registry in ZooKeeper has: epochs, shards, chunks, and what others may leave there.
#include "store/zookeeper_store.h"

#include <gtest/gtest.h>

#include "store/testing.h"
#include "store/zookeeper_testing.h"

namespace stoa::store {
namespace {

using testing::commit;
using testing::erase;
using testing::load;
using testing::put;
using testing::record;
using zookeeper::Operation;
using zookeeper::Readers;
using zookeeper::Session;
using Type = Operation::Type;
using Records = std::vector<ports::Record>;
using namespace std::chrono_literals;

class ZooKeeperStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::ZooKeeperServer::is_available()) GTEST_SKIP() << "Debian's zookeeper is not installed";
    server = std::make_unique<testing::ZooKeeperServer>();
    other = std::make_unique<ZooKeeperConnection>(server->url(), 10s);
  }

  Result<std::unique_ptr<ZooKeeperStore>> open(const std::string& member = {}) {
    return ZooKeeperStore::open({.url = server->url(), .root = root, .member = member, .fetch_timeout = 20s});
  }
  // Somebody else's changes.
  void change(Operation operation) {
    const Result<> done = other->once<void>(net::now() + 10s, [&](Session& session, Session::Done<void> answer) {
      session.transact({std::move(operation)}, Readers::world, std::move(answer));
    });
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string content(const std::string& path) {
    const auto node = other->once<zookeeper::Node>(
        net::now() + 10s,
        [&](Session& session, Session::Done<zookeeper::Node> done) { session.get(path, std::move(done)); });
    return node ? node->bytes : node.error().message;
  }
  std::vector<std::string> names(const std::string& path) {
    using Names = std::optional<std::vector<std::string>>;
    auto found = other->once<Names>(net::now() + 10s, [&](Session& session, Session::Done<Names> done) {
      session.children(path, false, std::move(done));
    });
    std::vector<std::string> result = found && *found ? **found : std::vector<std::string>();
    std::ranges::sort(result);
    return result;
  }
  std::string complaint() {
    auto store = open();
    if (!store) return store.error().message;
    const auto records = (*store)->load_all();
    return records ? "" : records.error().message;
  }

  const std::string root = "/stoa/log_replicas/registry";
  std::unique_ptr<testing::ZooKeeperServer> server;
  std::unique_ptr<ZooKeeperConnection> other;
};

// HA-070 HA-025
TEST_F(ZooKeeperStoreTest, LiesWhereItIsDocumented) {
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  load(**store);
  ASSERT_TRUE(commit(**store, {put("agent", "a1", "bytes"), put("meta", "leader", "x")}).get());
  EXPECT_EQ(names("/stoa"), std::vector<std::string>{"log_replicas"});
  EXPECT_EQ(content(root + "/format"), R"({"version":1,"shards":256})");
  EXPECT_EQ(content(root + "/epoch"), "1");
  // sha256("a1") begins with f5.
  EXPECT_EQ(content(root + "/agents/" + shard_of("a1") + "/a1"), "bytes");
  EXPECT_EQ(shard_of(""), "e3");
  const auto head = read_head(content(root + "/docs/meta"));
  ASSERT_TRUE(head);
  EXPECT_EQ((std::pair{head->generation, head->chunks}), (std::pair<std::uint64_t, std::uint64_t>{1, 1}));
  EXPECT_EQ(sha256_hex(content(root + "/docs/meta.1.0")), head->sha256);
}

// HA-074 HA-063 HA-141
TEST_F(ZooKeeperStoreTest, AnOlderLeaderWritesNothingMore) {
  auto first = open();
  ASSERT_TRUE(first);
  load(**first);
  ASSERT_TRUE(commit(**first, {put("agent", "a", "1")}).get());
  auto second = open();
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->epoch(), (*first)->epoch() + 1);
  const Result<> refused = commit(**first, {put("agent", "a", "2"), put("meta", "m", "2")}).get();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("epoch"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(commit(**first, {put("agent", "b", "2")}).get());
  EXPECT_EQ(load(**second), Records{record("agent", "a", "1")});
  ASSERT_TRUE(commit(**second, {put("agent", "a", "3")}).get());
}

// HA-074
TEST_F(ZooKeeperStoreTest, WhoseZnodeHasGoneRaisesNoEpoch) {
  ASSERT_TRUE(open());
  const auto refused = open("/stoa/json.info_0000000007");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_EQ(content(root + "/epoch"), "1");
  change({Type::create, "/stoa/json.info_0000000007", "x"});
  EXPECT_TRUE(open("/stoa/json.info_0000000007"));
}

// HA-071 HA-072
TEST_F(ZooKeeperStoreTest, LargeDocumentsLieInChunksAndOldChunksGo) {
  auto store = open();
  ASSERT_TRUE(store);
  load(**store);
  const std::string large(700 << 10, 'x');
  ASSERT_TRUE(commit(**store, {put("framework", "f", large), put("agent", "a", "1")}).get());
  EXPECT_EQ(names(root + "/docs"),
            (std::vector<std::string>{"framework", "framework.1.0", "framework.1.1", "framework.1.2"}));
  ASSERT_TRUE(commit(**store, {put("framework", "g", "small")}).get());
  ASSERT_TRUE(commit(**store, {erase("framework", "f")}).get());
  EXPECT_EQ(names(root + "/docs"), (std::vector<std::string>{"framework", "framework.3.0"}));
  auto next = open();
  EXPECT_EQ(load(**next), (Records{record("agent", "a", "1"), record("framework", "g", "small")}));
}

// HA-071 HA-073
TEST_F(ZooKeeperStoreTest, ManyChangesAreSplitAndOneThatIsTooLargeIsRefused) {
  auto store = open();
  ASSERT_TRUE(store);
  load(**store);
  std::vector<std::future<Result<>>> answers;
  Records expected;
  for (int i = 100; i < 160; ++i) {
    answers.push_back(commit(**store, {put("agent", std::to_string(i), std::string(100'000, 'a'))}));
    expected.push_back(record("agent", std::to_string(i), std::string(100'000, 'a')));
  }
  for (auto& answer : answers) {
    const Result<> done = answer.get();
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(load(**store), expected);
  EXPECT_EQ(commit(**store, {put("agent", "x", std::string(600'000, 'a'))}).get().error().code,
            Code::resource_exhausted);
}

// HA-072
TEST_F(ZooKeeperStoreTest, ManyRecordsOfOneDocumentAreOneChange) {
  auto store = open();
  ASSERT_TRUE(store);
  load(**store);
  std::vector<ports::RecordChange> changes;
  Records expected;
  for (int i = 1000; i < 2000; ++i) {
    changes.push_back(put("weight", std::to_string(i), "w"));
    expected.push_back(record("weight", std::to_string(i), "w"));
  }
  const Result<> done = commit(**store, changes).get();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(load(**store), expected);
}

// HA-072
TEST_F(ZooKeeperStoreTest, ChunksWithoutAHeadAreRemovedAtRecovery) {
  ASSERT_TRUE(open());
  change({Type::create, root + "/docs/framework.7.0", "left over"});
  EXPECT_EQ(complaint(), "");
  EXPECT_EQ(names(root + "/docs"), std::vector<std::string>{});
}

// HA-185
TEST_F(ZooKeeperStoreTest, WhatIsNotAsWrittenIsRefusedByName) {
  {
    auto store = open();
    ASSERT_TRUE(store);
    load(**store);
    ASSERT_TRUE(commit(**store, {put("agent", "a", "1"), put("meta", "leader", "x")}).get());
  }
  const auto refuses = [&](const std::string& path) {
    const std::string text = complaint();
    EXPECT_NE(text.find(path), std::string::npos) << path << ": " << text;
  };
  const std::string chunk = root + "/docs/meta.1.0";
  const std::string bytes = content(chunk);
  change({Type::set, chunk, "other"});
  refuses(root + "/docs/meta");
  change({Type::remove, chunk});
  refuses(chunk);
  change({Type::create, chunk, bytes});
  EXPECT_EQ(complaint(), "");
  change({Type::create, root + "/docs/strange", "{}"});
  refuses(root + "/docs/strange");
  change({Type::remove, root + "/docs/strange"});
  const std::string wrong = std::string(root) + "/agents/" + (shard_of("b") == "00" ? "01" : "00");
  change({Type::create, wrong});
  change({Type::create, wrong + "/b", "1"});
  refuses(wrong + "/b");
  change({Type::remove, wrong + "/b"});
  change({Type::create, root + "/agents/zz"});
  refuses(root + "/agents/zz");
  change({Type::remove, root + "/agents/zz"});
  change({Type::create, root + "/foreign"});
  refuses(root + "/foreign");
  change({Type::remove, root + "/foreign"});
  change({Type::set, root + "/epoch", "many"});
  refuses(root + "/epoch");
  change({Type::set, root + "/epoch", "77"});
  EXPECT_EQ((*open())->epoch(), 78);
  change({Type::set, root + "/format", R"({"version":2,"shards":256})"});
  refuses(root + "/format");
}

// HA-075 HA-166
TEST_F(ZooKeeperStoreTest, AWriteOutlastsAServerThatGoesAndComesBack) {
  auto store = open();
  ASSERT_TRUE(store);
  load(**store);
  ASSERT_TRUE(commit(**store, {put("agent", "a", "0")}).get());
  std::vector<std::future<Result<>>> answers;
  std::thread restarts([&] {
    for (int i = 0; i < 2; ++i) {
      server->stop();
      server->start();
      std::this_thread::sleep_for(500ms);
    }
  });
  for (int i = 1; i <= 200; ++i) {
    answers.push_back(commit(**store, {put("agent", "a", std::to_string(i)), put("meta", "m", std::to_string(i))}));
    std::this_thread::sleep_for(20ms);
  }
  restarts.join();
  for (auto& answer : answers) {
    const Result<> done = answer.get();
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(load(*(*open())), (Records{record("agent", "a", "200"), record("meta", "m", "200")}));
}

// How long it takes is the server's affair: it is recorded, not judged.
TEST_F(ZooKeeperStoreTest, MoreAgentsThanRequestsOnTheirWayAreLoaded) {
  auto store = open();
  ASSERT_TRUE(store);
  load(**store);
  std::vector<std::future<Result<>>> answers;
  for (int i = 0; i < 5'000; ++i) {
    answers.push_back(commit(**store, {put("agent", std::to_string(i), std::string(2000, 'a'))}));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get());
  auto next = open();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(load(**next).size(), 5'000U);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  RecordProperty("load_ms", static_cast<int>(seconds.count() * 1000));
}

}  // namespace
}  // namespace stoa::store
