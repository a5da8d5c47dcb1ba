// ContainerMeter: what containers use of their host, for those who watch them.
//
// Looking takes a walk over the processes of the host, or over millions of files, so one look is shared by all who ask
// within a second (V0-107), none of it happens on the caller's thread, and a container that cannot be measured is left
// out rather than failing the others (AGT-146).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace stoa::ports {

// Of a container with all that is nested in it (AGT-149).
struct ContainerUsage {
  std::uint32_t processes = 0;
  std::uint32_t threads = 0;
  // Of all processes, those that have ended included; never less than what an earlier sample said.
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t memory_bytes = 0;  // Resident.
};

struct UsageSample {
  WallSeconds time = 0;
  std::map<ContainerId, ContainerUsage> containers;  // Those that could be measured.
};

// Thread-safe, and no call blocks.
class ContainerMeter {
 public:
  using SampleFunction = std::function<void(std::shared_ptr<const UsageSample>)>;

  virtual ~ContainerMeter() = default;

  // Answers with a sample that is at most a second old, on a thread of the implementation.
  virtual void sample(SampleFunction done) = 0;

  // The bytes that lie below each of these directories (absolute), as far as they were measured already; links are not
  // followed. Those that were not measured lately are measured in the background, for the next to ask.
  virtual std::map<std::string, std::uint64_t> disk_used(const std::vector<std::string>& directories) = 0;
};

}  // namespace stoa::ports
