#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>

#include "base/times_count.h"
#include "store/schema.h"
#include "store/testing.h"

namespace stoa::store {
namespace {

using testing::commit;
using testing::load;
using testing::put;
using testing::record;
using Records = std::vector<ports::Record>;

class SqliteStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> open() { return SqliteStore::open({.path = path_}); }
  std::unique_ptr<SqliteStore> opened() {
    auto store = open();
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }
  Database database() { return *Database::open(path_); }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/registry.db";
};

// HA-060 HA-063
TEST_F(SqliteStoreTest, WhatWasAcknowledgedIsThereInTheNextLife) {
  ASSERT_TRUE(commit(*opened(), {put("agent", "a", "1")}).get());
  EXPECT_EQ(load(*opened()), Records{record("agent", "a", "1")});
}

TEST_F(SqliteStoreTest, WhatIsQueuedAtTheEndIsWrittenAndAnswered) {
  std::future<Result<>> answer;
  {
    const auto store = opened();
    for (int i = 0; i < 100; ++i) answer = commit(*store, {put("agent", std::to_string(i), "1")});
  }
  EXPECT_TRUE(answer.get());
  EXPECT_EQ(load(*opened()).size(), 100u);
}

// HA-060
TEST_F(SqliteStoreTest, WritesAheadAndSynchronisesEveryCommit) {
  Database file = database();
  ASSERT_TRUE(configure(file));
  EXPECT_EQ(*file.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(*file.integer("PRAGMA synchronous"), 2);  // FULL
}

TEST_F(SqliteStoreTest, TheFileIsItsOwnersAlone) {
  const auto store = opened();
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

// A process that writes batches of three equal records, one after the other and many at once, and tells through a pipe
// which were acknowledged, until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, int acknowledged) {
  auto store = SqliteStore::open({.path = path});
  if (!store) ::_exit(1);
  for (int i = 1;; ++i) {
    const std::string value = std::to_string(i);
    (*store)->apply({put("a", "x", value), put("b", "y", value), put("c", value, value)},
                    [acknowledged, i](Result<> done) {
                      if (done && ::write(acknowledged, &i, sizeof i) != sizeof i) ::_exit(1);
                    });
    if (i % 50 == 0) commit(**store, {}).wait();
  }
}

// HA-063 HA-060 HA-064 AGT-077
TEST_F(SqliteStoreTest, AKillAtAnyMomentLosesNothingAcknowledgedAndSplitsNoBatch) {
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t writer = ::fork();
    if (writer == 0) write_until_killed(path_, pipe[1]);
    ::close(pipe[1]);
    int acknowledged = 0;
    for (int n = 0; n < 20 + 37 * round; ++n) {
      if (::read(pipe[0], &acknowledged, sizeof acknowledged) != sizeof acknowledged) break;
    }
    ::kill(writer, SIGKILL);
    while (::read(pipe[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(pipe[0]);
    ASSERT_EQ(::waitpid(writer, nullptr, 0), writer);
    ASSERT_GT(acknowledged, 0);

    std::map<std::string, std::string> latest;
    int last = 0;
    for (const ports::Record& found : load(*opened())) {
      latest[found.key.kind] = found.bytes;
      if (found.key.kind == "c") last = std::max(last, std::stoi(found.bytes));
    }
    EXPECT_GE(std::stoi(latest["a"]), acknowledged);
    EXPECT_EQ(latest["a"], latest["b"]);
    EXPECT_GE(last, std::stoi(latest["a"]));
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
  }
}

// HA-060 AGT-078
TEST_F(SqliteStoreTest, ASecondOwnerOfTheDirectoryIsRefusedWithThePidOfTheFirst) {
  const auto store = opened();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), (Error{Code::failed_precondition, "work directory '" + directory_.path() +
                                                                  "' is in use by pid " + std::to_string(::getpid())}));
}

// It was killed while it started a program, which has its files open for a moment.
TEST_F(SqliteStoreTest, AChildOfADeadOwnerHoldsNobodyUpForLong) {
  const pid_t owner = ::fork();
  if (owner == 0) {
    const auto store = open();
    if (::fork() == 0) {
      ::usleep(300'000);
      ::_exit(0);
    }
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  const auto next = open();
  EXPECT_TRUE(next) << next.error().message;
}

// HA-060
TEST_F(SqliteStoreTest, ALockOfADeadOwnerHoldsNobodyUp) {
  const pid_t owner = ::fork();
  if (owner == 0) {
    const auto store = open();
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  EXPECT_TRUE(open());
}

// HA-060
TEST_F(SqliteStoreTest, ANewerSchemaIsRefused) {
  opened().reset();
  ASSERT_TRUE(database().run("PRAGMA user_version = 99"));
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::failed_precondition);
  EXPECT_TRUE(store.error().message.contains(path_) && store.error().message.contains("99")) << store.error().message;
}

TEST_F(SqliteStoreTest, AFileOfAnotherProgramIsRefusedUntouched) {
  ASSERT_TRUE(database().run("CREATE TABLE bookmarks (url)"));
  EXPECT_EQ(open().error().code, Code::failed_precondition);
  EXPECT_EQ(*database().integer("SELECT count(*) FROM sqlite_schema"), 1);
}

// HA-060
TEST_F(SqliteStoreTest, AnOlderSchemaIsMigratedInOneTransactionAfterACopyAside) {
  ASSERT_TRUE(commit(*opened(), {put("agent", "a", "1")}).get());
  const std::array<Migration, 2> newer{migrations()[0], Migration{"ALTER TABLE records ADD COLUMN epoch INTEGER"}};
  {
    Database file = database();
    ASSERT_TRUE(migrate(file, path_, newer));
    EXPECT_EQ(*file.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(*file.integer("SELECT count(*) FROM records WHERE epoch IS NULL"), 1);
  }
  Database aside = *Database::open(path_ + ".v1");
  EXPECT_EQ(*aside.integer("PRAGMA user_version"), 1);
  EXPECT_EQ(*aside.integer("SELECT count(*) FROM records"), 1);
}

// HA-060
TEST_F(SqliteStoreTest, AMigrationThatFailsChangesNothing) {
  opened().reset();
  const std::array<Migration, 3> broken{migrations()[0], Migration{"CREATE TABLE extra (x)"}, Migration{"no SQL"}};
  {
    Database file = database();
    EXPECT_FALSE(migrate(file, path_, broken));
  }
  EXPECT_EQ(*database().integer("PRAGMA user_version"), 1);
  EXPECT_EQ(*database().integer("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
}

// HA-061
TEST_F(SqliteStoreTest, ACorruptFileIsRefusedNamingItAndTheLastGoodCopy) {
  {
    const auto store = opened();
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(commit(*store, {put("a", std::to_string(i), std::string(2000, 'x'))}).get());
    ASSERT_TRUE(make_copy(path_, 24));
  }
  const std::string copy = *make_copy(path_, 24);
  {
    std::fstream file(path_);
    file.seekp(4096);
    file << std::string(40'000, '\x5a');
  }
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::malformed);
  EXPECT_TRUE(store.error().message.contains("'" + path_ + "' is corrupt")) << store.error().message;
  EXPECT_TRUE(store.error().message.contains("'" + copy + "'")) << store.error().message;
  std::filesystem::rename(copy, path_);
  std::filesystem::remove(path_ + "-wal");
  EXPECT_EQ(load(*opened()).size(), 100u);
}

// HA-061
TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsRefusedAndKept) {
  std::ofstream(path_) << std::string(5000, 'n');
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::malformed);
  EXPECT_EQ(std::filesystem::file_size(path_), 5000u);
}

// HA-061 AGT-087
TEST_F(SqliteStoreTest, AnEmptyFileIsANewClusterUnlessCopiesProveOtherwise) {
  std::ofstream(path_).flush();
  opened().reset();
  ASSERT_TRUE(make_copy(path_, 24));
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(open().error().code, Code::malformed);
}

// HA-062
TEST_F(SqliteStoreTest, CopiesAreMadeWhileWritesGoOnAndTheLastOnesAreKept) {
  const auto store = opened();
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(commit(*store, {put("a", std::to_string(i), "x")}).get());
    made.push_back(*make_copy(path_, 3));
  }
  EXPECT_EQ(list_copies(path_), (std::vector<std::string>{made[2], made[3], made[4]}));
  EXPECT_EQ(*Database::open(made[4])->integer("SELECT count(*) FROM records"), 5);
}

// HA-063
TEST_F(SqliteStoreTest, AHundredThousandAgentsLoadInFiveSeconds) {
  {
    const auto store = opened();
    std::future<Result<>> last;
    for (int i = 0; i < 100; ++i) {
      std::vector<ports::RecordChange> batch;
      for (int n = 0; n < 1000; ++n)
        batch.push_back(put("agent", std::to_string(i * 1000 + n), std::string(2000, 'a')));
      last = commit(*store, std::move(batch));
    }
    ASSERT_TRUE(last.get());
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(load(*opened()).size(), 100'000u);  // The check of the file included.
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", static_cast<int>(seconds.count() * 1000));
  if (times_count) EXPECT_LE(seconds.count(), 5.0);
}

}  // namespace
}  // namespace stoa::store
