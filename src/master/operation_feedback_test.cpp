// What becomes of operations: their statuses, acknowledgements, reconciliation, and agents that go away with them.
#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::OperationStatus;
using mesos::v1::scheduler::Call;
using OperationInfo = mesos::v1::Offer_Operation;
using model::testing::dynamic_reservation;
using model::testing::reserved;
using model::testing::resource;
using model::testing::volume;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

model::Resource eng(std::string_view text) { return reserved(resource(text), dynamic_reservation("eng")); }

OperationInfo reserve(const model::Resources& resources, const std::string& id) {
  OperationInfo operation;
  operation.set_type(OperationInfo::RESERVE);
  resources.to_messages(model::WireForm::new_form, *operation.mutable_reserve()->mutable_resources());
  if (!id.empty()) operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo create(const model::Resource& volume, const std::string& id) {
  OperationInfo operation;
  operation.set_type(OperationInfo::CREATE);
  volume.to_message(model::WireForm::new_form, *operation.mutable_create()->add_volumes());
  operation.mutable_id()->set_value(id);
  return operation;
}

// A framework that reserved one cpu under the id "op".
struct Feedback : testing::Test {
  explicit Feedback(const mesos::v1::FrameworkInfo& info = test_framework())
      : agent(bench.add_agent("cpus:4;mem:1024;disk:1000")), scheduler(bench.subscribe(info)) {
    bench.round();
    operate({reserve({eng("cpus:1")}, "op")});
    uuid = agent.operation();
    scheduler.told();
    agent.told();
  }
  void operate(const std::vector<OperationInfo>& operations) {
    ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer(agent.id))}, operations, 0));
  }
  std::string total() const { return bench.snapshot().agents[0]->total.to_text(); }
  std::size_t operations() const { return bench.snapshot().agents[0]->operations.size(); }
  Result<> reconcile(const std::vector<std::pair<std::string, std::string>>& asked) {
    Call call;
    call.set_type(Call::RECONCILE_OPERATIONS);
    call.mutable_reconcile_operations();
    for (const auto& [id, agent_id] : asked) {
      auto& operation = *call.mutable_reconcile_operations()->add_operations();
      operation.mutable_operation_id()->set_value(id);
      if (!agent_id.empty()) operation.mutable_agent_id()->set_value(agent_id);
    }
    return bench.call(scheduler, call);
  }
  // What the agent says of its operation when it registers.
  std::shared_ptr<link::Register> claim(mesos::v1::OperationState state, const std::string& resources,
                                        const std::string& status_uuid = "") const {
    auto also = std::make_shared<link::Register>();
    mesos::v1::Operation& operation = *also->add_operations();
    operation.mutable_framework_id()->set_value(scheduler.id.value);
    *operation.mutable_info() = reserve({eng("cpus:1").with_allocation_role("eng")}, "op");
    operation.mutable_uuid()->set_value(uuid);
    operation.mutable_latest_status()->set_state(state);
    operation.mutable_latest_status()->mutable_operation_id()->set_value("op");
    if (!status_uuid.empty()) {
      operation.mutable_latest_status()->mutable_uuid()->set_value(status_uuid);
      *operation.add_statuses() = operation.latest_status();
    }
    put_total(*also, resources, state == mesos::v1::OPERATION_FINISHED);
    return also;
  }
  static void put_total(link::Register& also, const std::string& resources, bool with_reservation) {
    model::Resources total = model::testing::resources(resources);
    if (with_reservation) total.add(eng("cpus:1"));
    total.to_messages(model::WireForm::new_form, *also.mutable_total_resources());
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
  std::string uuid;
};

constexpr const char* untouched = "cpus:4;mem:1024;disk:1000";
constexpr const char* reserved_rest = "cpus:3;mem:1024;disk:1000";

// SCH-186 SCH-188 SCH-189 SCH-190 SCH-193
TEST_F(Feedback, AStatusComesWithItsUuidAndItsAcknowledgementEndsTheOperation) {
  EXPECT_EQ(operations(), 1U);
  EXPECT_EQ(bench.snapshot().agents[0]->operations[0]->latest_status().state(), mesos::v1::OPERATION_PENDING);
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
  EXPECT_EQ(scheduler.operation_status().uuid().value(), status);
  EXPECT_EQ(scheduler.operation_status().agent_id().value(), agent.id.value);
  EXPECT_FALSE(scheduler.operation_status().has_message());
  EXPECT_TRUE(scheduler.operation_status().converted_resources().empty());
  EXPECT_EQ(operations(), 1U) << "until it is acknowledged";
  ASSERT_TRUE(bench.acknowledge_operation(scheduler, agent.id, "op", status));
  EXPECT_EQ(agent.told(), Lines{"acknowledge operation"});
  EXPECT_EQ(agent.last().acknowledge_operation().operation_uuid(), uuid);
  EXPECT_EQ(agent.last().acknowledge_operation().status_uuid(), status);
  EXPECT_EQ(operations(), 0U);
  EXPECT_EQ(total(), "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
}

// SCH-193 SCH-187
TEST_F(Feedback, AnIdIsUniqueUntilItsOperationIsAcknowledged) {
  bench.round();
  operate({reserve({eng("cpus:1")}, "op")});
  EXPECT_EQ(scheduler.operation_status().state(), mesos::v1::OPERATION_ERROR);
  EXPECT_EQ(scheduler.operation_status().message(), "Operation ID 'op' is already in use");
  EXPECT_EQ(operations(), 1U);
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(scheduler.operation_status().state(), mesos::v1::OPERATION_FINISHED) << "the first is unaffected";
  ASSERT_TRUE(bench.acknowledge_operation(scheduler, agent.id, "op", status));
  bench.round();
  agent.told();
  operate({reserve({eng("cpus:1")}, "op")});
  EXPECT_EQ(agent.told(), Lines{"apply RESERVE"});
}

// SCH-186 SCH-184
TEST_F(Feedback, WithoutAnIdNothingIsReportedAndTheMasterForgetsItWhenItEnds) {
  bench.round();
  operate({reserve({eng("cpus:1")}, "")});
  const std::string silent = agent.operation();
  scheduler.told();
  agent.told();
  EXPECT_EQ(operations(), 2U);
  bench.update_operation(agent, silent, mesos::v1::OPERATION_FINISHED, false);
  EXPECT_EQ(operations(), 1U);
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(agent.told(), Lines{});
}

// SCH-191 SCH-269
TEST_F(Feedback, AcknowledgementsOfWhatIsUnknownAreDropped) {
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  bench.acknowledge_operation(scheduler, AgentId("M-S9"), "op", status);
  bench.acknowledge_operation(scheduler, agent.id, "other", status);
  bench.acknowledge_operation(scheduler, agent.id, "op", std::string(16, 'x'));
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(operations(), 1U);
  EXPECT_EQ(bench.metric("master/invalid_operation_status_update_acknowledgements"), 3);
  bench.acknowledge_operation(scheduler, agent.id, "op", status);
  EXPECT_EQ(bench.metric("master/valid_operation_status_update_acknowledgements"), 1);
}

// SCH-188 RES-105
TEST_F(Feedback, AFailedOperationIsTakenOutOfTheBooks) {
  bench.round();
  ASSERT_FALSE(scheduler.offers.empty());
  const OfferId offer = id_of(scheduler.offer());
  scheduler.told();
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FAILED);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND " + offer.value, "UPDATE_OPERATION_STATUS op OPERATION_FAILED"}));
  EXPECT_EQ(total(), "cpus:4; mem:1024; disk:1000");
  bench.round();
  EXPECT_TRUE(model::Resources::from_messages(scheduler.offer().resources())
                  ->without_allocation_role()
                  .contains(model::testing::resources(untouched)));
}

// RES-105 SCH-108
TEST_F(Feedback, WhatWasBuiltOnAFailedOperationFallsWithIt) {
  bench.round();
  const model::Resource data = volume(eng("disk:100"), "data");
  operate({reserve({eng("disk:100")}, "r"), create(data, "c"), reserve({eng("mem:100")}, "m")});
  const std::string third = agent.operation(0);
  const std::string second = agent.operation(1);
  const std::string first = agent.operation(2);
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  bench.update_operation(agent, first, mesos::v1::OPERATION_FAILED);
  EXPECT_EQ(
      total(),
      "cpus:3; mem:924; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1; mem(reservations: [(DYNAMIC,eng)]):100");
  bench.update_operation(agent, second, mesos::v1::OPERATION_FAILED);
  bench.update_operation(agent, third, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(
      total(),
      "cpus:3; mem:924; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1; mem(reservations: [(DYNAMIC,eng)]):100");
}

// RES-105
TEST_F(Feedback, ATaskOnAFailedOperationHoldsWhatItHasUntilItEnds) {
  bench.round();
  mesos::v1::TaskInfo task = test_task("t1", agent.id, "");
  model::Resources{eng("cpus:1")}.to_messages(model::WireForm::new_form, *task.mutable_resources());
  ASSERT_TRUE(bench.accept(scheduler, {id_of(scheduler.offer())}, {task}, 0));
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FAILED);
  EXPECT_EQ(total(), "cpus:4; mem:1024; disk:1000");
  bench.round();
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_DROPPED);
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
}

// SCH-195 SCH-189
TEST_F(Feedback, ReconciliationTellsTheLatestStatusOfAllWithoutUuid) {
  bench.round();
  operate({reserve({eng("cpus:1")}, "second")});
  scheduler.told();
  ASSERT_TRUE(reconcile({}));
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE_OPERATION_STATUS op OPERATION_PENDING",
                                     "UPDATE_OPERATION_STATUS second OPERATION_PENDING"}));
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  scheduler.told();
  ASSERT_TRUE(reconcile({{"op", ""}}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
  EXPECT_FALSE(scheduler.operation_status().has_uuid());
  EXPECT_EQ(scheduler.operation_status().agent_id().value(), agent.id.value);
}

// SCH-196
TEST_F(Feedback, ReconciliationOfUnknownOnesDependsOnTheAgent) {
  ASSERT_TRUE(reconcile({{"x", agent.id.value}, {"x", ""}, {"x", "M-S9"}}));
  EXPECT_EQ(scheduler.told(), (Lines(3, "UPDATE_OPERATION_STATUS x OPERATION_UNKNOWN")));
  EXPECT_TRUE(scheduler.operation_status().message().starts_with("Reconciliation: "));
  EXPECT_EQ(scheduler.operation_status().agent_id().value(), "M-S9");

  bench.break_link(agent);
  bench.advance(11min);
  scheduler.told();
  ASSERT_TRUE(reconcile({{"op", agent.id.value}}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_UNREACHABLE"});
}

// SCH-196 SCH-234
TEST(ReconcileOperations, OfAnAgentThatIsExpectedBackSaysRecovering) {
  Bench first;
  FakeAgent& agent = first.add_agent();
  Bench next(test_config(), first.registry());
  FakeScheduler& scheduler = next.subscribe(test_framework());
  scheduler.told();
  Call call;
  call.set_type(Call::RECONCILE_OPERATIONS);
  auto& asked = *call.mutable_reconcile_operations()->add_operations();
  asked.mutable_operation_id()->set_value("op");
  asked.mutable_agent_id()->set_value(agent.id.value);
  asked.mutable_resource_provider_id()->set_value("p");
  ASSERT_TRUE(next.call(scheduler, call));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_RECOVERING"});
  EXPECT_EQ(scheduler.operation_status().resource_provider_id().value(), "p");
}

// SCH-194 SCH-240
TEST_F(Feedback, OperationsOfAnUnreachableAgentAreToldFirst) {
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id));
  scheduler.told();
  bench.break_link(agent);
  bench.advance(11min);
  EXPECT_EQ(scheduler.told(),
            (Lines{"UPDATE_OPERATION_STATUS op OPERATION_UNREACHABLE", "UPDATE t1 TASK_UNREACHABLE", "FAILURE M-S0"}));
  EXPECT_FALSE(scheduler.operation_status().has_uuid());
}

// SCH-194 SCH-190
TEST_F(Feedback, AnUnreachableAgentReturnsWithItsOperations) {
  bench.break_link(agent);
  bench.advance(11min);
  agent.also = claim(mesos::v1::OPERATION_FINISHED, reserved_rest, std::string(16, 's'));
  bench.connect(agent);
  EXPECT_EQ(operations(), 1U);
  scheduler.told();
  ASSERT_TRUE(reconcile({{"op", agent.id.value}}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
  ASSERT_TRUE(bench.acknowledge_operation(scheduler, agent.id, "op", std::string(16, 's')));
  EXPECT_EQ(operations(), 0U);
}

// SCH-192
TEST_F(Feedback, OneThatNeverReachedTheAgentIsDropped) {
  bench.break_link(agent);
  agent.told();
  bench.connect(agent);
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "reconcile operations"}));
  const auto& asked = agent.last().reconcile_operations();
  ASSERT_EQ(asked.operations_size(), 1);
  EXPECT_EQ(asked.operations(0).operation_uuid(), uuid);
  EXPECT_EQ(asked.operations(0).operation_id().value(), "op");
  EXPECT_EQ(total(), "cpus:4; mem:1024; disk:1000") << "the agent's word is the truth";
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_DROPPED, false);
  EXPECT_EQ(scheduler.told().back(), "UPDATE_OPERATION_STATUS op OPERATION_DROPPED");
  EXPECT_FALSE(scheduler.operation_status().has_uuid());
  EXPECT_EQ(operations(), 0U);
}

// SCH-190 SCH-185
TEST_F(Feedback, OneThatEndedWhileTheLinkWasBrokenIsKnownFromTheRegistration) {
  bench.break_link(agent);
  agent.also = claim(mesos::v1::OPERATION_FINISHED, reserved_rest, std::string(16, 's'));
  agent.told();
  scheduler.told();
  bench.connect(agent);
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(total(), "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
  ASSERT_TRUE(bench.acknowledge_operation(scheduler, agent.id, "op", std::string(16, 's')));
  EXPECT_EQ(operations(), 0U);
}

// SCH-184
TEST_F(Feedback, OneThatTheAgentStillWorksOnStaysDoneInTheBooks) {
  bench.break_link(agent);
  agent.also = claim(mesos::v1::OPERATION_PENDING, untouched);
  bench.connect(agent);
  EXPECT_EQ(total(), "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(total(), "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
}

// SCH-185 SCH-254 SCH-190
TEST_F(Feedback, ANewLeaderLearnsOperationsAndReservationsFromTheAgent) {
  for (const auto state : {mesos::v1::OPERATION_FINISHED, mesos::v1::OPERATION_PENDING}) {
    Bench next(test_config(), bench.registry());
    FakeAgent& returning = next.agents.emplace_back();
    returning.id = agent.id;
    returning.hostname = agent.hostname;
    returning.resources = agent.resources;
    returning.also = claim(state, state == mesos::v1::OPERATION_FINISHED ? reserved_rest : untouched);
    mesos::v1::FrameworkInfo info = test_framework();
    info.mutable_id()->set_value(scheduler.id.value);
    next.connect(returning, {}, {info});
    EXPECT_EQ(next.snapshot().agents[0]->total.to_text(),
              "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
    FakeScheduler& again = next.subscribe(info);
    again.told();
    const std::string status = next.update_operation(returning, uuid, mesos::v1::OPERATION_FINISHED);
    EXPECT_EQ(again.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
    ASSERT_TRUE(next.acknowledge_operation(again, agent.id, "op", status));
    EXPECT_TRUE(next.snapshot().agents[0]->operations.empty());
  }
}

// SCH-190 SCH-193
TEST_F(Feedback, ANewLeaderKeepsWhatAnAgentTellsBeforeTheFrameworkIsBack) {
  Bench next(test_config(), bench.registry());
  FakeAgent& returning = next.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  returning.also = claim(mesos::v1::OPERATION_PENDING, untouched);
  next.connect(returning);
  const std::size_t before = returning.received.size();
  const std::string status = next.update_operation(returning, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(returning.received.size(), before);  // No acknowledgement in place of the framework.
  ASSERT_EQ(next.snapshot().agents[0]->operations.size(), 1U);

  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  FakeScheduler& again = next.subscribe(info);
  again.told();
  Call call;
  call.set_type(Call::RECONCILE_OPERATIONS);
  auto& asked = *call.mutable_reconcile_operations()->add_operations();
  asked.mutable_operation_id()->set_value("op");
  asked.mutable_agent_id()->set_value(agent.id.value);
  ASSERT_TRUE(next.call(again, call));
  EXPECT_EQ(again.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
  ASSERT_TRUE(next.acknowledge_operation(again, agent.id, "op", status));
  EXPECT_TRUE(next.snapshot().agents[0]->operations.empty());
}

// SCH-082 SCH-070 SCH-190
TEST_F(Feedback, AStatusThatComesWhileTheFrameworkIsAwayIsNotLost) {
  bench.disconnect(scheduler);
  bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(operations(), 1U);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(scheduler.id.value);
  FakeScheduler& again = bench.subscribe(info);
  again.told();
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(again.told(), Lines{"UPDATE_OPERATION_STATUS op OPERATION_FINISHED"});
  ASSERT_TRUE(bench.acknowledge_operation(again, agent.id, "op", status));
  EXPECT_EQ(operations(), 0U);
}

// SCH-077
TEST_F(Feedback, ThoseOfARemovedFrameworkGoOnAndTheMasterAcknowledges) {
  ASSERT_TRUE(bench.teardown(scheduler));
  agent.told();
  EXPECT_EQ(operations(), 1U);
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  EXPECT_EQ(agent.told(), Lines{"acknowledge operation"});
  EXPECT_EQ(agent.last().acknowledge_operation().status_uuid(), status);
  EXPECT_EQ(operations(), 0U);
  EXPECT_EQ(total(), "cpus:3; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):1");
}

// SCH-077
TEST_F(Feedback, WhatARemovedFrameworkHadNotAcknowledgedTheMasterAcknowledges) {
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  agent.told();
  ASSERT_TRUE(bench.teardown(scheduler));
  EXPECT_EQ(agent.told(), Lines{"acknowledge operation"});
  EXPECT_EQ(agent.last().acknowledge_operation().status_uuid(), status);
  EXPECT_EQ(operations(), 0U);
}

// SCH-191
TEST_F(Feedback, AnAcknowledgementForAnAgentThatIsAwayIsDropped) {
  const std::string status = bench.update_operation(agent, uuid, mesos::v1::OPERATION_FINISHED);
  bench.break_link(agent);
  ASSERT_TRUE(bench.acknowledge_operation(scheduler, agent.id, "op", status));
  EXPECT_EQ(operations(), 1U);
}

// SCH-197
TEST(OldFrameworks, GetConvertedResourcesInTheirForm) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(old_framework("eng"));
  bench.round();
  ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer())}, {reserve({eng("cpus:1")}, "op")}, 0));
  link::ToMaster message;
  link::UpdateOperation& update = *message.mutable_update_operation();
  update.set_operation_uuid(agent.operation());
  update.mutable_status()->set_state(mesos::v1::OPERATION_FINISHED);
  model::Resources{eng("cpus:1").with_allocation_role("eng")}.to_messages(
      model::WireForm::new_form, *update.mutable_status()->mutable_converted_resources());
  bench.say(agent, message);
  const auto& shown = scheduler.operation_status().converted_resources(0);
  EXPECT_TRUE(shown.reservations().empty());
  EXPECT_EQ(shown.role(), "eng");
  EXPECT_TRUE(shown.has_reservation());
  EXPECT_FALSE(shown.has_allocation_info());
}

link::ToMaster resources_message(const std::string& total, const std::string& oversubscribed) {
  link::ToMaster message;
  auto& update = *message.mutable_update_resources();
  model::testing::resources(total).to_messages(model::WireForm::new_form, *update.mutable_total_resources());
  if (oversubscribed.empty()) return message;
  model::Resources{model::testing::revocable(resource(oversubscribed))}.to_messages(
      model::WireForm::new_form, *update.mutable_oversubscribed_resources());
  return message;
}

// RES-122 SCH-098
TEST(Providers, ResourcesOfOneThatIsAwayLeaveTheTotalWithTheirOffers) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:1"));
  scheduler.told();
  model::Identity provided;
  provided.provider_id = "p1";
  link::ToMaster message = resources_message("cpus:4;mem:1024", "");
  resource("disk:100")
      .with_identity(provided)
      .to_message(model::WireForm::new_form, *message.mutable_update_resources()->add_total_resources());
  bench.say(agent, message);
  bench.round();
  ASSERT_EQ(scheduler.offers.size(), 1U);
  EXPECT_EQ(bench.snapshot().agents[0]->total.size(), 3U);
  const OfferId old = id_of(scheduler.offer());
  scheduler.told();
  bench.say(agent, resources_message("cpus:4;mem:1024", ""));
  EXPECT_EQ(scheduler.told(), Lines{"RESCIND " + old.value});
  EXPECT_EQ(bench.snapshot().agents[0]->total.to_text(), "cpus:4; mem:1024");
}

// SCH-044 SCH-098 RES-142 RES-143 RES-104
TEST(Oversubscription, OffersOfRevocableResourcesAreRescindedWhenTheyChangeAndOthersStay) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024");
  mesos::v1::FrameworkInfo info = test_framework();
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::REVOCABLE_RESOURCES);
  FakeScheduler& plain = bench.subscribe(test_framework());
  bench.round();
  ASSERT_EQ(plain.offers.size(), 1U);
  FakeScheduler& scheduler = bench.subscribe(info);
  bench.say(agent, resources_message("cpus:4;mem:1024", "cpus:2"));
  bench.round();
  EXPECT_EQ(bench.snapshot().agents[0]->total.to_text(), "cpus:4; mem:1024; cpus{REV}:2");
  ASSERT_EQ(scheduler.offers.size(), 1U);
  ASSERT_EQ(plain.offers.size(), 1U);
  EXPECT_TRUE(scheduler.offer().resources(0).has_revocable());
  const OfferId old = id_of(scheduler.offer());
  scheduler.told();
  plain.told();
  bench.say(agent, resources_message("cpus:4;mem:1024", "cpus:1"));
  EXPECT_EQ(scheduler.told().front(), "RESCIND " + old.value);
  EXPECT_EQ(plain.told(), Lines{});
}

}  // namespace
}  // namespace stoa::master
