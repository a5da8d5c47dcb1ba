#include "daemon/detection.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>

namespace stoa::daemon {
namespace {

// AGT-018
TEST(Detection, WhatIsOfferedLeavesRoomForTheSystem) {
  EXPECT_EQ(cpus_offered(8), 8);
  EXPECT_EQ(cpus_offered(0), 1);
  EXPECT_EQ(cpus_offered({}), 1);
  EXPECT_EQ(mem_offered(16384), 15360);
  EXPECT_EQ(mem_offered(2048), 1024);
  EXPECT_EQ(mem_offered(2047), 1023);
  EXPECT_EQ(mem_offered({}), 1024);
  EXPECT_EQ(disk_offered(102400), 97280);
  EXPECT_EQ(disk_offered(10240), 5120);
  EXPECT_EQ(disk_offered(10239), 5119);
  EXPECT_EQ(disk_offered({}), 10240);
}

std::string resources(std::string_view flag, const std::set<std::string>& mounts = {}) {
  const auto result = agent_resources(flag, "*", "/not/yet/there", mounts);
  return result ? result->to_text() : result.error().message;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// AGT-018 AGT-019
TEST(Detection, OnlyWhatIsNotNamedIsDetected) {
  const std::string all = resources("");
  for (const char* name : {"cpus", "mem", "disk", "ports"}) EXPECT_TRUE(has(all, name)) << all;
  EXPECT_TRUE(has(all, "[31000-32000]")) << all;
  EXPECT_FALSE(has(all, "gpus")) << all;
  const std::string some = resources("cpus:3.5;mem:0;ports:[1-2]");
  EXPECT_TRUE(has(some, "cpus:3.5")) << some;
  EXPECT_FALSE(has(some, "mem")) << some;
  EXPECT_FALSE(has(some, "31000")) << some;
}

constexpr const char* mount_disk = R"([{"name":"disk","type":"SCALAR","scalar":{"value":64},)"
                                   R"("disk":{"source":{"type":"MOUNT","mount":{"root":"ROOT"}}}}])";

std::string disk_at(const std::string& root) {
  std::string text = mount_disk;
  return text.replace(text.find("ROOT"), 4, root);
}

// RES-066
TEST(Detection, NamingADiskSwitchesOffTheRootDisk) {
  const std::string text = resources(disk_at("/mnt/a"), {"/mnt/a"});
  EXPECT_EQ(text.find("disk"), text.rfind("disk")) << text;
  EXPECT_TRUE(has(text, ":64")) << text;
}

// RES-112
TEST(Detection, AMountDiskMustBeMounted) {
  EXPECT_TRUE(has(resources(disk_at("/mnt/a/"), {"/mnt/a"}), ":64"));
  EXPECT_TRUE(has(resources(disk_at("disks/b"), {"/not/yet/there/disks/b"}), ":64"));
  EXPECT_EQ(resources(disk_at("/mnt/a"), {"/", "/mnt"}),
            "Failed to determine agent resources: '/mnt/a' of a MOUNT disk is no mount point");
}

TEST(Detection, ABadListIsRefusedInTheseWords) {
  EXPECT_TRUE(resources("cpus:x:y").starts_with("Failed to determine agent resources: "));
  EXPECT_TRUE(resources("[{]").starts_with("Failed to determine agent resources: "));
}

// AGT-026
TEST(Detection, TheLowerOfTheMachineAndTheGroupIsThere) {
  const GroupLimits half{.cpus = 1.5, .mem_bytes = 1000};
  EXPECT_EQ(cpus_within(8, half), 1);
  EXPECT_EQ(cpus_within(1, {.cpus = 4.0, .mem_bytes = {}}), 1);
  EXPECT_EQ(cpus_within(8, {}), 8);
  EXPECT_EQ(cpus_within({}, {.cpus = 3.9, .mem_bytes = {}}), 3);
  EXPECT_EQ(cpus_offered(cpus_within(8, {.cpus = 0.5, .mem_bytes = {}})), 1);
  EXPECT_EQ(bytes_within(5000, half), 1000);
  EXPECT_EQ(bytes_within(500, half), 500);
  EXPECT_EQ(bytes_within({}, half), 1000);
  EXPECT_EQ(bytes_within(5000, {}), 5000);
}

// AGT-026
TEST(Detection, TheCpusOfThisProcessCountNotThoseOfTheMachine) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const std::string text = resources("mem:1;disk:1;ports:[1-2]");
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_TRUE(text.ends_with("; cpus:1")) << text;
}

// AGT-026
TEST(Detection, TheStrictestGroupOnTheWayUpCounts) {
  char pattern[] = "/tmp/detection_test.XXXXXX";
  const std::string root = mkdtemp(pattern);
  std::filesystem::create_directories(root + "/a/b");
  const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(root + name) << text; };
  EXPECT_FALSE(group_limits(root, "0::/a/b\n").mem_bytes.has_value());
  write("/a/memory.max", "1000000\n");
  write("/a/b/memory.max", "max\n");
  write("/a/cpu.max", "max 100000\n");
  write("/a/b/cpu.max", "150000 100000\n");
  const GroupLimits limits = group_limits(root, "1:name=x:/other\n0::/a/b\n");
  EXPECT_EQ(limits.mem_bytes, 1000000);
  EXPECT_EQ(limits.cpus, 1.5);
  EXPECT_FALSE(group_limits(root, "0::/\n").cpus.has_value());
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace stoa::daemon
