#include "containers/posix/runtime_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "containers/posix/system_error.h"
#include "containers/shim/protocol.h"
#include "ports/container_runtime.h"

namespace stoa::containers {

RuntimeDirectory::RuntimeDirectory(const std::string& runtime_dir)
    : root_(runtime_dir + "/containers"), boot_id_(boot_id()) {}

Result<> RuntimeDirectory::open() {
  std::error_code error;
  is_new_ = std::filesystem::create_directories(root_, error);
  if (error) return system_failure("runtime directory '" + root_ + "'", error.value());
  if (::chmod(root_.c_str(), 0700) != 0) return system_failure("runtime directory '" + root_ + "'", errno);
  return {};
}

Result<> RuntimeDirectory::make(const ContainerId& id) {
  if (!ports::is_path_part(id.value)) return invalid("'" + id.value + "' may not be part of a path");
  if (::mkdir(path(id).c_str(), 0700) == 0) return {};
  if (errno == EEXIST) return fail(Code::already_exists, "container " + id.value + " was already launched");
  return system_failure("make '" + path(id) + "'", errno);
}

void RuntimeDirectory::remove(const ContainerId& id) {
  if (!ports::is_path_part(id.value)) return;
  std::error_code ignored;
  std::filesystem::remove_all(path(id), ignored);
}

Result<std::vector<ContainerId>> RuntimeDirectory::list() const {
  std::vector<ContainerId> ids;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
    ids.emplace_back(entry->path().filename().string());
  }
  if (error) return system_failure("read '" + root_ + "'", error.value());
  return ids;
}

std::vector<std::pair<ContainerId, ProcessName>> RuntimeDirectory::find_shims() const {
  std::string prefix = shim::program_name;
  prefix += '\0';
  prefix += root_ + "/";
  std::vector<std::pair<ContainerId, ProcessName>> shims;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->path().filename().c_str(), nullptr, 10));
    if (pid <= 0) continue;
    std::ifstream file(entry->path() / "cmdline");
    std::string arguments;
    std::getline(file, arguments);
    while (arguments.ends_with('\0')) arguments.pop_back();
    if (!arguments.starts_with(prefix)) continue;
    ContainerId id(arguments.substr(prefix.size()));
    if (ports::is_path_part(id.value)) shims.emplace_back(std::move(id), ProcessName{pid, start_time(pid)});
  }
  return shims;
}

std::optional<ContainerPids> RuntimeDirectory::pids(const ContainerId& id) const {
  std::ifstream file(path(id) + "/" + shim::pid_file);
  std::string boot;
  ContainerPids pids;
  file >> boot >> pids.shim.pid >> pids.shim.start_time >> pids.main.pid >> pids.main.start_time;
  if (!file || boot != boot_id_) return std::nullopt;
  ProcessName relay;
  if (file >> relay.pid >> relay.start_time) pids.relay = relay;
  return pids;
}

std::optional<int> RuntimeDirectory::wait_status(const ContainerId& id) const {
  std::ifstream file(path(id) + "/" + shim::status_file);
  int status = 0;
  if (!(file >> status)) return std::nullopt;
  return status;
}

bool RuntimeDirectory::never_ran(const ContainerId& id) const {
  std::error_code error;
  if (!std::filesystem::exists(path(id), error)) return !error && !is_new_;
  std::ifstream status(path(id) + "/" + shim::status_file);
  std::string line;
  if (std::getline(status, line)) return line == shim::never_ran;
  // Its pid is on disk before a process is let go.
  return !std::filesystem::exists(path(id) + "/" + shim::pid_file, error) && !error;
}

}  // namespace stoa::containers
