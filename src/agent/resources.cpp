#include "agent/resources.h"

#include <fmt/format.h>

#include <limits>

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

model::Resources conversions_of(const model::Resources& resources) {
  return resources.filter([](const model::Resource& resource) {
    return resource.is_dynamically_reserved() || resource.is_persistent_volume();
  });
}

Result<model::Resources> with_conversions(const model::Resources& flags, const model::Resources& stored) {
  const model::Resources converted = conversions_of(stored);
  model::Resources rest = flags;
  if (!rest.subtract(converted.stripped_of_conversions()).has_value())
    return fail(Code::failed_precondition,
                fmt::format("Checkpointed resources {} are incompatible with agent resources {}", converted.to_text(),
                            flags.to_text()));
  return rest + converted;
}

std::uint64_t disk_bytes_of(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& resources) {
  double bytes = 0;
  for (const mesos::v1::Resource& resource : resources) {
    if (resource.name() == "disk") bytes += resource.scalar().value() * (1 << 20);
  }
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return bytes < static_cast<double>(most) ? static_cast<std::uint64_t>(bytes) : most;
}

}  // namespace stoa::agent
