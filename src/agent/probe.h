// Probe: one look at how a running task does, for its `check` or its `health_check`. The core says what to ask, the
// shell asks and says what came of it; what that means is for Checker to decide.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace stoa::agent {

enum class ProbePurpose { check, health };

enum class ProbeType { command, http, tcp };

// Names a probe for as long as the agent's process lives.
struct ProbeName {
  ContainerId container;
  std::uint64_t number = 0;

  auto operator<=>(const ProbeName&) const = default;
};

// Run a program in the container; it belongs to the container, and what it prints goes to the sandbox's `stderr`.
struct ProbeCommand {
  std::string directory;  // The sandbox, absolute; the working directory.
  bool shell = true;      // `/bin/sh -c executable`; argv is empty then.
  std::string executable;
  std::vector<std::string> argv;                   // Complete, element 0 included.
  std::map<std::string, std::string> environment;  // Complete.
  std::optional<std::string> user;                 // None: the agent's own.
};

// GET `http[s]://HOST:port path` inside the container's network. Redirects are followed, certificates not verified.
struct ProbeHttp {
  std::vector<std::string> hosts;  // Addresses; the first one that answers counts.
  bool tls = false;
  std::uint32_t port = 0;
  std::string path;
};

// Connect to `port` inside the container's network.
struct ProbeTcp {
  std::vector<std::string> hosts;  // Addresses; the first one that accepts counts.
  std::uint32_t port = 0;
};

using ProbeTarget = std::variant<ProbeCommand, ProbeHttp, ProbeTcp>;

struct ProbeOutcome {
  enum class Kind {
    answered,   // `value` says what.
    failed,     // It could not be run, or nobody answered; `message` says why.
    timed_out,  // And nothing of it runs any more.
    nothing,    // Nothing can be said about the task: the agent itself was in the way (EXE-169).
  };
  Kind kind = Kind::nothing;
  int value = 0;        // Exit code, HTTP status, or 1 for a connection and 0 for none.
  std::string message;  // In words for a person; may be empty.

  bool operator==(const ProbeOutcome&) const = default;
};

}  // namespace stoa::agent
