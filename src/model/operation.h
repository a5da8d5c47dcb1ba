// Operations on resources as arithmetic: what each one takes out of a pool and what it puts there instead.
//
// RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME and SHRINK_VOLUME change what resources are, never how much there
// is. So an operation is checked once, turned into a pair (consumed, converted), and from then on every owner of a
// pool - offer, agent, allocator, checkpoint - applies the same pair.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::model {

struct Conversion {
  Resources consumed;
  Resources converted;
};

// Who asks, and what the agent has.
struct OperationContext {
  bool from_operator = false;
  std::optional<std::string> principal;
  std::set<std::string> framework_roles;    // Unused for operators.
  bool framework_shared_resources = false;  // Has the framework SHARED_RESOURCES?
  bool agent_hierarchical_role = true;
  bool agent_reservation_refinement = true;
  bool agent_resize_volume = true;
  Resources agent_total;       // Persistence ids are unique in it; DESTROY must find its volumes there.
  Resources resources_in_use;  // By tasks and executors, pending ones included: they forbid DESTROY.
};

// Checks an operation and says what it does. `allocation_info` must have been filled in before (RES-151). Fails with
// invalid_argument and the texts of RES-093 to RES-098, RES-113 to RES-119, also for any other type of operation.
Result<Conversion> convert(const mesos::v1::Offer_Operation& operation, const OperationContext& context);

// Replaces `consumed` by `converted`. Fails with failed_precondition ("... does not contain ..."), or if a destroyed
// shared volume has further holders (RES-116), and then changes nothing.
Result<> apply(const Conversion& conversion, Resources& pool);

// CREATE_DISK and DESTROY_DISK: only what the operation itself says, since what becomes of the disk is the provider's
// to decide. Fails with invalid_argument and the texts of RES-120.
Result<> validate_disk_operation(const mesos::v1::Offer_Operation& operation);

// Gives each resource of an operation that has no allocation role this one (RES-151); launches included.
void inject_allocation_role(mesos::v1::Offer_Operation& operation, const std::string& role);
void inject_allocation_role(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources,
                            const std::string& role);
// Writes each valid resource of an operation other than a launch in the new form, as agents get it (SCH-114).
void to_new_form(mesos::v1::Offer_Operation& operation);
// What agents have: offers and tasks have an allocation role, what is there has none. Launches are left as they are.
mesos::v1::Offer_Operation without_allocation(mesos::v1::Offer_Operation operation);
// For frameworks without MULTI_ROLE (RES-152).
void strip_allocation_role(google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources);

}  // namespace stoa::model
