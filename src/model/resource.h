// Resource: an amount of one thing of one agent, and everything that makes it not interchangeable with another amount.
//
// A value of 80 bytes. Most resources of most clusters carry no mark at all, and they have no identity object: their
// comparison is that of two null pointers. Marks, where there are any, are shared and immutable, and carry a
// fingerprint, so that an agent with thousands of distinct reservations is searched at a few nanoseconds each. The role
// to which a resource is allocated changes with every offer and therefore stands beside the identity, not in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/disk.h"
#include "model/item_set.h"
#include "model/ranges.h"
#include "model/reservation.h"
#include "model/scalar.h"
#include "model/symbol.h"
#include "proto/forward.h"

namespace stoa::model {

using Value = std::variant<Scalar, Ranges, ItemSet>;
enum class Kind : std::uint8_t { scalar, ranges, set };  // In the order of Value.

// Everything but name, value and allocation role.
struct Identity {
  std::size_t fingerprint = 0;  // Set by Resource; first, so that unequal identities mostly differ at once.
  std::vector<Reservation> reservations;
  std::optional<Disk> disk;
  std::optional<std::string> provider_id;
  bool revocable = false;
  bool shared = false;

  bool operator==(const Identity&) const = default;
};

// The three shapes of a resource on the wire (RES-160, RES-164, RES-165).
enum class WireForm {
  old_form,       // `role` and `reservation`, for schedulers without RESERVATION_REFINEMENT.
  new_form,       // `reservations`.
  endpoint_form,  // `reservations`, and the old fields where they can say it.
};

class Resource {
 public:
  Resource(Symbol name, Value value, Symbol allocation_role = {}) noexcept
      : name_(std::move(name)), allocation_role_(std::move(allocation_role)), value_(std::move(value)) {}

  // Accepts both wire forms (RES-162, RES-163). Fails with invalid_argument and the text of the first rule broken, in
  // the order name, type, value, disk, reservations, shared (RES-170); the text does not name the resource.
  static Result<Resource> from_message(const mesos::v1::Resource& message);
  // Fills an empty message. A stack of two or more has no old form; it is written in the new one.
  void to_message(WireForm form, mesos::v1::Resource& message) const;

  const std::string& name() const { return name_.text(); }
  const Symbol& name_symbol() const { return name_; }
  Kind kind() const { return static_cast<Kind>(value_.index()); }
  const Value& value() const { return value_; }
  bool is_scalar() const { return value_.index() == 0; }
  Scalar scalar() const { return is_scalar() ? *std::get_if<Scalar>(&value_) : Scalar(); }  // 0 for other kinds.
  // True for 0, no ranges and no items (RES-030).
  bool is_empty() const;
  // The value, the count of numbers, or the count of items (RES-050).
  Scalar quantity() const;

  const Symbol& allocation_role() const { return allocation_role_; }  // Empty if unallocated.
  const Identity& identity() const;
  const std::vector<Reservation>& reservations() const { return identity().reservations; }
  bool is_reserved() const { return identity_ != nullptr && !identity_->reservations.empty(); }
  bool is_dynamically_reserved() const { return is_reserved() && identity_->reservations.back().is_dynamic(); }
  // The current owner; `*` for the unreserved.
  const std::string& reservation_role() const;
  bool is_revocable() const { return identity_ != nullptr && identity_->revocable; }
  bool is_shared() const { return identity_ != nullptr && identity_->shared; }
  const std::optional<Disk>& disk() const { return identity().disk; }
  bool is_persistent_volume() const {
    return identity_ != nullptr && identity_->disk.has_value() && identity_->disk->persistence.has_value();
  }
  // False for what is given whole or not at all: MOUNT, BLOCK, and RAW disks with an id (RES-032).
  bool is_divisible() const {
    return identity_ == nullptr || !identity_->disk.has_value() || identity_->disk->is_divisible();
  }

  Resource with_value(Value value) const;
  Resource with_identity(Identity identity) const;
  Resource with_allocation_role(Symbol role) const;  // Empty: unallocated.
  void set_allocation_role(const Symbol& role) { allocation_role_ = role; }

  // Equal in everything but the value.
  bool same_identity(const Resource& other) const {
    return name_ == other.name_ && value_.index() == other.value_.index() &&
           allocation_role_ == other.allocation_role_ && same_marks(other);
  }
  bool operator==(const Resource& other) const { return same_identity(other) && value_ == other.value_; }
  // May the two become one member of a collection (RES-032)? For shared ones: are they the same?
  bool is_addable_to(const Resource& other) const {
    return same_identity(other) && (identity_ == nullptr || marked_is_addable_to(other));
  }
  // May this be taken out of `other`, as far as identity goes (RES-035)?
  bool is_subtractable_from(const Resource& other) const {
    return same_identity(other) && (!is_whole_only() || value_ == other.value_);
  }
  // RES-037, for one member.
  bool contains(const Resource& other) const {
    if (!other.is_subtractable_from(*this)) return false;
    return is_scalar() ? *std::get_if<Scalar>(&other.value_) <= *std::get_if<Scalar>(&value_) : covers(other);
  }
  // True for what is matched as a whole or not at all: volumes, and disks that are not divisible.
  bool is_whole_only() const { return identity_ != nullptr && (is_persistent_volume() || !is_divisible()); }

  // Change the value only; the caller has asked is_addable_to or is_subtractable_from.
  Resource& operator+=(const Resource& other);
  Resource& operator-=(const Resource& other);

  // `cpus(allocated: a)(reservations: [(STATIC,a)]){REV}:2` (RES-040).
  std::string to_text() const;

 private:
  bool same_marks(const Resource& other) const {
    return identity_ == other.identity_ ||
           (identity_ != nullptr && other.identity_ != nullptr && *identity_ == *other.identity_);
  }

  bool marked_is_addable_to(const Resource& other) const;
  bool covers(const Resource& other) const;  // Is the value of `other`, of the same kind, part of this one's?

  Symbol name_;
  Symbol allocation_role_;
  std::shared_ptr<const Identity> identity_;  // Null if there is no mark. Immutable.
  Value value_;
};

// RES-113, as far as it holds wherever a volume is named: what a DiskInfo must have and must not. Fails with
// invalid_argument.
Result<> validate_disk(const Resource& resource);

// A text for messages about a resource that may not even be valid.
std::string describe(const mesos::v1::Resource& message);

}  // namespace stoa::model
