// FileLock: one owner of a directory at a time. Two masters or agents on one directory would corrupt what each of them
// believes to be durable (HA-060, AGT-078).
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace stoa::store {

class FileLock {
 public:
  // Makes the file `path` if needed, locks it, and writes the pid of this process into it. The kernel gives the lock
  // back when the process dies, however it does; for a few seconds it waits for programs that a dead owner was just
  // starting. Fails with failed_precondition and "work directory 'DIR' is in use by pid N", DIR being the directory of
  // the file.
  static Result<FileLock> acquire(const std::string& path);

  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

}  // namespace stoa::store
