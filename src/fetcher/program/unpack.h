// Unpacking of archives, which are as hostile as their origin.
//
// libarchive reads; every write is ours, through Sandbox. A member that could reach or become anything but a plain
// file, a directory, or a link that stays inside fails the whole (AGT-116, SEC-112): an archive that tries is not one
// to run a task from. Which formats are read is fixed, since libarchive knows some that start programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fetcher/program/sandbox.h"

namespace stoa::fetcher {

struct UnpackLimits {
  std::uint64_t bytes_max = 0;  // Of all members together.
  std::uint64_t members_max = 0;
};

struct Unpacked {
  std::uint64_t bytes = 0;
  std::uint64_t members = 0;
  std::vector<std::vector<std::string>> links;  // Symbolic ones, by the parts of their names.
};

// tar (plain, or with gzip, bzip2 or xz) and zip; `file` is read from its start. What was written before a failure
// stays.
Result<Unpacked> unpack_tar(int file, const Sandbox& sandbox, const UnpackLimits& limits);
Result<Unpacked> unpack_zip(int file, const Sandbox& sandbox, const UnpackLimits& limits);
// Fails with permission_denied if one of these links, or what is there now by its name, leads outside; it is removed
// then. Each archive's are checked when it is unpacked, but what a later one brings can make them lead elsewhere.
Result<> check_links(const Sandbox& sandbox, const std::vector<std::vector<std::string>>& links);
// One file of gzip to another. Returns the bytes written.
Result<std::uint64_t> gunzip(int from, int to, std::uint64_t bytes_max);

}  // namespace stoa::fetcher
