// `stoa version`.
#include "daemon/version.h"

#include <fmt/format.h>

#include "cli/cluster.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace stoa::cli {

int show_version(std::span<const std::string> arguments) {
  CommonOptions common;
  common.connection.timeout = std::chrono::seconds(5);
  bool is_client_only = false;
  Options options("version [OPTIONS]", "Shows the version of this program and, where one answers, of the master.");
  options.add("client", 0, is_client_only, "Asks no master.");
  add_connection(options, common);
  options.example("stoa version");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  const std::string own =
      fmt::format("{} (commit {}, API {})", daemon::product_version, daemon::product_commit, daemon::api_version);
  if (is_client_only) {
    print(fmt::format("stoa {}\n", own));
    return exit_done;
  }
  print(fmt::format("client  {}\n", own));
  Cluster cluster;
  if (const Result<> found = cluster.connect(common.connection); !found) return failed(found.error());
  const Result<JsonValue> master = cluster.get("/version");
  if (!master) return failed(master.error());
  print(fmt::format("master  {} at {}\n", (*master)["version"].text(), cluster.master().authority()));
  return exit_done;
}

}  // namespace stoa::cli
