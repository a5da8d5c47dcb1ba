// Operators' calls about sharing. One rule, one file; this is the table of them. Each is answered by one Reply, with
// invalid_argument for what is wrong, when the change is durable and in force.
#pragma once

#include "master/state.h"

namespace stoa::master {

void on_update_weights(Context& context, const UpdateWeights& event);
void on_update_priorities(Context& context, const UpdatePriorities& event);
void on_update_quota(Context& context, const UpdateQuota& event);
// The older call: guarantee and limit are the same. already_exists if the cluster is too small (ALC-063).
void on_set_quota(Context& context, const SetQuota& event);
void on_remove_quota(Context& context, const RemoveQuota& event);

}  // namespace stoa::master
