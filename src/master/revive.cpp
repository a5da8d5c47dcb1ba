// REVIVE and SUPPRESS: whether a framework wants offers, role by role (SCH-125 to SCH-129).
#include "base/text.h"
#include "master/calls.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

// The roles a call means: those named, or all if it names none. None if one of them is not the framework's: the whole
// call is dropped then (SCH-128).
template <typename Names>
std::optional<std::set<std::string>> roles_meant(Context& context, const Framework& framework, const Names& names,
                                                 std::string_view call) {
  if (names.empty()) return framework.roles;
  std::set<std::string> roles(names.begin(), names.end());
  for (const std::string& role : roles) {
    if (framework.roles.contains(role)) continue;
    log_warning(context, "dropping {} of framework {}: it is not subscribed to role '{}'", call, framework.id.value,
                role);
    return std::nullopt;
  }
  return roles;
}

}  // namespace

void on_revive(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_revive_offers");
  const auto roles = roles_meant(context, framework, call->revive().roles(), "REVIVE");
  if (!roles) return;
  for (const std::string& role : *roles) framework.suppressed.erase(role);
  framework.inverse_refusals.clear();
  framework.view.reset();
  context.state.allocator.revive(framework.id, *roles, context.now.steady);
}

void on_suppress(Context& context, Framework& framework, const CallMessage& call) {
  context.state.metrics.count("master/messages_suppress_offers");
  const auto roles = roles_meant(context, framework, call->suppress().roles(), "SUPPRESS");
  if (!roles) return;
  framework.suppressed.insert(roles->begin(), roles->end());
  framework.view.reset();
  context.state.allocator.suppress(framework.id, *roles);
}

}  // namespace stoa::master
