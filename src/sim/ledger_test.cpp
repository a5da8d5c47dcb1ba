#include "sim/ledger.h"

#include <gtest/gtest.h>

#include "agent/checkpoint.h"
#include "agent/volumes.h"
#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

// Each law is shown a breach, and what is lawful.
namespace stoa::sim {
namespace {

using mesos::v1::Offer_Operation;
using model::Resources;

const Resources plain = model::testing::resources("cpus:4;mem:1024;disk:100");

Resources reserved(std::string_view text) {
  return Resources{
      model::testing::reserved(model::testing::resource(text), model::testing::dynamic_reservation("role"))};
}
Resources volume(std::string_view text, const std::string& id) {
  return Resources{model::testing::volume(reserved(text).begin()->resource, id)};
}

link::ApplyOperation order(const std::string& uuid, Offer_Operation::Type type, const Resources& what) {
  link::ApplyOperation message;
  message.set_operation_uuid(uuid);
  message.mutable_framework_id()->set_value("f");
  Offer_Operation& info = *message.mutable_info();
  info.set_type(type);
  auto& resources = type == Offer_Operation::RESERVE     ? *info.mutable_reserve()->mutable_resources()
                    : type == Offer_Operation::UNRESERVE ? *info.mutable_unreserve()->mutable_resources()
                                                         : *info.mutable_create()->mutable_volumes();
  what.to_messages(model::WireForm::new_form, resources);
  return message;
}

agent::Change resources_record(const Resources& total, std::optional<Resources> target = {}) {
  return {agent::resources_kind, "self", agent::encode(agent::StoredResources{total, std::move(target)})};
}
agent::Change outcome(const std::string& uuid, mesos::v1::OperationState state) {
  mesos::v1::Operation operation;
  operation.mutable_uuid()->set_value(uuid);
  operation.mutable_info()->set_type(Offer_Operation::RESERVE);
  operation.mutable_latest_status()->set_state(state);
  return {agent::operation_kind, uuid,
          agent::encode(agent::StoredOperation{std::make_shared<const mesos::v1::Operation>(operation), {}})};
}

std::string law_of(const std::optional<Violation>& violation) { return violation ? violation->law : ""; }

struct Machine {
  Ledger ledger{plain, "/work"};
  Resources after;  // One RESERVE of a cpu.

  Machine() {
    after = plain;
    EXPECT_TRUE(after.subtract(model::testing::resources("cpus:1")));
    after += reserved("cpus:1");
    ledger.ordered(order("u1", Offer_Operation::RESERVE, reserved("cpus:1")));
  }
  std::string written(const std::vector<agent::Change>& changes, const std::set<FrameworkId>& silent = {}) {
    return law_of(ledger.written(changes, silent));
  }
};

TEST(Ledger, WhatIsDoneIsInTheRecord) {
  Machine machine;
  EXPECT_EQ(machine.written({resources_record(machine.after), outcome("u1", mesos::v1::OPERATION_FINISHED)}), "");
  EXPECT_EQ(machine.ledger.total(), machine.after);
  EXPECT_EQ(machine.ledger.counts().of(Happening::reserved), 1u);
}

TEST(Ledger, ARecordWithoutWhatIsDoneIsABreach) {
  Machine machine;
  EXPECT_EQ(machine.written({outcome("u1", mesos::v1::OPERATION_FINISHED)}), "no reservation is lost");
}

TEST(Ledger, ARecordWithWhatIsNotToldAsDoneIsABreach) {
  Machine machine;
  EXPECT_EQ(machine.written({resources_record(machine.after)}), "no reservation is lost");
}

TEST(Ledger, NobodyIsToldOfAnOperationOfASilentFramework) {
  Machine machine;
  EXPECT_EQ(machine.written({resources_record(machine.after)}, {FrameworkId("f")}), "");
}

TEST(Ledger, WhatFailedChangesNothing) {
  Machine machine;
  EXPECT_EQ(machine.written({outcome("u1", mesos::v1::OPERATION_FAILED), resources_record(machine.after)}),
            "no reservation is lost");
}

TEST(Ledger, WhatCannotBeDoneIsNotDone) {
  Machine machine;
  machine.ledger.ordered(order("u2", Offer_Operation::UNRESERVE, reserved("mem:64")));
  EXPECT_EQ(machine.written({outcome("u2", mesos::v1::OPERATION_FINISHED)}), "what is done could be done");
}

TEST(Ledger, ARecordThatCannotBeReadIsABreach) {
  EXPECT_EQ(Machine().written({{agent::resources_kind, "self", "nonsense"}}), "records can be read");
  EXPECT_EQ(Machine().written({{agent::operation_kind, "u1", "nonsense"}}), "records can be read");
}

// A machine that has made a volume of reserved disk.
struct MachineWithVolume {
  Resources total;
  Ledger ledger;
  agent::VolumeDirectory directory;

  explicit MachineWithVolume(const Resources& volumes) : total(plain + volumes), ledger(total, "/work") {
    directory = agent::volume_directory(volumes.begin()->resource, "/work");
  }
};

TEST(Ledger, EachVolumeHasItsDirectoryAndEachDirectoryItsVolume) {
  const MachineWithVolume machine(volume("disk:10", "v"));
  const agent::VolumeDirectory stray{.root = "/work", .path = "volumes/stray"};
  EXPECT_EQ(law_of(machine.ledger.check({machine.directory})), "");
  EXPECT_EQ(law_of(machine.ledger.check({})), "no volume is without its data");
  EXPECT_EQ(law_of(machine.ledger.check({machine.directory, stray})), "no volume's data is without an owner");
}

TEST(Ledger, TwoVolumesOfOneNameAreABreach) {
  const MachineWithVolume machine(volume("disk:10", "v") + volume("disk:20", "v"));
  EXPECT_EQ(law_of(machine.ledger.check({machine.directory})), "no volume's data has two owners");
}

}  // namespace
}  // namespace stoa::sim
