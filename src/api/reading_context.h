// ReadingContext: what a daemon knows about itself and shows to readers, besides its state.
//
// Filled once by the daemon, before the first request; nothing in it changes while the process lives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/verbosity.h"
#include "election/election.h"
#include "net/loop.h"
#include "ports/container_meter.h"
#include "ports/fetcher.h"

namespace stoa::api {

struct VersionShown {
  std::string api = "1.12.0";  // Three plain numbers: clients parse each (HTTP-200, OPR-042).
  std::string product;         // Our own version; empty where it is not known. Likewise the others.
  std::string commit;
  std::string branch;
  std::string tag;
  std::string build_date;  // `YYYY-MM-DD hh:mm:ss`
  WallSeconds build_time = 0;
  std::string build_user;
};

// Something that was asked of containers and is not answered yet (AGT-258).
struct PendingOperation {
  std::string operation;
  std::string container;
  Duration age{0};
};

struct ReadingContext {
  // Renders documents: a big one holds a thread for its whole length, so threads of its own are best. Must outlive
  // whatever was given the context.
  net::Loop* loop = nullptr;
  // Names and values as the flags were parsed, secrets masked already (OPR-044), sorted by name.
  std::vector<std::pair<std::string, std::string>> flags;
  VersionShown version;
  WallSeconds start_time = 0;
  std::function<std::optional<WallSeconds>()>
      elected_time;                                  // Of a leading master; thread-safe. Null: it does not lead.
  std::function<election::Leadership()> leadership;  // Thread-safe. Null: this daemon leads, or is an agent.
  std::function<ports::FetchCounts()> fetches;       // Of an agent's fetcher; thread-safe. Null: there is none.
  ports::ContainerMeter* meter = nullptr;            // Of an agent's containers. Null: nothing is measured.
  std::string work_dir;                              // Of an agent.
  std::function<std::string()> trouble;              // Why an agent cannot work; thread-safe. Null: nothing is known.
  std::function<std::vector<PendingOperation>()> pending_operations;  // Oldest first; thread-safe. Null: none.
  std::string hostname;  // As advertised; a name, or an address without brackets.
  std::uint16_t port = 0;
  std::string pid;                             // `master@10.0.0.1:5050`, `slave(1)@[2001:db8::7]:5051`.
  std::optional<std::set<std::string>> roles;  // The whitelist; unset: every role (OPR-097).
  std::string log_file;                        // Of this process; empty: there is none to read.
  std::shared_ptr<log::Verbosity> verbosity = std::make_shared<log::Verbosity>();  // Shared with the log.
  bool jsonp = false;                                                              // --enable_jsonp (V0-006).
  std::size_t renderings_max = 4;                                                  // At once (security: limits).
  Duration rendering_wait = std::chrono::seconds(30);                              // Then 503.

  // When this master was elected; nothing: it does not lead.
  std::optional<WallSeconds> elected() const { return elected_time ? elected_time() : std::nullopt; }
  // The value of a flag, or nothing.
  const std::string* flag(std::string_view name) const {
    for (const auto& [key, value] : flags) {
      if (key == name) return &value;
    }
    return nullptr;
  }
};

}  // namespace stoa::api
