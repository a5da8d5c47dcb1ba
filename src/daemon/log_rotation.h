// Which of a container's output files turn over, and when: from the agent's flags, and from variables of the container
// that override them (AGT-156, AGT-157).
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "ports/container_runtime.h"

namespace stoa::daemon {

struct LogRotation {
  bool enabled = false;
  ports::OutputRotation standard{.bytes_max = 10u << 20, .files = 9};
  ports::OutputRotation error{.bytes_max = 10u << 20, .files = 9};
  std::string prefix = "CONTAINER_LOGGER_";
};

// A file smaller than this would hold less than one write of most programs.
constexpr std::uint64_t log_bytes_min = 4096;

// Options in logrotate's words: `rotate N`, with N from 0 to 1000; empty: `rotate 9`. Several are separated by newlines
// or `;`. What only matters to logrotate itself (`missingok`, `notifempty`, `nocompress`, `copytruncate`, `nocreate`)
// is let pass. Fails with invalid_argument for anything else.
Result<unsigned> parse_rotate_options(const std::string& text);

// What a container with this environment gets: nothing turns over unless it is enabled. Fails with invalid_argument,
// naming variable and value.
struct ContainerRotation {
  ports::OutputRotation standard;
  ports::OutputRotation error;
};
Result<ContainerRotation> rotation_of(const LogRotation& rotation,
                                      const std::map<std::string, std::string>& environment);

}  // namespace stoa::daemon
