// CacheDirectory: the files of the fetcher's cache, one for each entry, seen by nobody but the agent (SEC-116).
//
// Several agents of a host may be given the same folder, and the default lies in /tmp. So each makes a folder of its
// own in it, locked as long as it lives; what nobody holds the lock of is left by the dead, and goes when the next
// agent starts (AGT-119).
#pragma once

#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "fetcher/cache_index.h"

namespace stoa::fetcher {

class CacheDirectory {
 public:
  // Makes `path`, mode 0700, unless it is there; removes what dead agents left. Fails with permission_denied if it is
  // not this user's, or others may write to it.
  static Result<CacheDirectory> open(const std::string& path);
  CacheDirectory(CacheDirectory&&) noexcept = default;
  CacheDirectory& operator=(CacheDirectory&&) = delete;
  // Removes all.
  ~CacheDirectory();

  // A new, empty file to write to.
  Result<Descriptor> create(EntryNumber entry) const;
  // To read from its start.
  Result<Descriptor> read(EntryNumber entry) const;
  void remove(EntryNumber entry) const;

 private:
  CacheDirectory(Descriptor parent, std::string name, Descriptor own)
      : parent_(std::move(parent)), name_(std::move(name)), own_(std::move(own)) {}

  Descriptor parent_;
  std::string name_;
  Descriptor own_;  // Holds the lock.
};

}  // namespace stoa::fetcher
