#include "daemon/log_rotation.h"

#include <gtest/gtest.h>

#include "daemon/agent_flags.h"

namespace stoa::daemon {
namespace {

// AGT-157
TEST(LogRotation, AContainerOverridesSizesAndOptions) {
  LogRotation rotation{.enabled = true};
  const auto plain = rotation_of(rotation, {{"PATH", "/bin"}});
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->standard.bytes_max, 10u << 20);
  EXPECT_EQ(plain->error.files, 9u);
  const auto own = rotation_of(rotation, {{"CONTAINER_LOGGER_MAX_STDOUT_SIZE", "8KB"},
                                          {"CONTAINER_LOGGER_LOGROTATE_STDOUT_OPTIONS", "rotate 3\nmissingok"},
                                          {"CONTAINER_LOGGER_MAX_STDERR_SIZE", "1MB"}});
  ASSERT_TRUE(own.has_value()) << own.error().message;
  EXPECT_EQ(own->standard.bytes_max, 8192u);
  EXPECT_EQ(own->standard.files, 3u);
  EXPECT_EQ(own->error.bytes_max, 1u << 20);
  rotation.prefix = "LOG_";
  EXPECT_EQ(rotation_of(rotation, {{"LOG_LOGROTATE_STDERR_OPTIONS", "rotate 0"}})->error.files, 0u);
}

// AGT-157
TEST(LogRotation, ABadValueIsNamed) {
  const LogRotation rotation{.enabled = true};
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"CONTAINER_LOGGER_MAX_STDOUT_SIZE", "4095B"},
                                          {"CONTAINER_LOGGER_MAX_STDERR_SIZE", "much"},
                                          {"CONTAINER_LOGGER_LOGROTATE_STDOUT_OPTIONS", "rotate many"},
                                          {"CONTAINER_LOGGER_LOGROTATE_STDERR_OPTIONS", "postrotate"}}) {
    const auto result = rotation_of(rotation, {{name, value}});
    ASSERT_FALSE(result.has_value()) << name;
    EXPECT_NE(result.error().message.find(name), std::string::npos) << result.error().message;
  }
  EXPECT_EQ(rotation_of({}, {{"CONTAINER_LOGGER_MAX_STDOUT_SIZE", "much"}})->standard.bytes_max, 0u);
}

// AGT-156
TEST(LogRotation, AFileOfLessThanAPageIsRefusedAtTheStart) {
  AgentFlags flags;
  const flags::Table table = agent_table(flags);
  const auto problems = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--master=[::1]:5050", "--work_dir=/w"});
    return flags::parse(table, {.arguments = arguments, .environment = {}, .read_file = {}}).problems;
  };
  EXPECT_TRUE(problems({"--container_logger=rotate", "--max_stdout_size=4KB"}).empty());
  EXPECT_TRUE(problems({"--container_logger=org_apache_mesos_LogrotateContainerLogger"}).empty());
  EXPECT_EQ(problems({"--max_stdout_size=4095B"}).size(), 1u);
  EXPECT_EQ(problems({"--logrotate_stderr_options=sharedscripts"}).size(), 1u);
  EXPECT_EQ(problems({"--container_logger=syslog"}).size(), 1u);
}

}  // namespace
}  // namespace stoa::daemon
