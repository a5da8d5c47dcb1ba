// The two jobs of the fetch program: putting what a container asked for into its sandbox, and filling a file of the
// cache. Each runs with the rights that the process has; the program's main() has given up the others before.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "fetcher/program/transfer.h"
#include "fetcher/protocol.h"

namespace stoa::fetcher {

// `sources`: the descriptors that items refer to. What is fetched and what fails is told in the sandbox's stderr; the
// error says the same. The sandbox may hold a part of it after a failure.
Result<> place(const Settings& settings, const Place& job, Descriptor sandbox, std::vector<Descriptor> sources,
               const Environment& environment);

// `ask`: tells the agent what will be downloaded, and returns the file to write to, or nothing if there is no room.
using AskForRoom = std::function<std::optional<Descriptor>(const Version&)>;
Reply fill(const Settings& settings, const Fill& job, const AskForRoom& ask, const Environment& environment);

// Of both. Fails if the networks cannot be parsed.
Result<TransferSettings> transfer_settings(const Settings& settings, const Environment& environment);

}  // namespace stoa::fetcher
