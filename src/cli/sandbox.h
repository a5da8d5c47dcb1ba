// Where a task's files are, and reading them as they grow: through the agent's files API, as any client does it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/cluster.h"
#include "net/url.h"

namespace stoa::cli {

struct Sandbox {
  net::Url agent;
  std::string directory;
  bool is_ended = false;  // Its executor has ended: files grow no more.
};

// Fails with not_found if the agent knows no such task, else as Cluster::get().
Result<Sandbox> find_sandbox(Cluster& cluster, const net::Url& agent, const std::string& framework_id,
                             const std::string& task_id);

// One file, read from `offset` on.
class RemoteFile {
 public:
  RemoteFile(net::Url agent, std::string path, std::uint64_t offset = 0)
      : agent_(std::move(agent)), path_(std::move(path)), offset_(offset) {}

  // The next bytes, 64 KiB at most; empty at the end. A file that is not there yet is an empty one; one that shrank is
  // read from its new end on.
  Result<std::string> next(Cluster& cluster);
  Result<std::uint64_t> size(Cluster& cluster) const;
  void seek(std::uint64_t offset) { offset_ = offset; }

 private:
  net::Url agent_;
  std::string path_;
  std::uint64_t offset_;
};

// Moves the file so that the next `lines` lines are its last ones. O(bytes of them).
Result<> seek_last_lines(Cluster& cluster, RemoteFile& file, std::size_t lines);

}  // namespace stoa::cli
