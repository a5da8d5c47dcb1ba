// Where something is mounted, as /proc/self/mountinfo tells it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace stoa::containers {

// In the order of the table: what lies on another mount comes after it. Lines without a mount point are left out.
std::vector<std::string> mount_points(std::istream& table);

}  // namespace stoa::containers
