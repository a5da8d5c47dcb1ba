#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace stoa::cli {
namespace {

// FE-077
TEST(ExitCode, OfATaskIsItsOwn) {
  EXPECT_EQ(exit_code_of_task(true, "Command exited with status 0"), 0);
  EXPECT_EQ(exit_code_of_task(false, "Command exited with status 3"), 3);
  EXPECT_EQ(exit_code_of_task(false, "Command terminated with signal Killed"), 137);
  EXPECT_EQ(exit_code_of_task(false, "Command terminated with signal Segmentation fault (core dumped)"), 139);
  EXPECT_EQ(exit_code_of_task(false, "Container launch failed"), 1);
  EXPECT_EQ(exit_code_of_task(true, ""), 0);
}

// FE-077
TEST(ExitCode, TellsScriptsWhatWentWrong) {
  EXPECT_EQ(exit_code(Error{Code::invalid_argument, ""}), 2);
  EXPECT_EQ(exit_code(error_of_status(404, "")), 3);
  EXPECT_EQ(exit_code(error_of_status(401, "")), 4);
  EXPECT_EQ(exit_code(error_of_status(403, "")), 4);
  EXPECT_EQ(exit_code(error_of_status(503, "")), 5);
  EXPECT_EQ(exit_code(error_of_status(504, "")), 6);
  EXPECT_EQ(exit_code(error_of_status(409, "")), 7);
  EXPECT_EQ(exit_code(error_of_status(400, "")), 7);
  EXPECT_EQ(exit_code(error_of_status(500, "")), 1);
  EXPECT_EQ(error_of_status(409, "Framework is gone\n").message, "Framework is gone");
}

}  // namespace
}  // namespace stoa::cli
