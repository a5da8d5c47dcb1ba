// What the program's exit status tells scripts (FE-077).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::cli {

enum Exit : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_not_found = 3,
  exit_not_allowed = 4,
  exit_unreachable = 5,  // No leader, or nobody answers.
  exit_timed_out = 6,
  exit_refused = 7,  // Conflict or refusal: 409, 400.
  exit_interrupted = 130,
  exit_terminated = 143,
};

int exit_code(const Error& error);

// The error of an HTTP answer that is no success: its text is the message.
Error error_of_status(int status, std::string_view body);

// The exit status of a task's process, from the message of its last update: `Command exited with status 3` is 3,
// `Command terminated with signal Killed` is 128 + 9 (EXE-119). Without such a message: 0 if it finished, 1 if not.
int exit_code_of_task(bool is_finished, const std::string& message);

}  // namespace stoa::cli
