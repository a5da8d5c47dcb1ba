#include "master/calls.h"

#include "master/executors.h"
#include "master/frameworks.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::scheduler::Call;

// The checks of SCH-003 in their order; the first that fails answers.
Result<Framework*> admit(State& state, const SchedulerCall& event) {
  const std::string& id = event.call->framework_id().value();
  const auto known = state.frameworks.find(FrameworkId(id));
  if (known == state.frameworks.end() || known->second.removing) return invalid("Framework cannot be found");
  Framework& framework = known->second;
  if (event.principal && framework.principal != event.principal) {
    return invalid(fmt::format("Authenticated principal '{}' does not match principal '{}' set in `FrameworkInfo`",
                               *event.principal, framework.principal.value_or("")));
  }
  if (!framework.connected()) return fail(Code::permission_denied, "Framework is not subscribed");
  if (!event.stream_id) {
    return invalid("All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  }
  if (*event.stream_id != framework.stream_id) {
    return invalid(
        fmt::format("The stream ID '{}' included in this request didn't match the stream ID currently "
                    "associated with framework ID {}",
                    *event.stream_id, id));
  }
  return &framework;
}

// What carries out a call; null for types that this version does not have.
using Rule = void (*)(Context&, Framework&, const CallMessage&);

Rule rule_of(Call::Type type) {
  switch (type) {
    case Call::ACCEPT:
      return on_accept;
    case Call::DECLINE:
      return on_decline;
    case Call::REVIVE:
      return on_revive;
    case Call::SUPPRESS:
      return on_suppress;
    case Call::KILL:
      return on_kill;
    case Call::ACKNOWLEDGE:
      return on_acknowledge;
    case Call::RECONCILE:
      return on_reconcile;
    case Call::RECONCILE_OPERATIONS:
      return on_reconcile_operations;
    case Call::TEARDOWN:
      return on_teardown;
    case Call::MESSAGE:
      return on_message;
    case Call::SHUTDOWN:
      return on_shutdown;
    case Call::ACKNOWLEDGE_OPERATION_STATUS:
      return on_acknowledge_operation_status;
    case Call::ACCEPT_INVERSE_OFFERS:
      return on_accept_inverse_offers;
    case Call::DECLINE_INVERSE_OFFERS:
      return on_decline_inverse_offers;
    case Call::REQUEST:
      return on_request;
    default:
      return nullptr;
  }
}

}  // namespace

void on_scheduler_call(Context& context, const SchedulerCall& event) {
  auto framework = admit(context.state, event);
  if (!framework) {
    context.effects.push_back(Reply{event.reply, std::unexpected(framework.error())});
    return;
  }
  count((*framework)->counters->calls, event.call->type());
  if (event.call->type() == Call::UPDATE_FRAMEWORK) {
    context.effects.push_back(Reply{event.reply, on_update_framework(context, **framework, event)});
    return;
  }
  const Rule rule = rule_of(event.call->type());
  if (rule == nullptr) {
    context.effects.push_back(Reply{event.reply, fail(Code::unimplemented, "501 Not Implemented.")});
    return;
  }
  rule(context, **framework, event.call);
  context.effects.push_back(Reply{event.reply, {}});
}

void on_teardown(Context& context, Framework& framework, const CallMessage&) { begin_removal(context, framework); }

void on_message(Context& context, Framework& framework, const CallMessage& call) {
  const auto& message = call->message();
  context.state.metrics.count("master/messages_framework_to_executor");
  const auto agent = context.state.agents.find(AgentId(message.agent_id().value()));
  if (agent == context.state.agents.end() || !agent->second.connected()) {
    context.state.metrics.count("master/invalid_framework_to_executor_messages");
    return;
  }
  context.state.metrics.count("master/valid_framework_to_executor_messages");
  auto out = std::make_shared<link::ToAgent>();
  auto& scheduler_message = *out->mutable_scheduler_message();
  scheduler_message.mutable_framework_id()->set_value(framework.id.value);
  *scheduler_message.mutable_executor_id() = message.executor_id();
  scheduler_message.set_data(message.data());
  send(context, agent->second, std::move(out));
}

void on_shutdown(Context& context, Framework& framework, const CallMessage& call) {
  const std::string& executor = call->shutdown().executor_id().value();
  const auto agent = context.state.agents.find(AgentId(call->shutdown().agent_id().value()));
  if (agent == context.state.agents.end() || find_executor(agent->second, framework.id, executor) == nullptr) {
    log_warning(context, "dropping SHUTDOWN of framework {}: no executor {} on agent {} is known", framework.id.value,
                executor, call->shutdown().agent_id().value());
    return;
  }
  auto out = std::make_shared<link::ToAgent>();
  out->mutable_shutdown_executor()->mutable_framework_id()->set_value(framework.id.value);
  *out->mutable_shutdown_executor()->mutable_executor_id() = call->shutdown().executor_id();
  send(context, agent->second, std::move(out));
}

}  // namespace stoa::master
