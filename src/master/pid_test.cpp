#include "master/pid.h"

#include <gtest/gtest.h>

namespace stoa::master {
namespace {

// V0-031
TEST(Pid, AnAddressOfTheOlderFamilyIsPreferred) {
  EXPECT_EQ(pid_of({"2001:db8::7", "10.0.0.7"}, 5051), "slave(1)@10.0.0.7:5051");
  EXPECT_EQ(pid_of({"2001:db8::7", "fd00::1"}, 1), "slave(1)@[2001:db8::7]:1");
  EXPECT_EQ(pid_of({}, 5051), "slave(1)@0.0.0.0:5051");
}

}  // namespace
}  // namespace stoa::master
