// Everything an agent's core wants done, in order. What depends on a Persist is asked for only after its Persisted
// event, so the shell may carry out effects of different kinds at its own pace; those for one link and those for one
// container keep their order.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/container_needs.h"
#include "agent/probe.h"
#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "proto/forward.h"

namespace stoa::agent {

struct Change {
  std::string kind;
  std::string id;
  std::optional<std::string> bytes;  // None: erase the record, if there is one.

  bool operator==(const Change&) const = default;
};

// Make all of it durable, or none, and answer with Persisted. At most one Persist is under way: what happens meanwhile
// goes into the next.
struct Persist {
  WriteNumber write;
  std::vector<Change> changes;
};

// Make `meta/slaves/latest` point at the directory of this agent (AGT-073). Before the Persist that follows.
struct LinkAgentDirectory {
  AgentId id;
};

// Find the leading master, connect, upgrade; answered by LinkUp or LinkDown with this number. With no leader in sight
// it takes as long as it takes.
struct Connect {
  LinkNumber link;
};

struct SendMaster {
  LinkNumber link;
  std::shared_ptr<const link::ToMaster> message;
};

struct CloseLink {
  LinkNumber link;
};

// Tell which of these containers are there, and destroy every other one of this agent. Answered by
// ContainersRecovered.
struct RecoverContainers {
  std::vector<ContainerId> known;
};

// Where a persistent volume lies (AGT-072). `path` empty: the root itself, whose content is the volume (MOUNT).
struct VolumeDirectory {
  std::string root;  // Absolute.
  std::string path;  // Below it, plain parts only.

  auto operator<=>(const VolumeDirectory&) const = default;
};

// A persistent volume as a container sees it.
struct VolumeMount {
  VolumeDirectory source;
  std::string container_path;  // As the framework wrote it: relative to the sandbox, or absolute.
  bool read_only = false;
  bool give_owner = false;  // Nobody else uses it now: it becomes the container's user's.
};

// Make and remove directories of volumes, in this order, off the core's thread. What is to be made and is there is
// kept, with its content; what is to be removed goes with its content, except that a MOUNT root stays. If making fails,
// what this effect made is taken back. Answered by VolumesChanged.
struct ChangeVolumes {
  std::uint64_t number = 0;
  std::vector<VolumeDirectory> make;
  std::vector<VolumeDirectory> remove;
};

// Take the links to volumes out of the sandbox of a container that has ended.
struct ReleaseVolumes {
  std::string directory;  // The sandbox, relative to work_dir.
  std::vector<VolumeMount> volumes;
};

// Set the modification time of this directory (relative to work_dir) to now: it is of no use from here on, and later
// lives tell its age by that (AGT-100).
struct MarkGarbage {
  std::string path;
};

// List what earlier work left below work_dir. Answered by GarbageFound.
struct FindGarbage {
  AgentId own;  // This agent, if it has a name yet.
};

// Tell how full the file system of work_dir is. Answered by DiskMeasured.
struct MeasureDisk {};

// Remove a directory with all below it: off the core's thread, without following links, without crossing into mounts.
// Answered by TreeRemoved. One at a time.
struct RemoveTree {
  std::string path;  // Relative to work_dir.
};

// Make the sandbox: mode 0750, owned by `user`, with empty `stdout` and `stderr`; a symlink to it; then fetch the URIs
// of `command`, if there is one, into it. Answered by SandboxReady.
struct PrepareSandbox {
  ContainerId id;
  std::string directory;            // Relative to work_dir.
  std::string link;                 // Relative to work_dir; points at `directory`.
  std::optional<std::string> user;  // None: the agent's own.
  std::shared_ptr<const mesos::v1::CommandInfo> command;
  std::vector<VolumeMount> volumes;
  std::uint64_t disk_bytes = 0;  // What the task has of `disk`: the most that archives may unpack to; 0: nothing said.
};

// Start the container. Answered by ContainerLaunched.
struct Launch {
  ContainerId id;
  std::string directory;   // The sandbox, absolute; working directory of the process, and where stdout and stderr go.
  bool shell = true;       // `/bin/sh -c executable`; argv is empty then.
  std::string executable;  // Looked up in PATH of `environment` unless it has a slash.
  std::vector<std::string> argv;                   // Complete, element 0 included.
  std::map<std::string, std::string> environment;  // Complete. What an image or an isolator sets does not override
                                                   // names in `command_names`.
  std::vector<std::string> command_names;  // Names in `environment` that the task itself set: the strongest (EXE-116).
  std::optional<std::string> user;         // None: the agent's own.
  // For isolators: container, resources, limits. None: the container is that of `executor`, in which its tasks run.
  std::shared_ptr<const mesos::v1::TaskInfo> task;
  // Its resources come on top of the task's (EXE-113), or of those of all `tasks` (EXE-175).
  std::shared_ptr<const mesos::v1::ExecutorInfo> executor;
  std::vector<std::shared_ptr<const mesos::v1::TaskInfo>> tasks;
};

// Set the limits of an executor's container to what the executor and these tasks need (EXE-047, EXE-076). Answered by
// ContainerResized.
struct Resize {
  ContainerId id;
  std::vector<std::shared_ptr<const mesos::v1::TaskInfo>> tasks;
  ContainerNeeds needs;  // Of the executor with those.
};

// Send a signal to every process of the container.
struct Signal {
  ContainerId id;
  int signal = 0;
};

// End every process of the container at once. Its end is told by ContainerExited, if it was launched.
struct Destroy {
  ContainerId id;
};

// Forget a container that has ended, or was never launched. Its sandbox stays.
struct Remove {
  ContainerId id;
};

// Answers ExecutorSubscribe: 200 and a stream of events, or a refusal.
struct OpenExecutorStream {
  StreamNumber stream;
  Result<> result;
};
// One event on an open stream. A stream that has ended meanwhile swallows it.
struct SendExecutor {
  StreamNumber stream;
  std::shared_ptr<const mesos::v1::executor::Event> event;
};
// End the stream after what was sent.
struct CloseExecutorStream {
  StreamNumber stream;
};
// Answers ExecutorCall: accepted, or a refusal.
struct ReplyExecutor {
  ReplyNumber reply;
  Result<> result;
};

// Ask how a task does; answered by ProbeEnded. What is not done by `timeout` is ended with all its children, and then
// answered. At most two of one container are under way.
struct Probe {
  ProbeName name;
  ProbeTarget target;
  std::optional<Duration> timeout;
};

// End the probe, without an answer.
struct CancelProbe {
  ProbeName name;
};

// End the process with this exit code; containers go on running. Last effect of a life.
struct Exit {
  int code = 0;
  std::string message;
};

struct Log {
  log::Level level = log::Level::info;
  std::string message;
};

using Effect = std::variant<Persist, LinkAgentDirectory, Connect, SendMaster, CloseLink, RecoverContainers,
                            PrepareSandbox, Launch, Resize, Signal, Destroy, Remove, OpenExecutorStream, SendExecutor,
                            CloseExecutorStream, ReplyExecutor, Probe, CancelProbe, ChangeVolumes, ReleaseVolumes,
                            MarkGarbage, FindGarbage, MeasureDisk, RemoveTree, Exit, Log>;
using Effects = std::vector<Effect>;

}  // namespace stoa::agent
