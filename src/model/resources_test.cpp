#include "model/resources.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/times_count.h"
#include "model/testing.h"

namespace stoa::model {
namespace {

using testing::dynamic_reservation;
using testing::reserved;
using testing::resource;
using testing::resources;
using testing::revocable;
using testing::shared;
using testing::volume;
using testing::with_source;

constexpr auto path = Disk::Source::Type::path;
constexpr auto mount = Disk::Source::Type::mount;

Labels labels(std::vector<Label> list) { return {std::move(list)}; }

TEST(Resource, IsSmall) { EXPECT_LE(sizeof(Resource), 80U); }

// RES-010 RES-041 HTTP-158
TEST(Resources, ScalarsAddAndSubtractInThousandths) {
  EXPECT_EQ(resources("cpus:0.1") + resources("cpus:0.2"), resources("cpus:0.3"));
  EXPECT_EQ((resources("cpus:1") - resources("cpus:0.3334")).to_text(), "cpus:0.667");
}

// RES-031 RES-042 RES-099 RES-032
TEST(Resources, OnlyEqualReservationsBecomeOneMember) {
  const Resource plain = resource("cpus:1");
  const Resource ads = reserved(plain, dynamic_reservation("ads"));
  const Resource labelled = reserved(plain, dynamic_reservation("ads", {}, labels({{"a", "1"}})));
  const Resource owned = reserved(plain, dynamic_reservation("ads", "ops"));
  Resources all{plain, ads};
  EXPECT_EQ(all.size(), 2U);
  all += {labelled};
  EXPECT_EQ(all.size(), 3U);
  all -= Resources{labelled};
  EXPECT_EQ(all.size(), 2U);
  all += {owned, ads};
  EXPECT_EQ(all.to_text(), "cpus:1; cpus(reservations: [(DYNAMIC,ads)]):2; cpus(reservations: [(DYNAMIC,ads,ops)]):1");
}

// RES-034
TEST(Resources, LabelsCompareAsMultisets) {
  const auto with = [](std::vector<Label> list) {
    return reserved(resource("cpus:1"), dynamic_reservation("ads", {}, labels(std::move(list))));
  };
  EXPECT_EQ(with({{"a", "1"}, {"b", {}}}), with({{"b", {}}, {"a", "1"}}));
  EXPECT_FALSE(with({{"a", "1"}, {"a", "1"}, {"b", "1"}}) == with({{"a", "1"}, {"b", "1"}, {"b", "1"}}));
  EXPECT_FALSE(with({{"a", ""}}) == with({{"a", {}}}));
  EXPECT_FALSE(with({}) == reserved(resource("cpus:1"), dynamic_reservation("ads")));
}

// RES-022 RES-043
TEST(Resources, RangesSplitAndJoin) {
  const Resources rest = resources("ports:[1-10]") - resources("ports:[5-5]");
  EXPECT_EQ(rest.to_text(), "ports:[1-4, 6-10]");
  EXPECT_TRUE(rest.contains(resources("ports:[6-7]")));
  EXPECT_FALSE(rest.contains(resources("ports:[4-6]")));
  EXPECT_EQ(resources("ports:[1-10]") - resources("ports:[4-6]"), resources("ports:[1-3,7-10]"));
  EXPECT_EQ(rest + resources("ports:[5-5]"), resources("ports:[1-10]"));
}

// RES-044
TEST(Resources, PathDisksOfOneRootAddUp) {
  const Resource one = with_source(resource("disk:100"), path, "/d1");
  const Resource same = with_source(resource("disk:50"), path, "/d1");
  const Resource other = with_source(resource("disk:50"), path, "/d2");
  EXPECT_EQ((Resources{one, same}).to_text(), "disk[PATH:/d1]:150");
  EXPECT_EQ((Resources{one, other}).size(), 2U);
}

// RES-032 RES-035 RES-038
TEST(Resources, MountDisksAreWholeOrNothing) {
  const Resource whole = with_source(resource("disk:1000"), mount, "/m1");
  Resources two{whole, whole};
  EXPECT_EQ(two.size(), 2U);
  EXPECT_FALSE(Resources{whole}.contains(with_source(resource("disk:500"), mount, "/m1")));
  EXPECT_FALSE(Resources{whole}.contains(two));
  two -= Resources{whole};
  EXPECT_EQ(two, Resources{whole});
  two -= Resources{whole};
  EXPECT_TRUE(two.empty());
}

// RES-033
TEST(Resources, VolumePathAndPrincipalAreNotIdentity) {
  const Resource disk = reserved(resource("disk:64"), dynamic_reservation("ads"));
  const Resource here = volume(disk, "id1", "data");
  Identity identity = volume(disk, "id1", "/elsewhere").identity();
  identity.disk->persistence->principal = "ops";
  identity.disk->volume->read_only = true;
  const Resource there = disk.with_identity(identity);
  EXPECT_EQ(here, there);
  EXPECT_TRUE((Resources{here} - Resources{there}).empty());
  EXPECT_FALSE(here == volume(disk, "id2", "data"));
  EXPECT_FALSE(here == volume(with_source(disk, path, "/d"), "id1", "data"));
}

// RES-035 RES-037
TEST(Resources, PersistentVolumesNeverMergeAndMatchOnce) {
  const Resource held = volume(reserved(resource("disk:64"), dynamic_reservation("ads")), "id1");
  const Resources twice{held, held};
  EXPECT_EQ(twice.size(), 2U);
  EXPECT_FALSE(Resources{held}.contains(twice));
  EXPECT_TRUE(twice.contains(twice));
  EXPECT_FALSE(Resources{held}.contains(held.with_value(Scalar::from_whole(32))));
}

// RES-045 RES-053
TEST(Resources, SharedVolumesAreCountedNotSummed) {
  const Resource held = shared(volume(reserved(resource("disk:64"), dynamic_reservation("ads")), "id1"));
  Resources pool{held, held, held};
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(pool.begin()->count, 3U);
  EXPECT_EQ(pool.quantities().get("disk"), Scalar::from_whole(64));
  pool -= Resources{held};
  EXPECT_EQ(pool.begin()->count, 2U);
  EXPECT_FALSE(pool.contains(Resources{held, held, held}));
  pool -= Resources{held, held};
  EXPECT_TRUE(pool.empty());
}

// RES-030 HTTP-163
TEST(Resources, EmptyOnesVanish) {
  EXPECT_TRUE(resources("cpus:0;ports:[];bugs:{}").empty());
  EXPECT_EQ(resources("cpus:2") + resources("cpus:0"), resources("cpus:2"));
  EXPECT_TRUE((resources("cpus:2;bugs:{a}") - resources("cpus:2;bugs:{a}")).empty());
  EXPECT_TRUE(Resources().contains(resource("cpus:1").with_value(Scalar())));
}

// RES-036
TEST(Resources, WhatIsNotContainedCannotBeSubtracted) {
  Resources pool = resources("cpus:2;mem:100");
  const auto refused = pool.subtract(resources("mem:50;cpus:3"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.contains("does not contain"));
  EXPECT_EQ(pool, resources("cpus:2;mem:100"));
  EXPECT_DEATH(pool -= resources("cpus:3"), "does not contain");
}

// ALC-176
TEST(Resources, FlooredSubtractionTakesWhatThereIs) {
  Resources pool = resources("cpus:2;mem:100;ports:[1-10]");
  pool.subtract_floored(resources("cpus:3;mem:40;ports:[5-20];disk:1"));
  EXPECT_EQ(pool, resources("mem:60;ports:[1-4]"));
}

// RES-032
TEST(Resources, AllocationRevocableAndProviderKeepApart) {
  const Resource plain = resource("cpus:1");
  Identity provided;
  provided.provider_id = "p1";
  const Resources all{plain, plain.with_allocation_role("a"), plain.with_allocation_role("b"), revocable(plain),
                      plain.with_identity(provided)};
  EXPECT_EQ(all.size(), 5U);
  EXPECT_EQ((all + all).size(), 5U);
  EXPECT_FALSE(Resources{plain}.contains(plain.with_allocation_role("a")));
}

// HTTP-176
TEST(Resources, AnyDifferenceInIdentityKeepsTwoResourcesApart) {
  const Resource plain = resource("disk:8");
  const Resource held = reserved(plain, dynamic_reservation("ads", "ops", labels({{"a", "1"}})));
  Identity provided;
  provided.provider_id = "p1";
  const Resource apart[] = {plain,
                            resource("mem:8"),
                            resource("disk:[8-8]"),
                            plain.with_identity(provided),
                            plain.with_allocation_role("a"),
                            plain.with_allocation_role("b"),
                            held,
                            reserved(plain, dynamic_reservation("ads", "ops")),
                            reserved(plain, dynamic_reservation("ads", "dev", labels({{"a", "1"}}))),
                            reserved(plain, dynamic_reservation("ads/x", "ops", labels({{"a", "1"}}))),
                            reserved(held, dynamic_reservation("ads/x")),
                            with_source(plain, path, "/d1"),
                            with_source(plain, path, "/d2"),
                            revocable(plain)};
  for (const Resource& one : apart) {
    for (const Resource& other : apart) {
      EXPECT_EQ((Resources{one, other}).size(), &one == &other ? 1U : 2U)
          << Resources{one}.to_text() << " and " << Resources{other}.to_text();
    }
  }
  for (const Resource& never : {volume(held, "id1"), with_source(plain, mount, "/m1")}) {
    EXPECT_EQ((Resources{never, never}).size(), 2U);
  }
  EXPECT_EQ((Resources{volume(held, "id1"), shared(volume(held, "id1"))}).size(), 2U);
}

// RES-031
TEST(Resources, EqualityIgnoresTheOrderOfMembers) {
  EXPECT_EQ(resources("cpus:1;mem:2;ports:[1-2]"), resources("ports:[1-2];mem:2;cpus:1"));
  EXPECT_FALSE(resources("cpus:1;mem:2") == resources("cpus:1"));
}

// RES-092 ALC-050
TEST(Resources, UsableAreTheUnreservedOnesAndThoseOfTheRoleAndItsAncestors) {
  const Resources all = resources("cpus:1;cpus(eng):2;cpus(eng/db):3;cpus(engine):4");
  EXPECT_EQ(all.usable_by("eng/db"), resources("cpus:1;cpus(eng):2;cpus(eng/db):3"));
  EXPECT_EQ(all.usable_by("eng"), resources("cpus:1;cpus(eng):2"));
  EXPECT_EQ(all.usable_by("*"), resources("cpus:1"));
  EXPECT_EQ(all.reserved_to("eng"), resources("cpus(eng):2"));
  EXPECT_EQ(all.unreserved(), resources("cpus:1"));
}

// RES-150 RES-153
TEST(Resources, AllocationRoleIsGivenAndTakenForAll) {
  const Resources pool = resources("cpus:1;mem(ads):2");
  const Resources offered = pool.with_allocation_role("ads");
  EXPECT_EQ(offered.to_text(), "cpus(allocated: ads):1; mem(allocated: ads)(reservations: [(STATIC,ads)]):2");
  EXPECT_EQ(offered.allocation_role(), Symbol("ads"));
  EXPECT_EQ(offered.without_allocation_role(), pool);
  const Resources mixed = resources("cpus:1").with_allocation_role("a") + resources("cpus:1").with_allocation_role("b");
  EXPECT_EQ(mixed.without_allocation_role(), resources("cpus:2"));
  EXPECT_EQ(mixed.allocation_role().error().message,
            "The resources have multiple allocation roles ('a' and 'b') but only one allocation role is allowed");
}

// RES-040
TEST(Resources, TextShowsEveryMark) {
  EXPECT_EQ(Resources().to_text(), "{}");
  EXPECT_EQ(resources("cpus:2;mem:512;ports:[31010-31010,31000-31005];bugs:{b,a}").to_text(),
            "cpus:2; mem:512; ports:[31000-31005, 31010-31010]; bugs:{a, b}");
  const Resource disk = reserved(reserved(resource("disk(eng):10"), dynamic_reservation("eng/db", "p", {})),
                                 dynamic_reservation("eng/db/x", {}, labels({{"k", "v"}})));
  const Resource full = shared(volume(with_source(disk, mount, "/m"), "id1", "path"));
  EXPECT_EQ(full.with_allocation_role("eng/db/x").to_text(),
            "disk(allocated: eng/db/x)(reservations: [(STATIC,eng),(DYNAMIC,eng/db,p),(DYNAMIC,eng/db/x,{k: v})])"
            "[MOUNT:/m,id1:path]<SHARED>:10");
  EXPECT_EQ(revocable(resource("cpus:1")).to_text(), "cpus{REV}:1");
}

// RES-102
TEST(Resources, StrippedOfConversionsTheyAreAsDetected) {
  const Resource root = reserved(resource("disk(eng):10"), dynamic_reservation("eng/db"));
  const Resources converted{
      shared(volume(root, "id1")), reserved(resource("cpus:2"), dynamic_reservation("ads")),
      volume(with_source(reserved(resource("disk:5"), dynamic_reservation("a")), path, "/d"), "v")};
  EXPECT_EQ(converted.stripped_of_conversions(),
            (Resources{resource("disk(eng):10"), resource("cpus:2"), with_source(resource("disk:5"), path, "/d")}));
}

// RES-141
TEST(Resources, RevocableAndOtherOfOneNameDoNotMix) {
  const Resources mixed{resource("cpus:1"), revocable(resource("cpus:1"))};
  EXPECT_EQ(check_revocable_not_mixed(mixed).error().message,
            "Cannot use both revocable and non-revocable 'cpus' at the same time");
  EXPECT_TRUE(check_revocable_not_mixed({resource("mem:1"), revocable(resource("cpus:1"))}).has_value());
}

// The shortest of several runs: other work on the machine only ever adds time.
template <typename Function>
std::chrono::nanoseconds shortest(Function function) {
  auto best = std::chrono::nanoseconds::max();
  for (int run = 0; run < 10; ++run) {
    const auto start = std::chrono::steady_clock::now();
    function();
    best = std::min(best, std::chrono::nanoseconds(std::chrono::steady_clock::now() - start));
  }
  return best;
}

// RES-181
TEST(Ranges, TenThousandFragmentsTakeLessThanTwoMilliseconds) {
  std::vector<Range> even;
  std::vector<Range> odd;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    even.push_back({i * 4, i * 4});
    odd.push_back({i * 4 + 2, i * 4 + 2});
  }
  Ranges pool = *Ranges::disjoint(even);
  const Ranges more = *Ranges::disjoint(odd);
  const auto time = shortest([&] {
    pool += more;
    EXPECT_TRUE(pool.contains(more));
    pool -= more;
  });
  if (times_count) EXPECT_LT(time, std::chrono::milliseconds(2));
  EXPECT_EQ(pool, *Ranges::disjoint(even));
}

TEST(Resources, OneOfThousandsOfReservationsIsFoundInLessThanFiveMilliseconds) {
  Resources pool;
  for (int i = 0; i < 6'400; ++i) {
    pool.add(reserved(resource("cpus:1"), dynamic_reservation("role" + std::to_string(i))));
  }
  const Resources last{reserved(resource("cpus:1"), dynamic_reservation("role6399"))};
  const auto time = shortest([&] {
    pool -= last;
    pool += last;
  });
  if (times_count) EXPECT_LT(time, std::chrono::milliseconds(5));
  EXPECT_EQ(pool.size(), 6'400U);
}

}  // namespace
}  // namespace stoa::model
