// The maintenance schedule: which machines will be away, and when (OPR-150 to OPR-154, OPR-157).
//
// The core keeps the schedule as the operator gave it, and with each agent what of it concerns its machine. Frameworks
// are asked for their resources there by inverse offers (inverse_offers.h).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "master/state.h"

namespace stoa::master {

// Durable first. The reply comes with the write.
void on_update_maintenance(Context& context, const UpdateMaintenance& event);
void finish_update_maintenance(Context& context, const ScheduleMaintenance& scheduled);

// Takes over what an earlier leader wrote. Fails with malformed.
Result<> load_schedule(State& state, const std::string& bytes);

// Notes what the schedule says of the agent's machine. If that is new its offers are rescinded, to be made again, and
// so are the inverse ones; what frameworks have answered is forgotten (OPR-153, SCH-250, SCH-251).
void note_unavailability(Context& context, Agent& agent);

// For readers; null if nothing is scheduled. Made anew, in O(machines + agents), only when an answer, an agent or the
// schedule has changed since the last time.
std::shared_ptr<const mesos::v1::maintenance::ClusterStatus> maintenance_status(State& state);

}  // namespace stoa::master
