#include "model/flat_sums.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"
#include "model/v0_resources.h"

namespace stoa::model {
namespace {

using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

FlatObject flat(const FlatSums& sums) {
  FlatObject object;
  for (std::size_t i = 0; i < FlatSums::always.size(); ++i) object.emplace_back(FlatSums::always[i], sums.amount(i));
  for (auto& [name, value] : sums.further()) object.emplace_back(name, value);
  return object;
}

Messages messages(const Resources& resources) {
  Messages list;
  resources.to_messages(WireForm::endpoint_form, list);
  return list;
}

// V0-020 V0-021
TEST(FlatSums, OfMessagesAreThoseOfTheirResources) {
  const Resources all =
      testing::resources("cpus:0.1;cpus(ads):0.2;mem:512;ports:[31008-31008,31000-31005];bugs:{b,a};x:1") +
      Resources{testing::revocable(testing::resource("cpus:4"))};
  EXPECT_EQ(flat(FlatSums(messages(all))), flat_resources(all));
  const FlatObject expected{{"cpus", 0.3},
                            {"gpus", 0.0},
                            {"mem", 512.0},
                            {"disk", 0.0},
                            {"bugs", "{a, b}"},
                            {"cpus_revocable", 4.0},
                            {"ports", "[31000-31005, 31008-31008]"},
                            {"x", 1.0}};
  EXPECT_EQ(flat(FlatSums(messages(all))), expected);
}

TEST(FlatSums, WhatIsNoResourceIsLeftOut) {
  Messages list = messages(testing::resources("cpus:1;mem:2;x:3"));
  list.Mutable(0)->mutable_scalar()->set_value(-1);
  list.Mutable(1)->set_name("");
  list.Mutable(2)->mutable_ranges();
  auto& nothing = *list.Add();
  nothing = list.Get(0);
  nothing.set_name("nothing");
  nothing.mutable_scalar()->set_value(0);
  EXPECT_EQ(flat(FlatSums(list)), flat_resources({}));
}

TEST(FlatSums, OfAmountsOfDifferentKindsThoseOfTheFirstCount) {
  FlatSums sums(testing::resources("x:1"));
  sums.add(testing::resources("x:[1-2]"));
  sums.add(testing::resources("cpus:[1-2]"));
  sums.add(testing::resources("x:2"));
  EXPECT_EQ(flat(sums), flat_resources(testing::resources("x:3")));
}

// V0-021
TEST(FlatSums, ASharedVolumeCountsOnceHoweverManyHoldIt) {
  const auto volume = [](const char* id) {
    return testing::shared(
        testing::volume(testing::reserved(testing::resource("disk:100"), testing::dynamic_reservation("ads")), id));
  };
  FlatSums first(Resources{volume("a"), testing::resource("disk:1")});
  FlatSums second(messages(Resources{volume("a"), volume("b")}));
  EXPECT_EQ(second.amount(3), 200);
  first.add(second);
  first.add(first.amount(3) == 201 ? second : FlatSums());
  EXPECT_EQ(first.amount(3), 201);
  const Resources all = Resources{volume("a"), testing::resource("disk:1")} + Resources{volume("a"), volume("b")};
  EXPECT_EQ(flat(first), flat_resources(all));
}

TEST(FlatSums, OfManyListsAreThoseOfTheSumOfTheirResources) {
  const char* const kinds[] = {"cpus:0.1", "mem:3.7",      "disk(ads):5", "gpus:1", "ports:[1-3]", "ports:[2-9,20-30]",
                               "x:0.25",   "ports:[5-25]", "s:{a,b}",     "s:{c}",  "cpus(a/b):2", "y:1"};
  Random random(7);
  for (int round = 0; round < 100; ++round) {
    FlatSums sums;
    FlatSums from_messages;
    Resources all;
    for (std::uint64_t list = random.below(6); list > 0; --list) {
      Resources part;
      for (std::uint64_t i = random.below(8); i > 0; --i) {
        Resource one = testing::resource(kinds[random.below(std::size(kinds))]);
        if (random.below(4) == 0) one = testing::revocable(one);
        if (random.below(2) == 0) one.set_allocation_role("r" + std::to_string(random.below(3)));
        part.add(one);
      }
      all += part;
      sums.add(part);
      from_messages.add(FlatSums(messages(part)));
    }
    EXPECT_EQ(flat(sums), flat_resources(all));
    EXPECT_EQ(flat(from_messages), flat_resources(all));
  }
}

}  // namespace
}  // namespace stoa::model
