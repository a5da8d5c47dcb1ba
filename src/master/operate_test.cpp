#include "master/operate.h"

#include <gmock/gmock.h>

#include <ctime>

#include "base/times_count.h"
#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using model::Resources;
using model::WireForm;
using model::testing::dynamic_reservation;
using model::testing::reserved;
using model::testing::resource;
using model::testing::resources;
using model::testing::volume;
using ::testing::HasSubstr;
using OperationInfo = mesos::v1::Offer_Operation;

Resources for_role(const char* text, const char* role = "ops", std::optional<std::string> principal = {}) {
  Resources result;
  for (const auto& [member, count] : resources(text)) {
    result.add(reserved(member, principal ? dynamic_reservation(role, *principal) : dynamic_reservation(role)));
  }
  return result;
}

OperationInfo operation(OperationInfo::Type type, const Resources& given, const Resources& source = {}) {
  OperationInfo info;
  info.set_type(type);
  if (type == OperationInfo::RESERVE) {
    given.to_messages(WireForm::old_form, *info.mutable_reserve()->mutable_resources());
    source.to_messages(WireForm::old_form, *info.mutable_reserve()->mutable_source());
  }
  if (type == OperationInfo::UNRESERVE) {
    given.to_messages(WireForm::new_form, *info.mutable_unreserve()->mutable_resources());
  }
  if (type == OperationInfo::CREATE) given.to_messages(WireForm::new_form, *info.mutable_create()->mutable_volumes());
  if (type == OperationInfo::DESTROY) given.to_messages(WireForm::new_form, *info.mutable_destroy()->mutable_volumes());
  return info;
}

struct Operating : testing::Test {
  Result<> operate(const OperationInfo& info, std::optional<std::string> principal = {}) {
    return operate(bench.agents.front().id, info, std::move(principal));
  }
  Result<> operate(const AgentId& agent, const OperationInfo& info, std::optional<std::string> principal = {}) {
    const ReplyNumber number{next++};
    bench.step(Operate{number, agent, std::make_shared<const OperationInfo>(info), std::move(principal)});
    return bench.replies.at(number);
  }
  std::string refusal(const OperationInfo& info, std::optional<std::string> principal = {}) {
    const auto done = operate(info, std::move(principal));
    return done ? "accepted" : done.error().message;
  }
  Resources total() const { return bench.snapshot().agents.front()->total; }

  unsigned long long next = 1'000'000;
  Bench bench;
};

// RES-100 OPR-130 OPR-131 RES-093 RES-098
TEST_F(Operating, WhatIsFreeChangesAtOnceAndIsHandedToTheAgent) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024;disk:500");
  agent.told();
  EXPECT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1;disk:100"))));
  EXPECT_EQ(agent.told(), Lines{"apply RESERVE"});
  EXPECT_FALSE(agent.last().apply_operation().has_framework_id());
  EXPECT_EQ(total(), resources("cpus:3;mem:1024;disk:400") + for_role("cpus:1;disk:100"));
  const Resources data{volume(for_role("disk:64").begin()->resource, "v")};
  EXPECT_TRUE(operate(operation(OperationInfo::CREATE, data)));
  EXPECT_EQ(total(), resources("cpus:3;mem:1024;disk:400") + for_role("cpus:1;disk:36") + data);
  EXPECT_TRUE(operate(operation(OperationInfo::DESTROY, data)));
  EXPECT_TRUE(operate(operation(OperationInfo::UNRESERVE, for_role("cpus:1;disk:100"))));
  EXPECT_EQ(total(), resources("cpus:4;mem:1024;disk:500"));
  EXPECT_EQ(agent.told(), (Lines{"apply CREATE", "apply DESTROY", "apply UNRESERVE"}));
}

// SCH-077
TEST_F(Operating, TheMasterAcknowledgesForTheOperatorAndFollowsTheAgentIfItFails) {
  FakeAgent& agent = bench.add_agent();
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1"))));
  agent.told();
  bench.update_operation(agent, agent.operation(), mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(agent.told(), Lines{"acknowledge operation"});
  EXPECT_TRUE(bench.snapshot().agents.front()->operations.empty());
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:2"))));
  bench.update_operation(agent, agent.operation(), mesos::v1::OPERATION_FAILED);
  EXPECT_EQ(total(), resources("cpus:3;mem:1024") + for_role("cpus:1")) << "the first stays, the second is undone";
}

// RES-100 OPR-132 SCH-098
TEST_F(Operating, OffersGiveWayOneByOneAndOnlyThoseThatHelp) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024;disk:500");
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("disk:500", "eng"))));
  FakeScheduler& first = bench.subscribe(test_framework({"eng"}));
  bench.round();
  const std::string offer = first.offer().id().value();
  ASSERT_TRUE(bench.decline(first, OfferId(offer), 0));
  bench.add_agent("cpus:8;mem:64");
  bench.round();
  first.told();
  const std::string held = first.offer(agent.id).id().value();
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1"))));
  EXPECT_EQ(first.told(), Lines{"RESCIND " + held}) << "offers of other agents stay";
  bench.advance(std::chrono::seconds(3));
  EXPECT_EQ(first.told(), Lines{}) << "refused for five seconds";
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1"))));
  EXPECT_EQ(first.told(), Lines{}) << "what is free is taken first";
  bench.advance(std::chrono::seconds(4));
  EXPECT_TRUE(first.told().front().starts_with("OFFERS "));
}

// RES-100 OPR-132
TEST_F(Operating, NoMoreOffersGiveWayThanMust) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& first = bench.subscribe(test_framework());
  bench.round();
  bench.launch(first, test_task("t1", agent.id, "cpus:2;mem:512"));
  bench.round();
  bench.update(agent, first, "t1", mesos::v1::TASK_FINISHED);
  FakeScheduler& second = bench.subscribe(test_framework());
  bench.advance(std::chrono::seconds(2));
  ASSERT_EQ(first.offers.size() + second.offers.size(), 2U) << "each of half the agent";
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1"))));
  EXPECT_EQ(first.offers.size() + second.offers.size(), 1U);
}

// RES-100 OPR-132
TEST_F(Operating, AnOfferThatHoldsNothingOfItStays) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024;disk:500");
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("mem:512", "eng"))));
  FakeScheduler& other = bench.subscribe(test_framework({"web"}));
  bench.round();
  FakeScheduler& eng = bench.subscribe(test_framework({"eng"}));
  bench.round();
  EXPECT_EQ(other.offers.size(), 1U);
  EXPECT_EQ(eng.offers.size(), 1U);
  other.told();
  eng.told();
  ASSERT_TRUE(operate(agent.id, operation(OperationInfo::UNRESERVE, for_role("mem:100", "eng"))));
  EXPECT_EQ(other.told(), Lines{});
  EXPECT_EQ(eng.told().size(), 1U);
}

// OPR-133 OPR-134 RES-100
TEST_F(Operating, WhatIsInUseIsNotTouched) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:3;mem:1024"));
  bench.round();
  scheduler.told();
  const Resources before = total();
  const auto done = operate(operation(OperationInfo::RESERVE, for_role("cpus:2")));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::failed_precondition) << "409";
  EXPECT_EQ(done.error().message, "'cpus:1' does not contain 'cpus:2'");
  EXPECT_EQ(total(), before);
  EXPECT_FALSE(operate(operation(OperationInfo::RESERVE, for_role("cpus:1;mem:1")))) << "all or nothing";
  EXPECT_EQ(total(), before);
}

// OPR-135 OPR-136 OPR-137 OPR-139 RES-096
TEST_F(Operating, WhatDoesNotSuitIsRefusedWithItsReason) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024;disk:500;cpus(static):2");
  const std::string on =
      "Invalid RESERVE operation on agent " + agent.id.value + " at slave(1)@[fd00::1]:5051 (node0): ";
  const auto unknown = operate(AgentId("S9"), operation(OperationInfo::RESERVE, for_role("cpus:1")));
  EXPECT_EQ(unknown.error().message, "No agent found with specified ID");
  EXPECT_EQ(unknown.error().code, Code::invalid_argument);
  EXPECT_EQ(refusal(operation(OperationInfo::RESERVE, resources("cpus:1"))),
            on + "Resource cpus:1 is not dynamically reserved");
  EXPECT_THAT(refusal(operation(OperationInfo::RESERVE, {})), HasSubstr("Resource cannot be empty"));
  EXPECT_THAT(refusal(operation(OperationInfo::RESERVE, for_role("cpus:1").with_allocation_role("ops"))),
              HasSubstr("only allows reservations to be made to unallocated resources"));
  EXPECT_THAT(refusal(operation(OperationInfo::RESERVE, for_role("cpus:1")), "joe"),
              HasSubstr("with no principal set"));
  EXPECT_THAT(refusal(operation(OperationInfo::RESERVE, for_role("cpus:1", "ops", "ann")), "joe"),
              HasSubstr("which does not match"));
  EXPECT_EQ(refusal(operation(OperationInfo::RESERVE, for_role("cpus:1", "ops", "joe")), "joe"), "accepted");
  EXPECT_THAT(refusal(operation(OperationInfo::UNRESERVE, resources("cpus(static):2"))),
              testing::StartsWith("Invalid UNRESERVE operation: "));
  const Resources data{volume(for_role("disk:64").begin()->resource, "v")};
  EXPECT_EQ(refusal(operation(OperationInfo::DESTROY, data)),
            "Invalid DESTROY operation: Persistent volumes not found");
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("disk:100"))));
  ASSERT_TRUE(operate(operation(OperationInfo::CREATE, data)));
  EXPECT_THAT(refusal(operation(OperationInfo::CREATE, data)), HasSubstr("is not unique"));
  EXPECT_THAT(refusal(operation(OperationInfo::UNRESERVE, data)), HasSubstr("destroy the persistent volume first"));
  bench.break_link(agent);
  EXPECT_EQ(operate(operation(OperationInfo::RESERVE, for_role("cpus:1"))).error().code, Code::unavailable);
}

// OPR-138 RES-094
TEST_F(Operating, ASourceIsReservedAgainInOneStep) {
  bench.add_agent();
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:2"))));
  EXPECT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("cpus:2", "web"), for_role("cpus:2"))));
  EXPECT_EQ(total(), resources("cpus:2;mem:1024") + for_role("cpus:2", "web"));
  EXPECT_THAT(refusal(operation(OperationInfo::RESERVE, for_role("cpus:1", "eng"), for_role("cpus:2", "web"))),
              HasSubstr("identical resource quantities"));
}

// RES-119
TEST_F(Operating, AVolumeGrowsAndShrinks) {
  bench.add_agent("disk:500");
  ASSERT_TRUE(operate(operation(OperationInfo::RESERVE, for_role("disk:100"))));
  const model::Resource data = volume(for_role("disk:60").begin()->resource, "v");
  ASSERT_TRUE(operate(operation(OperationInfo::CREATE, Resources{data})));
  OperationInfo grow;
  grow.set_type(OperationInfo::GROW_VOLUME);
  data.to_message(WireForm::new_form, *grow.mutable_grow_volume()->mutable_volume());
  for_role("disk:10").begin()->resource.to_message(WireForm::new_form, *grow.mutable_grow_volume()->mutable_addition());
  EXPECT_TRUE(operate(grow));
  const model::Resource grown = volume(for_role("disk:70").begin()->resource, "v");
  EXPECT_EQ(total(), resources("disk:400") + for_role("disk:30") + Resources{grown});
  OperationInfo shrink;
  shrink.set_type(OperationInfo::SHRINK_VOLUME);
  grown.to_message(WireForm::new_form, *shrink.mutable_shrink_volume()->mutable_volume());
  shrink.mutable_shrink_volume()->mutable_subtract()->set_value(50);
  EXPECT_TRUE(operate(shrink));
  EXPECT_EQ(total(), resources("disk:400") + for_role("disk:80") +
                         Resources{volume(for_role("disk:20").begin()->resource, "v")});
  shrink.mutable_shrink_volume()->mutable_subtract()->set_value(500);
  EXPECT_THAT(refusal(shrink), testing::StartsWith("Invalid SHRINK_VOLUME operation on agent "));
}

// RES-085
TEST(OperatingWithWhitelist, OnlyRolesOnItAreReservedFor) {
  Config config = test_config();
  config.roles = {"ops", "*"};
  Bench bench(config);
  const AgentId agent = bench.add_agent().id;
  const auto reserve = [&](const char* role) {
    bench.step(
        Operate{ReplyNumber{77},
                agent,
                std::make_shared<const OperationInfo>(operation(OperationInfo::RESERVE, for_role("cpus:1", role))),
                {}});
    const Result<> done = bench.replies.at(ReplyNumber{77});
    bench.replies.clear();
    return done ? std::string("accepted") : done.error().message;
  };
  EXPECT_EQ(reserve("ops"), "accepted");
  EXPECT_THAT(reserve("zz"), HasSubstr("Roles { zz } are not present in the master's --roles"));
  EXPECT_THAT(reserve("ops/db"), HasSubstr("Roles { ops/db }")) << "a parent does not admit its children";
}

// RES-085 SCH-030
TEST(OperatingWithWhitelist, OnlyRolesOnItMaySubscribe) {
  Config config = test_config();
  config.roles = {"a"};
  Bench bench(config);
  EXPECT_EQ(bench.subscribe(test_framework({"a", "zz"})).told(),
            Lines{"ERROR Roles { zz } are not present in the master's --roles"});
  EXPECT_EQ(bench.subscribe(test_framework({"a/b"})).told().size(), 1U) << "a parent does not admit its children";
  EXPECT_TRUE(bench.subscribe(test_framework({"a", "*"})).open) << "`*` always is";
}

// RES-180
TEST(ManyReservations, OneMoreOrLessIsMadeInMillisecondsByMasterAndAllocatorTogether) {
  Bench bench;
  bench.audits = false;  // They look at everything.
  FakeAgent& agent = bench.agents.emplace_back();
  agent.hostname = "node0";
  agent.resources = "cpus:10000";
  auto also = std::make_shared<link::Register>();
  Resources total = resources("cpus:3600");
  for (int i = 0; i < 6'400; ++i) total.add(reserved(resource("cpus:1"), dynamic_reservation("r" + std::to_string(i))));
  total.to_messages(WireForm::new_form, *also->mutable_total_resources());
  agent.also = also;
  const std::clock_t registering = std::clock();
  bench.connect(agent);
  if (times_count) EXPECT_LT(std::clock() - registering, CLOCKS_PER_SEC);
  ASSERT_EQ(bench.snapshot().agents.front()->total.size(), 6'401U);
  unsigned long long next = 1'000'000;
  std::clock_t shortest = CLOCKS_PER_SEC;
  for (int i = 0; i < 5; ++i) {
    for (const auto type : {OperationInfo::RESERVE, OperationInfo::UNRESERVE}) {
      const ReplyNumber number{next++};
      const auto info = std::make_shared<const OperationInfo>(operation(type, for_role("cpus:1")));
      const std::clock_t begin = std::clock();
      bench.master.step(Operate{number, agent.id, info, {}}, bench.now, bench.effects);
      shortest = std::min(shortest, std::clock() - begin);
    }
  }
  if (times_count) EXPECT_LT(shortest, CLOCKS_PER_SEC / 200);
  RecordProperty("microseconds", std::to_string(shortest * 1'000'000 / CLOCKS_PER_SEC));
}

}  // namespace
}  // namespace stoa::master
