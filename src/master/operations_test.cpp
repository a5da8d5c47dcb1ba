// Operations of an ACCEPT on resources: what they do to the books at once, and in which order the agent hears of them.
#include "master/operations.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::TaskInfo;
using OperationInfo = mesos::v1::Offer_Operation;
using model::testing::dynamic_reservation;
using model::testing::reserved;
using model::testing::resource;
using model::testing::shared;
using model::testing::volume;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

void put(const model::Resources& resources, google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  resources.to_messages(model::WireForm::new_form, messages);
}

model::Resource eng(std::string_view text) { return reserved(resource(text), dynamic_reservation("eng")); }

OperationInfo reserve(const model::Resources& resources, const std::string& id = "") {
  OperationInfo operation;
  operation.set_type(OperationInfo::RESERVE);
  put(resources, *operation.mutable_reserve()->mutable_resources());
  if (!id.empty()) operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo unreserve(const model::Resources& resources, const std::string& id = "") {
  OperationInfo operation;
  operation.set_type(OperationInfo::UNRESERVE);
  put(resources, *operation.mutable_unreserve()->mutable_resources());
  if (!id.empty()) operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo create(const model::Resources& volumes, const std::string& id = "") {
  OperationInfo operation;
  operation.set_type(OperationInfo::CREATE);
  put(volumes, *operation.mutable_create()->mutable_volumes());
  if (!id.empty()) operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo destroy(const model::Resources& volumes, const std::string& id = "") {
  OperationInfo operation;
  operation.set_type(OperationInfo::DESTROY);
  put(volumes, *operation.mutable_destroy()->mutable_volumes());
  if (!id.empty()) operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo grow(const model::Resource& volume, const model::Resource& addition, const std::string& id) {
  OperationInfo operation;
  operation.set_type(OperationInfo::GROW_VOLUME);
  volume.to_message(model::WireForm::new_form, *operation.mutable_grow_volume()->mutable_volume());
  addition.to_message(model::WireForm::new_form, *operation.mutable_grow_volume()->mutable_addition());
  operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo shrink(const model::Resource& volume, double subtract, const std::string& id) {
  OperationInfo operation;
  operation.set_type(OperationInfo::SHRINK_VOLUME);
  volume.to_message(model::WireForm::new_form, *operation.mutable_shrink_volume()->mutable_volume());
  operation.mutable_shrink_volume()->mutable_subtract()->set_value(subtract);
  operation.mutable_id()->set_value(id);
  return operation;
}
OperationInfo launch(const std::vector<TaskInfo>& tasks) {
  OperationInfo operation;
  operation.set_type(OperationInfo::LAUNCH);
  for (const TaskInfo& task : tasks) *operation.mutable_launch()->add_task_infos() = task;
  return operation;
}
TaskInfo task_with(const std::string& id, const AgentId& agent, const model::Resources& resources) {
  TaskInfo task = test_task(id, agent, "");
  put(resources, *task.mutable_resources());
  return task;
}

mesos::v1::FrameworkInfo sharing_framework(std::initializer_list<const char*> roles = {"eng"}) {
  mesos::v1::FrameworkInfo info = test_framework(roles);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::SHARED_RESOURCES);
  return info;
}

struct Operations : testing::Test {
  explicit Operations(const mesos::v1::FrameworkInfo& info = test_framework())
      : agent(bench.add_agent("cpus:4;mem:1024;disk:1000")), scheduler(bench.subscribe(info)) {
    bench.round();
    scheduler.told();
    agent.told();
  }
  void operate(const std::vector<OperationInfo>& operations, std::optional<double> refuse = 0) {
    ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer(agent.id))}, operations, refuse));
  }
  // The text with which an operation is refused; empty if it goes to the agent.
  std::string refusal_of(OperationInfo operation) {
    if (!operation.has_id()) operation.mutable_id()->set_value("op" + std::to_string(operations_++));
    bench.round();
    agent.told();
    scheduler.told();
    const std::string before = total();
    operate({operation});
    if (!agent.told().empty()) return "";
    EXPECT_EQ(total(), before);
    EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS " + operation.id().value() + " OPERATION_ERROR"});
    EXPECT_FALSE(scheduler.operation_status().has_uuid());
    EXPECT_FALSE(scheduler.operation_status().has_agent_id());
    return scheduler.operation_status().message();
  }
  std::string total() const { return bench.snapshot().agents[0]->total.to_text(); }
  std::string allocated() const { return bench.snapshot().agents[0]->allocated.without_allocation_role().to_text(); }
  model::Resources offered() const { return *model::Resources::from_messages(scheduler.offer(agent.id).resources()); }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
  int operations_ = 0;
};

const model::Resource data = volume(eng("disk:100"), "data");

// SCH-107 SCH-184 SCH-171 SCH-176
TEST_F(Operations, EachIsCarriedOutOnWhatTheOnesBeforeLeft) {
  operate({reserve({eng("cpus:2"), eng("disk:100")}), create({data}),
           launch({task_with("t1", agent.id, {eng("cpus:1"), data})})});
  EXPECT_EQ(agent.told(), (Lines{"apply RESERVE", "apply CREATE", "run t1"}));
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(total(),
            "cpus:2; mem:1024; disk:900; cpus(reservations: [(DYNAMIC,eng)]):2; "
            "disk(reservations: [(DYNAMIC,eng)])[data:]:100");
  EXPECT_EQ(allocated(), "cpus(reservations: [(DYNAMIC,eng)]):1; disk(reservations: [(DYNAMIC,eng)])[data:]:100");
}

// SCH-114 RES-151
TEST_F(Operations, TheAgentGetsTheNewFormWithTheAllocationRole) {
  OperationInfo operation;
  operation.set_type(OperationInfo::RESERVE);
  mesos::v1::Resource& cpus = *operation.mutable_reserve()->add_resources();
  cpus.set_name("cpus");
  cpus.set_type(mesos::v1::Value::SCALAR);
  cpus.mutable_scalar()->set_value(1);
  cpus.set_role("eng");
  cpus.mutable_reservation();
  operate({operation});
  const auto& order = agent.last().apply_operation();
  const mesos::v1::Resource& sent = order.info().reserve().resources(0);
  EXPECT_FALSE(sent.has_role());
  ASSERT_EQ(sent.reservations_size(), 1);
  EXPECT_EQ(sent.reservations(0).role(), "eng");
  EXPECT_EQ(sent.allocation_info().role(), "eng");
  EXPECT_EQ(order.operation_uuid().size(), 16U);
  EXPECT_EQ(order.framework_id().value(), scheduler.id.value);
}

// SCH-108 SCH-169
TEST_F(Operations, AFailureStopsNothingButWhatNeedsIt) {
  operate({reserve({eng("cpus:9")}, "too much"), launch({task_with("t1", agent.id, {eng("cpus:9")})}),
           reserve({eng("cpus:1")}, "fine"), launch({task_with("t2", agent.id, {eng("cpus:1")})})});
  EXPECT_EQ(agent.told(), (Lines{"apply RESERVE", "run t2"}));
  EXPECT_EQ(scheduler.told(), (Lines{"UPDATE_OPERATION_STATUS too much OPERATION_ERROR", "UPDATE t1 TASK_ERROR"}));
}

// SCH-169 SCH-186
TEST_F(Operations, WithoutAnIdARefusalIsSilent) {
  operate({reserve({eng("cpus:9")})});
  EXPECT_EQ(scheduler.told(), Lines{});
  EXPECT_EQ(agent.told(), Lines{});
}

// SCH-115 SCH-117 SCH-170
TEST_F(Operations, OneWithoutTypeMemberOrResourcesIsRefused) {
  OperationInfo nothing;
  EXPECT_EQ(refusal_of(nothing), "The operation has no type, or one that is not known");
  nothing.set_type(OperationInfo::RESERVE);
  EXPECT_EQ(refusal_of(nothing), "Invalid RESERVE operation: Resource cannot be empty");
  OperationInfo text = reserve({eng("cpus:1")});
  text.mutable_reserve()->mutable_resources(0)->set_type(mesos::v1::Value::TEXT);
  EXPECT_NE(refusal_of(text), "");
}

// SCH-171 SCH-174 RES-096 RES-097
TEST_F(Operations, AReservationIsForTheRoleOfTheOffer) {
  EXPECT_NE(refusal_of(reserve({reserved(resource("cpus:1"), dynamic_reservation("ops"))})), "");
  EXPECT_NE(refusal_of(reserve({reserved(resource("cpus:1"), dynamic_reservation("eng/web"))})), "");
  EXPECT_NE(refusal_of(reserve({resource("cpus(eng):1")})), "") << "a static reservation";
  EXPECT_TRUE(refusal_of(reserve({eng("cpus:5")})).contains("does not contain"));
  EXPECT_EQ(refusal_of(reserve({eng("cpus:1")})), "");
}

// SCH-174 RES-098 SCH-133
TEST(Refinement, OneEntryIsPushedAndPoppedAtATime) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus(eng):4");
  FakeScheduler& scheduler = bench.subscribe(test_framework({"eng/web"}));
  bench.round();
  agent.told();
  const model::Resource refined = reserved(resource("cpus(eng):2"), dynamic_reservation("eng/web"));
  const model::Resource twice =
      reserved(reserved(resource("cpus:1"), dynamic_reservation("eng")), dynamic_reservation("eng/web"));
  ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer())},
                            {reserve({twice}, "two at once"), reserve({refined}, "one")}, 0));
  EXPECT_EQ(agent.told(), Lines{"apply RESERVE"});
  EXPECT_TRUE(scheduler.operation_status().message().contains("does not contain"));
  EXPECT_EQ(bench.snapshot().agents[0]->total.to_text(),
            "cpus(reservations: [(STATIC,eng)]):2; cpus(reservations: [(STATIC,eng),(DYNAMIC,eng/web)]):2");
  bench.round();
  ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer())}, {unreserve({refined}, "back")}, 0));
  EXPECT_EQ(bench.snapshot().agents[0]->total.to_text(), "cpus(reservations: [(STATIC,eng)]):4");
}

// SCH-172 SCH-173
TEST(Principals, AReservationCarriesThatOfTheFramework) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  mesos::v1::FrameworkInfo info = test_framework();
  info.set_principal("me");
  FakeScheduler& scheduler = bench.subscribe(info);
  bench.round();
  const auto reserved_by = [](std::optional<std::string> principal) {
    return reserved(resource("cpus:1"), dynamic_reservation("eng", std::move(principal)));
  };
  ASSERT_TRUE(bench.operate(scheduler, {id_of(scheduler.offer())},
                            {reserve({reserved_by({})}, "none"), reserve({reserved_by("you")}, "other"),
                             reserve({reserved_by("me")}, "mine")},
                            0));
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "apply RESERVE"}));
  EXPECT_EQ(scheduler.lines.size(), 5U);
  EXPECT_TRUE(scheduler.operation_status().message().contains("which does not match"));
}

// SCH-173 RES-094
TEST_F(Operations, ReReservationIsNotForSchedulers) {
  OperationInfo operation = reserve({eng("cpus:1")});
  put({eng("cpus:1")}, *operation.mutable_reserve()->mutable_source());
  EXPECT_TRUE(refusal_of(operation).contains("'source'"));
}

// SCH-175 RES-099
TEST_F(Operations, UnreservingMayBePartial) {
  operate({reserve({eng("cpus:3")})});
  EXPECT_EQ(refusal_of(unreserve({eng("cpus:1")})), "");
  EXPECT_EQ(total(), "cpus:2; mem:1024; disk:1000; cpus(reservations: [(DYNAMIC,eng)]):2");
  EXPECT_NE(refusal_of(unreserve({resource("cpus:1")})), "");
  EXPECT_TRUE(refusal_of(unreserve({eng("cpus:3")})).contains("does not contain"));
}

// SCH-175 SCH-178 RES-116
TEST_F(Operations, AVolumeIsDestroyedBeforeItsDiskIsUnreserved) {
  operate({reserve({eng("disk:100")}), create({data})});
  EXPECT_TRUE(refusal_of(unreserve({data})).contains("Please destroy the persistent volume first"));
  EXPECT_EQ(refusal_of(destroy({data})), "");
  EXPECT_EQ(total(), "cpus:4; mem:1024; disk:900; disk(reservations: [(DYNAMIC,eng)]):100");
  EXPECT_EQ(refusal_of(destroy({data})), "Persistent volumes not found");
}

// SCH-176 RES-113
TEST_F(Operations, AVolumeIsReservedNamedOnceAndWritable) {
  operate({reserve({eng("disk:300")})});
  EXPECT_NE(refusal_of(create({volume(resource("disk:10"), "plain")})), "");
  mesos::v1::Resource read_only;
  volume(eng("disk:10"), "ro").to_message(model::WireForm::new_form, read_only);
  read_only.mutable_disk()->mutable_volume()->set_mode(mesos::v1::Volume::RO);
  OperationInfo operation;
  operation.set_type(OperationInfo::CREATE);
  *operation.mutable_create()->add_volumes() = read_only;
  EXPECT_EQ(refusal_of(operation), "Read-only persistent volume not supported");
  EXPECT_EQ(refusal_of(create({data})), "");
  EXPECT_EQ(refusal_of(create({volume(eng("disk:50"), "data")})), "Persistence ID 'data' is not unique");
  EXPECT_EQ(refusal_of(create({volume(eng("disk:50"), "other")})), "");
}

// SCH-177 SCH-045 RES-130
TEST_F(Operations, ASharedVolumeNeedsTheCapability) {
  operate({reserve({eng("disk:100")})});
  EXPECT_EQ(refusal_of(create({shared(data)})),
            "Create shared volumes is not allowed for a framework with no SHARED_RESOURCES capability");
}

// SCH-178 RES-116
TEST_F(Operations, AVolumeInUseIsNotDestroyed) {
  operate(
      {reserve({eng("disk:100")}), create({data}), launch({task_with("t1", agent.id, {data, resource("cpus:1")})})});
  EXPECT_EQ(refusal_of(destroy({data})), "Persistent volumes in use");
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(refusal_of(destroy({data})), "");
}

// SCH-181 SCH-179 RES-119
TEST_F(Operations, AGrownVolumeComesInTheNextOffer) {
  operate({reserve({eng("disk:150")}), create({data})});
  bench.round();
  agent.told();
  scheduler.told();
  const model::Resource grown = volume(eng("disk:150"), "data");
  operate({grow(data, eng("disk:50"), "g"), launch({task_with("t1", agent.id, {grown, resource("cpus:1")})})}, 100);
  EXPECT_EQ(agent.told(), Lines{"apply GROW_VOLUME"});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_ERROR"});
  bench.round();
  EXPECT_TRUE(offered().without_allocation_role().contains(grown));
}

// SCH-181 SCH-180 RES-119
TEST_F(Operations, AShrunkVolumeComesInTheNextOfferWithTheFreedDisk) {
  operate({reserve({eng("disk:100")}), create({data})});
  EXPECT_NE(refusal_of(shrink(data, 100, "all")), "");
  EXPECT_NE(refusal_of(shrink(data, 0, "none")), "");
  bench.round();
  const model::Resource shrunk = volume(eng("disk:60"), "data");
  operate({shrink(data, 40, "s"), launch({task_with("t1", agent.id, {shrunk, resource("cpus:1")})})}, 100);
  EXPECT_EQ(scheduler.status().state(), mesos::v1::TASK_ERROR);
  bench.round();
  EXPECT_TRUE(offered().without_allocation_role().contains(shrunk));
  EXPECT_TRUE(offered().without_allocation_role().contains(eng("disk:40")));
}

// SCH-110 SCH-120
TEST_F(Operations, WhatTheyMadeReturnsWithoutAFilterAndTheRestWithOne) {
  operate({reserve({eng("cpus:1")})}, 1000);
  bench.round();
  EXPECT_TRUE(offered().without_allocation_role().contains(eng("cpus:1")));
  ASSERT_TRUE(bench.decline(scheduler, id_of(scheduler.offer()), 1000));
  bench.round();
  EXPECT_TRUE(scheduler.offers.empty());
}

// SCH-109 SCH-110
TEST_F(Operations, IfAllWereRefusedTheOfferIsDeclinedWithTheFilter) {
  operate({reserve({eng("cpus:9")}, "x")}, 100);
  bench.advance(50s);
  EXPECT_TRUE(scheduler.offers.empty());
  bench.advance(60s);
  EXPECT_FALSE(scheduler.offers.empty());
}

// SCH-118
TEST_F(Operations, NothingBeyondTheOfferCanBeUsed) {
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:3"));
  bench.round();
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  // The offer has one of the four cpus that the agent has free by now.
  const OfferId old = id_of(scheduler.offer());
  ASSERT_TRUE(bench.operate(scheduler, {old}, {reserve({eng("cpus:2")}, "r")}, 0));
  EXPECT_TRUE(scheduler.operation_status().message().contains("does not contain"));
}

// SCH-182 RES-120
TEST_F(Operations, DisksOfProvidersAreRefusedWithTheirText) {
  OperationInfo operation;
  operation.set_type(OperationInfo::CREATE_DISK);
  resource("disk:10").to_message(model::WireForm::new_form, *operation.mutable_create_disk()->mutable_source());
  operation.mutable_create_disk()->set_target_type(mesos::v1::Resource::DiskInfo::Source::MOUNT);
  EXPECT_EQ(refusal_of(operation), "'source' is not managed by a resource provider");
  operation.set_type(OperationInfo::DESTROY_DISK);
  resource("disk:10").to_message(model::WireForm::new_form, *operation.mutable_destroy_disk()->mutable_source());
  EXPECT_EQ(refusal_of(operation), "'source' is not managed by a resource provider");
}

// SCH-104 SCH-186
TEST_F(Operations, WithInvalidOffersThoseWithAnIdAreErrors) {
  ASSERT_TRUE(bench.operate(scheduler, {OfferId("none")}, {reserve({eng("cpus:1")}, "r"), reserve({eng("cpus:1")})}));
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE_OPERATION_STATUS r OPERATION_ERROR"});
  EXPECT_EQ(scheduler.operation_status().message(),
            "Operation attempted with invalid offers: Offer none is no longer valid");
  EXPECT_EQ(agent.told(), Lines{});
}

// SCH-100
TEST_F(Operations, AReservationIsOfferedToItsRoleOnly) {
  operate({reserve({eng("cpus:4")})}, 1000);
  FakeScheduler& other = bench.subscribe(test_framework({"ops"}));
  bench.advance(5s);
  for (const auto& [id, offer] : other.offers) {
    for (const auto& resource : offer->resources()) EXPECT_EQ(resource.reservations_size(), 0);
  }
}

struct Sharing : Operations {
  Sharing() : Operations(sharing_framework()) {
    operate({reserve({eng("disk:100")}), create({shared(data)})});
    bench.round();
    agent.told();
    scheduler.told();
  }
  TaskInfo using_it(const std::string& id) const {
    return task_with(id, agent.id, {shared(data), resource("cpus:0.5")});
  }
};

// SCH-147 SCH-045 RES-131
TEST_F(Sharing, ManyTasksOfOneAcceptAndLaterOnesUseTheVolume) {
  operate({launch({using_it("t1"), using_it("t2")}), launch({using_it("t3")})});
  EXPECT_EQ(agent.told(), (Lines{"run t1", "run t2", "run t3"}));
  EXPECT_EQ(allocated(), "disk(reservations: [(DYNAMIC,eng)])[data:]<SHARED>:100<3>; cpus:1.5");
  bench.round();
  ASSERT_TRUE(offered().without_allocation_role().contains(shared(data))) << "in use, and offered again";
  operate({launch({using_it("t4")})});
  EXPECT_EQ(agent.told(), Lines{"run t4"});
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(allocated(), "disk(reservations: [(DYNAMIC,eng)])[data:]<SHARED>:100<3>; cpus:1.5");
}

// SCH-147 RES-131
TEST_F(Sharing, AVolumeMadeInTheSameAcceptMayBeSharedAtOnce) {
  const model::Resource fresh = shared(volume(eng("disk:10"), "fresh"));
  operate({reserve({eng("disk:10")}), create({fresh}),
           launch({task_with("t1", agent.id, {fresh, resource("cpus:1")}),
                   task_with("t2", agent.id, {fresh, resource("cpus:1")})})});
  EXPECT_EQ(agent.told(), (Lines{"apply RESERVE", "apply CREATE", "run t1", "run t2"}));
}

// SCH-178 RES-116 RES-131
TEST_F(Sharing, OnlyAVolumeThatNobodyUsesIsDestroyed) {
  operate({launch({using_it("t1"), using_it("t2")})});
  EXPECT_EQ(refusal_of(destroy({shared(data)})), "Persistent volumes in use");
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(refusal_of(destroy({shared(data)})), "Persistent volumes in use");
  bench.update(agent, scheduler, "t2", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(refusal_of(destroy({shared(data)})), "");
  EXPECT_EQ(total(), "cpus:4; mem:1024; disk:900; disk(reservations: [(DYNAMIC,eng)]):100");
}

// SCH-178 SCH-098
TEST_F(Sharing, OtherOffersOfADestroyedVolumeAreRescinded) {
  // It stays free while it is offered, and comes with whatever else is offered of the agent.
  bench.launch(scheduler, test_task("t1", agent.id, "cpus:1"));
  bench.round();
  ASSERT_EQ(scheduler.offers.size(), 1U);
  FakeScheduler& other = bench.subscribe(sharing_framework());
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  bench.round();
  ASSERT_EQ(other.offers.size(), 1U) << "what t1 left, with the volume";
  ASSERT_TRUE(
      model::Resources::from_messages(other.offer().resources())->without_allocation_role().contains(shared(data)));
  scheduler.told();
  other.told();
  operate({destroy({shared(data)}, "d")});
  const Lines heard = other.told();
  ASSERT_FALSE(heard.empty());
  EXPECT_TRUE(heard.front().starts_with("RESCIND"));
  EXPECT_EQ(agent.told().back(), "apply DESTROY");
}

// RES-131 SCH-045
TEST_F(Sharing, AFrameworkWithoutTheCapabilityDoesNotSeeIt) {
  FakeScheduler& other = bench.subscribe(test_framework());
  ASSERT_TRUE(bench.decline(scheduler, id_of(scheduler.offer()), 1000));
  bench.advance(5s);
  ASSERT_FALSE(other.offers.empty());
  for (const auto& resource : other.offer().resources()) EXPECT_FALSE(resource.has_shared());
}

// RES-132 RES-053
TEST_F(Sharing, TwoTasksCountItsSizeOnce) {
  operate({launch({using_it("t1"), using_it("t2")})}, 1000);
  EXPECT_EQ(bench.snapshot().agents[0]->allocated.quantities().to_text(), "cpus:1;disk:100");
}

}  // namespace
}  // namespace stoa::master
