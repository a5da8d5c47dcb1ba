// Resources: a collection of resources of one agent, in which equal kinds are added up.
//
// Members that may be one are one (RES-032); there are no empty members. A shared volume is one member with a count of
// its holders (RES-045). Members keep the order in which they came, so that the same steps give the same output.
// Nothing is ever taken out that is not in: that would hide a double free (RES-036).
//
// Cost: O(members) for each resource added, subtracted or looked for; no allocation where a member is found.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/quantities.h"
#include "model/resource.h"
#include "proto/forward.h"

namespace stoa::model {

class Resources {
 public:
  struct Member {
    Resource resource;
    std::size_t count = 1;  // Holders of a shared volume; 1 for everything else.
  };

  Resources() = default;
  Resources(std::initializer_list<Resource> resources);

  // Validates each resource, then the list: whole gpus, disks, reservations of the revocable (RES-170). An invalid
  // member fails the whole list with invalid_argument and "Resource '<text>' is invalid: ..." (RES-171); the caller
  // puts before it where the list was found. Ranges and items named twice are united: see check_no_overlap.
  static Result<Resources> from_messages(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages);
  // Appends to `messages`. A shared volume appears once for each holder.
  void to_messages(WireForm form, google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) const;

  bool empty() const { return members_.empty(); }
  std::size_t size() const { return members_.size(); }
  std::vector<Member>::const_iterator begin() const { return members_.begin(); }
  std::vector<Member>::const_iterator end() const { return members_.end(); }

  void add(const Resource& resource, std::size_t count = 1);
  Resources& operator+=(const Resources& other);
  // Fails with failed_precondition ("... does not contain ...") and changes nothing if something is not contained.
  Result<> subtract(const Resources& other);
  // For what is known to be contained: CHECKs it.
  Resources& operator-=(const Resources& other);
  friend Resources operator+(Resources a, const Resources& b) { return std::move(a += b); }
  friend Resources operator-(Resources a, const Resources& b) { return std::move(a -= b); }

  // Takes out what there is of `other`, and no more (ALC-176). For totals that may shrink below what is in use.
  void subtract_floored(const Resources& other);

  bool contains(const Resources& other) const;  // RES-037.
  bool contains(const Resource& resource) const;
  bool operator==(const Resources& other) const { return contains(other) && other.contains(*this); }

  // The members for which `keep` holds.
  template <typename Predicate>
  Resources filter(Predicate keep) const {
    Resources result;
    for (const Member& member : members_) {
      if (std::invoke(keep, member.resource)) result.members_.push_back(member);
    }
    return result;
  }
  Resources unreserved() const;
  Resources reserved() const;
  Resources reserved_to(std::string_view role) const;  // Whose current owner is exactly `role`.
  Resources usable_by(std::string_view role) const;    // Unreserved, or reserved to `role` or above it (RES-092).
  Resources revocable() const;
  Resources non_revocable() const;
  Resources shared() const;
  Resources non_shared() const;
  Resources persistent_volumes() const;
  Resources allocated_to(std::string_view role) const;
  // One resource each of the shared: what the collection takes from an agent, however many hold it (RES-053).
  Resources with_single_counts() const;

  // All members with this allocation role; members that then are alike become one.
  Resources with_allocation_role(const Symbol& role) const;
  Resources without_allocation_role() const { return with_allocation_role({}); }
  // The one allocation role of all members; empty if there are none or they are unallocated. Fails with
  // invalid_argument and the text of RES-153 if there are two.
  Result<Symbol> allocation_role() const;

  // Members as they were found on the agent: without dynamic reservations, persistence, volume and shared (RES-102).
  Resources stripped_of_conversions() const;

  // Of all members; shared ones count once (RES-053).
  Quantities quantities() const;
  // Of scalar members only.
  Quantities scalar_quantities() const;
  // The sum of the scalar members with this name.
  Scalar scalar(std::string_view name) const;

  // `cpus:2; mem:512`; `{}` if empty (RES-040).
  std::string to_text() const;

 private:
  // Adds one that is not empty, looking for its member from `hint` on. Returns where it is.
  std::size_t add_near(std::size_t hint, const Resource& resource, std::size_t count);
  void subtract_contained(const Resources& other);

  std::vector<Member> members_;
};

// Refuses lists that together name one number or one item of the same resource twice, which their union would hide
// (RES-024). Fails with invalid_argument and the name. O(n log n).
Result<> check_no_overlap(const std::vector<const google::protobuf::RepeatedPtrField<mesos::v1::Resource>*>& messages);

// Fails if `resources` holds both revocable and other resources of one name (RES-141).
Result<> check_revocable_not_mixed(const Resources& resources);

// Fails if two persistent volumes of one reservation role have the same id (RES-113).
Result<> check_persistence_ids(const Resources& resources);

// Fails if one name occurs with two types (RES-007).
Result<> check_types_agree(const Resources& resources);

}  // namespace stoa::model
