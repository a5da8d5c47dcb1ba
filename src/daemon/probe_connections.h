// HTTP and TCP probes: what they are made of, and what comes of them.
#pragma once

#include <functional>
#include <memory>

#include "daemon/probes.h"

namespace stoa::daemon {

// Is told once, on a thread of the loop, what came of a probe; may destroy it.
using ProbeDone = std::function<void(agent::ProbeOutcome)>;

std::shared_ptr<Probes::UnderWay> http_probe(net::Loop& loop, agent::ProbeHttp target, ProbeDone done);
std::shared_ptr<Probes::UnderWay> tcp_probe(net::Loop& loop, agent::ProbeTcp target, ProbeDone done);

}  // namespace stoa::daemon
