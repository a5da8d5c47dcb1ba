// What a runtime and the shim of a container say to each other, and what the shim leaves on disk.
//
// The shim starts with three descriptors: a stream socket to the runtime, the instructions (a memory file, so that
// secrets are in no argument list and no directory, CON-007), and the sandbox, opened by the runtime without following
// links (CON-191). It reports `held` when the container's process exists, waits, and its pid is on disk; the runtime
// answers with one byte to let it run. End of file on the socket before that byte means that the runtime died or
// changed its mind: process and shim end. After `started` the two share only signals and files, which is why containers
// survive the agent. Both sides are of one build: numbers are in host order, and a version guards an upgrade in place.
#pragma once

#include <stdint.h>

namespace stoa::containers::shim {

// argv[0] of every shim; argv[1] is the runtime directory of its container.
inline constexpr const char* program_name = "stoa-shim";

inline constexpr int socket_descriptor = 3;
inline constexpr int instructions_descriptor = 4;
inline constexpr int sandbox_descriptor = 5;

inline constexpr uint32_t instructions_magic = 0x73746f61;
inline constexpr uint32_t instructions_version = 3;
inline constexpr uint32_t strings_max = 100'000;  // Arguments and variables, each.

// When an output file turns over, see ports::OutputRotation.
struct Rotation {
  uint64_t bytes_max = 0;
  uint32_t files = 0;
  uint32_t unused = 0;
};

// Starts the instructions. After it come `group_count` numbers of 32 bits, then strings, each ended by NUL: runtime
// directory of the container, boot id, working directory (may be empty), executable, arguments, variables as
// NAME=VALUE.
struct Instructions {
  uint32_t magic = instructions_magic;
  uint32_t version = instructions_version;
  uint32_t switch_user = 0;  // 0: keep the agent's user and groups.
  uint32_t user = 0;
  uint32_t group = 0;
  uint32_t group_count = 0;
  uint32_t argument_count = 0;
  uint32_t variable_count = 0;
  uint32_t output_to_stderr = 0;  // stdout, too, goes to the file `stderr`.
  Rotation standard;
  Rotation error;
};

// How far the shim came.
enum class Stage : uint32_t {
  held,     // number: pid of the container's first process.
  started,  // number: the same pid; the program runs.
  failed,   // number: errno; `step` says at what. The shim ends and leaves no process.
};

enum class Step : uint32_t { none, prepare, user, sandbox, output, working_directory, executable };

struct Report {
  Stage stage = Stage::failed;
  Step step = Step::none;
  int32_t number = 0;
};

// Sent to the shim with sigqueue; its value is the signal for every process of the container. SIGKILL is repeated until
// none is left. A real-time signal of our own, so that none is merged with another or lost.
inline constexpr int forwarding_signal = 40;

// Files in the container's runtime directory.
// One line: boot id, then pid and start time (field 22 of /proc/PID/stat) of the shim, of the first process, and of the
// relay if there is one.
inline constexpr const char* pid_file = "pid";
// One line: the wait status of the first process. Written when no process of the container is left. Or `never_ran`, if
// the runtime ended before it let the process go.
inline constexpr const char* status_file = "status";
inline constexpr const char* never_ran = "never ran";

}  // namespace stoa::containers::shim
