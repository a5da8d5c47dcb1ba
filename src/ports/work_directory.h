// WorkDirectory: what the agent's shell does to directories beside sandboxes of running tasks: those of volumes, and
// those of work that has ended.
//
// Removing millions of files takes minutes and a dead disk holds for ever, so nothing here blocks the caller, and what
// is slow does not hold up what is not: volumes and old directories have each their own order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "ports/container_runtime.h"

namespace stoa::ports {

struct FoundDirectory {
  std::string path;  // Relative to the work directory.
  WallSeconds modified = 0;
};

// Thread-safe, and no call blocks. Callbacks run on a thread of the implementation.
class WorkDirectory {
 public:
  virtual ~WorkDirectory() = default;

  // Makes the directories of `make`, which are kept if they are there, and then removes those of `remove`: a root is
  // emptied and stays. Durable when answered. If making fails, what this call made is taken back, and nothing is
  // removed. Fails with what the system says, naming the directory.
  virtual void change_volumes(std::vector<VolumeDirectory> make, std::vector<VolumeDirectory> remove,
                              std::function<void(Result<>)> done) = 0;

  // Removes a directory with all that is below it, without following links. Mounts below it are unmounted first; if one
  // cannot be, nothing is removed. What cannot be removed does not save the rest; then it fails, naming the first. One
  // that is not there is removed.
  virtual void remove_tree(std::string path, std::function<void(Result<>)> done) = 0;
  // Sets its modification time to now. One that is not there is ignored.
  virtual void mark(std::string path) = 0;
  // Directories of agents (`slaves/A`, `meta/slaves/A`), and of frameworks, executors and runs of agent `own`.
  virtual void find(AgentId own, std::function<void(std::vector<FoundDirectory>)> done) = 0;
  // The larger of the parts, 0 to 1, that are used of the file system's bytes and of its file nodes.
  virtual void disk_used(std::function<void(std::optional<double>)> done) = 0;
};

}  // namespace stoa::ports
