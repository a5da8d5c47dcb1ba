#include "allocator/gates.h"

namespace stoa::allocator {

Marks marks_of(const model::Resources& resources) {
  Marks marks;
  for (const auto& [resource, count] : resources) {
    marks.reserved = marks.reserved || resource.is_reserved();
    marks.revocable = marks.revocable || resource.is_revocable();
    marks.shared = marks.shared || resource.is_shared();
    marks.refined = marks.refined || resource.reservations().size() > 1;
  }
  return marks;
}

bool admits(const AgentSpec& agent, bool agent_has_gpus, const FrameworkSpec& framework) {
  if (agent_has_gpus && !framework.gpu_resources) return false;
  if (!agent.is_local_region && !framework.region_aware) return false;
  return agent.is_multi_role || !framework.multi_role;
}

bool admits_role(const AgentSpec& agent, std::string_view role) {
  return agent.is_hierarchical_role || !role.contains('/');
}

bool hides(const Marks& marks, const FrameworkSpec& framework) {
  return (marks.revocable && !framework.revocable_resources) || (marks.shared && !framework.shared_resources) ||
         (marks.refined && !framework.reservation_refinement);
}

model::Resources without_hidden(const model::Resources& resources, const FrameworkSpec& framework) {
  return resources.filter([&framework](const model::Resource& resource) {
    if (resource.is_revocable() && !framework.revocable_resources) return false;
    if (resource.is_shared() && !framework.shared_resources) return false;
    return resource.reservations().size() <= 1 || framework.reservation_refinement;
  });
}

}  // namespace stoa::allocator
