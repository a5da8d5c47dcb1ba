// ResourceStatistics of containers: what was measured, beside what was asked for (V0-106, V0-111).
#pragma once

#include <functional>
#include <memory>

#include "agent/snapshot.h"
#include "api/reading_context.h"
#include "ports/container_meter.h"

namespace mesos::v1 {
class ResourceStatistics;
}  // namespace mesos::v1

namespace stoa::api {

// An agent at one moment, with what its containers use.
struct MeasuredAgent {
  const agent::Snapshot& state;
  const ports::UsageSample& usage;
};

// Calls back once, on any thread; with an empty sample where nothing is measured.
void measure(const ReadingContext& context, const ports::ContainerMeter::SampleFunction& done);

// False, and nothing is filled in, if the container was not measured. `disk` is shown once it is known.
bool fill_statistics(const agent::ExecutorRecord& executor, const ports::UsageSample& usage,
                     const ReadingContext& context, mesos::v1::ResourceStatistics& statistics);
// The same of a container of its own that a task has in its executor's.
bool fill_statistics(const agent::TaskRecord& task, const ports::UsageSample& usage,
                     mesos::v1::ResourceStatistics& statistics);

}  // namespace stoa::api
