// What a daemon tells the reading endpoints about itself.
#pragma once

#include <string_view>

#include "api/reading_context.h"
#include "daemon/identity.h"
#include "daemon/options.h"

namespace stoa::daemon {

// `component` is the part of a pid before the address: `master`, `slave(1)`. Documents are rendered on `loop`.
api::ReadingContext reading_context(net::Loop& loop, const Identity& identity, const ShownFlags& flags,
                                    std::string_view component);

}  // namespace stoa::daemon
