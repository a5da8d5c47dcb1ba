// UPDATE_FRAMEWORK: a new description of a framework without a new stream; all or nothing (SCH-083 to SCH-090).
#include "master/calls.h"
#include "master/framework_info.h"
#include "master/frameworks.h"
#include "master/offers.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::FrameworkInfo;

Result<> unsupported(std::string_view member, std::string_view from, std::string_view to) {
  return invalid(fmt::format("Updating 'FrameworkInfo.{}' is unsupported; attempted to update from '{}' to '{}'",
                             member, from, to));
}

// What SUBSCRIBE silently keeps is an error here (SCH-085).
Result<> check_unchanged(const FrameworkInfo& before, const FrameworkInfo& after) {
  if (before.user() != after.user()) return unsupported("user", before.user(), after.user());
  if (before.checkpoint() != after.checkpoint()) {
    return unsupported("checkpoint", before.checkpoint() ? "true" : "false", after.checkpoint() ? "true" : "false");
  }
  if (before.has_principal() != after.has_principal() || before.principal() != after.principal()) {
    return invalid("Changing framework's principal is not allowed.");
  }
  return {};
}

Result<> with_prefix(std::string_view prefix, const Result<>& result) {
  if (result) return result;
  return fail(result.error().code, fmt::format("{}{}", prefix, result.error().message));
}

}  // namespace

Result<> on_update_framework(Context& context, Framework& framework, const SchedulerCall& event) {
  const auto& update = event.call->update_framework();
  FrameworkInfo info = update.framework_info();
  if (info.id().value() != framework.id.value) {
    return invalid("'framework_id' differs from 'update_framework.framework_info.id'");
  }
  if (!info.has_principal() && event.principal) info.set_principal(*event.principal);
  Wishes wishes = wishes_of(update);
  const std::set<std::string> roles = roles_of(info);
  TRY(with_prefix("Supplied FrameworkInfo is not valid: ", validate_framework_info(info, context.state.config)));
  TRY(with_prefix("FrameworkInfo update is not valid: ", check_unchanged(*framework.info, info)));
  TRY(with_prefix("'UpdateFramework' call is not valid: ", settle_wishes(wishes, roles, context.state.config)));
  withdraw_offers(context, framework, [&](const Offer& offer) { return !roles.contains(offer.role); });
  put_in_force(context, framework, std::move(info), std::move(wishes));
  return {};
}

}  // namespace stoa::master
