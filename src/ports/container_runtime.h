// ContainerRuntime: sandboxes and processes, as the agent's shell sees them.
//
// The agent core decides what runs; a runtime makes it so and reports what became of it. All that it must remember in
// order to find its containers after a restart of the agent it keeps in files of its own below the runtime directory
// (AGT-075); what a container is for is the core's to remember. A fake of this interface runs in the simulation.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace stoa::ports {

// Whether an id may be one part of a path: 1 to 255 bytes, not `.` or `..`, without `/`, `\`, NUL and control
// characters (AGT-076, SEC-108).
bool is_path_part(std::string_view id);

// Where sandboxes live below the work directory, as parts of a path (AGT-070, AGT-071).
using SandboxPath = std::vector<std::string>;
SandboxPath executor_sandbox_path(const AgentId& agent, const FrameworkId& framework, const ExecutorId& executor,
                                  const ContainerId& container);
SandboxPath nested_sandbox_path(SandboxPath parent, const std::string& nested_id);
SandboxPath standalone_sandbox_path(const ContainerId& container);
// The same as one path below `work_directory`.
std::string sandbox_directory(std::string_view work_directory, const SandboxPath& path);

// The directory of a persistent volume: `path` below `root`, the root itself if there is no path.
struct VolumeDirectory {
  std::string root;  // Absolute; the operator's, so links on the way are followed.
  SandboxPath path;
};

// A persistent volume in a sandbox.
struct SandboxVolume {
  VolumeDirectory source;
  std::string container_path;
  bool give_owner = false;  // To the sandbox's user.
};

struct SandboxSpec {
  SandboxPath path;                 // Below the work directory; every part is checked with is_path_part.
  std::optional<std::string> user;  // Owner of the sandbox; the agent's own user if there is none.
  // A symlink to make, below the work directory: to an executor's newest run (AGT-070), or to the sandbox of a task
  // (EXE-140). One that exists is replaced, its parents are made. Empty: none.
  SandboxPath link;
  std::vector<SandboxVolume> volumes;
};

// When an output file turns over: `stdout` becomes `stdout.1`, that `stdout.2`, ... (AGT-156).
struct OutputRotation {
  std::uint64_t bytes_max = 0;  // That a file may have; 0: it grows without end.
  unsigned files = 0;           // Kept beside the one that is written.
};

struct ContainerSpec {
  ContainerId id;                 // Unique for ever; one path part. A nested container's is its parent's, `.`, its own.
  std::string sandbox_directory;  // As prepare_sandbox returned it. stdout and stderr are appended to files in it.
  std::string working_directory;  // Absolute, or below the sandbox; empty: the sandbox (EXE-117).
  std::optional<std::string> user;     // Runs as the agent's own user if there is none.
  bool shell = true;                   // `/bin/sh -c executable`, arguments are ignored (EXE-115).
  std::string executable;              // Without shell: looked up in PATH; if empty, arguments[0] is (EXE-131).
  std::vector<std::string> arguments;  // Without shell: the complete argv, element 0 included.
  OutputRotation standard_rotation;    // No output is lost by it, and an agent that restarts does not interrupt it.
  OutputRotation error_rotation;
  bool output_to_stderr = false;  // What it writes to stdout, too, is appended to the file `stderr`.
  // The whole environment, each name once; a PATH is added where there is none (EXE-091). May hold secrets: it is
  // handed over in memory, never in arguments or files (CON-007).
  std::vector<std::pair<std::string, std::string>> environment;
};

// What a container needs: amounts of all that runs in it, and the limits that follow: none, or maybe infinite.
struct ContainerSize {
  double cpus = 0;
  double mem_megabytes = 0;
  std::optional<double> cpus_limit = {};
  std::optional<double> mem_limit_megabytes = {};
};

struct LaunchedContainer {
  pid_t pid = -1;  // Of the container's first process, as this host numbers it.
};

struct ContainerExit {
  ContainerId id;
  int wait_status = -1;  // As wait(2) gives it, for the first process; -1 if it was lost.
  std::string message;   // Why it was lost; empty otherwise.
};

struct RecoveredContainer {
  enum class State {
    running,    // Taken over; its exit will be reported.
    ended,      // Ended while nobody looked; `wait_status` is true. Will not be reported again, nor will the next.
    never_ran,  // Its launch was cut off: it is certain that not an instruction of it was run.
    lost,       // Nothing is known of its end.
  };
  ContainerId id;
  State state = State::lost;
  pid_t pid = -1;        // If running.
  int wait_status = -1;  // If ended.
};

// Thread-safe, and no call blocks. Callbacks run on a thread of the runtime, in the order in which things happened (for
// one container: launch answered, then exit reported): do little there, and post the answer to where it belongs.
class ContainerRuntime {
 public:
  using PreparedFunction = std::function<void(Result<std::string>)>;
  using LaunchedFunction = std::function<void(Result<LaunchedContainer>)>;
  using DoneFunction = std::function<void(Result<>)>;
  using RecoveredFunction = std::function<void(Result<std::vector<RecoveredContainer>>)>;
  using ExitFunction = std::function<void(ContainerExit)>;
  using ExecutedFunction = std::function<void(Result<int>)>;

  virtual ~ContainerRuntime() = default;

  // Sets the receiver of exits. Call it once, before the first launch or recover.
  virtual void on_exit(ExitFunction report) = 0;

  // Makes the sandbox, its parents and empty `stdout` and `stderr` in it, and returns its absolute path. The sandbox is
  // 0750, its files 0640, both of the user and the agent's group; parents are 0711 (AGT-074, SEC-100). What exists
  // already is kept. Each volume is there under its container path; fails with failed_precondition if that path is
  // taken or the volume is missing, with unimplemented if the runtime cannot show it there. Fails with not_found and
  // "No such user 'NAME'" (EXE-118), with invalid_argument for a part that may not be in a path, with the system's
  // reason otherwise.
  virtual void prepare_sandbox(SandboxSpec spec, PreparedFunction done) = 0;

  // Starts the container's first process and answers when the program runs: from then on it survives this process, and
  // its pid was on disk before it ran an instruction (CON-011). Fails with already_exists for an id that is alive, with
  // not_found for an unknown user or executable, permission_denied likewise, and failed_precondition with "Container
  // destroyed during isolating" if destroy came first. After a failure nothing is left of it and no exit is reported.
  // The message is the cause alone, for "Failed to launch container: " to stand before it (CON-025).
  virtual void launch(ContainerSpec spec, LaunchedFunction done) = 0;

  // Takes the ways to these volumes out of the sandbox of a container that has ended. The volumes stay.
  virtual void release_volumes(SandboxPath sandbox, std::vector<SandboxVolume> volumes) = 0;
  // Sets what the container may use. Answered in the order of the calls. A runtime without limits has nothing to do.
  // Fails with not_found for a container that does not run, else with what the system says.
  virtual void resize(const ContainerId& id, ContainerSize size, DoneFunction done) = 0;
  // Runs one more program inside a container that runs: it shares what the container is isolated with, is charged to
  // it, and ends with it. `spec.id` names the program, for destroy, and is unique for ever; by custom it is the
  // container's, `.`, its own. Answers once, with its wait status, when nothing of it runs any more; on_exit is not
  // told. Fails with failed_precondition if the container does not run or ends first, with what launch fails with
  // otherwise. It does not survive this process: what it leaves behind is destroyed by recover.
  virtual void exec(const ContainerId& inside, ContainerSpec spec, ExecutedFunction done) = 0;

  // Sends `signal` to every process of the container. During a launch it is kept until the program runs. Nothing
  // happens if the container has ended or is unknown.
  virtual void signal(const ContainerId& id, int signal) = 0;

  // Kills every process of the container, whatever they did to escape, until none is left; then the exit is reported as
  // ever. Idempotent (CON-016). Nothing happens if the container has ended or is unknown.
  virtual void destroy(const ContainerId& id) = 0;

  // Forgets what is kept about a container that has ended: call it after the exit was recorded. The sandbox stays.
  virtual void remove(const ContainerId& id) = 0;

  // After a restart of the agent: takes over what still runs, finds what has ended, and destroys every container that
  // is not in `known` (AGT-091), without reporting those. Answers one entry for each of `known`, in that order. Fails
  // if the runtime directory cannot be read. Call it once, before the first launch.
  virtual void recover(std::vector<ContainerId> known, RecoveredFunction done) = 0;
};

}  // namespace stoa::ports
