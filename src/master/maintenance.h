// The maintenance schedule: which machines will be away, and when (OPR-150 to OPR-154, OPR-157).
//
// The core keeps the schedule as the operator gave it, and with each agent what of it concerns its machine. Frameworks
// are asked for their resources there by inverse offers (inverse_offers.h).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "master/state.h"

namespace stoa::master {

// Takes over a record of an earlier leader: "schedule", or "down", in any order. Fails with malformed.
Result<> load_maintenance(State& state, const std::string& id, const std::string& bytes);
// The record of the machines that are down.
RegistryChange down_record(const Maintenance& maintenance, const std::set<MachineKey>& down);

MachineKey key_of(const std::string& hostname, const std::string& ip);
// The machine that an agent of this name and these addresses runs on, if it is scheduled. Name and address must both be
// equal; a missing field is the empty text (OPR-150).
std::optional<MachineKey> machine_of(const Maintenance& maintenance, const std::string& hostname,
                                     const std::vector<std::string>& addresses);
// Whether that machine is down now.
bool is_down(const Maintenance& maintenance, const std::string& hostname, const std::vector<std::string>& addresses);

// Puts a schedule, which is durable, into force, for all agents.
void enforce_schedule(Context& context, std::shared_ptr<const mesos::v1::maintenance::Schedule> schedule);

// Notes what the schedule says of the agent's machine. If that is new its offers are rescinded, to be made again, and
// so are the inverse ones; what frameworks have answered is forgotten (OPR-153, SCH-250, SCH-251).
void note_unavailability(Context& context, Agent& agent);

// For readers; null if nothing is scheduled. Made anew, in O(machines + agents), only when an answer, an agent or the
// schedule has changed since the last time.
std::shared_ptr<const mesos::v1::maintenance::ClusterStatus> maintenance_status(State& state);

}  // namespace stoa::master
