// FileSpace: a virtual tree of the files that readers may see, each branch attached to a real directory or file.
//
// A path from outside is never joined to a real one and trusted. It is cut into parts and refused if one of them could
// climb (SEC-101); the longest attached prefix of whole parts decides the root (SEC-102, SEC-105); the rest is opened
// by the kernel beneath that root, so that a link which is swapped in meanwhile leads nowhere (openat2,
// RESOLVE_BENEATH).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace stoa::api {

// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  void reset();
  int number_ = -1;
};

struct FileEntry {
  std::string path;  // Virtual: the directory as asked for, and the name.
  struct stat status{};
  std::string user;  // Names; the number where there is none.
  std::string group;
};

struct FileListing {
  std::vector<FileEntry> entries;  // By path.
  bool truncated = false;          // There were more (SEC-107).
};

inline constexpr std::size_t file_read_bytes_max = 65536;  // One read (SEC-107).
inline constexpr std::size_t file_listing_entries_max = 10'000;

struct OpenedFile {
  Descriptor descriptor;  // For reading.
  struct stat status{};
  std::string name;  // The last part of the path.
};

// Reads `bytes_max` at most, from `offset`; empty at and past the end. Fails with internal and the system's reason.
Result<std::string> read_at(const OpenedFile& file, std::uint64_t offset, std::size_t bytes_max);

class FileSpace {
 public:
  // Virtual path to real path. A real path that does not exist is not found when it is asked for.
  using Attachments = std::map<std::string, std::string>;

  FileSpace() = default;
  explicit FileSpace(Attachments attachments);

  const Attachments& attachments() const { return attachments_; }

  // All fail with invalid_argument for a path that may not be or leads out of its root ("... is inaccessible"),
  // not_found, permission_denied, and internal for what the disk says.
  //
  // What a directory holds; nothing for a file (OPR-050). Links are followed where they stay inside, else they show
  // themselves (SEC-103). `.` and `..` are left out.
  Result<FileListing> list(std::string_view path) const;
  // A regular file, open for reading; `what` is done to it, for the texts: "Cannot read a directory." Anything but a
  // file or a directory is invalid_argument, and never opened (SEC-104).
  Result<OpenedFile> open(std::string_view path, std::string_view what) const;

 private:
  struct Place {
    std::string root;  // Real.
    std::string rest;  // Relative; empty for the root itself.
    std::string path;  // Virtual, without empty parts.
  };
  Result<Place> place_of(std::string_view path) const;

  Attachments attachments_;
};

}  // namespace stoa::api
