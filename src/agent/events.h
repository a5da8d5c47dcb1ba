// Everything an agent's core is told. The shell makes one event of each message, answer and signal, in the order in
// which they happened, and calls `Agent::step` with it.
//
// Order at start: Recovered first; the core answers with RecoverContainers, the shell with ContainersRecovered; only
// then does the core ask for a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/probe.h"
#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "proto/forward.h"

namespace mesos::v1 {
class TaskResourceLimitation;
}  // namespace mesos::v1

namespace stoa::agent {

// One row of the store of checkpoints; (kind, id) is its key.
struct StoredRecord {
  std::string kind;
  std::string id;
  std::string bytes;

  bool operator==(const StoredRecord&) const = default;
};

// All that is in the store. First event of every life.
struct Recovered {
  std::vector<StoredRecord> records;
  std::string boot_id;   // Of the running kernel; another one than before means that nothing survived (AGT-082).
  AgentId latest_agent;  // The name that `meta/slaves/latest` points at; empty if there is no such link (AGT-073).
};

constexpr int wait_status_unknown = -1;

struct RecoveredContainer {
  ContainerId id;
  bool running = false;
  bool never_ran = false;                 // Its launch was cut off before the program ran.
  int wait_status = wait_status_unknown;  // Of one that has ended.
  int pid = 0;                            // Of its first process, while it runs.
};

// Answers RecoverContainers. A container that is asked for and not listed has left no trace: its end was not recorded,
// or nobody can say whether it started.
struct ContainersRecovered {
  std::vector<RecoveredContainer> containers;
};

// Where the leader is became known, or nobody knows it any more; also when another master leads. An agent that is told
// nothing of the kind looks for it where it was told at its start.
struct LeaderChanged {
  bool is_known = false;
};

// Answer Connect, with its number. LinkDown: no connection was possible, or an existing one ended, at either end's will
// (also after CloseLink, where it tells nothing new and is ignored).
struct LinkUp {
  LinkNumber link;
};
struct LinkDown {
  LinkNumber link;
};

struct FromMaster {
  LinkNumber link;
  std::shared_ptr<const link::ToAgent> message;
};

// The write is durable, or failed for good: then the agent exits, since it can keep no promise any more.
struct Persisted {
  WriteNumber write;
  Result<> result;
};

// Answers PrepareSandbox. The error says what is wrong in words for the framework ("No such user 'x'").
struct SandboxReady {
  ContainerId id;
  Result<> result;
  bool fetching = false;  // The sandbox is there, and the error is that a URI could not be fetched (AGT-110).
};

// Answers Launch: the pid of the container's first process, or why there is none. A program that cannot be executed is
// an error here, not an exit (EXE-130).
struct ContainerLaunched {
  ContainerId id;
  Result<int> pid;
};

enum class Limit { none, memory, disk, other };

// The container's first process has ended and nothing of the container runs any more. Comes once for each container
// that was launched, after its ContainerLaunched.
struct ContainerExited {
  ContainerId id;
  int wait_status = wait_status_unknown;
  std::string message;        // What the runtime knows beyond the status; may be empty.
  Limit limit = Limit::none;  // The resource limit that ended it (EXE-101), with `limitation` where known.
  std::shared_ptr<const mesos::v1::TaskResourceLimitation> limitation;
};

// Answers Resize; one for each, in the order asked, unless the container ends first.
struct ContainerResized {
  ContainerId id;
  Result<> result;
};

// What the token of a request says of its sender, where executors are authenticated (EXE-025).
struct ExecutorClaims {
  FrameworkId framework;
  ExecutorId executor;
  ContainerId container;
};

// A call of an executor that is sound in itself (executor.md section 3; HEARTBEAT is answered without the core).
// SUBSCRIBE is answered by OpenExecutorStream, everything else by ReplyExecutor. Numbers are the shell's and never used
// twice.
struct ExecutorSubscribe {
  StreamNumber stream;
  std::shared_ptr<const mesos::v1::executor::Call> call;
  std::optional<ExecutorClaims> claims;
};
struct ExecutorCall {
  ReplyNumber reply;
  std::shared_ptr<const mesos::v1::executor::Call> call;
  std::optional<ExecutorClaims> claims;
};

// A stream that was opened has ended, at either end's will; one that the core closed tells nothing new.
struct ExecutorStreamClosed {
  StreamNumber stream;
};

// Answers Probe, unless it was cancelled.
struct ProbeEnded {
  ProbeName probe;
  ProbeOutcome outcome;
};

// Answers ChangeVolumes. The error names the directory.
struct VolumesChanged {
  std::uint64_t number = 0;
  Result<> result;
};

struct FoundDirectory {
  std::string path;  // Relative to work_dir.
  WallSeconds modified = 0;
};

// Answers FindGarbage: directories of agents (`slaves/A`, `meta/slaves/A`), and of this agent's frameworks, executors
// and runs below its own, parents after what is in them.
struct GarbageFound {
  std::vector<FoundDirectory> directories;
};

// Answers MeasureDisk: 0 to 1, the larger of what is used of the bytes and of the file nodes (AGT-106). None: it could
// not be told.
struct DiskMeasured {
  std::optional<double> used;
};

struct TreeRemoved {
  std::string path;
  Result<> result;
};

// The operator wants the agent to leave the cluster: SIGUSR1 (AGT-184).
struct Leave {
  std::string message;
};

// The time of `Agent::next_wakeup` has come. Early and superfluous ones do no harm.
struct Tick {};

using Event = std::variant<Recovered, ContainersRecovered, LeaderChanged, LinkUp, LinkDown, FromMaster, Persisted,
                           SandboxReady, ContainerLaunched, ContainerExited, ContainerResized, ExecutorSubscribe,
                           ExecutorCall, ExecutorStreamClosed, ProbeEnded, VolumesChanged, GarbageFound, DiskMeasured,
                           TreeRemoved, Leave, Tick>;

}  // namespace stoa::agent
