// Fetcher: brings what a container needs into its sandbox before it starts (AGT-110).
//
// The agent's shell asks; where bytes come from, who may have them and what is kept for the next time is decided behind
// this interface.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace stoa::ports {

// As CommandInfo.URI has it.
struct FetchUri {
  std::string value;
  bool executable = false;
  bool extract = true;
  bool cache = false;
  std::optional<std::string> output_file;
};

struct FetchSpec {
  ContainerId container;
  std::string sandbox_directory;    // Absolute; made already, and holds `stderr`, to which is told what happens.
  std::optional<std::string> user;  // With whose rights all is done; the agent's own user if there is none.
  std::vector<FetchUri> uris;
  std::optional<std::uint64_t> bytes_max;  // Of what is unpacked; the default of SEC-112 if there is none.
};

// Since the start, and now (AGT-120).
struct FetchCounts {
  std::uint64_t succeeded = 0;  // Fetches of containers that had any URI.
  std::uint64_t failed = 0;
  std::uint64_t cache_bytes_max = 0;
  std::uint64_t cache_bytes_used = 0;
};

// Thread-safe, and no call blocks. Callbacks run on a thread of the fetcher: post the answer to where it belongs.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // Fetches all or fails; at once with success if there are no URIs. The error's message is for the framework, and
  // begins with "Failed to fetch all URIs for container" (CON-025). It never shows credentials (SEC-115). One fetch for
  // a container at a time.
  virtual void fetch(FetchSpec spec, std::function<void(Result<>)> done) = 0;

  // Ends the fetch of a container within a second (AGT-122), its callback included: it is called, with
  // failed_precondition. Nothing happens if there is none.
  virtual void cancel(const ContainerId& container) = 0;

  virtual FetchCounts counts() const = 0;
};

}  // namespace stoa::ports
