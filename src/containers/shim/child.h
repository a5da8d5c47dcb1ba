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

// The ends of pipes that the process writes its output to; -1: straight to the file.
struct Outputs {
  int standard = -1;
  int error = -1;
};

// What went wrong, through a pipe that closes by itself when the program starts.
struct Failure {
  Step step = Step::none;
  int error = 0;
};

// Waits for a byte from `hold`, then becomes the program. Ends without a word if `hold` closes, after writing a Failure
// to `result` if a step fails.
[[noreturn]] void run_program(const Program& program, pid_t shim, int hold, int result, const Outputs& outputs);

// Takes on the user and groups of the instructions. False and errno if that fails.
bool switch_user(const Program& program);
// Opens a file of the sandbox for appending, and makes it if it is missing; -1 and errno if it is none. With the user's
// own rights, so that a link there leads nowhere the user could not go, and a FIFO holds nobody up.
int open_output_file(const char* name);

}  // namespace stoa::containers::shim
