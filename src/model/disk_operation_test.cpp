#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "model/operation.h"
#include "model/testing.h"

namespace stoa::model {
namespace {

using namespace testing;
using Operation = mesos::v1::Offer_Operation;
using Type = Disk::Source::Type;
using Source = mesos::v1::Resource::DiskInfo::Source;

// 100 MB of a provider; `id` and `profile` are absent if empty.
Resource disk_of(Type type, std::string id, std::string profile, std::string provider = "p1") {
  Identity identity;
  identity.disk.emplace();
  identity.disk->source = Disk::Source{type, {}, {}, {}, {}, {}, {}};
  if (!id.empty()) identity.disk->source->id = std::move(id);
  if (!profile.empty()) identity.disk->source->profile = std::move(profile);
  if (!provider.empty()) identity.provider_id = std::move(provider);
  return resource("disk:100").with_identity(identity);
}

std::string create(const Resource& source, Source::Type target, const std::string& profile = "") {
  Operation operation;
  operation.set_type(Operation::CREATE_DISK);
  source.to_message(WireForm::new_form, *operation.mutable_create_disk()->mutable_source());
  operation.mutable_create_disk()->set_target_type(target);
  if (!profile.empty()) operation.mutable_create_disk()->set_target_profile(profile);
  const auto valid = validate_disk_operation(operation);
  return valid ? "" : valid.error().message;
}

std::string destroy(const Resource& source) {
  Operation operation;
  operation.set_type(Operation::DESTROY_DISK);
  source.to_message(WireForm::new_form, *operation.mutable_destroy_disk()->mutable_source());
  const auto valid = validate_disk_operation(operation);
  return valid ? "" : valid.error().message;
}

// RES-120 SCH-182
TEST(DiskOperation, CreateNeedsARawDiskOfAProviderAndAProfileFromOneSide) {
  EXPECT_EQ(create(disk_of(Type::raw, "", "fast"), Source::MOUNT), "");
  EXPECT_EQ(create(disk_of(Type::raw, "d1", ""), Source::BLOCK, "fast"), "");
  EXPECT_EQ(create(disk_of(Type::raw, "", "fast", ""), Source::MOUNT),
            "'source' is not managed by a resource provider");
  EXPECT_EQ(create(disk_of(Type::mount, "d1", "fast"), Source::MOUNT), "'source' is not a RAW disk resource");
  EXPECT_EQ(create(disk_of(Type::raw, "", "fast"), Source::PATH), "'target_type' is neither MOUNT or BLOCK");
  EXPECT_EQ(create(disk_of(Type::raw, "", "fast"), Source::RAW), "'target_type' is neither MOUNT or BLOCK");
  EXPECT_EQ(create(disk_of(Type::raw, "", "fast"), Source::MOUNT, "slow"),
            "'target_profile' must not be set when 'source' has a profile");
  EXPECT_EQ(create(disk_of(Type::raw, "d1", ""), Source::MOUNT),
            "'target_profile' must be set when 'source' does not have a profile");
}

// RES-120 SCH-182
TEST(DiskOperation, DestroyNeedsADiskWithAnIdAndWithoutVolume) {
  for (const Type type : {Type::mount, Type::block, Type::raw}) EXPECT_EQ(destroy(disk_of(type, "d1", "")), "");
  EXPECT_EQ(destroy(disk_of(Type::raw, "", "fast")), "'source' has no id: there is no disk to destroy");
  EXPECT_EQ(destroy(disk_of(Type::path, "d1", "")), "'source' is neither a MOUNT, BLOCK or RAW disk resource");
  EXPECT_EQ(destroy(disk_of(Type::mount, "d1", "", "")), "'source' is not managed by a resource provider");
  const Resource held = volume(reserved(disk_of(Type::mount, "d1", ""), dynamic_reservation("eng")), "v");
  EXPECT_EQ(destroy(held), "'source' is a persistent volume. Please destroy the persistent volume first");
}

// RES-121
TEST(RawDisks, APoolIsDivisibleAndADiskWithAnIdIsNot) {
  const Resource pool = disk_of(Type::raw, "", "fast");
  const Resources doubled = Resources{pool} + Resources{pool};
  EXPECT_EQ(doubled.size(), 1U);
  EXPECT_TRUE(doubled.contains(pool.with_value(*Scalar::from_double(150, "disk"))));
  const Resource disk = disk_of(Type::raw, "d1", "fast");
  EXPECT_EQ((Resources{disk} + Resources{disk}).size(), 2U);
  EXPECT_FALSE(Resources{disk}.contains(disk.with_value(*Scalar::from_double(50, "disk"))));
}

// RES-122
TEST(RawDisks, ThoseOfTwoProvidersNeverMerge) {
  const Resources both{disk_of(Type::raw, "", "fast", "p1"), disk_of(Type::raw, "", "fast", "p2")};
  EXPECT_EQ(both.size(), 2U);
  EXPECT_FALSE(both.contains(disk_of(Type::raw, "", "fast", "p1").with_value(*Scalar::from_double(150, "disk"))));
}

}  // namespace
}  // namespace stoa::model
