// The six calls by which operators change what resources are (OPR-130), as the one operation that each of them is.
#include <fmt/format.h>

#include "api/operator/master_calls.h"
#include "mesos/v1/master/master.pb.h"
#include "model/resources.h"

namespace stoa::api {
namespace {

using mesos::v1::Offer_Operation;
using mesos::v1::master::Call;
using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

// Resources that are malformed by themselves, whatever is done with them (OPR-135).
Result<> check(const Messages& messages) {
  const auto resources = model::Resources::from_messages(messages);
  return resources ? Result<>() : invalid("Failed to validate master::Call: " + resources.error().message);
}

Result<> check(const mesos::v1::Resource& message) {
  Messages messages;
  *messages.Add() = message;
  return check(messages);
}

struct Change {
  const mesos::v1::AgentID* agent;
  Offer_Operation operation;
};

Result<Change> change_of(const Call& call) {
  Change change{};
  Offer_Operation& operation = change.operation;
  switch (call.type()) {
    case Call::RESERVE_RESOURCES:
      TRY(check(call.reserve_resources().resources()));
      TRY(check(call.reserve_resources().source()));
      change.agent = &call.reserve_resources().agent_id();
      operation.set_type(Offer_Operation::RESERVE);
      *operation.mutable_reserve()->mutable_source() = call.reserve_resources().source();
      *operation.mutable_reserve()->mutable_resources() = call.reserve_resources().resources();
      break;
    case Call::UNRESERVE_RESOURCES:
      TRY(check(call.unreserve_resources().resources()));
      change.agent = &call.unreserve_resources().agent_id();
      operation.set_type(Offer_Operation::UNRESERVE);
      *operation.mutable_unreserve()->mutable_resources() = call.unreserve_resources().resources();
      break;
    case Call::CREATE_VOLUMES:
      TRY(check(call.create_volumes().volumes()));
      change.agent = &call.create_volumes().agent_id();
      operation.set_type(Offer_Operation::CREATE);
      *operation.mutable_create()->mutable_volumes() = call.create_volumes().volumes();
      break;
    case Call::DESTROY_VOLUMES:
      TRY(check(call.destroy_volumes().volumes()));
      change.agent = &call.destroy_volumes().agent_id();
      operation.set_type(Offer_Operation::DESTROY);
      *operation.mutable_destroy()->mutable_volumes() = call.destroy_volumes().volumes();
      break;
    case Call::GROW_VOLUME:
      TRY(check(call.grow_volume().volume()));
      TRY(check(call.grow_volume().addition()));
      change.agent = call.grow_volume().has_agent_id() ? &call.grow_volume().agent_id() : nullptr;
      operation.set_type(Offer_Operation::GROW_VOLUME);
      *operation.mutable_grow_volume()->mutable_volume() = call.grow_volume().volume();
      *operation.mutable_grow_volume()->mutable_addition() = call.grow_volume().addition();
      break;
    default:
      TRY(check(call.shrink_volume().volume()));
      change.agent = call.shrink_volume().has_agent_id() ? &call.shrink_volume().agent_id() : nullptr;
      operation.set_type(Offer_Operation::SHRINK_VOLUME);
      *operation.mutable_shrink_volume()->mutable_volume() = call.shrink_volume().volume();
      *operation.mutable_shrink_volume()->mutable_subtract() = call.shrink_volume().subtract();
  }
  return change;
}

}  // namespace

Result<master::OperatorCommand> change_resources(const Call& call, const std::optional<std::string>& principal) {
  LET(Change change, change_of(call));
  if (change.agent == nullptr) {
    return invalid("Failed to validate master::Call: Expecting 'agent_id' to be present");
  }
  master::Operate command;
  command.agent = AgentId(change.agent->value());
  command.operation = std::make_shared<const Offer_Operation>(std::move(change.operation));
  command.principal = principal;
  return command;
}

}  // namespace stoa::api
