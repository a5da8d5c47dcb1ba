// Operations on the resources of a test agent, as a master sends them.
#pragma once

#include <string>

#include "agent/testing.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::agent {

using Operation = mesos::v1::Offer_Operation;

// An agent with 4 cpus, 1000 MB of root disk, a PATH disk and a MOUNT disk of 500 MB each.
Config disk_config();
// Dynamically reserved to `role` and allocated to it, as in an offer.
mesos::v1::Resource reserved(const std::string& name, double value, const std::string& role = "web");
mesos::v1::Resource volume(const std::string& id, double size = 100, const std::string& role = "web");
mesos::v1::Resource on_path(mesos::v1::Resource resource);
mesos::v1::Resource on_mount(mesos::v1::Resource resource);
Operation reserve(const mesos::v1::Resource& resource);
Operation unreserve(const mesos::v1::Resource& resource);
Operation create(const mesos::v1::Resource& volume);
Operation destroy(const mesos::v1::Resource& volume);
Operation grow(const mesos::v1::Resource& volume, const mesos::v1::Resource& addition);
Operation shrink(const mesos::v1::Resource& volume, double subtract);
// The name, filled up to 16 bytes.
std::string operation_uuid(std::string name);
// With feedback its id is the name, too. Without framework it is an operator's.
link::ToAgent apply_message(Operation operation, const std::string& uuid_name, bool feedback,
                            const std::string& framework = "f");
// What the store says that the agent has.
model::Resources stored_total(const World& world);

}  // namespace stoa::agent
