// Sandboxes, made and opened one directory at a time from the work directory's descriptor, never following a link: a
// nested sandbox lies inside one that its user can write to while we work in it with root's rights (CON-190, CON-191).
#pragma once

#include <optional>

#include "base/result.h"
#include "containers/posix/descriptor.h"
#include "containers/posix/user.h"
#include "ports/container_runtime.h"

namespace stoa::containers {

// Makes the directories of `path` that do not exist yet, below `base`: parents 0711, the last one 0750, with empty
// files stdout and stderr of 0640; these three belong to `user` and the agent's group (SEC-100). `link`, if not empty,
// becomes a relative symlink to it. See ports::ContainerRuntime for the errors.
Result<> make_sandbox(int base, const ports::SandboxPath& path, const std::optional<User>& user,
                      const ports::SandboxPath& link);

// Opens an existing directory below `base`; fails with permission_denied if any part of the way is a link.
Result<Descriptor> open_directory(int base, const ports::SandboxPath& path);

}  // namespace stoa::containers
