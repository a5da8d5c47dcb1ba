// The launching operations of an ACCEPT.
#pragma once

#include "master/pool.h"

namespace stoa::master {

// LAUNCH: every task for itself, in order; a bad one gets TASK_ERROR and the rest go on (SCH-134).
void launch(Context& context, Framework& framework, const mesos::v1::Offer_Operation& operation, Pool& pool);

// LAUNCH_GROUP: all tasks, or none and one reason for all (SCH-159).
void launch_group(Context& context, Framework& framework, const mesos::v1::Offer_Operation& operation, Pool& pool);

}  // namespace stoa::master
