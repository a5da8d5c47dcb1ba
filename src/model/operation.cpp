#include "model/operation.h"

#include <fmt/format.h>

#include <algorithm>

#include "mesos/v1/mesos.pb.h"
#include "model/role.h"

namespace stoa::model {
namespace {

using Operation = mesos::v1::Offer_Operation;
using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

Result<Resources> parse(const Messages& messages, const char* operation) {
  if (messages.empty()) return invalid(fmt::format("Invalid {} operation: Resource cannot be empty", operation));
  auto resources = Resources::from_messages(messages);
  if (!resources.has_value()) return invalid("Invalid resources: " + resources.error().message);
  if (resources->empty()) return invalid(fmt::format("Invalid {} operation: Resource cannot be empty", operation));
  return resources;
}

Result<Resources> parse(const mesos::v1::Resource& message, const char* operation) {
  Messages messages;
  *messages.Add() = message;
  return parse(messages, operation);
}

// All of one provider, or all of none (RES-095).
Result<> check_one_provider(const Resources& resources) {
  const auto& first = resources.begin()->resource.identity().provider_id;
  for (const auto& [resource, count] : resources) {
    const auto& provider = resource.identity().provider_id;
    if (provider.has_value() != first.has_value()) {
      return invalid("Some resources have a resource provider and some do not");
    }
    if (provider != first) return invalid("The resources have multiple resource providers");
  }
  return {};
}

Result<> check_principal(const Resource& resource, const OperationContext& context) {
  if (!context.principal.has_value()) return {};
  const auto& owner = resource.reservations().back().principal;
  if (!owner.has_value()) {
    return invalid(
        fmt::format("A reserve operation was attempted by principal '{}', but there is a reserved resource in the "
                    "request with no principal set",
                    *context.principal));
  }
  if (*owner != *context.principal) {
    return invalid(
        fmt::format("A reserve operation was attempted by principal '{}', but there is a reserved resource in the "
                    "request with principal '{}' set, which does not match",
                    *context.principal, *owner));
  }
  return {};
}

// RES-096, RES-097.
Result<> check_reservation_roles(const Resources& resources, const OperationContext& context) {
  TRY(resources.allocation_role());
  for (const auto& [resource, count] : resources) {
    const std::string& role = resource.reservation_role();
    const std::string& allocated = resource.allocation_role().text();
    if (context.from_operator) {
      if (allocated.empty()) continue;
      return invalid(
          fmt::format("A reserve operation was attempted on a resource allocated to role '{}', but the operator API "
                      "only allows reservations to be made to unallocated resources",
                      allocated));
    }
    if (allocated != role) {
      return invalid(
          fmt::format("A reserve operation was attempted for a resource with role '{}', but the resource "
                      "is allocated to role '{}'",
                      role, allocated));
    }
    if (!context.framework_roles.contains(role)) {
      return invalid(
          fmt::format("A reserve operation was attempted for a resource with role '{}', but the framework "
                      "can only reserve resources with roles '{}'",
                      role, fmt::join(context.framework_roles, ", ")));
    }
  }
  return {};
}

Result<> check_agent_supports(const Resource& resource, const OperationContext& context) {
  if (!context.agent_reservation_refinement && resource.reservations().size() > 1) {
    return invalid("Agent does not have the capability RESERVATION_REFINEMENT");
  }
  if (!context.agent_hierarchical_role && resource.reservation_role().contains('/')) {
    return invalid("Agent does not have the capability HIERARCHICAL_ROLE");
  }
  return {};
}

Resource popped(const Resource& resource) {
  Identity identity = resource.identity();
  identity.reservations.pop_back();
  return resource.with_identity(std::move(identity));
}

template <typename Function>
Resources transformed(const Resources& resources, Function function) {
  Resources result;
  for (const auto& [resource, count] : resources) result.add(function(resource), count);
  return result;
}

Resources without_reservations(const Resources& resources) {
  return transformed(resources, [](const Resource& resource) {
    Identity identity = resource.identity();
    identity.reservations.clear();
    return resource.with_identity(std::move(identity));
  });
}

Result<> check_one_stack(const Resources& resources) {
  const auto& first = resources.begin()->resource.reservations();
  for (const auto& [resource, count] : resources) {
    if (resource.reservations() != first) return invalid("Mixed reservations are not supported in one operation");
  }
  return {};
}

Result<Conversion> convert_reserve(const Operation::Reserve& operation, const OperationContext& context) {
  LET(Resources target, parse(operation.resources(), "RESERVE"));
  TRY(check_one_provider(target));
  for (const auto& [resource, count] : target) {
    if (!resource.is_dynamically_reserved()) {
      return invalid(fmt::format("Resource {} is not dynamically reserved", resource.to_text()));
    }
    if (resource.is_revocable()) {
      return invalid("Dynamically reserved resources cannot be created from revocable resources");
    }
    if (resource.is_persistent_volume()) {
      return invalid(fmt::format("A persistent volume {} cannot be reserved", resource.to_text()));
    }
    TRY(check_principal(resource, context));
    TRY(check_agent_supports(resource, context));
  }
  TRY(check_reservation_roles(target, context));
  if (operation.source().empty()) {
    Resources consumed = transformed(target, popped);
    return Conversion{std::move(consumed), std::move(target)};
  }
  if (!context.from_operator) {
    return invalid("'source' of a RESERVE operation is not supported in the scheduler API");  // SCH-173.
  }
  LET(Resources source, parse(operation.source(), "RESERVE"));
  TRY(check_one_provider(source));
  TRY(check_one_stack(source));
  TRY(check_one_stack(target));
  if (without_reservations(source) != without_reservations(target)) {
    return invalid("Source and target resources should refer to identical resource quantities");
  }
  return Conversion{std::move(source), std::move(target)};
}

Result<Conversion> convert_unreserve(const Operation::Unreserve& operation) {
  LET(Resources consumed, parse(operation.resources(), "UNRESERVE"));
  TRY(check_one_provider(consumed));
  for (const auto& [resource, count] : consumed) {
    if (!resource.is_dynamically_reserved()) {
      return invalid(fmt::format("Resource {} is not dynamically reserved", resource.to_text()));
    }
    if (resource.is_persistent_volume()) {
      return invalid(
          fmt::format("A dynamically reserved persistent volume {} cannot be unreserved directly. Please "
                      "destroy the persistent volume first then unreserve the resource",
                      resource.to_text()));
    }
  }
  Resources converted = transformed(consumed, popped);
  return Conversion{std::move(consumed), std::move(converted)};
}

// The disk that a volume is made of (RES-115).
Resource plain_disk(const Resource& volume) {
  Identity identity = volume.identity();
  identity.shared = false;
  identity.disk->persistence.reset();
  identity.disk->volume.reset();
  if (!identity.disk->source.has_value()) identity.disk.reset();
  return volume.with_identity(std::move(identity));
}

Result<> check_volume_principal(const Disk::Persistence& persistence, const OperationContext& context) {
  if (!context.principal.has_value()) return {};
  if (!persistence.principal.has_value()) {
    return invalid(
        fmt::format("Create volume operation has been attempted by principal '{}', but there is a volume in the "
                    "operation with no principal set",
                    *context.principal));
  }
  if (*persistence.principal != *context.principal) {
    return invalid(
        fmt::format("Create volume operation has been attempted by principal '{}', but there is a volume in the "
                    "operation with principal '{}' set, which does not match",
                    *context.principal, *persistence.principal));
  }
  return {};
}

Result<> check_new_volume(const Resource& volume, const OperationContext& context) {
  if (!volume.is_persistent_volume()) return invalid(fmt::format("'{}' is not a persistent volume", volume.to_text()));
  if (volume.disk()->volume->read_only) return invalid("Read-only persistent volume not supported");
  if (volume.is_shared() && !context.from_operator && !context.framework_shared_resources) {
    return invalid("Create shared volumes is not allowed for a framework with no SHARED_RESOURCES capability");
  }
  if (context.from_operator && !volume.allocation_role().empty()) {
    return invalid("The operator API only allows volumes to be created on unallocated resources");
  }
  TRY(check_volume_principal(*volume.disk()->persistence, context));
  for (const auto& [existing, count] : context.agent_total) {
    if (existing.is_persistent_volume() && existing.reservation_role() == volume.reservation_role() &&
        existing.disk()->persistence->id == volume.disk()->persistence->id) {
      return invalid(fmt::format("Persistence ID '{}' is not unique", volume.disk()->persistence->id));
    }
  }
  return {};
}

Result<Conversion> convert_create(const Operation::Create& operation, const OperationContext& context) {
  LET(Resources volumes, parse(operation.volumes(), "CREATE"));
  TRY(check_one_provider(volumes));
  for (const auto& [volume, count] : volumes) {
    TRY(check_new_volume(volume, context));
    if (count > 1) {
      return invalid(fmt::format("Persistence ID '{}' is not unique", volume.disk()->persistence->id));
    }
  }
  TRY(check_persistence_ids(volumes));
  Resources consumed = transformed(volumes, plain_disk);
  return Conversion{std::move(consumed), std::move(volumes)};
}

Result<Conversion> convert_destroy(const Operation::Destroy& operation, const OperationContext& context) {
  LET(Resources volumes, parse(operation.volumes(), "DESTROY"));
  TRY(check_one_provider(volumes));
  for (const auto& [volume, count] : volumes) {
    if (!volume.is_persistent_volume()) {
      return invalid(fmt::format("'{}' is not a persistent volume", volume.to_text()));
    }
  }
  const Resources unallocated = volumes.without_allocation_role();
  if (!context.agent_total.without_allocation_role().contains(unallocated)) {
    return invalid("Persistent volumes not found");
  }
  const Resources in_use = context.resources_in_use.without_allocation_role();
  for (const auto& [volume, count] : unallocated) {
    if (in_use.contains(volume)) return invalid("Persistent volumes in use");
  }
  Resources converted = transformed(volumes, plain_disk);
  return Conversion{std::move(volumes), std::move(converted)};
}

// What GROW_VOLUME and SHRINK_VOLUME ask of their volume alike (RES-119).
Result<> check_resizable(const Resource& volume, const OperationContext& context) {
  if (!context.agent_resize_volume) return invalid("Agent does not have the capability RESIZE_VOLUME");
  if (!volume.is_persistent_volume()) return invalid(fmt::format("'{}' is not a persistent volume", volume.to_text()));
  if (volume.is_shared()) return invalid("Resizing a shared persistent volume is not supported");
  if (volume.identity().provider_id.has_value()) {
    return invalid("Resizing a volume of a resource provider is not supported");
  }
  return {};
}

Result<Conversion> convert_grow(const Operation::GrowVolume& operation, const OperationContext& context) {
  LET(Resources volumes, parse(operation.volume(), "GROW_VOLUME"));
  auto addition = Resource::from_message(operation.addition());
  if (!addition.has_value())
    return invalid("Invalid resource in the 'GrowVolume.addition' field: " + addition.error().message);
  const Resource& volume = volumes.begin()->resource;
  TRY(check_resizable(volume, context));
  if (addition->is_empty()) return invalid("The size of 'GrowVolume.addition' must be greater than zero");
  if (!plain_disk(volume).is_addable_to(*addition)) {
    return invalid("Incompatible resources in the 'GrowVolume.volume' and 'GrowVolume.addition' fields");
  }
  const Resource grown = volume.with_value(volume.scalar() + addition->scalar());
  return Conversion{volumes + Resources{*addition}, Resources{grown}};
}

Result<Conversion> convert_shrink(const Operation::ShrinkVolume& operation, const OperationContext& context) {
  LET(Resources volumes, parse(operation.volume(), "SHRINK_VOLUME"));
  const Resource& volume = volumes.begin()->resource;
  TRY(check_resizable(volume, context));
  if (!volume.is_divisible()) return invalid("Shrinking a volume on a MOUNT disk is not supported");
  const auto subtract = Scalar::from_double(operation.subtract().value(), "disk");
  if (!subtract.has_value() || subtract->is_zero()) {
    return invalid("Value of 'ShrinkVolume.subtract' must be greater than zero");
  }
  if (*subtract >= volume.scalar()) {
    return invalid("Value of 'ShrinkVolume.subtract' should be smaller than the size of the volume");
  }
  const Resource shrunk = volume.with_value(volume.scalar() - *subtract);
  const Resource freed = plain_disk(volume).with_value(*subtract);
  return Conversion{std::move(volumes), Resources{shrunk, freed}};
}

}  // namespace

Result<Conversion> convert(const Operation& operation, const OperationContext& context) {
  switch (operation.type()) {
    case Operation::RESERVE:
      return convert_reserve(operation.reserve(), context);
    case Operation::UNRESERVE:
      return convert_unreserve(operation.unreserve());
    case Operation::CREATE:
      return convert_create(operation.create(), context);
    case Operation::DESTROY:
      return convert_destroy(operation.destroy(), context);
    case Operation::GROW_VOLUME:
      return convert_grow(operation.grow_volume(), context);
    case Operation::SHRINK_VOLUME:
      return convert_shrink(operation.shrink_volume(), context);
    case Operation::CREATE_DISK:
    case Operation::DESTROY_DISK:
      TRY(validate_disk_operation(operation));
      return fail(Code::failed_precondition, "The resource provider of 'source' is not subscribed");
    default:
      return invalid("The operation does not convert resources");
  }
}

Result<> apply(const Conversion& conversion, Resources& pool) {
  // In place: a copy of thousands of reservations costs more than all the rest (RES-180).
  TRY(pool.subtract(conversion.consumed));
  for (const auto& [resource, count] : conversion.consumed) {
    if (resource.is_shared() && pool.contains(resource) && !conversion.converted.contains(resource)) {
      pool += conversion.consumed;
      return fail(
          Code::failed_precondition,
          fmt::format("Persistent volume '{}' cannot be removed due to additional shared copies", resource.to_text()));
    }
  }
  pool += conversion.converted;
  return {};
}

}  // namespace stoa::model
