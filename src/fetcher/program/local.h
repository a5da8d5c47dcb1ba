// Files of this host, and what the `hadoop` client brings.
#pragma once

#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "fetcher/protocol.h"

namespace stoa::fetcher {

// Opens a regular file with the rights of this process; below one of `local_paths` only, if there are any (SEC-113).
Result<Descriptor> open_local(const std::string& path, const std::vector<std::string>& local_paths);
// What tells one content of it from another.
Result<Version> version_of(int file);

// Writes what `hadoop fs -cat` says to `to`. `log` is where the client's own words go; -1: nowhere. Fails with
// timed_out after `stall_timeout` without a byte.
Result<> fetch_by_hadoop(const Settings& settings, const std::string& uri, int to, int log);

}  // namespace stoa::fetcher
