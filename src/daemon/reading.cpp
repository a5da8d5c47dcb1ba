#include "daemon/reading.h"

#include <fmt/format.h>

#include "daemon/version.h"

namespace stoa::daemon {

api::ReadingContext reading_context(net::Loop& loop, const Identity& identity, const ShownFlags& flags,
                                    std::string_view component) {
  api::ReadingContext context;
  context.loop = &loop;
  context.flags = flags;
  context.version.api = api_version;
  context.version.product = product_version;
  context.version.commit = product_commit;
  context.version.build_date = product_build_date;
  context.version.build_time = product_build_time;
  context.version.build_user = "stoa";
  context.start_time = net::wall();
  context.hostname = identity.hostname;
  context.port = identity.port;
  context.pid = fmt::format("{}@{}", component, identity.primary().to_string());
  return context;
}

}  // namespace stoa::daemon
