// Sandbox: the one directory that the fetch program writes to.
//
// What lies in it may have been put there by an archive a moment ago, links included. So nothing is opened by a path
// that the kernel may leave it by (RESOLVE_BENEATH), and no file is written through a link: one that is in the way is
// replaced (SEC-112).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace stoa::fetcher {

// Opens `path` below the directory `root`, following links only where they stay below it. Fails with invalid_argument
// where they do not, and with the kernel's reason otherwise.
Result<Descriptor> open_beneath(int root, const std::string& path, int flags);

using Parts = std::span<const std::string>;

// A file that has no place yet. Gone with this, unless it was put into one.
class Draft {
 public:
  Draft(int root, std::string name, Descriptor file) : root_(root), name_(std::move(name)), file_(std::move(file)) {}
  Draft(Draft&& other) noexcept
      : root_(other.root_), name_(std::exchange(other.name_, {})), file_(std::move(other.file_)) {}
  ~Draft();

  int file() const { return file_.get(); }

 private:
  friend class Sandbox;
  int root_;
  std::string name_;
  Descriptor file_;
};

class Sandbox {
 public:
  // Opens `stderr` in it, for say(); if that cannot be, what is said is lost.
  explicit Sandbox(Descriptor root);

  int root() const { return root_.get(); }
  // Appends a line to the container's stderr.
  void say(std::string_view line) const;
  // Where say() writes; -1: nowhere.
  int log() const { return log_.get(); }

  Result<Draft> draft();
  // Gives the draft its place, with this mode, and makes the directories on the way. Replaces what is there, unless
  // that is a directory.
  Result<> put(Draft draft, Parts path, mode_t mode) const;
  // The directory of these parts, made if it is not there yet.
  Result<Descriptor> directory(Parts path) const;

 private:
  Descriptor root_;
  Descriptor log_;
  unsigned drafts_ = 0;
};

// Copies all of a file to another at its current end, by sharing blocks where the file system can; at most `bytes_max`.
// Returns how many bytes that were. Fails with resource_exhausted if there are more.
Result<std::uint64_t> copy_file(int from, int to, std::uint64_t bytes_max);

}  // namespace stoa::fetcher
