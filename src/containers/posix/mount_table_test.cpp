#include "containers/posix/mount_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace stoa::containers {
namespace {

TEST(MountTable, NamesAreUnescapedAndBrokenLinesLeftOut) {
  std::istringstream table(
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "31 22 0:5 / /mnt/with\\040blank rw - tmpfs none rw\n"
      "cut short\n"
      "32 22 0:5 / /mnt/odd\\9zz\\1 rw\n");
  EXPECT_EQ(mount_points(table), (std::vector<std::string>{"/", "/mnt/with blank", "/mnt/odd\\9zz\\1"}));
}

}  // namespace
}  // namespace stoa::containers
