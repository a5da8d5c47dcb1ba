// Resource from and to the wire: which of the formats a message is in, and every rule that one resource must keep.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"
#include "model/resource.h"
#include "model/role.h"

// The old form lives in fields that the wire's own tables call deprecated.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace stoa::model {
namespace {

using Message = mesos::v1::Resource;
using ReservationMessage = mesos::v1::Resource::ReservationInfo;
using SourceMessage = mesos::v1::Resource::DiskInfo::Source;

Labels labels_from(const mesos::v1::Labels& message) {
  Labels labels;
  labels.labels.reserve(static_cast<std::size_t>(message.labels_size()));
  for (const auto& label : message.labels()) {
    labels.labels.push_back({label.key(), label.has_value() ? std::optional(label.value()) : std::nullopt});
  }
  return labels;
}

void labels_to(const Labels& labels, mesos::v1::Labels& message) {
  for (const Label& label : labels.labels) {
    auto* added = message.add_labels();
    added->set_key(label.key);
    if (label.value.has_value()) added->set_value(*label.value);
  }
}

Result<Value> value_from(const Message& message) {
  switch (message.type()) {
    case mesos::v1::Value::SCALAR: {
      if (!message.has_scalar() || message.has_ranges() || message.has_set()) return invalid("Invalid scalar resource");
      LET(const Scalar scalar, Scalar::from_double(message.scalar().value(), message.name()));
      return scalar;
    }
    case mesos::v1::Value::RANGES: {
      if (message.has_scalar() || !message.has_ranges() || message.has_set()) return invalid("Invalid ranges resource");
      std::vector<Range> list;
      list.reserve(static_cast<std::size_t>(message.ranges().range_size()));
      for (const auto& range : message.ranges().range()) list.push_back({range.begin(), range.end()});
      LET(Ranges ranges, Ranges::disjoint(std::move(list)));
      return ranges;
    }
    case mesos::v1::Value::SET: {
      if (message.has_scalar() || message.has_ranges() || !message.has_set()) return invalid("Invalid set resource");
      LET(ItemSet set, ItemSet::distinct({message.set().item().begin(), message.set().item().end()}));
      return set;
    }
    default:
      return invalid("Unsupported resource type");
  }
}

Result<Disk::Source::Type> source_type(const SourceMessage& message) {
  const auto without_roots = [&message](const char* type) -> Result<> {
    if (message.has_mount()) return invalid(fmt::format("Mount should not be set for {} disk source", type));
    if (message.has_path()) return invalid(fmt::format("Path should not be set for {} disk source", type));
    return {};
  };
  switch (message.type()) {
    case SourceMessage::PATH:
      return Disk::Source::Type::path;
    case SourceMessage::MOUNT:
      return Disk::Source::Type::mount;
    case SourceMessage::BLOCK:
      TRY(without_roots("BLOCK"));
      return Disk::Source::Type::block;
    case SourceMessage::RAW:
      TRY(without_roots("RAW"));
      return Disk::Source::Type::raw;
    default:
      return invalid("Unsupported 'DiskInfo.Source.Type'");
  }
}

template <typename RootMessage>
Disk::Root root_from(const RootMessage& message) {
  return {message.has_root() ? std::optional(message.root()) : std::nullopt};
}

Result<Disk::Source> source_from(const SourceMessage& message) {
  Disk::Source source;
  LET(source.type, source_type(message));
  if (message.has_path()) source.path = root_from(message.path());
  if (message.has_mount()) source.mount = root_from(message.mount());
  if (message.has_vendor()) source.vendor = message.vendor();
  if (message.has_id()) source.id = message.id();
  if (message.has_metadata()) source.metadata = labels_from(message.metadata());
  if (message.has_profile()) source.profile = message.profile();
  return source;
}

Result<Disk> disk_from(const Message& message) {
  if (message.name() != "disk") {
    return invalid(fmt::format("DiskInfo should not be set for {} resource", message.name()));
  }
  Disk disk;
  const auto& info = message.disk();
  if (info.has_source()) {
    LET(disk.source, source_from(info.source()));
  }
  if (info.has_persistence()) {
    disk.persistence = Disk::Persistence{info.persistence().id(), std::nullopt};
    if (info.persistence().has_principal()) disk.persistence->principal = info.persistence().principal();
  }
  if (info.has_volume()) {
    const auto& volume = info.volume();
    disk.volume = Disk::Volume{volume.container_path(), volume.has_host_path(), volume.mode() == mesos::v1::Volume::RO,
                               volume.SerializePartialAsString()};
  }
  return disk;
}

Reservation reservation_from(const ReservationMessage& message, Reservation::Type type, std::string role) {
  Reservation reservation{type, std::move(role), std::nullopt, std::nullopt};
  if (message.has_principal()) reservation.principal = message.principal();
  if (message.has_labels()) reservation.labels = labels_from(message.labels());
  return reservation;
}

// RES-161, RES-162: `role`, and `reservation` if it is dynamic.
Result<std::vector<Reservation>> old_form_stack(const Message& message) {
  if (message.has_reservation()) {
    if (message.reservation().has_type()) {
      return invalid("'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field");
    }
    if (message.reservation().has_role()) {
      return invalid("'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field");
    }
    if (message.role() == "*") return invalid("Invalid reservation: role \"*\" cannot be dynamically reserved");
    return std::vector{reservation_from(message.reservation(), Reservation::Type::dynamic_reservation, message.role())};
  }
  if (!message.has_role() || message.role() == "*") return std::vector<Reservation>{};
  return std::vector{Reservation{Reservation::Type::static_reservation, message.role(), std::nullopt, std::nullopt}};
}

// RES-163: what the old fields may say beside a stack.
Result<> check_mixed(const Message& message, const std::vector<Reservation>& stack) {
  const bool any_old = message.has_role() || message.has_reservation();
  if (!any_old) return {};
  if (stack.size() > 1) {
    return invalid(
        "Invalid resource format: 'Resource.role' and 'Resource.reservation' must not be set with more than one "
        "'Resource.reservations'");
  }
  const Reservation& only = stack.front();
  if (message.has_role() && message.role() != only.role) {
    return invalid("Invalid resource format: 'Resource.role' does not match 'Resource.reservations'");
  }
  if (!only.is_dynamic()) {
    if (!message.has_reservation()) return {};
    return invalid("Invalid resource format: 'Resource.reservation' must not be set for a STATIC reservation");
  }
  if (message.has_role() != message.has_reservation()) {
    return invalid(
        "Invalid resource format: 'Resource.role' and 'Resource.reservation' must either be both set or both not set "
        "for a DYNAMIC reservation");
  }
  const Reservation old = reservation_from(message.reservation(), only.type, only.role);
  if (old != only) {
    return invalid("Invalid resource format: 'Resource.reservation' does not match 'Resource.reservations'");
  }
  return {};
}

Result<std::vector<Reservation>> stack_from(const Message& message) {
  std::vector<Reservation> stack;
  if (message.reservations_size() == 0) {
    LET(stack, old_form_stack(message));
  } else {
    stack.reserve(static_cast<std::size_t>(message.reservations_size()));
    for (const ReservationMessage& element : message.reservations()) {
      if (element.type() != ReservationMessage::STATIC && element.type() != ReservationMessage::DYNAMIC) {
        return invalid("Invalid reservation: 'Resource.ReservationInfo.type' field must be set.");
      }
      if (!element.has_role()) {
        return invalid("Invalid reservation: 'Resource.ReservationInfo.role' field must be set.");
      }
      const auto type = element.type() == ReservationMessage::DYNAMIC ? Reservation::Type::dynamic_reservation
                                                                      : Reservation::Type::static_reservation;
      stack.push_back(reservation_from(element, type, element.role()));
    }
    TRY(check_mixed(message, stack));
  }
  TRY(validate_reservations(stack));
  return stack;
}

// An old-form role `*` says nothing.
bool has_marks(const Message& message) {
  return message.role() != "*" || message.has_reservation() || message.reservations_size() > 0 || message.has_disk() ||
         message.has_revocable() || message.has_shared() || message.has_provider_id();
}

Result<Identity> identity_from(const Message& message) {
  Identity identity;
  if (message.has_disk()) {
    LET(identity.disk, disk_from(message));
  }
  LET(identity.reservations, stack_from(message));
  identity.revocable = message.has_revocable();
  identity.shared = message.has_shared();
  if (message.has_provider_id()) identity.provider_id = message.provider_id().value();
  if (identity.shared) {
    if (message.name() != "disk") return invalid(fmt::format("Resource {} cannot be shared", message.name()));
    if (!message.disk().has_persistence()) return invalid("Only persistent volumes can be shared");
  }
  return identity;
}

void reservation_to(const Reservation& reservation, ReservationMessage& message) {
  if (reservation.principal.has_value()) message.set_principal(*reservation.principal);
  if (reservation.labels.has_value()) labels_to(*reservation.labels, *message.mutable_labels());
}

void stack_to(const std::vector<Reservation>& stack, WireForm form, Message& message) {
  if (form != WireForm::old_form || stack.size() > 1) {
    for (const Reservation& reservation : stack) {
      ReservationMessage& added = *message.add_reservations();
      added.set_type(reservation.is_dynamic() ? ReservationMessage::DYNAMIC : ReservationMessage::STATIC);
      added.set_role(reservation.role);
      reservation_to(reservation, added);
    }
  }
  if (form == WireForm::new_form || stack.size() > 1) return;
  message.set_role(stack.empty() ? "*" : stack.front().role);
  if (!stack.empty() && stack.front().is_dynamic()) reservation_to(stack.front(), *message.mutable_reservation());
}

void source_to(const Disk::Source& source, SourceMessage& message) {
  switch (source.type) {
    case Disk::Source::Type::path:
      message.set_type(SourceMessage::PATH);
      break;
    case Disk::Source::Type::mount:
      message.set_type(SourceMessage::MOUNT);
      break;
    case Disk::Source::Type::block:
      message.set_type(SourceMessage::BLOCK);
      break;
    case Disk::Source::Type::raw:
      message.set_type(SourceMessage::RAW);
      break;
  }
  if (source.path.has_value()) {
    auto* root = message.mutable_path();
    if (source.path->path.has_value()) root->set_root(*source.path->path);
  }
  if (source.mount.has_value()) {
    auto* root = message.mutable_mount();
    if (source.mount->path.has_value()) root->set_root(*source.mount->path);
  }
  if (source.vendor.has_value()) message.set_vendor(*source.vendor);
  if (source.id.has_value()) message.set_id(*source.id);
  if (source.metadata.has_value()) labels_to(*source.metadata, *message.mutable_metadata());
  if (source.profile.has_value()) message.set_profile(*source.profile);
}

void disk_to(const Disk& disk, mesos::v1::Resource::DiskInfo& message) {
  if (disk.persistence.has_value()) {
    message.mutable_persistence()->set_id(disk.persistence->id);
    if (disk.persistence->principal.has_value()) {
      message.mutable_persistence()->set_principal(*disk.persistence->principal);
    }
  }
  if (disk.volume.has_value()) message.mutable_volume()->ParsePartialFromString(disk.volume->encoded);
  if (disk.source.has_value()) source_to(*disk.source, *message.mutable_source());
}

struct ValueWriter {
  Message& message;

  void operator()(Scalar scalar) const {
    message.set_type(mesos::v1::Value::SCALAR);
    message.mutable_scalar()->set_value(scalar.to_double());
  }
  void operator()(const Ranges& ranges) const {
    message.set_type(mesos::v1::Value::RANGES);
    auto* list = message.mutable_ranges();
    for (const Range& range : ranges.intervals()) {
      auto* added = list->add_range();
      added->set_begin(range.begin);
      added->set_end(range.end);
    }
  }
  void operator()(const ItemSet& set) const {
    message.set_type(mesos::v1::Value::SET);
    auto* list = message.mutable_set();
    for (const std::string& item : set.items()) list->add_item(item);
  }
};

}  // namespace

Result<Resource> Resource::from_message(const Message& message) {
  if (message.name().empty()) return invalid("Empty resource name");
  LET(Value value, value_from(message));
  Symbol allocation_role;
  if (message.has_allocation_info()) allocation_role = Symbol(message.allocation_info().role());
  Resource resource(Symbol(message.name()), std::move(value), std::move(allocation_role));
  if (!has_marks(message)) return resource;
  LET(Identity identity, identity_from(message));
  return resource.with_identity(std::move(identity));
}

void Resource::to_message(WireForm form, Message& message) const {
  if (identity_ != nullptr && identity_->provider_id.has_value()) {
    message.mutable_provider_id()->set_value(*identity_->provider_id);
  }
  message.set_name(name());
  std::visit(ValueWriter{message}, value_);
  stack_to(reservations(), form, message);
  if (!allocation_role_.empty()) message.mutable_allocation_info()->set_role(allocation_role_.text());
  if (disk().has_value()) disk_to(*disk(), *message.mutable_disk());
  if (is_revocable()) message.mutable_revocable();
  if (is_shared()) message.mutable_shared();
}

Result<> validate_disk(const Resource& resource) {
  const auto& disk = resource.disk();
  if (!disk.has_value()) return {};
  if (!disk->persistence.has_value()) {
    if (disk->volume.has_value()) return invalid("Non-persistent volume not supported");
    if (!disk->source.has_value()) return invalid("DiskInfo is set but empty");
    return {};
  }
  if (resource.is_revocable()) return invalid("Persistent volumes cannot be created from revocable resources");
  if (!resource.is_reserved()) return invalid("Persistent volumes cannot be created from unreserved resources");
  if (!disk->volume.has_value()) return invalid("Expecting 'volume' to be set for persistent volume");
  if (disk->volume->host_path_set) return invalid("Expecting 'host_path' to be unset for persistent volume");
  if (auto valid = validate_identifier(disk->persistence->id); !valid.has_value()) {
    return invalid("Invalid persistence ID for persistent volume: " + valid.error().message);
  }
  return {};
}

std::string describe(const Message& message) {
  if (const auto resource = Resource::from_message(message); resource.has_value()) return resource->to_text();
  std::string text = message.name();
  if (message.has_role()) text += "(" + message.role() + ")";
  for (const ReservationMessage& element : message.reservations()) text += "(" + element.role() + ")";
  text += ":";
  auto out = std::back_inserter(text);
  if (message.has_scalar()) fmt::format_to(out, "{}", message.scalar().value());
  if (message.has_ranges()) {
    text += "[";
    for (const auto& range : message.ranges().range()) fmt::format_to(out, "{}-{},", range.begin(), range.end());
    if (text.back() == ',') text.pop_back();
    text += "]";
  }
  if (message.has_set()) fmt::format_to(out, "{{{}}}", fmt::join(message.set().item(), ", "));
  return text;
}

}  // namespace stoa::model
