// What CREATE_DISK and DESTROY_DISK must say of their source (RES-120, SCH-182).
#include "mesos/v1/mesos.pb.h"
#include "model/operation.h"

namespace stoa::model {
namespace {

using Operation = mesos::v1::Offer_Operation;
using Type = Disk::Source::Type;
using SourceMessage = mesos::v1::Resource::DiskInfo::Source;

bool is_disk(const Resource& resource, Type type) { return resource.disk().has_value() && resource.disk()->is(type); }

// `source` as a resource of a provider.
Result<Resource> parse_source(const mesos::v1::Resource& message) {
  auto source = Resource::from_message(message);
  if (!source.has_value()) return invalid("Invalid resource: " + source.error().message);
  if (!source->identity().provider_id.has_value()) return invalid("'source' is not managed by a resource provider");
  return source;
}

Result<> validate(const Operation::CreateDisk& operation) {
  LET(const Resource source, parse_source(operation.source()));
  if (!is_disk(source, Type::raw)) return invalid("'source' is not a RAW disk resource");
  if (operation.target_type() != SourceMessage::MOUNT && operation.target_type() != SourceMessage::BLOCK) {
    return invalid("'target_type' is neither MOUNT or BLOCK");
  }
  const bool has_profile = source.disk()->source->profile.has_value();
  if (has_profile && operation.has_target_profile()) {
    return invalid("'target_profile' must not be set when 'source' has a profile");
  }
  if (has_profile || operation.has_target_profile()) return {};
  return invalid("'target_profile' must be set when 'source' does not have a profile");
}

Result<> validate(const Operation::DestroyDisk& operation) {
  LET(const Resource source, parse_source(operation.source()));
  if (!is_disk(source, Type::mount) && !is_disk(source, Type::block) && !is_disk(source, Type::raw)) {
    return invalid("'source' is neither a MOUNT, BLOCK or RAW disk resource");
  }
  if (!source.disk()->source->id.has_value()) return invalid("'source' has no id: there is no disk to destroy");
  if (!source.is_persistent_volume()) return {};
  return invalid("'source' is a persistent volume. Please destroy the persistent volume first");
}

}  // namespace

Result<> validate_disk_operation(const Operation& operation) {
  if (operation.type() == Operation::CREATE_DISK) return validate(operation.create_disk());
  if (operation.type() == Operation::DESTROY_DISK) return validate(operation.destroy_disk());
  return invalid("The operation is not one on disks of a resource provider");
}

}  // namespace stoa::model
