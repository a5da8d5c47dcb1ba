// The life of an agent in the master's eyes: registered, disconnected, unreachable, back again.
#pragma once

#include "master/state.h"

namespace stoa::master {

// Every frame of an agent. The first on a link must be a registration.
void on_agent_frame(Context& context, const FromAgent& event);
void on_link_closed(Context& context, const LinkClosed& event);

// Registration: admits, takes back or refuses (section 11 of HA). Writes first where the registry changes.
void on_register(Context& context, LinkNumber link, const std::shared_ptr<const link::ToMaster>& message);
// Goes on when the admission is durable.
void finish_admission(Context& context, const AdmitAgent& admission);

// A ping is due: counts the one before as unanswered, and marks the agent unreachable after too many (HA-101).
void ping(Context& context, Agent& agent);
// Marking an agent unreachable: durable first (HA-110).
void begin_unreachable(Context& context, Agent& agent);
void finish_unreachable(Context& context, const AgentId& id);

// A recovered agent did not come back in time (HA-094).
void begin_forgetting(Context& context, const AgentId& id);
void finish_forgetting(Context& context, const AgentId& id);

// An agent that said farewell leaves the books; its tasks end with it (HA-116).
void finish_unregistration(Context& context, const AgentId& id);

// Takes an agent out of the books, with a FAILURE for everybody. Its tasks must have left them.
void forget_agent(Context& context, Agent& agent);

// Sends the framework's present info to every agent that runs something of it (AGT-042).
void tell_agents_of(Context& context, const Framework& framework);

// FAILURE of an agent to every connected framework (SCH-242).
void tell_agent_failure(Context& context, const AgentId& id);

// What the registry keeps of an agent in a state of stoa.registry.Agent.
RegistryChange agent_record(const Context& context, const AgentId& id, int state, const mesos::v1::AgentInfo* info);

}  // namespace stoa::master
