#include "allocator/examples_testing.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "model/testing.h"

namespace stoa::allocator::testing {

const Json& member(const Json& object, const std::string& name) {
  static const Json nothing;
  const auto found = object.struct_value().fields().find(name);
  return found == object.struct_value().fields().end() ? nothing : found->second;
}
bool has(const Json& object, const std::string& name) { return object.struct_value().fields().contains(name); }
std::vector<const Json*> list(const Json& object, const std::string& name) {
  std::vector<const Json*> result;
  for (const Json& value : member(object, name).list_value().values()) result.push_back(&value);
  return result;
}
std::string text(const Json& object, const std::string& name, const std::string& otherwise) {
  return has(object, name) ? member(object, name).string_value() : otherwise;
}
double number(const Json& object, const std::string& name, double otherwise) {
  return has(object, name) ? member(object, name).number_value() : otherwise;
}
std::vector<std::string> texts(const Json& object, const std::string& name) {
  std::vector<std::string> result;
  for (const Json* value : list(object, name)) result.push_back(value->string_value());
  return result;
}

const std::vector<Json>& examples() {
  static const std::vector<Json> all = [] {
    std::ifstream file(STOA_EXAMPLES);
    std::stringstream content;
    content << file.rdbuf();
    Json whole;
    CHECK(google::protobuf::util::JsonStringToMessage(content.str(), &whole).ok(), STOA_EXAMPLES);
    std::vector<Json> result;
    for (const Json* example : list(whole, "examples")) result.push_back(*example);
    return result;
  }();
  return all;
}

model::Resources resources_of(std::string_view text) {
  model::Resources result;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    std::string part(text.substr(0, end));
    text = end == text.size() ? "" : text.substr(end + 1);
    const auto mark = part.find("{REV}");
    if (mark != std::string::npos) part.erase(mark, 5);
    for (const auto& [resource, count] : model::testing::resources(part)) {
      result.add(mark == std::string::npos ? resource : model::testing::revocable(resource));
    }
  }
  return result;
}

TimePoint at(double seconds) {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

namespace {

model::Quantities quantities_of(const Json& object) {
  model::Quantities result;
  for (const auto& [name, amount] : object.struct_value().fields()) {
    result.add(name, *model::Scalar::from_double(amount.number_value(), name));
  }
  return result;
}

// One constraint of the example; the real ones are evaluated by the master.
bool holds(const Json& constraint, const Json& agent) {
  const bool is_hostname = text(constraint, "pseudo") == "HOSTNAME";
  const Json& value =
      is_hostname ? member(agent, "hostname") : member(member(agent, "attributes"), text(constraint, "attribute"));
  const std::string predicate = text(constraint, "predicate");
  if (value.kind_case() == Json::KIND_NOT_SET) return false;
  if (predicate == "EXISTS" || value.has_number_value()) return true;
  if (predicate == "TEXT_EQUALS") return value.string_value() == text(constraint, "value");
  return std::regex_match(value.string_value(), std::regex(text(constraint, "value")));
}

bool holds_for(const Json& groups, const Json& agent) {
  return std::ranges::any_of(groups.list_value().values(), [&](const Json& group) {
    return std::ranges::all_of(group.list_value().values(), [&](const Json& one) { return holds(one, agent); });
  });
}

FrameworkSpec spec_of(const Json& framework, const Json& example) {
  FrameworkSpec spec;
  const std::vector<std::string> roles = texts(framework, "roles");
  spec.roles.insert(roles.begin(), roles.end());
  if (has(framework, "role")) spec.roles.insert(text(framework, "role"));
  for (const std::string& role : texts(framework, "suppressed")) spec.suppressed.insert(role);
  for (const std::string& capability : texts(framework, "capabilities")) {
    spec.gpu_resources |= capability == "GPU_RESOURCES";
    spec.revocable_resources |= capability == "REVOCABLE_RESOURCES";
    spec.multi_role |= capability == "MULTI_ROLE";
    spec.region_aware |= capability == "REGION_AWARE";
  }
  for (const auto& [role, groups] : member(framework, "constraints").struct_value().fields()) {
    spec.constraints[role] = [groups, &example](const AgentId& id) {
      const std::vector<const Json*> agents = list(example, "agents");
      const auto agent = std::ranges::find_if(agents, [&](const Json* one) { return text(*one, "id") == id.value; });
      return holds_for(groups, **agent);
    };
  }
  for (const auto& [role, alternatives] : member(framework, "min_allocatable").struct_value().fields()) {
    Minimum& minimum = spec.minimum[role];
    for (const Json& alternative : alternatives.list_value().values()) minimum.push_back(quantities_of(alternative));
  }
  return spec;
}

AgentSpec agent_of(const Json& agent, const Json& config) {
  AgentSpec spec;
  spec.total = resources_of(text(agent, "resources"));
  spec.hostname = text(agent, "hostname", text(agent, "id"));
  spec.is_local_region = !has(agent, "region") || text(agent, "region") == text(config, "master_region");
  return spec;
}

Options options_of(const Json& config) {
  Options options;
  options.order_by_id = true;
  options.allocation_interval_min = Duration(0);
  options.preemption.mode = PreemptionMode::priority;
  if (text(config, "role_sorter") == "priority") options.role_sorter = Sorter::priority;
  for (const std::string& name : texts(config, "fairness_excluded")) options.fair_sharing_excluded.insert(name);
  return options;
}

bool is_false(const Json& object, const std::string& name) {
  return has(object, name) && !member(object, name).bool_value();
}

}  // namespace

World::World(const Json& example)
    : allocator(std::make_unique<Allocator>(options_of(member(example, "config")))), example_(example) {
  add_roles(example);
  std::set<std::string> whitelist;
  for (const Json* agent : list(example, "agents")) {
    const AgentId id(text(*agent, "id"));
    const AgentSpec spec = agent_of(*agent, member(example, "config"));
    if (!is_false(*agent, "whitelisted")) whitelist.insert(spec.hostname);
    allocator->add_agent(id, spec, {}, now);
    if (is_false(*agent, "active")) allocator->deactivate_agent(id);
  }
  allocator->set_whitelist(whitelist, now);
  for (const Json* framework : list(example, "frameworks")) add_framework(*framework);
}

void World::add_roles(const Json& example) {
  for (const Json* role : list(example, "roles")) {
    const std::string name = text(*role, "name");
    if (has(*role, "priority")) allocator->set_priority(name, static_cast<int>(number(*role, "priority")));
    if (has(*role, "guarantees") || has(*role, "limits")) {
      Quota quota{.guarantees = quantities_of(member(*role, "guarantees")), .limits = {}};
      for (const auto& [of, amount] : member(*role, "limits").struct_value().fields()) {
        quota.limits.set(of, *model::Scalar::from_double(amount.number_value(), of));
      }
      allocator->set_quota(name, quota);
    }
    if (has(*role, "weight")) allocator->set_weight(text(*role, "name"), number(*role, "weight"));
  }
}

void World::add_framework(const Json& framework) {
  const FrameworkId id(text(framework, "id"));
  allocator->add_framework(id, spec_of(framework, example_), true, {}, now);
  for (const Json* running : list(framework, "running")) {
    const std::string name = id.value + "-" + std::to_string(launched_[id.value]++);
    RunningTask task{.id = text(*running, "id", name),
                     .framework = id,
                     .role = text(framework, "role"),
                     .agent = AgentId(text(*running, "agent")),
                     .resources = resources_of(text(*running, "resources")),
                     .start = at(number(*running, "start"))};
    EXPECT_TRUE(allocator->charge(id, task.agent, task.resources.with_allocation_role(task.role)).has_value());
    tasks.push_back(std::move(task));
  }
}

std::vector<Grant> World::cycle() {
  now += Duration(1);  // The clock of a cluster never stands still between two cycles.
  allocator->request_cycle(now);
  now = std::max(now, *allocator->next_cycle());
  std::vector<Grant> grants = allocator->run(now);
  const Result<> audit = allocator->audit();
  EXPECT_TRUE(audit.has_value()) << audit.error().message;
  return grants;
}

namespace {

std::string describe(const std::string& framework, const std::string& role, const std::string& agent,
                     const model::Resources& resources) {
  std::vector<std::string> members;
  for (const auto& [resource, count] : resources.without_allocation_role()) members.push_back(resource.to_text());
  std::ranges::sort(members);
  std::string result = framework + "@" + role + " " + agent;
  for (const std::string& part : members) result += " " + part;
  return result;
}

}  // namespace

void World::step(const Json& step) {
  const std::string op = text(step, "op");
  const FrameworkId framework(text(step, "framework"));
  const std::vector<std::string> named = texts(step, "roles");
  const std::set<std::string> roles(named.begin(), named.end());
  if (op == "cycle") {
    std::vector<std::string> expected;
    for (const Json* offer : list(step, "offers")) {
      expected.push_back(describe(text(*offer, "framework"), text(*offer, "role"), text(*offer, "agent"),
                                  resources_of(text(*offer, "resources"))));
    }
    std::vector<std::string> offers;
    for (Grant& grant : cycle()) {
      offers.push_back(describe(grant.framework.value, grant.role, grant.agent.value, grant.resources));
      outstanding.insert_or_assign({grant.framework.value, grant.agent.value}, std::move(grant));
    }
    EXPECT_EQ(offers, expected);
  } else if (op == "decline" || op == "accept") {
    answer(step, text(step, "use"));
  } else if (op == "finish") {
    finish(text(step, "task"));
  } else if (op == "advance") {
    now += at(number(step, "seconds")) - at(0);
  } else if (op == "hold") {
    EXPECT_TRUE(allocator->hold(framework, text(step, "role"), AgentId(text(step, "agent")), now).has_value());
  } else if (op == "suppress") {
    allocator->suppress(framework, roles);
  } else if (op == "revive") {
    allocator->revive(framework, roles, now);
  } else {
    ADD_FAILURE() << "unknown operation " << op;
  }
}

void World::answer(const Json& step, std::string_view use) {
  auto node = outstanding.extract({text(step, "framework"), text(step, "agent")});
  ASSERT_FALSE(node.empty());
  const Grant& grant = node.mapped();
  const model::Resources used = resources_of(use);
  if (!used.empty()) {
    const std::string id = grant.framework.value + "-" + std::to_string(launched_[grant.framework.value]++);
    tasks.push_back({.id = id,
                     .framework = grant.framework,
                     .role = grant.role,
                     .agent = grant.agent,
                     .resources = used,
                     .start = now});
  }
  const model::Resources rest = grant.resources - used.with_allocation_role(grant.role);
  if (rest.empty()) return;
  EXPECT_TRUE(
      allocator->recover(grant.framework, grant.agent, rest, number(step, "refuse_seconds", -1), now).has_value());
}

void World::finish(const std::string& id) {
  const auto task = std::ranges::find(tasks, id, &RunningTask::id);
  ASSERT_NE(task, tasks.end()) << id;
  EXPECT_TRUE(
      allocator->recover_used(task->framework, task->agent, task->resources.with_allocation_role(task->role), now)
          .has_value());
  tasks.erase(task);
}

AgentLoad World::load_of(const AgentId& agent) const {
  AgentLoad load;
  for (const RunningTask& task : tasks) {
    if (task.agent != agent) continue;
    load.work.push_back({task.framework, task.role, {TaskId(task.id)}, task.resources, task.start});
  }
  for (const auto& [key, grant] : outstanding) {
    if (grant.agent != agent) continue;
    load.offers.push_back({OfferId("offer to " + key.first), grant.framework, grant.role, grant.resources});
  }
  return load;
}

// The demand is declared at its time, and then the clock runs: nothing must be wished before the notice (ALC-216).
void World::preempt(const Json& example) {
  const Json& asked = member(example, "demand");
  const Json& expect = member(example, "expect");
  const FrameworkId framework(text(asked, "framework"));
  const auto load = [this](const AgentId& agent) { return load_of(agent); };
  Demand demand;
  for (const Json* one : list(example, "frameworks")) {
    if (text(*one, "id") == framework.value) demand.role = text(*one, "role");
  }
  demand.bundle = resources_of(text(asked, "resources")).scalar_quantities();
  const Plan plan = allocator->plan(framework, demand, load);
  const std::map<std::string, Claim> claims{
      {"none", Claim::none}, {"priority", Claim::priority}, {"guaranteed", Claim::guaranteed}};
  EXPECT_EQ(plan.claim, claims.at(text(expect, "claim")));
  EXPECT_EQ(plan.agent.value_or(AgentId()).value, text(expect, "agent"));
  now = at(number(asked, "at"));
  allocator->revive(framework, {}, now);  // Suppression in an example keeps it from an offer before.
  allocator->request(framework, {demand}, now);
  EXPECT_TRUE(allocator->preempt(load, now + (at(29.9) - at(0))).empty());
  const std::vector<Preemption> notices = allocator->preempt(load, now + (at(30) - at(0)));
  if (!plan.agent.has_value()) {
    EXPECT_TRUE(notices.empty());
    return;
  }
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, Preemption::Kind::notice);
  EXPECT_EQ(notices[0].agent, *plan.agent);
  std::vector<std::string> victims;
  for (const Work& work : notices[0].victims) victims.push_back(work.tasks[0].value);
  EXPECT_EQ(victims, texts(expect, "victims"));
  std::vector<std::string> rescinds;
  for (const OfferId& id : notices[0].rescinds) rescinds.push_back(id.value.substr(9));
  EXPECT_EQ(rescinds, texts(expect, "rescind"));
  if (victims.empty()) return;
  const TimePoint kill_at = at(number(expect, "kill_at"));
  EXPECT_EQ(notices[0].kill_at, kill_at);
  EXPECT_TRUE(allocator->preempt(load, kill_at - Duration(1)).empty());
  const std::vector<Preemption> kills = allocator->preempt(load, kill_at);
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].kind, Preemption::Kind::kill);
  EXPECT_EQ(kills[0].victims.size(), victims.size());
}

void World::fill(const Json& example) {
  std::map<std::string, const Json*> frameworks;
  std::map<std::string, int> running;
  model::Resources used;
  for (const Json* framework : list(example, "frameworks")) frameworks[text(*framework, "id")] = framework;
  for (std::vector<Grant> grants = cycle(); !grants.empty(); grants = cycle()) {
    for (const Grant& grant : grants) {
      const Json& framework = *frameworks.at(grant.framework.value);
      const model::Resources task = resources_of(text(framework, "task"));
      const bool launches = running[grant.framework.value] < number(framework, "max_tasks", 1e9) &&
                            grant.resources.without_allocation_role().contains(task);
      if (launches) ++running[grant.framework.value];
      if (launches) used += task;
      const model::Resources rest =
          launches ? grant.resources - task.with_allocation_role(grant.role) : grant.resources;
      const double refuse = launches ? 0 : 31'536'000;
      ASSERT_TRUE(allocator->recover(grant.framework, grant.agent, rest, refuse, now).has_value());
    }
    now += at(1) - at(0);
  }
  const Json& expect = member(example, "expect");
  for (const auto& [id, count] : member(expect, "tasks").struct_value().fields()) {
    EXPECT_EQ(running[id], count.number_value()) << id;
  }
  EXPECT_EQ(used, resources_of(text(expect, "used"))) << used.to_text();
  std::map<std::string, double> weights;
  for (const Json* role : list(example, "roles")) weights[text(*role, "name")] = number(*role, "weight", 1);
  for (const auto& [role, share] : member(expect, "role_shares").struct_value().fields()) {
    const double weight = weights.contains(role) ? weights.at(role) : 1;
    EXPECT_NEAR(allocator->dominant_share(role) / weight, share.number_value(), 1e-6) << role;
  }
}

}  // namespace stoa::allocator::testing
