#include "fetcher/cache_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace stoa::fetcher {
namespace {

using Entries = std::vector<EntryNumber>;

EntryNumber add(CacheIndex& index, const std::string& key, std::uint64_t bytes) {
  const auto reserved = index.reserve(key, bytes);
  EXPECT_TRUE(reserved);
  index.complete(reserved->entry, {.bytes = bytes});
  EXPECT_FALSE(index.release(reserved->entry));
  return reserved->entry;
}

// AGT-118
TEST(CacheIndex, AnEntryIsFoundOnceItIsComplete) {
  CacheIndex index(100);
  const auto reserved = index.reserve("a", 40);
  ASSERT_TRUE(reserved);
  EXPECT_EQ(index.hold("a"), std::nullopt);
  EXPECT_EQ(index.bytes_used(), 40u);
  index.complete(reserved->entry, {.tag = "x", .bytes = 40});
  EXPECT_EQ(index.hold("a"), reserved->entry);
  EXPECT_EQ(index.hold("b"), std::nullopt);
}

// AGT-118
TEST(CacheIndex, NoRoomIsReservedForNothingOrForTooMuch) {
  CacheIndex index(100);
  EXPECT_FALSE(index.reserve("a", 0));
  EXPECT_FALSE(index.reserve("a", 101));
  EXPECT_FALSE(index.reserve("a", ~std::uint64_t{0}));
  EXPECT_TRUE(index.reserve("a", 100));
  EXPECT_FALSE(CacheIndex(0).reserve("a", 1));
}

// AGT-119
TEST(CacheIndex, TheLeastRecentlyUsedGoesFirstAndNeverOneInUse) {
  CacheIndex index(100);
  const EntryNumber a = add(index, "a", 30);
  const EntryNumber b = add(index, "b", 30);
  const EntryNumber c = add(index, "c", 30);
  ASSERT_EQ(index.hold("a"), a);
  EXPECT_FALSE(index.release(a));
  ASSERT_EQ(index.hold("c"), c);
  const auto reserved = index.reserve("d", 40);
  ASSERT_TRUE(reserved);
  EXPECT_EQ(reserved->evicted, (Entries{b}));
  EXPECT_FALSE(index.reserve("e", 50)) << "c and d are in use";
  EXPECT_EQ(index.hold("a"), a) << "nothing is evicted in vain";
}

// AGT-119
TEST(CacheIndex, AFailedDownloadLeavesNoEntry) {
  CacheIndex index(100);
  const auto reserved = index.reserve("a", 40);
  EXPECT_TRUE(index.release(reserved->entry));
  EXPECT_EQ(index.bytes_used(), 0u);
  EXPECT_EQ(index.size(), 0u);
}

// AGT-119
TEST(CacheIndex, ANewVersionReplacesTheOldOneWhichItsUsersKeep) {
  CacheIndex index(100);
  const EntryNumber old = add(index, "a", 30);
  ASSERT_EQ(index.hold("a"), old);
  const auto reserved = index.reserve("a", 20);
  ASSERT_TRUE(reserved);
  EXPECT_TRUE(reserved->evicted.empty());
  index.complete(reserved->entry, {.bytes = 20});
  EXPECT_FALSE(index.release(reserved->entry));
  EXPECT_EQ(index.hold("a"), reserved->entry);
  EXPECT_EQ(index.bytes_used(), 50u);
  EXPECT_TRUE(index.release(old));
  EXPECT_EQ(index.bytes_used(), 20u);
}

// AGT-118 AGT-119
TEST(CacheIndex, NeverOutgrowsItsSizeNorLosesWhatIsHeld) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    CacheIndex index(1'000);
    Entries held;
    Entries incomplete;
    for (int step = 0; step < 2'000; ++step) {
      const std::string key(1, static_cast<char>('a' + random.below(8)));
      const auto choice = random.below(4);
      if (choice == 0) {
        if (const auto reserved = index.reserve(key, 1 + random.below(400))) {
          for (const EntryNumber evicted : reserved->evicted) {
            ASSERT_EQ(std::ranges::find(held, evicted), held.end());
            ASSERT_EQ(std::ranges::find(incomplete, evicted), incomplete.end());
          }
          incomplete.push_back(reserved->entry);
        }
      } else if (choice == 1 && !incomplete.empty()) {
        const EntryNumber entry = incomplete.back();
        incomplete.pop_back();
        index.complete(entry, {.bytes = index.bytes(entry)});
        held.push_back(entry);
      } else if (choice == 2) {
        if (const auto entry = index.hold(key)) held.push_back(*entry);
      } else if (!held.empty()) {
        const auto at = held.begin() + static_cast<std::ptrdiff_t>(random.below(held.size()));
        (void)index.release(*at);
        held.erase(at);
      }
      std::uint64_t in_use = 0;
      for (Entries all : {held, incomplete}) {
        std::ranges::sort(all);
        all.erase(std::unique(all.begin(), all.end()), all.end());
        for (const EntryNumber entry : all) in_use += index.bytes(entry);
      }
      ASSERT_LE(in_use, index.bytes_used());
      ASSERT_LE(index.bytes_used(), index.bytes_max());
    }
    for (const EntryNumber entry : held) (void)index.release(entry);
    for (const EntryNumber entry : incomplete) (void)index.release(entry);
    ASSERT_TRUE(index.reserve("z", 1'000)) << "all can go when nobody holds anything";
  }
}

}  // namespace
}  // namespace stoa::fetcher
