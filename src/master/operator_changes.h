// Durable changes that operators make to machines and agents, one after another in the order of arrival: each is
// checked against what the one before has made true (OPR-195, OPR-197).
//
// A change has two functions. `prepare` checks it and returns what is to be written; nothing to write means that all is
// as it is wanted already. `finish` makes it so once that is durable.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Begins the change, or lets it wait for those before it. Its reply comes when it is durable, or refused.
void on_operator_change(Context& context, OperatorChange change);
// The write of the first one is durable.
void finish_operator_change(Context& context);

// maintenance.cpp
Result<std::vector<RegistryChange>> prepare(Context& context, const UpdateMaintenance& change);
void finish(Context& context, const UpdateMaintenance& change);
// machines.cpp
Result<std::vector<RegistryChange>> prepare(Context& context, const SwitchMachines& change);
void finish(Context& context, const SwitchMachines& change);
// deactivation.cpp
Result<std::vector<RegistryChange>> prepare(Context& context, const SwitchAgent& change);
void finish(Context& context, const SwitchAgent& change);
Result<std::vector<RegistryChange>> prepare(Context& context, const EndDrain& change);
void finish(Context& context, const EndDrain& change);

}  // namespace stoa::master
