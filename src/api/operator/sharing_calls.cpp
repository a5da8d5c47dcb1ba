// Weights and quotas: what is read of them, and their changes (OPR-175 to OPR-187).
#include <fmt/format.h>

#include <set>

#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "mesos/v1/master/master.pb.h"
#include "model/resources.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Call;
using mesos::v1::master::Response;
using Scalars = google::protobuf::Map<std::string, mesos::v1::Value::Scalar>;

Result<std::vector<model::Amount>> amounts_of(const Scalars& scalars) {
  std::map<std::string, model::Scalar> sorted;
  for (const auto& [name, scalar] : scalars) {
    const auto amount = model::Scalar::from_double(scalar.value(), name);
    if (!amount) return invalid(fmt::format("Invalid QuotaConfig: '{}': {}", name, amount.error().message));
    sorted.emplace(name, *amount);
  }
  return std::vector<model::Amount>(sorted.begin(), sorted.end());
}

Result<allocator::Quota> quota_of(const mesos::v1::quota::QuotaConfig& config) {
  allocator::Quota quota;
  LET(const auto guarantees, amounts_of(config.guarantees()));
  for (const auto& [name, amount] : guarantees) quota.guarantees.add(name, amount);
  LET(const auto limits, amounts_of(config.limits()));
  for (const auto& [name, amount] : limits) quota.limits.set(name, amount);
  return quota;
}

// A plain scalar, and each name once (OPR-185).
Result<model::Quantities> guarantee_of(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  const auto wrong = [](const std::string& what) { return invalid("Failed to validate set quota request: " + what); };
  if (messages.empty()) return wrong("the guarantee is empty");
  model::Quantities guarantee;
  std::set<std::string> seen;
  for (const auto& message : messages) {
    if (message.type() != mesos::v1::Value::SCALAR) return wrong("'" + message.name() + "' is not a scalar");
    if (message.has_reservation() || !message.reservations().empty() || (message.has_role() && message.role() != "*")) {
      return wrong("'" + message.name() + "' is reserved");
    }
    if (message.has_disk() || message.has_revocable())
      return wrong("'" + message.name() + "' has disk or revocable info");
    if (!seen.insert(message.name()).second) return wrong("'" + message.name() + "' is named twice");
    const auto amount = model::Scalar::from_double(message.scalar().value(), message.name());
    if (!amount) return wrong("'" + message.name() + "': " + amount.error().message);
    guarantee.add(message.name(), *amount);
  }
  return guarantee;
}

void put(const std::string& role, const allocator::Quota& quota, mesos::v1::quota::QuotaStatus& status) {
  auto& info = *status.add_infos();
  info.set_role(role);
  auto& config = *status.add_configs();
  config.set_role(role);
  for (const auto& [name, amount] : quota.guarantees) {
    auto& resource = *info.add_guarantee();
    resource.set_name(name.text());
    resource.set_type(mesos::v1::Value::SCALAR);
    resource.mutable_scalar()->set_value(amount.to_double());
    (*config.mutable_guarantees())[name.text()].set_value(amount.to_double());
  }
  for (const auto& [name, amount] : quota.limits) {
    (*config.mutable_limits())[name.text()].set_value(amount.to_double());
  }
}

}  // namespace

void put_quotas(const master::Snapshot& state, mesos::v1::quota::QuotaStatus& status) {
  for (const auto& [role, quota] : state.sharing->quotas) put(role, quota, status);
}

http::Response get_weights(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_WEIGHTS);
  auto& weights = *response.mutable_get_weights();
  for (const auto& [role, weight] : state.sharing->weights) {
    auto& info = *weights.add_weight_infos();
    info.set_role(role);
    info.set_weight(weight);
  }
  return encoded(response, request.encoding);
}

http::Response get_quota(const MasterRequest& request, const master::Snapshot& state) {
  Response response;
  response.set_type(Response::GET_QUOTA);
  put_quotas(state, *response.mutable_get_quota()->mutable_status());
  return encoded(response, request.encoding);
}

Result<master::OperatorCommand> update_weights(const Call& call, const std::optional<std::string>&) {
  master::UpdateWeights update;
  for (const auto& info : call.update_weights().weight_infos()) update.weights[info.role()] = info.weight();
  return update;
}

Result<master::OperatorCommand> update_quota(const Call& call, const std::optional<std::string>&) {
  master::UpdateQuota update;
  update.force = call.update_quota().force();
  for (const auto& config : call.update_quota().quota_configs()) {
    LET(update.quotas[config.role()], quota_of(config));  // Of a role that is named twice the last counts.
  }
  return update;
}

Result<master::OperatorCommand> set_quota(const Call& call, const std::optional<std::string>&) {
  const auto& request = call.set_quota().quota_request();
  master::SetQuota set;
  set.role = request.role();
  set.force = request.force();
  LET(set.guarantee, guarantee_of(request.guarantee()));
  return set;
}

Result<master::OperatorCommand> remove_quota(const Call& call, const std::optional<std::string>&) {
  return master::RemoveQuota{{}, call.remove_quota().role()};
}

}  // namespace stoa::api
