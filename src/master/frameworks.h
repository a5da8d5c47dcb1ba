// The life of a framework: subscribed, replaced by another instance, disconnected, removed.
#pragma once

#include <string>

#include "master/agent_constraints.h"
#include "master/state.h"

namespace stoa::master {

// Admits, resumes or refuses; a refusal is an ERROR event and the end of the stream (sections 2 and 6 of SCH).
void on_subscribe(Context& context, const Subscribe& event);

// Which offers a framework wants, beside its description.
struct Wishes {
  std::set<std::string> suppressed;
  std::shared_ptr<const mesos::v1::scheduler::OfferConstraints> constraints;  // Null if there are none.
  std::shared_ptr<const AgentConstraints> admits;                             // These, when they are valid.
};
// Of a SUBSCRIBE or UPDATE_FRAMEWORK.
template <typename Call>
Wishes wishes_of(const Call& call) {
  Wishes wishes{.suppressed = {call.suppressed_roles().begin(), call.suppressed_roles().end()}};
  if (!call.offer_constraints().role_constraints().empty()) {
    using Constraints = std::remove_cvref_t<decltype(call.offer_constraints())>;
    wishes.constraints = std::make_shared<const Constraints>(call.offer_constraints());
  }
  return wishes;
}
// Makes them ready to be put in force. Fails with invalid_argument (SCH-049, SCH-051).
Result<> settle_wishes(Wishes& wishes, const std::set<std::string>& roles, const Config& config);

// Puts a new description and new wishes in force: in the books, for the allocator, and on the agents that run something
// of the framework.
void put_in_force(Context& context, Framework& framework, mesos::v1::FrameworkInfo info, Wishes wishes);

// The framework's stream ended: offers are withdrawn, the failover timer starts (SCH-068 to SCH-071). A notice about a
// stream that was replaced changes nothing (SCH-072).
void on_stream_closed(Context& context, const StreamClosed& event);

// Starts a removal: durable first, so that no later leader takes the framework back (SCH-038), then SCH-074, then the
// answer to the operator who asked for it, if one did.
void begin_removal(Context& context, Framework& framework, std::optional<ReplyNumber> reply = {});
void finish_removal(Context& context, const RemoveFramework& removal);

// Adds a framework that is known only from an agent that came back (SCH-254).
Framework& recover_framework(Context& context, const mesos::v1::FrameworkInfo& info);

// Sends HEARTBEAT and schedules the next one (SCH-080).
void heartbeat(Context& context, Framework& framework);

// Sends ERROR on a stream and ends it (SCH-081).
void refuse_stream(Context& context, StreamNumber stream, const std::string& why);

}  // namespace stoa::master
