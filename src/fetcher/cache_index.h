// CacheIndex: what the fetcher's cache holds, and what goes to make room (AGT-118, AGT-119).
//
// Pure: it knows no files. Room is reserved before a byte is downloaded, so that the cache never outgrows its size; the
// least recently used entry goes first, and one that somebody holds never. Nothing here survives the process: the cache
// is emptied at start, so what it says and what lies on disk cannot differ.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"

namespace stoa::fetcher {

using EntryNumber = Number<struct EntryNumberTag>;

// How the origin names one version of a file; equal texts are the same bytes. Empty: it does not say.
struct Version {
  std::string tag;       // ETag.
  std::string modified;  // Last-Modified, or what stands for it on a disk.
  std::uint64_t bytes = 0;

  bool can_be_checked() const { return !tag.empty() || !modified.empty(); }
  bool operator==(const Version&) const = default;
};

class CacheIndex {
 public:
  // `bytes_max` 0: nothing is ever cached.
  explicit CacheIndex(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  struct Reserved {
    EntryNumber entry;
    std::vector<EntryNumber> evicted;  // Their files must go.
  };
  // Makes room for a new, incomplete entry, held once; one of the same key is outdated from here on. Nothing if the
  // size is 0 or there is no room even without all that nobody holds; then nothing is evicted. O(evicted * log
  // entries).
  std::optional<Reserved> reserve(const std::string& key, std::uint64_t bytes);

  // The download is complete: from here on it is found.
  void complete(EntryNumber entry, Version version);

  // The complete entry of this key, held once more and used now.
  std::optional<EntryNumber> hold(const std::string& key);
  void hold(EntryNumber entry);
  // True: the entry is gone with its last holder, being outdated or incomplete, and its file must go.
  [[nodiscard]] bool release(EntryNumber entry);
  // The entry's file is not what it should be: nobody finds it any more. Who holds it must still release it.
  void outdate(EntryNumber entry);

  const Version& version(EntryNumber entry) const { return entries_.at(entry).version; }
  std::uint64_t bytes(EntryNumber entry) const { return entries_.at(entry).bytes; }
  std::uint64_t bytes_max() const { return bytes_max_; }
  std::uint64_t bytes_used() const { return bytes_used_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    std::uint64_t bytes = 0;
    Version version;
    std::size_t holders = 0;
    std::uint64_t idle_since = 0;  // Key in idle_, while nobody holds it.
    bool complete = false;
    bool outdated = false;
  };
  void remove(EntryNumber entry);

  const std::uint64_t bytes_max_;
  std::uint64_t bytes_used_ = 0;
  std::uint64_t idle_bytes_ = 0;
  unsigned long long next_ = 1;
  std::uint64_t uses_ = 0;
  std::map<EntryNumber, Entry> entries_;
  std::map<std::string, EntryNumber> found_;   // Complete and not outdated.
  std::map<std::uint64_t, EntryNumber> idle_;  // Held by nobody, least recently used first.
};

}  // namespace stoa::fetcher
