// Where the log lines of a daemon go: stderr, and a file that turns over at a size (FE-155).
#pragma once

#include <memory>
#include <string>

#include "base/verbosity.h"

namespace stoa::daemon {

struct LoggingOptions {
  std::string directory;                            // `stoa.log` in it; empty: no file.
  std::string level = "INFO";                       // INFO, WARNING or ERROR: what is less is not written.
  bool quiet = false;                               // Nothing on stderr.
  std::shared_ptr<const log::Verbosity> verbosity;  // Above 0, debug lines are written, too. Null: never.
};

// Call it once, before any thread starts. A directory that cannot be written is said on stderr; the daemon runs on.
void set_up_logging(const LoggingOptions& options);

}  // namespace stoa::daemon
