// What a status says of the container that a task runs in (EXE-072, EXE-073), and container ids on the wire.
#pragma once

#include <string>

#include "agent/config.h"
#include "base/id.h"
#include "proto/forward.h"

namespace mesos::v1 {
class ContainerID;
}  // namespace mesos::v1

namespace stoa::agent {

// The id of a container nested in another one: both its parent's name and its own, as `PARENT.OWN` (AGT-208: no id has
// a dot of its own).
ContainerId nested_container(const ContainerId& parent, const std::string& own);
std::string own_name(const ContainerId& id);

// Writes `id`, its parents included, into an empty message.
void put_container_id(const ContainerId& id, mesos::v1::ContainerID& message);

struct ContainerFacts {
  ContainerId id;
  int pid = 0;  // Of its first process; 0: none, or unknown.
};
// Completes `status`. What it already says of ids and addresses is kept.
void put_container_status(const ContainerFacts& container, const Config& config, mesos::v1::TaskStatus& status);

}  // namespace stoa::agent
