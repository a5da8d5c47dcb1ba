#include "fetcher/cache_index.h"

#include "base/check.h"

namespace stoa::fetcher {
namespace {

// However small the files: each costs memory here and a file on disk.
constexpr std::size_t entries_max = 100'000;

}  // namespace

std::optional<CacheIndex::Reserved> CacheIndex::reserve(const std::string& key, std::uint64_t bytes) {
  const std::uint64_t held_bytes = bytes_used_ - idle_bytes_;
  if (bytes == 0 || bytes > bytes_max_ || held_bytes > bytes_max_ - bytes) return std::nullopt;
  if (entries_.size() - idle_.size() >= entries_max) return std::nullopt;
  Reserved reserved{.entry = EntryNumber{next_++}};
  if (const auto older = found_.find(key); older != found_.end()) {
    const EntryNumber number = older->second;
    outdate(number);
    if (entries_.at(number).holders == 0) {
      reserved.evicted.push_back(number);
      remove(number);
    }
  }
  while (bytes_used_ > bytes_max_ - bytes || entries_.size() >= entries_max) {
    const EntryNumber oldest = idle_.begin()->second;
    reserved.evicted.push_back(oldest);
    remove(oldest);
  }
  bytes_used_ += bytes;
  entries_.emplace(reserved.entry, Entry{.key = key, .bytes = bytes, .holders = 1});
  return reserved;
}

void CacheIndex::complete(EntryNumber number, Version version) {
  Entry& entry = entries_.at(number);
  CHECK(!entry.complete && version.bytes == entry.bytes);
  entry.complete = true;
  entry.version = std::move(version);
  if (const auto older = found_.find(entry.key); older != found_.end()) {
    entries_.at(older->second).outdated = true;
    found_.erase(older);
  }
  found_.emplace(entry.key, number);
}

std::optional<EntryNumber> CacheIndex::hold(const std::string& key) {
  const auto found = found_.find(key);
  if (found == found_.end()) return std::nullopt;
  hold(found->second);
  return found->second;
}

void CacheIndex::hold(EntryNumber number) {
  Entry& entry = entries_.at(number);
  if (entry.holders++ > 0) return;
  idle_.erase(entry.idle_since);
  idle_bytes_ -= entry.bytes;
}

bool CacheIndex::release(EntryNumber number) {
  Entry& entry = entries_.at(number);
  CHECK(entry.holders > 0);
  if (--entry.holders > 0) return false;
  entry.idle_since = ++uses_;
  idle_.emplace(entry.idle_since, number);
  idle_bytes_ += entry.bytes;
  if (entry.complete && !entry.outdated) return false;
  remove(number);
  return true;
}

void CacheIndex::outdate(EntryNumber number) {
  Entry& entry = entries_.at(number);
  entry.outdated = true;
  if (const auto found = found_.find(entry.key); found != found_.end() && found->second == number) found_.erase(found);
}

void CacheIndex::remove(EntryNumber number) {
  const auto found = entries_.find(number);
  CHECK(found->second.holders == 0);
  outdate(number);
  idle_.erase(found->second.idle_since);
  idle_bytes_ -= found->second.bytes;
  bytes_used_ -= found->second.bytes;
  entries_.erase(found);
}

}  // namespace stoa::fetcher
