#include "model/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "model/role.h"

namespace stoa::model {
namespace {

using Members = std::vector<Resources::Member>;

// How many of `members` are the same indivisible thing as `resource`, among the first `limit`.
std::size_t count_of(const Members& members, const Resource& resource, std::size_t limit) {
  return static_cast<std::size_t>(
      std::count_if(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(limit),
                    [&resource](const Resources::Member& member) { return member.resource == resource; }));
}

// The first member from `hint` on, then from the start, for which `matches` holds; the size if there is none. Two
// collections of one agent mostly list the same things in the same order: the hint makes that one comparison each.
template <typename Predicate>
std::size_t find_from(const Members& members, std::size_t hint, Predicate matches) {
  for (std::size_t i = hint; i < members.size(); ++i) {
    if (matches(members[i])) return i;
  }
  for (std::size_t i = 0; i < std::min(hint, members.size()); ++i) {
    if (matches(members[i])) return i;
  }
  return members.size();
}

bool member_contains(const Resources::Member& mine, const Resources::Member& theirs) {
  return mine.resource.contains(theirs.resource) && mine.count >= theirs.count;
}

Resource stripped(const Resource& resource) {
  if (!resource.is_reserved() && !resource.disk().has_value() && !resource.is_shared()) return resource;
  Identity identity = resource.identity();
  std::erase_if(identity.reservations, &Reservation::is_dynamic);
  identity.shared = false;
  if (identity.disk.has_value()) {
    identity.disk->persistence.reset();
    identity.disk->volume.reset();
    if (!identity.disk->source.has_value()) identity.disk.reset();
  }
  return resource.with_identity(std::move(identity));
}

}  // namespace

Resources::Resources(std::initializer_list<Resource> resources) {
  for (const Resource& resource : resources) add(resource);
}

void Resources::add(const Resource& resource, std::size_t count) {
  if (!resource.is_empty()) add_near(0, resource, count);
}

std::size_t Resources::add_near(std::size_t hint, const Resource& resource, std::size_t count) {
  const std::size_t found =
      find_from(members_, hint, [&resource](const Member& member) { return resource.is_addable_to(member.resource); });
  if (found == members_.size()) {
    members_.push_back({resource, count});
  } else if (resource.is_shared()) {
    members_[found].count += count;
  } else {
    members_[found].resource += resource;
  }
  return found;
}

Resources& Resources::operator+=(const Resources& other) {
  if (&other == this) return *this += Resources(other);
  if (members_.empty()) return *this = other;
  std::size_t hint = 0;
  for (const Member& member : other) hint = add_near(hint, member.resource, member.count) + 1;
  return *this;
}

Result<> Resources::subtract(const Resources& other) {
  if (!contains(other)) {
    return fail(Code::failed_precondition, fmt::format("'{}' does not contain '{}'", to_text(), other.to_text()));
  }
  subtract_contained(other);
  return {};
}

Resources& Resources::operator-=(const Resources& other) {
  CHECK(contains(other), to_text() + " does not contain " + other.to_text());
  subtract_contained(other);
  return *this;
}

void Resources::subtract_contained(const Resources& other) {
  if (&other == this) {
    members_.clear();
    return;
  }
  std::size_t hint = 0;
  bool emptied = false;
  for (const Member& theirs : other) {
    const std::size_t found = find_from(members_, hint, [&theirs](const Member& member) {
      return member.count > 0 && member_contains(member, theirs);
    });
    CHECK(found < members_.size());
    Member& mine = members_[found];
    if (theirs.resource.is_shared()) {
      mine.count -= theirs.count;
    } else if (theirs.resource.is_whole_only()) {
      mine.count = 0;
    } else {
      mine.resource -= theirs.resource;
      if (mine.resource.is_empty()) mine.count = 0;
    }
    emptied = emptied || mine.count == 0;
    hint = found + 1;
  }
  if (emptied) std::erase_if(members_, [](const Member& member) { return member.count == 0; });
}

void Resources::subtract_floored(const Resources& other) {
  std::size_t hint = 0;
  bool emptied = false;
  for (const Member& theirs : other) {
    const std::size_t found = find_from(members_, hint, [&theirs](const Member& member) {
      return member.count > 0 && theirs.resource.is_subtractable_from(member.resource);
    });
    if (found == members_.size()) continue;
    hint = found + 1;
    Member& mine = members_[found];
    if (theirs.resource.is_shared() && mine.count > theirs.count) {
      mine.count -= theirs.count;
      continue;
    }
    if (!theirs.resource.is_whole_only() && !theirs.resource.is_shared()) {
      const bool covered = !theirs.resource.is_scalar() || theirs.resource.scalar() < mine.resource.scalar();
      if (covered) {
        mine.resource -= theirs.resource;
        if (!mine.resource.is_empty()) continue;
      }
    }
    mine.count = 0;
    emptied = true;
  }
  if (emptied) std::erase_if(members_, [](const Member& member) { return member.count == 0; });
}

bool Resources::contains(const Resources& other) const {
  std::size_t hint = 0;
  for (std::size_t i = 0; i < other.members_.size(); ++i) {
    const Member& theirs = other.members_[i];
    const std::size_t found =
        find_from(members_, hint, [&theirs](const Member& mine) { return member_contains(mine, theirs); });
    if (found == members_.size()) return false;
    hint = found + 1;
    // What is matched whole can be matched once only.
    if (!theirs.resource.is_shared() && theirs.resource.is_whole_only()) {
      const std::size_t wanted = count_of(other.members_, theirs.resource, i) + 1;
      if (wanted > 1 && count_of(members_, theirs.resource, members_.size()) < wanted) return false;
    }
  }
  return true;
}

bool Resources::contains(const Resource& resource) const {
  if (resource.is_empty()) return true;
  return std::ranges::any_of(members_, [&resource](const Member& mine) { return mine.resource.contains(resource); });
}

Resources Resources::unreserved() const {
  return filter([](const Resource& r) { return !r.is_reserved(); });
}
Resources Resources::reserved() const { return filter(&Resource::is_reserved); }
Resources Resources::reserved_to(std::string_view role) const {
  return filter([role](const Resource& r) { return r.is_reserved() && r.reservation_role() == role; });
}
Resources Resources::usable_by(std::string_view role) const {
  return filter([role](const Resource& r) { return !r.is_reserved() || may_use(role, r.reservation_role()); });
}
Resources Resources::revocable() const { return filter(&Resource::is_revocable); }
Resources Resources::non_revocable() const {
  return filter([](const Resource& r) { return !r.is_revocable(); });
}
Resources Resources::shared() const { return filter(&Resource::is_shared); }
Resources Resources::non_shared() const {
  return filter([](const Resource& r) { return !r.is_shared(); });
}
Resources Resources::persistent_volumes() const { return filter(&Resource::is_persistent_volume); }
Resources Resources::allocated_to(std::string_view role) const {
  return filter([role](const Resource& r) { return r.allocation_role().text() == role; });
}

Resources Resources::with_single_counts() const {
  Resources result = *this;
  for (Member& member : result.members_) member.count = 1;
  return result;
}

Resources Resources::with_allocation_role(const Symbol& role) const {
  const bool uniform = std::ranges::all_of(members_, [this](const Member& member) {
    return member.resource.allocation_role() == members_.front().resource.allocation_role();
  });
  Resources result;
  if (uniform) {
    result.members_ = members_;
    for (Member& member : result.members_) member.resource.set_allocation_role(role);
  } else {
    for (const Member& member : members_) result.add(member.resource.with_allocation_role(role), member.count);
  }
  return result;
}

Result<Symbol> Resources::allocation_role() const {
  if (members_.empty()) return Symbol();
  const Symbol& first = members_.front().resource.allocation_role();
  for (const Member& member : members_) {
    if (member.resource.allocation_role() == first) continue;
    return invalid(
        fmt::format("The resources have multiple allocation roles ('{}' and '{}') but only one allocation role is "
                    "allowed",
                    first.text(), member.resource.allocation_role().text()));
  }
  return first;
}

Resources Resources::stripped_of_conversions() const {
  Resources result;
  for (const Member& member : members_) result.add(stripped(member.resource));
  return result;
}

Quantities Resources::quantities() const {
  Quantities result;
  for (const Member& member : members_) result.add(member.resource.name_symbol(), member.resource.quantity());
  return result;
}

Quantities Resources::scalar_quantities() const {
  Quantities result;
  for (const Member& member : members_) {
    if (member.resource.is_scalar()) result.add(member.resource.name_symbol(), member.resource.scalar());
  }
  return result;
}

Scalar Resources::scalar(std::string_view name) const {
  Scalar sum;
  for (const Member& member : members_) {
    if (member.resource.is_scalar() && member.resource.name() == name) sum += member.resource.scalar();
  }
  return sum;
}

std::string Resources::to_text() const {
  if (members_.empty()) return "{}";
  std::string text;
  for (const Member& member : members_) {
    if (!text.empty()) text += "; ";
    text += member.resource.to_text();
    if (member.count > 1) text += fmt::format("<{}>", member.count);
  }
  return text;
}

Result<> check_revocable_not_mixed(const Resources& resources) {
  std::map<std::string_view, bool> revocable_of;
  for (const auto& [resource, count] : resources) {
    const auto [seen, added] = revocable_of.try_emplace(resource.name(), resource.is_revocable());
    if (added || seen->second == resource.is_revocable()) continue;
    return invalid(fmt::format("Cannot use both revocable and non-revocable '{}' at the same time", resource.name()));
  }
  return {};
}

Result<> check_persistence_ids(const Resources& resources) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& [resource, count] : resources) {
    if (!resource.is_persistent_volume()) continue;
    const std::string& id = resource.disk()->persistence->id;
    if (!seen.emplace(resource.reservation_role(), id).second) {
      return invalid(fmt::format("Persistence ID '{}' is not unique", id));
    }
  }
  return {};
}

Result<> check_types_agree(const Resources& resources) {
  std::map<std::string_view, Kind> kind_of;
  for (const auto& [resource, count] : resources) {
    const auto [seen, added] = kind_of.try_emplace(resource.name(), resource.kind());
    if (added || seen->second == resource.kind()) continue;
    return invalid(
        fmt::format("Resources with the same name ('{}') but different types are not allowed", resource.name()));
  }
  return {};
}

}  // namespace stoa::model
