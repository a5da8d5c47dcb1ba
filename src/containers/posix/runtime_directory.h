// RuntimeDirectory: what a runtime keeps about its containers so that it finds them after a restart of the agent.
//
// `<runtime_dir>/containers/<id>/` with the files `pid` and `status`, written by the container's shim
// (shim/protocol.h). A reboot clears it; if it does not, the boot id in `pid` tells.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "containers/posix/process.h"

namespace stoa::containers {

struct ContainerPids {
  ProcessName shim;
  ProcessName main;
  ProcessName relay;  // Pid 0 if there is none.
};

class RuntimeDirectory {
 public:
  // Uses `<runtime_dir>/containers`, which open() makes, readable by the agent's user only (CON-193).
  explicit RuntimeDirectory(const std::string& runtime_dir);
  Result<> open();

  // Fails with already_exists if there is one of that id.
  Result<> make(const ContainerId& id);
  // Removes what a container left there; nothing happens if there is nothing.
  void remove(const ContainerId& id);
  // Every container there, in no order.
  Result<std::vector<ContainerId>> list() const;

  // Nothing if the file is missing or torn, or of another boot.
  std::optional<ContainerPids> pids(const ContainerId& id) const;
  std::optional<int> wait_status(const ContainerId& id) const;
  // Whether it is certain that the container's program never ran: its process was never let go, or never made. Of one
  // that left nothing at all nothing is certain if the whole directory was lost before open().
  bool never_ran(const ContainerId& id) const;

  // Shims that run for containers of this directory, whether or not anything is left in it (AGT-075). O(processes of
  // the host).
  std::vector<std::pair<ContainerId, ProcessName>> find_shims() const;

  std::string path(const ContainerId& id) const { return root_ + "/" + id.value; }
  const std::string& boot() const { return boot_id_; }

 private:
  std::string root_;
  bool is_new_ = false;  // It was made by open().
  std::string boot_id_;
};

}  // namespace stoa::containers
