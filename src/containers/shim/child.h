// The container's first process between its birth and the program it becomes.
#pragma once

#include <sys/types.h>

#include "containers/shim/protocol.h"

namespace stoa::containers::shim {

// The instructions, as they lie in memory.
struct Program {
  const Instructions* instructions = nullptr;
  const unsigned* groups = nullptr;
  const char* runtime_directory = nullptr;
  const char* boot_id = nullptr;
  const char* working_directory = nullptr;
  const char* executable = nullptr;
  char** arguments = nullptr;  // Both end with a null pointer.
  char** variables = nullptr;
};

// What went wrong, through a pipe that closes by itself when the program starts.
struct Failure {
  Step step = Step::none;
  int error = 0;
};

// Waits for a byte from `hold`, then becomes the program. Ends without a word if `hold` closes, after writing a Failure
// to `result` if a step fails.
[[noreturn]] void run_program(const Program& program, pid_t shim, int hold, int result);

}  // namespace stoa::containers::shim
