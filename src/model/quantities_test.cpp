#include "model/quantities.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "model/task_state.h"
#include "model/testing.h"
#include "model/v0_resources.h"

namespace stoa::model {
namespace {

Quantities quantities(std::string_view text) { return *Quantities::parse(text); }
Limits limits(std::string_view text) { return *Limits::parse(text); }
std::string refusal(std::string_view text) {
  const auto result = Quantities::parse(text);
  return result.has_value() ? "accepted" : result.error().message;
}

// RES-050
TEST(Quantities, AbsentIsZeroAndZeroIsAbsent) {
  EXPECT_EQ(quantities("cpus:0;mem:5"), quantities("mem:5"));
  EXPECT_EQ(quantities("cpus:1;mem:5") - quantities("cpus:2;mem:1;disk:9"), quantities("mem:4"));
  EXPECT_EQ(quantities("cpus:1") + quantities("mem:5;cpus:0.5"), quantities("cpus:1.5;mem:5"));
  EXPECT_TRUE(quantities("cpus:1;mem:5").contains(quantities("cpus:1")));
  EXPECT_FALSE(quantities("cpus:1").contains(quantities("cpus:1;mem:1")));
  EXPECT_TRUE(quantities("cpus:1").contains({}));
}

// RES-050
TEST(Quantities, EveryKindHasAQuantity) {
  EXPECT_EQ(testing::resources("cpus:1.5;ports:[1-4,9-9];bugs:{a,b,c};cpus(ads):1").quantities(),
            quantities("bugs:3;cpus:2.5;ports:5"));
  EXPECT_EQ(testing::resources("cpus:1.5;ports:[1-4];bugs:{a}").scalar_quantities(), quantities("cpus:1.5"));
}

// RES-051
TEST(Limits, AbsentIsUnlimitedAndZeroIsNone) {
  EXPECT_TRUE(limits("cpus:1").contains(quantities("cpus:1;mem:1000000")));
  EXPECT_FALSE(limits("cpus:1;mem:0").contains(quantities("mem:0.001")));
  EXPECT_TRUE(limits("cpus:1;mem:0").contains(quantities("cpus:1")));
  Limits rest = limits("cpus:1;mem:5");
  rest -= quantities("cpus:2;mem:1;disk:3");
  EXPECT_EQ(rest, limits("cpus:0;mem:4"));
}

// RES-052
TEST(Quantities, TextForm) {
  EXPECT_EQ(quantities(" cpus : 1 ; mem: 3 2 ").to_text(), "cpus:1;mem:32");
  EXPECT_EQ(quantities("cpus:1;cpus:2"), quantities("cpus:3"));
  EXPECT_TRUE(refusal("cpus").contains("missing or extra ':'"));
  EXPECT_TRUE(refusal("cpus:1:2").contains("missing or extra ':'"));
  EXPECT_TRUE(refusal("ports:[1-2]").contains("only scalar values are allowed"));
  EXPECT_TRUE(refusal("bugs:{a}").contains("only scalar values are allowed"));
  EXPECT_TRUE(refusal("cpus:many").contains("only scalar values are allowed"));
  EXPECT_TRUE(refusal("cpus:-1").contains("negative values are not allowed"));
  EXPECT_TRUE(Limits::parse("cpus:1;cpus:2").error().message.contains("duplicate names are not allowed"));
}

// V0-020 V0-021
TEST(FlatResources, SumsByNameWithTheFourAlwaysThere) {
  const Resources all = testing::resources("cpus:0.1;cpus(ads):0.2;ports:[31008-31008,31000-31005];bugs:{b,a};x:1") +
                        Resources{testing::revocable(testing::resource("cpus:4"))};
  const FlatObject expected{{"cpus", 0.3},
                            {"gpus", 0.0},
                            {"mem", 0.0},
                            {"disk", 0.0},
                            {"bugs", "{a, b}"},
                            {"cpus_revocable", 4.0},
                            {"ports", "[31000-31005, 31008-31008]"},
                            {"x", 1.0}};
  EXPECT_EQ(flat_resources(all), expected);
  EXPECT_EQ(flat_resources({}).size(), 4U);
}

// V0-022
TEST(FlatResources, QuantitiesAreNotFilled) {
  EXPECT_EQ(flat_quantities(quantities("mem:5;cpus:0")), (FlatObject{{"mem", 5.0}}));
  EXPECT_TRUE(flat_quantities({}).empty());
}

// SCH-208
TEST(TaskState, EightStatesAreTerminal) {
  int terminal = 0;
  for (int state = 0; state <= 13; ++state) terminal += is_terminal(static_cast<mesos::v1::TaskState>(state)) ? 1 : 0;
  EXPECT_EQ(terminal, 8);
  for (const auto state :
       {mesos::v1::TASK_FINISHED, mesos::v1::TASK_FAILED, mesos::v1::TASK_KILLED, mesos::v1::TASK_ERROR,
        mesos::v1::TASK_LOST, mesos::v1::TASK_DROPPED, mesos::v1::TASK_GONE, mesos::v1::TASK_GONE_BY_OPERATOR}) {
    EXPECT_TRUE(is_terminal(state));
  }
}

}  // namespace
}  // namespace stoa::model
