// Sharing: what operators have decided about who gets how much: weights, quotas and priorities of roles. Durable, one
// record a role (HA-050), in force before the first offer of a new leader (OPR-187).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "allocator/allocator.h"
#include "base/id.h"
#include "base/result.h"

namespace stoa::master {

struct Context;
struct State;
struct RegistryRecord;

// Only what was set: a weight of 1 that was given explicitly is among them (ALC-230).
struct Sharing {
  std::map<std::string, double> weights;
  std::map<std::string, allocator::Quota> quotas;
  std::map<std::string, int> priorities;

  bool operator==(const Sharing&) const = default;
};

// Roles that are not named keep what they have.
struct SharingChange {
  std::map<std::string, double> weights;
  std::map<std::string, allocator::Quota> quotas;  // An empty one removes the role's.
  std::map<std::string, std::optional<int>> priorities;
};

struct ApplySharing {
  SharingChange change;
  std::optional<ReplyNumber> reply;
};

// Writes the change, which was found valid, then applies it and replies. What changes nothing is not written.
void change_sharing(Context& context, SharingChange change, std::optional<ReplyNumber> reply);
void finish_change_sharing(Context& context, const ApplySharing& applied);

// Takes over one record of an earlier leader, of kind "weight", "quota" or "priority"; false if it is of another. Fails
// with malformed.
Result<bool> load_sharing(State& state, const RegistryRecord& record);
// After the last record: weights and priorities of the command line are used if there are none yet (ALC-232).
void begin_sharing(Context& context);

// `role` without surrounding blanks, valid and whitelisted. Fails with invalid_argument.
Result<std::string> check_role(const State& state, const std::string& role);

}  // namespace stoa::master
