#include "api/role_sums.h"
#include "api/v0/documents.h"
#include "api/v0/values.h"

namespace stoa::api::v0 {

std::string roles(const master::Snapshot& state, const ReadingContext& context) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("roles").begin_array();
  for (const auto& [name, role] : role_sums(state, context)) {
    out.begin_object().key("name").string(name).key("weight").number(role.weight);
    out.key("quota").begin_object().key("role").string(name);
    write_flat(out.key("guarantee"), model::flat_quantities(role.quota.guarantees));
    out.key("limit").begin_object();
    for (const auto& [resource, limit] : role.quota.limits) out.key(resource.text()).number(limit.to_double());
    out.end_object();
    write_flat(out.key("consumed"), model::flat_quantities(role.consumed));
    out.end_object();
    write_flat(out.key("resources"), model::flat_quantities(role.allocated + role.offered));
    write_flat(out.key("allocated"), model::flat_quantities(role.allocated));
    write_flat(out.key("offered"), model::flat_quantities(role.offered));
    write_flat(out.key("reserved"), model::flat_quantities(role.reserved));
    out.key("frameworks").begin_array();
    for (const FrameworkId& framework : role.frameworks) out.string(framework.value);
    out.end_array();
    if (role.priority) out.key("priority").integer(*role.priority);
    out.key("effective_priority").integer(role.effective_priority).end_object();
  }
  out.end_array().end_object();
  return text;
}

}  // namespace stoa::api::v0
