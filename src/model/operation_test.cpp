#include "model/operation.h"

#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
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
using Operation = mesos::v1::Offer_Operation;

Operation operation(Operation::Type type, const Resources& list, const Resources& source = {}) {
  Operation result;
  result.set_type(type);
  switch (type) {
    case Operation::RESERVE:
      list.to_messages(WireForm::new_form, *result.mutable_reserve()->mutable_resources());
      source.to_messages(WireForm::new_form, *result.mutable_reserve()->mutable_source());
      break;
    case Operation::UNRESERVE:
      list.to_messages(WireForm::new_form, *result.mutable_unreserve()->mutable_resources());
      break;
    case Operation::CREATE:
      list.to_messages(WireForm::new_form, *result.mutable_create()->mutable_volumes());
      break;
    default:
      list.to_messages(WireForm::new_form, *result.mutable_destroy()->mutable_volumes());
      break;
  }
  return result;
}

OperationContext framework(std::optional<std::string> principal = std::nullopt) {
  return {.principal = std::move(principal), .framework_roles = {"ads", "eng/db"}};
}
const OperationContext admin{.from_operator = true};

std::string refusal(const Operation& op, const OperationContext& context) {
  const auto result = convert(op, context);
  return result.has_value() ? "accepted" : result.error().message;
}

Resource allocated(const Resource& r, const char* role = "ads") { return r.with_allocation_role(role); }

const Resource plain = resource("cpus:2");
const Resource ads = reserved(plain, dynamic_reservation("ads", "p"));
const Resource disk = reserved(resource("disk:64"), dynamic_reservation("ads", "p"));

// RES-093 RES-099
TEST(Operation, ReservePushesOneElementAndNothingElse) {
  Resources pool = resources("cpus:8;mem:100").with_allocation_role("ads");
  const Conversion conversion = *convert(operation(Operation::RESERVE, {allocated(ads)}), framework("p"));
  EXPECT_EQ(conversion.consumed, Resources{allocated(plain)});
  ASSERT_TRUE(apply(conversion, pool).has_value());
  ASSERT_TRUE(apply(conversion, pool).has_value());
  EXPECT_EQ(pool,
            (resources("cpus:4;mem:100").with_allocation_role("ads") + Resources{allocated(ads), allocated(ads)}));
  EXPECT_EQ(pool.size(), 3U);
  Resources poor = resources("cpus:1").with_allocation_role("ads");
  EXPECT_TRUE(apply(conversion, poor).error().message.contains("does not contain"));
  EXPECT_EQ(poor, resources("cpus:1").with_allocation_role("ads"));
}

// RES-093 RES-098
TEST(Operation, RefinementIsPoppedToTheParent) {
  const Resource parent = resource("cpus(eng):2");
  const Resource child = reserved(parent, dynamic_reservation("eng/db"));
  const Conversion up = *convert(operation(Operation::RESERVE, {allocated(child, "eng/db")}), framework());
  EXPECT_EQ(up.consumed, Resources{allocated(parent, "eng/db")});
  const Conversion down = *convert(operation(Operation::UNRESERVE, {child}), admin);
  EXPECT_EQ(down.converted, Resources{parent});
}

// RES-094
TEST(Operation, ReserveWithSourceMovesInOneStep) {
  const Resource from = reserved(plain, dynamic_reservation("ads"));
  const Resource to = reserved(plain, dynamic_reservation("web"));
  const Conversion conversion = *convert(operation(Operation::RESERVE, {to}, {from}), admin);
  EXPECT_EQ(conversion.consumed, Resources{from});
  EXPECT_EQ(conversion.converted, Resources{to});
  const Resource more = reserved(resource("cpus:3"), dynamic_reservation("web"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {more}, {from}), admin)
                  .contains("Source and target resources should refer to identical resource quantities"));
  const Resource mem = reserved(resource("mem:1"), dynamic_reservation("x"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {to, mem}, {from}), admin)
                  .contains("Mixed reservations are not supported"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {}, {from}), admin).contains("Resource cannot be empty"));
}

// RES-095 SCH-170 SCH-173
TEST(Operation, OnlyDynamicUnrevocableResourcesOfOneProviderAreReserved) {
  EXPECT_TRUE(
      refusal(operation(Operation::RESERVE, {resource("cpus(ads):1")}), admin).contains("is not dynamically reserved"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {plain}), admin).contains("is not dynamically reserved"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {revocable(ads)}), admin)
                  .contains("cannot be created from revocable resources"));
  const auto provided = [](std::string id) {
    Identity identity = ads.identity();
    identity.provider_id = std::move(id);
    return ads.with_identity(identity);
  };
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {ads, provided("p1")}), admin)
                  .contains("Some resources have a resource provider and some do not"));
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {provided("p1"), provided("p2")}), admin)
                  .contains("multiple resource providers"));
}

// RES-095 SCH-172
TEST(Operation, ReservationsCarryThePrincipalOfTheCaller) {
  const auto reserve = [](std::optional<std::string> owner, std::optional<std::string> caller) {
    const Resource wanted = reserved(plain, dynamic_reservation("ads", std::move(owner)));
    return refusal(operation(Operation::RESERVE, {allocated(wanted)}), framework(std::move(caller)));
  };
  EXPECT_EQ(reserve("p", "p"), "accepted");
  EXPECT_TRUE(reserve({}, "p").contains("reserved resource in the request with no principal set"));
  EXPECT_TRUE(reserve("q", "p").contains("which does not match"));
  EXPECT_EQ(reserve("q", {}), "accepted");
  EXPECT_EQ(reserve({}, {}), "accepted");
}

// RES-096 RES-097 SCH-171
TEST(Operation, FrameworksReserveToTheRoleOfTheOfferOnly) {
  const auto reserve = [](const char* to, const char* offer, const OperationContext& context) {
    const Resource wanted = reserved(plain, dynamic_reservation(to));
    return refusal(operation(Operation::RESERVE, {allocated(wanted, offer)}), context);
  };
  EXPECT_EQ(reserve("ads", "ads", framework()), "accepted");
  EXPECT_NE(reserve("eng", "eng/db", framework()), "accepted");
  EXPECT_NE(reserve("eng/db/x", "eng/db", framework()), "accepted");
  EXPECT_NE(reserve("web", "web", framework()), "accepted");
  EXPECT_TRUE(reserve("ads", "ads", admin)
                  .contains("the operator API only allows reservations to be made to unallocated resources"));
}

// RES-098 SCH-175
TEST(Operation, UnreserveNeedsADynamicReservationWithoutVolume) {
  EXPECT_TRUE(refusal(operation(Operation::UNRESERVE, {resource("cpus(ads):1")}), admin)
                  .contains("is not dynamically reserved"));
  EXPECT_TRUE(refusal(operation(Operation::UNRESERVE, {volume(disk, "id1")}), admin)
                  .contains("Please destroy the persistent volume first then unreserve"));
  EXPECT_EQ(convert(operation(Operation::UNRESERVE, {ads}), admin)->converted, Resources{plain});
}

// RES-113 SCH-176
TEST(Operation, VolumesAreNewWritableAndReserved) {
  OperationContext context = admin;
  const auto create = [&context](const Resource& r) { return refusal(operation(Operation::CREATE, {r}), context); };
  EXPECT_EQ(create(volume(disk, "id1")), "accepted");
  EXPECT_TRUE(create(volume(resource("disk:64"), "id1")).contains("cannot be created from unreserved resources"));
  Operation read_only = operation(Operation::CREATE, {volume(disk, "id1")});
  read_only.mutable_create()->mutable_volumes(0)->mutable_disk()->mutable_volume()->set_mode(mesos::v1::Volume::RO);
  EXPECT_TRUE(refusal(read_only, admin).contains("Read-only persistent volume not supported"));
  context.agent_total = {volume(disk, "id1"), volume(reserved(resource("disk:1"), dynamic_reservation("web")), "id2")};
  EXPECT_EQ(create(volume(disk, "id1")), "Persistence ID 'id1' is not unique");
  EXPECT_EQ(create(volume(disk, "id2")), "accepted");
  EXPECT_EQ(refusal(operation(Operation::CREATE, {volume(disk, "id3"), volume(disk, "id3")}), admin),
            "Persistence ID 'id3' is not unique");
}

// RES-114
TEST(Operation, VolumesCarryThePrincipalOfTheCaller) {
  const auto create = [](std::optional<std::string> owner) {
    Identity identity = volume(disk, "id1").identity();
    identity.disk->persistence->principal = std::move(owner);
    return refusal(operation(Operation::CREATE, {allocated(disk.with_identity(identity))}), framework("p"));
  };
  EXPECT_EQ(create("p"), "accepted");
  EXPECT_TRUE(create({}).contains("Create volume operation"));
  EXPECT_TRUE(create({}).contains("no principal set"));
  EXPECT_TRUE(create("q").contains("which does not match"));
}

// RES-115 SCH-176 RES-038
TEST(Operation, CreateConsumesTheDiskBeneath) {
  EXPECT_EQ(convert(operation(Operation::CREATE, {volume(disk, "id1")}), admin)->consumed, Resources{disk});
  const Resource path_disk = with_source(disk, Disk::Source::Type::path, "/d");
  const Conversion conversion = *convert(operation(Operation::CREATE, {shared(volume(path_disk, "id1"))}), admin);
  EXPECT_EQ(conversion.consumed, Resources{path_disk});
  Resources pool{path_disk.with_value(Scalar::from_whole(100))};
  ASSERT_TRUE(apply(conversion, pool).has_value());
  EXPECT_EQ(pool, (Resources{path_disk.with_value(Scalar::from_whole(36)), shared(volume(path_disk, "id1"))}));
  const Resource mount_disk = with_source(disk, Disk::Source::Type::mount, "/m");
  Resources larger{mount_disk.with_value(Scalar::from_whole(100))};
  const Conversion part = *convert(operation(Operation::CREATE, {volume(mount_disk, "id1")}), admin);
  EXPECT_TRUE(apply(part, larger).error().message.contains("does not contain"));
}

// RES-130 SCH-177
TEST(Operation, SharedVolumesNeedTheCapability) {
  const Operation create = operation(Operation::CREATE, {allocated(shared(volume(disk, "id1")))});
  OperationContext context = framework();
  EXPECT_TRUE(refusal(create, context).contains("with no SHARED_RESOURCES capability"));
  context.framework_shared_resources = true;
  EXPECT_EQ(refusal(create, context), "accepted");
}

// RES-116 SCH-178
TEST(Operation, DestroyNeedsAnUnusedVolumeOfTheAgent) {
  const Resource held = volume(disk, "id1", "here");
  OperationContext context = admin;
  const Operation destroy = operation(Operation::DESTROY, {volume(disk, "id1", "there")});
  EXPECT_EQ(refusal(destroy, context), "Persistent volumes not found");
  context.agent_total = {held};
  EXPECT_EQ(convert(destroy, context)->converted, Resources{disk});
  context.resources_in_use = {allocated(held)};
  EXPECT_EQ(refusal(destroy, context), "Persistent volumes in use");
}

// RES-116
TEST(Operation, DestroyOfASharedVolumeWithFurtherHoldersIsRefused) {
  const Resource held = shared(volume(disk, "id1"));
  OperationContext context = admin;
  context.agent_total = {held};
  const Conversion conversion = *convert(operation(Operation::DESTROY, {held}), context);
  Resources pool{held, held};
  EXPECT_TRUE(apply(conversion, pool).error().message.contains("cannot be removed due to additional shared copies"));
  Resources single{held};
  ASSERT_TRUE(apply(conversion, single).has_value());
  EXPECT_EQ(single, Resources{disk});
}

Operation grow(const Resource& what, const Resource& addition) {
  Operation result;
  result.set_type(Operation::GROW_VOLUME);
  what.to_message(WireForm::new_form, *result.mutable_grow_volume()->mutable_volume());
  addition.to_message(WireForm::new_form, *result.mutable_grow_volume()->mutable_addition());
  return result;
}

Operation shrink(const Resource& what, double by) {
  Operation result;
  result.set_type(Operation::SHRINK_VOLUME);
  what.to_message(WireForm::new_form, *result.mutable_shrink_volume()->mutable_volume());
  result.mutable_shrink_volume()->mutable_subtract()->set_value(by);
  return result;
}

// RES-119 SCH-179
TEST(Operation, GrowAddsDiskOfTheSameKind) {
  const Resource held = volume(disk, "id1");
  const Conversion conversion = *convert(grow(held, disk), admin);
  EXPECT_EQ(conversion.converted, Resources{held.with_value(Scalar::from_whole(128))});
  EXPECT_EQ(conversion.consumed, (Resources{held, disk}));
  EXPECT_TRUE(refusal(grow(held, resource("disk(ads):1")), admin).contains("Incompatible resources in the"));
  EXPECT_NE(refusal(grow(held, disk.with_value(Scalar())), admin), "accepted");
  EXPECT_NE(refusal(grow(shared(held), disk), admin), "accepted");
  OperationContext old = admin;
  old.agent_resize_volume = false;
  EXPECT_TRUE(refusal(grow(held, disk), old).contains("RESIZE_VOLUME"));
}

// RES-119 SCH-180
TEST(Operation, ShrinkFreesPlainDisk) {
  const Resource held = volume(disk, "id1");
  const Conversion conversion = *convert(shrink(held, 14), admin);
  EXPECT_EQ(conversion.converted,
            (Resources{held.with_value(Scalar::from_whole(50)), disk.with_value(Scalar::from_whole(14))}));
  EXPECT_NE(refusal(shrink(held, 0), admin), "accepted");
  EXPECT_NE(refusal(shrink(held, 64), admin), "accepted");
  EXPECT_NE(refusal(shrink(shared(held), 1), admin), "accepted");
  EXPECT_EQ(refusal(shrink(volume(with_source(disk, Disk::Source::Type::mount, "/m"), "id1"), 1), admin),
            "Shrinking a volume on a MOUNT disk is not supported");
}

// RES-106
TEST(Operation, OldAgentsTakeNoPathsAndNoRefinements) {
  const Resource child = reserved(resource("cpus(eng):2"), dynamic_reservation("eng/db"));
  OperationContext old = admin;
  old.agent_reservation_refinement = false;
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {child}), old).contains("RESERVATION_REFINEMENT"));
  old = admin;
  old.agent_hierarchical_role = false;
  EXPECT_TRUE(refusal(operation(Operation::RESERVE, {reserved(plain, dynamic_reservation("a/b"))}), old)
                  .contains("HIERARCHICAL_ROLE"));
}

// RES-002
TEST(Operation, ATextResourceIsRefused) {
  Operation reserve = operation(Operation::RESERVE, {ads});
  auto& message = *reserve.mutable_reserve()->mutable_resources(0);
  message.set_type(mesos::v1::Value::TEXT);
  message.clear_scalar();
  EXPECT_TRUE(refusal(reserve, admin).contains("Unsupported resource type"));
}

// RES-151 SCH-113
TEST(Operation, MissingAllocationRolesAreFilledIn) {
  Operation launch;
  launch.set_type(Operation::LAUNCH);
  auto& task = *launch.mutable_launch()->add_task_infos();
  plain.to_message(WireForm::new_form, *task.add_resources());
  allocated(plain, "web").to_message(WireForm::new_form, *task.add_resources());
  plain.to_message(WireForm::new_form, *task.mutable_executor()->add_resources());
  inject_allocation_role(launch, "ads");
  EXPECT_EQ(task.resources(0).allocation_info().role(), "ads");
  EXPECT_EQ(task.resources(1).allocation_info().role(), "web");
  EXPECT_EQ(task.executor().resources(0).allocation_info().role(), "ads");
  strip_allocation_role(*task.mutable_resources());
  EXPECT_FALSE(task.resources(0).has_allocation_info());
}

}  // namespace
}  // namespace stoa::model
