// Reservations and volumes of one agent.
#include "agent/operations.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/checkpoint.h"
#include "agent/operations_testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Directories = std::set<VolumeDirectory>;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};
const VolumeDirectory root_x{"/var/lib/stoa", "volumes/roles/web/x"};

class OperationsTest : public testing::Test {
 protected:
  OperationsTest() : world(disk_config()) { world.start_and_register(); }
  void TearDown() override { EXPECT_EQ(world.broken, std::vector<std::string>()); }

  void say(const Operation& operation, const std::string& name, bool feedback = true) {
    world.say(apply_message(operation, name, feedback));
  }
  int apply(const Operation& operation, const std::string& name, bool feedback = true) {
    say(operation, name, feedback);
    world.settle();
    return state_of(name);
  }
  // As last told to the master; -1 if it was not.
  int state_of(const std::string& name) const { return status_of(name) ? status_of(name)->state() : -1; }
  const v1::OperationStatus* status_of(const std::string& name) const {
    const v1::OperationStatus* found = nullptr;
    for (const auto& update : world.outcomes)
      if (update->operation_uuid() == operation_uuid(name)) found = &update->status();
    return found;
  }
  std::ptrdiff_t told(const std::string& name) const {
    return std::ranges::count_if(world.outcomes,
                                 [&](const auto& update) { return update->operation_uuid() == operation_uuid(name); });
  }
  void run_with(const v1::Resource& resource, const std::string& id = "a") {
    v1::TaskInfo task = test_task(id);
    *task.add_resources() = resource;
    world.run(test_framework("f"), task);
  }
  std::string total() const { return stored_total(world).to_text(); }

  World world;
};

// RES-101 RES-104 AGT-170
TEST_F(OperationsTest, AReservationIsDurableBeforeItIsReported) {
  say(reserve(reserved("cpus", 1)), "r");
  while (world.do_to_agent()) {
  }
  EXPECT_EQ(state_of("r"), -1);
  world.settle();
  EXPECT_EQ(state_of("r"), v1::OPERATION_FINISHED);
  EXPECT_TRUE(status_of("r")->has_uuid());
  EXPECT_EQ(status_of("r")->operation_id().value(), "r");
  EXPECT_FALSE(status_of("r")->has_message());
  EXPECT_EQ(status_of("r")->converted_resources_size(), 0);
  EXPECT_NE(total().find("cpus(reservations: [(DYNAMIC,web)]):1"), std::string::npos) << total();
  EXPECT_NE(total().find("cpus:3"), std::string::npos) << total();
  world.start_and_register();
  const auto again = model::Resources::from_messages(world.registrations.back()->total_resources());
  EXPECT_EQ(*again, stored_total(world));
}

// AGT-072 AGT-170 RES-117
TEST_F(OperationsTest, VolumesLieByDiskAndRoleAndARolesSlashIsASpace) {
  world.config.work_dir = "/var/lib/stoa";
  apply(reserve(reserved("disk", 300)), "r");
  EXPECT_EQ(apply(create(volume("x")), "c"), v1::OPERATION_FINISHED);
  EXPECT_EQ(world.disk, Directories{root_x});
  apply(reserve(reserved("disk", 100, "eng/db/x")), "r2");
  EXPECT_EQ(apply(create(volume("y", 100, "eng/db/x")), "c2"), v1::OPERATION_FINISHED);
  EXPECT_TRUE(world.disk.contains({"/var/lib/stoa", "volumes/roles/eng db x/y"}));
  apply(reserve(on_path(reserved("disk", 100))), "r3");
  EXPECT_EQ(apply(create(on_path(volume("z"))), "c3"), v1::OPERATION_FINISHED);
  EXPECT_TRUE(world.disk.contains({"/disks/p", "volumes/roles/web/z"}));
  apply(reserve(on_mount(reserved("disk", 500))), "r4");
  EXPECT_EQ(apply(create(on_mount(volume("m", 500))), "c4"), v1::OPERATION_FINISHED);
  EXPECT_TRUE(world.disk.contains({"/disks/m", ""}));
  EXPECT_EQ(apply(destroy(on_mount(volume("m", 500))), "d4"), v1::OPERATION_FINISHED);
  EXPECT_FALSE(world.disk.contains({"/disks/m", ""}));
}

// AGT-089 RES-101
TEST_F(OperationsTest, DirectoriesAreMadeOnceTheTargetIsDurableAndTheVolumeIsReportedOnceTheyAre) {
  apply(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c");
  while (world.do_to_agent()) {
  }
  EXPECT_TRUE(world.changes.empty());
  ASSERT_TRUE(world.do_persist());
  ASSERT_EQ(world.changes.size(), 1);
  EXPECT_EQ(total().find("x:data-x"), std::string::npos) << total();
  ASSERT_TRUE(world.do_volumes());
  EXPECT_EQ(state_of("c"), -1);
  world.settle();
  EXPECT_EQ(state_of("c"), v1::OPERATION_FINISHED);
  EXPECT_NE(total().find("x:data-x"), std::string::npos) << total();
}

// AGT-089 RES-101
TEST_F(OperationsTest, AnInterruptedCommitIsRedoneByTheNextLife) {
  apply(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c");
  while (world.do_to_agent()) {
  }
  ASSERT_TRUE(world.do_persist());
  world.start();
  EXPECT_EQ(world.changes.size(), 1);
  world.settle();
  world.advance(2s);
  EXPECT_EQ(state_of("c"), v1::OPERATION_FINISHED);
  EXPECT_EQ(world.disk, Directories{root_x});
  EXPECT_NE(total().find("x:data-x"), std::string::npos) << total();
}

// AGT-089 RES-117
TEST_F(OperationsTest, RecoveryRemovesNoDirectoryButThatOfAnInterruptedDestroy) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  apply(create(volume("y")), "c2");
  world.start_and_register();
  EXPECT_EQ(world.effects_of<ChangeVolumes>().size(), 0);
  say(destroy(volume("y")), "d");
  while (world.do_to_agent()) {
  }
  ASSERT_TRUE(world.do_persist());
  world.start();
  const auto changes = world.effects_of<ChangeVolumes>();
  ASSERT_EQ(changes.size(), 1);
  EXPECT_EQ(changes[0].remove, (std::vector<VolumeDirectory>{{"/var/lib/stoa", "volumes/roles/web/y"}}));
}

// AGT-172
TEST_F(OperationsTest, ADirectoryThatCannotBeMadeFailsTheOperationAndTheAgentLivesOn) {
  apply(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c");
  while (world.do_to_agent()) {
  }
  world.do_persist();
  ASSERT_TRUE(world.do_volumes(Error{Code::internal, "make /var/lib/stoa/volumes: read-only file system"}));
  world.settle();
  EXPECT_EQ(state_of("c"), v1::OPERATION_FAILED);
  EXPECT_EQ(status_of("c")->message(), "make /var/lib/stoa/volumes: read-only file system");
  EXPECT_TRUE(world.alive());
  EXPECT_EQ(total().find("x:data-x"), std::string::npos);
  EXPECT_EQ(apply(create(volume("x")), "c2"), v1::OPERATION_FINISHED);
}

// AGT-173
TEST_F(OperationsTest, ALaunchAfterACreateWaitsForItAndSeesTheVolume) {
  say(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c");
  run_with(volume("x"));
  while (world.do_to_agent()) {
  }
  world.do_persist();
  world.do_persist();
  EXPECT_TRUE(world.sandboxes.empty());
  ASSERT_TRUE(world.do_volumes());
  EXPECT_TRUE(world.sandboxes.empty());
  ASSERT_TRUE(world.do_persist());
  ASSERT_EQ(world.sandboxes.size(), 1);
  const auto& volumes = world.sandboxes.front().volumes;
  ASSERT_EQ(volumes.size(), 1);
  EXPECT_EQ(volumes[0].source, root_x);
  EXPECT_EQ(volumes[0].container_path, "data-x");
  EXPECT_TRUE(volumes[0].give_owner);
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_RUNNING);
}

// AGT-051 AGT-173
TEST_F(OperationsTest, ATaskWhoseVolumeOrReservationIsUnknownIsDropped) {
  run_with(volume("x"));
  world.settle();
  EXPECT_EQ(world.last_status(task_a).state(), v1::TASK_LOST);
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_RESOURCES_UNKNOWN);
  run_with(reserved("cpus", 1), "b");
  world.settle();
  EXPECT_EQ(world.last_status({FrameworkId("f"), TaskId("b")}).reason(), v1::TaskStatus::REASON_RESOURCES_UNKNOWN);
}

// AGT-171
TEST_F(OperationsTest, AVolumeInUseIsNotDestroyed) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  run_with(volume("x"));
  world.settle();
  EXPECT_EQ(apply(destroy(volume("x")), "d"), v1::OPERATION_ERROR);
  EXPECT_EQ(status_of("d")->message(), "Persistent volumes in use");
  EXPECT_EQ(world.disk, Directories{root_x});
  world.process_ends(world.container_of(task_a), 0);
  world.settle();
  EXPECT_EQ(apply(destroy(volume("x")), "d2"), v1::OPERATION_FINISHED);
  EXPECT_EQ(world.disk, Directories());
}

// AGT-171
TEST_F(OperationsTest, AVolumeIsInUseUntilTheContainersOfARemovedFrameworkHaveEnded) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  run_with(volume("x"));
  world.settle();
  link::ToAgent remove;
  remove.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(remove);
  world.settle();
  world.say(apply_message(destroy(volume("x")), "d", false, ""));
  world.settle();
  EXPECT_EQ(state_of("d"), v1::OPERATION_ERROR);
  world.process_ends(world.container_of(task_a), 15);
  world.settle();
  world.say(apply_message(destroy(volume("x")), "d2", false, ""));
  world.settle();
  EXPECT_EQ(state_of("d2"), v1::OPERATION_FINISHED);
}

// AGT-173
TEST_F(OperationsTest, ATaskThatCameAfterADestroyDoesNotSaveTheVolumeAndDoesNotStart) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  say(create(volume("y")), "c2");
  say(destroy(volume("x")), "d");
  run_with(volume("x"));
  world.settle();
  EXPECT_EQ(state_of("d"), v1::OPERATION_FINISHED);
  EXPECT_EQ(world.last_status(task_a).reason(), v1::TaskStatus::REASON_RESOURCES_UNKNOWN);
}

// AGT-174
TEST_F(OperationsTest, GrowingAndShrinkingChangesTheAmountOnly) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  world.effects.clear();
  EXPECT_EQ(apply(grow(volume("x"), reserved("disk", 50)), "g"), v1::OPERATION_FINISHED);
  EXPECT_NE(total().find("x:data-x]:150"), std::string::npos) << total();
  EXPECT_EQ(apply(shrink(volume("x", 150), 30), "s"), v1::OPERATION_FINISHED);
  EXPECT_NE(total().find("x:data-x]:120"), std::string::npos) << total();
  EXPECT_TRUE(world.effects_of<ChangeVolumes>().empty());
  EXPECT_EQ(world.disk, Directories{root_x});
}

// AGT-174 AGT-022
TEST_F(OperationsTest, AMountDiskIsUsedWholeAndNotResized) {
  apply(reserve(on_mount(reserved("disk", 500))), "r");
  EXPECT_EQ(apply(create(on_mount(volume("part", 100))), "p"), v1::OPERATION_DROPPED);
  EXPECT_EQ(apply(create(on_mount(volume("m", 500))), "c"), v1::OPERATION_FINISHED);
  EXPECT_EQ(apply(shrink(on_mount(volume("m", 500)), 100), "s"), v1::OPERATION_ERROR);
  EXPECT_NE(total().find("m:data-m]:500"), std::string::npos) << total();
}

// RES-105
TEST_F(OperationsTest, WhatIsNotThereIsRefusedAndTheTotalIsReportedThen) {
  EXPECT_EQ(apply(unreserve(reserved("cpus", 1)), "u"), v1::OPERATION_DROPPED);
  EXPECT_NE(status_of("u")->message().find("does not contain"), std::string::npos);
  ASSERT_EQ(world.reports.size(), 1);
  const auto total = model::Resources::from_messages(world.reports[0]->update_resources().total_resources());
  EXPECT_EQ(*total, *world.agent().snapshot().total);
  apply(reserve(reserved("cpus", 1)), "r");
  EXPECT_EQ(world.reports.size(), 1);
}

// AGT-067
TEST_F(OperationsTest, AnOutcomeWithIdIsRepeatedUntilItIsAcknowledgedAlsoByTheNextLife) {
  world.acknowledges = false;
  apply(reserve(reserved("cpus", 1)), "r");
  const std::string uuid = status_of("r")->uuid().value();
  EXPECT_EQ(told("r"), 1);
  world.advance(12s);
  EXPECT_EQ(told("r"), 2);
  world.start_and_register();
  EXPECT_EQ(told("r"), 3);
  EXPECT_EQ(status_of("r")->uuid().value(), uuid);
  const auto& named = world.registrations.back()->operations();
  ASSERT_EQ(named.size(), 1);
  EXPECT_EQ(named[0].latest_status().state(), v1::OPERATION_FINISHED);
  EXPECT_EQ(named[0].uuid().value(), operation_uuid("r"));
  world.acknowledges = true;
  world.advance(15s);
  EXPECT_EQ(world.stored_count(operation_kind), 0);
  const auto before = told("r");
  world.advance(1h);
  EXPECT_EQ(told("r"), before);
}

// AGT-067
TEST_F(OperationsTest, AnAcknowledgementOfAnotherStatusIsIgnored) {
  world.acknowledges = false;
  apply(reserve(reserved("cpus", 1)), "r");
  link::ToAgent wrong;
  wrong.mutable_acknowledge_operation()->set_operation_uuid(operation_uuid("r"));
  wrong.mutable_acknowledge_operation()->set_status_uuid("0123456789abcdef");
  world.say(wrong);
  world.settle();
  EXPECT_EQ(world.stored_count(operation_kind), 1);
  world.advance(12s);
  EXPECT_EQ(told("r"), 2);
}

// AGT-067
TEST_F(OperationsTest, AnOutcomeWithoutIdIsToldOnceAndForgotten) {
  EXPECT_EQ(apply(reserve(reserved("cpus", 1)), "r", false), v1::OPERATION_FINISHED);
  EXPECT_FALSE(status_of("r")->has_uuid());
  EXPECT_EQ(world.stored_count(operation_kind), 0);
  world.advance(1h);
  EXPECT_EQ(told("r"), 1);
}

// AGT-067
TEST_F(OperationsTest, AnOutcomeThatComesWithoutAMasterIsToldAfterRegistration) {
  apply(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c", false);
  while (world.do_to_agent()) {
  }
  world.do_persist();
  world.break_link();
  world.do_volumes();
  world.do_persist();
  EXPECT_EQ(state_of("c"), -1);
  world.advance(5s);
  EXPECT_EQ(state_of("c"), v1::OPERATION_FINISHED);
}

// AGT-066
TEST_F(OperationsTest, ARemovedFrameworkIsOwedNoOutcome) {
  world.acknowledges = false;
  apply(reserve(reserved("cpus", 1)), "r");
  link::ToAgent remove;
  remove.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(remove);
  world.settle();
  const auto before = told("r");
  world.advance(1h);
  EXPECT_EQ(told("r"), before);
  EXPECT_EQ(world.stored_count(operation_kind), 0);
  EXPECT_NE(total().find("DYNAMIC,web"), std::string::npos);
}

// SCH-077
TEST_F(OperationsTest, AnOutcomeThatIsBeingWrittenWhenItsFrameworkIsRemovedIsTold) {
  say(reserve(reserved("cpus", 1)), "r");
  while (world.do_to_agent()) {
  }
  link::ToAgent remove;
  remove.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(remove);
  while (world.do_to_agent()) {
  }
  EXPECT_EQ(told("r"), 0);
  world.settle();
  EXPECT_EQ(told("r"), 1);
  EXPECT_EQ(world.stored_count(operation_kind), 0);
}

// AGT-032 RES-101
TEST_F(OperationsTest, AnUnknownOperationIsDroppedWhenTheMasterAsks) {
  world.acknowledges = false;
  apply(reserve(reserved("cpus", 1)), "known");
  link::ToAgent ask;
  for (const auto* name : {"known", "lost"}) {
    auto& operation = *ask.mutable_reconcile_operations()->add_operations();
    operation.mutable_framework_id()->set_value("f");
    operation.set_operation_uuid(operation_uuid(name));
    operation.mutable_operation_id()->set_value(name);
  }
  world.say(ask);
  world.settle();
  EXPECT_EQ(state_of("lost"), v1::OPERATION_DROPPED);
  EXPECT_FALSE(status_of("lost")->has_uuid());
  EXPECT_EQ(status_of("lost")->operation_id().value(), "lost");
  EXPECT_EQ(told("known"), 1);
}

// RES-102 AGT-089
TEST_F(OperationsTest, AnAgentThatNoLongerHasWhatAVolumeLiesOnRefusesToStart) {
  apply(reserve(reserved("disk", 900)), "r");
  apply(create(volume("x", 900)), "c");
  v1::AgentInfo info = *world.config.info;
  info.mutable_resources(1)->mutable_scalar()->set_value(800);
  world.config.info = std::make_shared<const v1::AgentInfo>(info);
  world.latest_agent.clear();  // Even as a new agent: the volume is the machine's.
  const auto disk = world.disk;
  world.start();
  ASSERT_TRUE(world.exit);
  EXPECT_EQ(world.exit->code, 1);
  EXPECT_NE(world.exit->message.find("Checkpointed resources "), std::string::npos) << world.exit->message;
  EXPECT_NE(world.exit->message.find("are incompatible with agent resources"), std::string::npos);
  EXPECT_EQ(world.disk, disk);
}

// RES-103 RES-104 AGT-084
TEST_F(OperationsTest, WhatAnAgentHasGainedIsAddedToItsReservationsAndVolumes) {
  apply(reserve(reserved("disk", 300)), "r");
  apply(create(volume("x")), "c");
  v1::AgentInfo info = *world.config.info;
  info.mutable_resources(0)->mutable_scalar()->set_value(8);
  world.config.info = std::make_shared<const v1::AgentInfo>(info);
  world.config.reconfiguration_additive = true;
  world.start_and_register();
  const auto total = world.agent().snapshot().total->to_text();
  EXPECT_NE(total.find("cpus:8"), std::string::npos) << total;
  EXPECT_NE(total.find("x:data-x]:100"), std::string::npos) << total;
}

// AGT-073 RES-117
TEST_F(OperationsTest, ANewAgentOnTheMachineKeepsReservationsAndVolumesButNotOperations) {
  apply(reserve(reserved("disk", 300)), "r");
  world.acknowledges = false;
  apply(create(volume("x")), "c");
  world.latest_agent.clear();
  world.assigned_id = "S1";
  world.start_and_register();
  EXPECT_TRUE(world.registrations.back()->operations().empty());
  EXPECT_NE(world.agent().snapshot().total->to_text().find("x:data-x"), std::string::npos);
  EXPECT_EQ(world.disk, Directories{root_x});
}

// RES-118
TEST_F(OperationsTest, ASharedVolumeKeepsItsOwnerWhileOthersUseItAndLinksGoWithTheContainer) {
  v1::Resource shared = volume("x");
  shared.mutable_shared();
  apply(reserve(reserved("disk", 300)), "r");
  EXPECT_EQ(apply(create(shared), "c"), v1::OPERATION_FINISHED);
  run_with(shared, "a");
  world.settle();
  world.effects.clear();
  run_with(shared, "b");
  world.settle();
  const auto sandboxes = world.effects_of<PrepareSandbox>();
  ASSERT_EQ(sandboxes.size(), 1);
  ASSERT_EQ(sandboxes[0].volumes.size(), 1);
  EXPECT_FALSE(sandboxes[0].volumes[0].give_owner);
  world.process_ends(world.container_of(task_a), 0);
  world.settle();
  const auto released = world.effects_of<ReleaseVolumes>();
  ASSERT_EQ(released.size(), 1);
  EXPECT_NE(released[0].directory.find("/executors/a/runs/"), std::string::npos);
  EXPECT_EQ(released[0].volumes.size(), 1);
  EXPECT_EQ(apply(destroy(shared), "d"), v1::OPERATION_ERROR);
}

// AGT-204
TEST_F(OperationsTest, ReadersSeePendingOperations) {
  apply(reserve(reserved("disk", 300)), "r");
  say(create(volume("x")), "c");
  while (world.do_to_agent()) {
  }
  const auto shown = world.agent().snapshot().operations;
  ASSERT_EQ(shown.size(), 1);
  EXPECT_EQ(shown[0]->latest_status().state(), v1::OPERATION_PENDING);
}

}  // namespace
}  // namespace stoa::agent
