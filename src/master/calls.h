// Scheduler calls other than SUBSCRIBE. One call, one file; this is the table of them.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Admits the call (SCH-003) and carries it out; the Reply comes in the same step.
void on_scheduler_call(Context& context, const SchedulerCall& event);

using CallMessage = std::shared_ptr<const mesos::v1::scheduler::Call>;

void on_accept(Context& context, Framework& framework, const CallMessage& call);
void on_decline(Context& context, Framework& framework, const CallMessage& call);
void on_accept_inverse_offers(Context& context, Framework& framework, const CallMessage& call);
void on_decline_inverse_offers(Context& context, Framework& framework, const CallMessage& call);
void on_revive(Context& context, Framework& framework, const CallMessage& call);
void on_suppress(Context& context, Framework& framework, const CallMessage& call);
void on_kill(Context& context, Framework& framework, const CallMessage& call);
void on_acknowledge(Context& context, Framework& framework, const CallMessage& call);
void on_acknowledge_operation_status(Context& context, Framework& framework, const CallMessage& call);
void on_reconcile(Context& context, Framework& framework, const CallMessage& call);
void on_reconcile_operations(Context& context, Framework& framework, const CallMessage& call);
void on_teardown(Context& context, Framework& framework, const CallMessage& call);
void on_message(Context& context, Framework& framework, const CallMessage& call);
void on_request(Context& context, Framework& framework, const CallMessage& call);
void on_shutdown(Context& context, Framework& framework, const CallMessage& call);

// The one call that is answered with its outcome. Fails with invalid_argument and the texts of SCH-085.
Result<> on_update_framework(Context& context, Framework& framework, const SchedulerCall& event);

// Reports the state of one task as RECONCILE does (SCH-232); KILL of an unknown task answers the same (SCH-199).
void reconcile_one(Context& context, const Framework& framework, const TaskId& task,
                   const std::optional<AgentId>& agent);

}  // namespace stoa::master
