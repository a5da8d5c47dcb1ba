// Persistent volumes on disk: their directories (AGT-170, RES-117), and the links by which a sandbox shows them where
// there is no file system of its own to mount them in (RES-118, CON-088).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "containers/posix/descriptor.h"
#include "containers/posix/user.h"
#include "ports/container_runtime.h"

namespace stoa::containers {

// The whole directory as one absolute path.
std::string path_of(const ports::VolumeDirectory& volume);

// See ports::WorkDirectory::change_volumes.
Result<> change_volumes(const std::vector<ports::VolumeDirectory>& make,
                        const std::vector<ports::VolumeDirectory>& remove);

// Links each volume into the sandbox, making what directories its container path needs, for `user`. A link that is
// there already is kept. See ports::ContainerRuntime::prepare_sandbox for the errors.
Result<> link_volumes(int sandbox, const std::vector<ports::SandboxVolume>& volumes, const std::optional<User>& user);

// Removes those links; whatever else is in their place stays.
void unlink_volumes(int sandbox, const std::vector<ports::SandboxVolume>& volumes);

}  // namespace stoa::containers
