// PosixWorkDirectory: the agent's directories on this host's file systems, with one thread for volumes and one for what
// is old.
#pragma once

#include <memory>
#include <string>

#include "containers/posix/event_thread.h"
#include "ports/work_directory.h"

namespace stoa::containers {

class PosixWorkDirectory final : public ports::WorkDirectory {
 public:
  // `path`: absolute, there. Fails if it cannot be opened.
  static Result<std::unique_ptr<PosixWorkDirectory>> open(const std::string& path);
  // Waits for what is being done; what was not begun is not done, nor answered.
  ~PosixWorkDirectory() override;

  void change_volumes(std::vector<ports::VolumeDirectory> make, std::vector<ports::VolumeDirectory> remove,
                      std::function<void(Result<>)> done) override;
  void remove_tree(std::string path, std::function<void(Result<>)> done) override;
  void mark(std::string path) override;
  void find(AgentId own, std::function<void(std::vector<ports::FoundDirectory>)> done) override;
  void disk_used(std::function<void(std::optional<double>)> done) override;

 private:
  PosixWorkDirectory(std::string path, Descriptor directory) : path_(std::move(path)), base_(std::move(directory)) {}
  Result<> remove_now(const std::string& path) const;

  const std::string path_;
  const Descriptor base_;
  std::unique_ptr<EventThread> volumes_;
  std::unique_ptr<EventThread> removals_;
  std::unique_ptr<EventThread> looks_;  // Quick looks at what is there.
};

}  // namespace stoa::containers
