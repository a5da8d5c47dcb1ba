#include "master/framework_info.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.h"
#include "mesos/v1/mesos.pb.h"
#include "model/identifier.h"
#include "model/role.h"

namespace stoa::master {
namespace {

using mesos::v1::FrameworkInfo;

// SCH-026. An id that no master issued is accepted: after a failover the new leader cannot know.
Result<> check_id(const FrameworkInfo& info, const Config&) {
  if (info.id().value().empty()) return {};
  if (auto valid = model::validate_identifier(info.id().value()); !valid) {
    return invalid("Framework ID is invalid: " + valid.error().message);
  }
  return {};
}

// SCH-027
Result<> check_single_role(const FrameworkInfo& info, const Config&) {
  if (Capabilities::of(info).multi_role || info.roles().empty()) return {};
  return invalid("'FrameworkInfo.roles' must not be set without the capability MULTI_ROLE");
}

// SCH-028
Result<> check_multi_role(const FrameworkInfo& info, const Config&) {
  if (!Capabilities::of(info).multi_role) return {};
  if (info.has_role()) return invalid("'FrameworkInfo.role' must not be set with the capability MULTI_ROLE");
  std::set<std::string_view> seen;
  for (const std::string& role : info.roles()) {
    if (!seen.insert(role).second) return invalid(fmt::format("'FrameworkInfo.roles' has the duplicate '{}'", role));
  }
  return {};
}

// SCH-029
Result<> check_role_names(const FrameworkInfo& info, const Config&) {
  for (const std::string& role : roles_of(info)) {
    if (auto valid = model::validate_role(role); !valid) {
      return invalid(fmt::format("Role '{}' is invalid: {}", role, valid.error().message));
    }
  }
  return {};
}

// SCH-030, RES-085
Result<> check_whitelist(const FrameworkInfo& info, const Config& config) {
  if (!config.roles) return {};
  std::vector<std::string> unknown;
  for (const std::string& role : roles_of(info)) {
    if (role != "*" && !config.roles->contains(role)) unknown.push_back(role);
  }
  if (unknown.empty()) return {};
  return invalid(fmt::format("Roles {{ {} }} are not present in the master's --roles", join(unknown, ", ")));
}

// SCH-024
Result<> check_root(const FrameworkInfo& info, const Config& config) {
  if (info.user() != "root" || config.root_submissions) return {};
  return invalid("User 'root' is not allowed to run frameworks without --root_submissions");
}

// SCH-031: representable as signed 64-bit nanoseconds.
Result<> check_failover_timeout(const FrameworkInfo& info, const Config&) {
  const double seconds = info.failover_timeout();
  if (std::isfinite(seconds) && std::abs(seconds) < 9223372036.0) return {};
  return invalid(fmt::format("The framework failover_timeout ({:g}) is invalid", seconds));
}

// SCH-035
Result<> check_offer_filters(const FrameworkInfo& info, const Config&) {
  for (const auto& [role, filters] : info.offer_filters()) {
    for (const auto& set : filters.min_allocatable_resources().quantities()) {
      if (set.quantities().empty()) {
        return invalid(fmt::format("Invalid offer filters for role '{}': empty set of quantities", role));
      }
      for (const auto& [name, scalar] : set.quantities()) {
        const double value = scalar.value();
        if (value == 0 || (std::isnormal(value) && value > 0 && value < 9.2e15)) continue;
        return invalid(
            fmt::format("Invalid offer filters for role '{}': '{}' has the quantity {:g}", role, name, value));
      }
    }
  }
  return {};
}

}  // namespace

Result<> validate_framework_info(const FrameworkInfo& info, const Config& config) {
  static constexpr std::array rules{check_id,        check_single_role, check_multi_role,       check_role_names,
                                    check_whitelist, check_root,        check_failover_timeout, check_offer_filters};
  for (const auto rule : rules) TRY(rule(info, config));
  return {};
}

std::set<std::string> roles_of(const FrameworkInfo& info) {
  if (Capabilities::of(info).multi_role) return {info.roles().begin(), info.roles().end()};
  return {info.role()};
}

Result<> validate_suppressed(const std::set<std::string>& suppressed, const std::set<std::string>& roles) {
  std::vector<std::string> unknown;
  for (const std::string& role : suppressed) {
    if (!roles.contains(role)) unknown.push_back(role);
  }
  if (unknown.empty()) return {};
  return invalid(fmt::format("Suppressed roles {{ {} }} are not contained in the set of roles", join(unknown, ", ")));
}

}  // namespace stoa::master
