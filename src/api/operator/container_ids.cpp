#include "api/operator/container_ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

constexpr std::size_t characters_max = 242;
constexpr int levels_max = 32;

bool is_forbidden(char c) {
  return c == '.' || c == '/' || c == '\\' || static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

Result<> check_level(const std::string& value) {
  if (value.empty()) return invalid("'ContainerID.value' must be set");
  if (value.size() > characters_max) {
    return invalid(fmt::format("'ContainerID.value' must not be longer than {} characters", characters_max));
  }
  if (std::ranges::any_of(value, is_forbidden)) {
    return invalid(fmt::format("'ContainerID.value' '{}' contains invalid characters", log::one_line(value)));
  }
  return {};
}

}  // namespace

Result<> check_container_id(const mesos::v1::ContainerID& id) {
  const mesos::v1::ContainerID* level = &id;
  for (int levels = 1;; ++levels) {
    TRY(check_level(level->value()));
    if (!level->has_parent()) return {};
    if (levels == levels_max) return invalid(fmt::format("containers are nested deeper than {} levels", levels_max));
    level = &level->parent();
  }
}

}  // namespace stoa::api
