#include "agent/resources.h"

#include <fmt/format.h>

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

}  // namespace stoa::agent
