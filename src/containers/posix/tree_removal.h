// Removing directories that somebody else filled: neither links nor mounts lead out of them, and no depth or number of
// files exhausts memory or descriptors (AGT-103, CON-191).
#pragma once

#include <string>

#include "base/result.h"
#include "containers/posix/descriptor.h"

namespace stoa::containers {

// Opens `path` (relative, plain parts) below `base`, through neither links nor mounts.
Result<Descriptor> open_below(int base, const std::string& path);

// Removes everything in `directory`. What cannot be removed does not save the rest; then it fails with the first
// reason, naming the entry. Nothing in a mounted file system is touched: a mount point is such a failure.
Result<> remove_content(int directory);

// Unmounts what is mounted below the absolute `path`, the innermost first. Fails at the first that cannot be.
Result<> unmount_below(const std::string& path);

}  // namespace stoa::containers
