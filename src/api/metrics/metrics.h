// The flat objects of /metrics/snapshot and GET_METRICS: name to number (V0-120).
//
// Gauges are computed from the snapshot that the caller reads, counters are the core's. Names of parts that this
// version does not have are there with 0.0, so that no exporter's series disappears (V0-157).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/snapshot.h"
#include "api/reading_context.h"
#include "master/snapshot.h"

namespace stoa::api {

using MetricValues = std::map<std::string, double>;

// `now` is the wall clock; `shared_reads` the count of answers given by another's rendering.
MetricValues master_metrics(const master::Snapshot& state, const ReadingContext& context, WallSeconds now,
                            std::uint64_t shared_reads);
MetricValues agent_metrics(const agent::Snapshot& state, const ReadingContext& context, WallSeconds now);

// master/frameworks/NAME/ID/*: of each framework that is not forgotten (SCH-266, V0-139).
void add_framework_metrics(MetricValues& values, const master::Snapshot& state);

// system/*: asks the kernel (V0-144).
void add_system_metrics(MetricValues& values);

// `{NAME: NUMBER}` sorted by name.
std::string render_metrics(const MetricValues& values);

}  // namespace stoa::api
