#include "master/preempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "master/kill_message.h"
#include "master/offers.h"
#include "master/send.h"
#include "master/tasks.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using allocator::Preemption;
using SchedulerEvent = mesos::v1::scheduler::Event;

constexpr std::size_t preemptions_max = 1000;
constexpr double seconds_max = 9e9;  // As much as a time point holds.

// Since when it runs; what does not run yet is the youngest.
TimePoint start_of(const mesos::v1::Task& task) {
  for (const auto& status : task.statuses()) {
    if (status.state() != mesos::v1::TASK_RUNNING) continue;
    // An executor can say any time, and none.
    const double seconds = status.timestamp() > 0 ? std::min(status.timestamp(), seconds_max) : 0;
    return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  }
  return TimePoint::max();
}

bool can_be_taken(const Task& task) {
  const int state = task.message->state();
  return task.holds_resources && !task.killing && !task.kill && !is_terminal(state) && state != mesos::v1::TASK_KILLING;
}

// One for each framework, with the resources of its victims.
void announce(Context& context, const Preemption& wish) {
  State& state = context.state;
  const auto agent = state.agents.find(wish.agent);
  if (agent == state.agents.end()) return;
  std::map<FrameworkId, model::Resources> asked;
  for (const allocator::Work& work : wish.victims) asked[work.framework] += work.resources;
  const double start = context.now.wall + std::chrono::duration<double>(wish.kill_at - context.now.steady).count();
  for (const auto& [id, resources] : asked) {
    const auto framework = state.frameworks.find(id);
    if (framework == state.frameworks.end()) continue;
    const OfferId offer(fmt::format("{}-O{}", state.config.info->id(), state.next_offer++));
    state.notices[wish.agent][id] = offer;
    auto event = std::make_shared<SchedulerEvent>();
    event->set_type(SchedulerEvent::INVERSE_OFFERS);
    auto& message = *event->mutable_inverse_offers()->add_inverse_offers();
    message.mutable_id()->set_value(offer.value);
    message.mutable_framework_id()->set_value(id.value);
    message.mutable_agent_id()->set_value(wish.agent.value);
    put_url(agent->second, *message.mutable_url());
    message.mutable_unavailability()->mutable_start()->set_nanoseconds(static_cast<std::int64_t>(start * 1e9));
    resources.to_messages(model::WireForm::new_form, *message.mutable_resources());
    send(context, framework->second, std::move(event));
  }
}

// Frameworks that are to keep all that they have.
void call_off(Context& context, const Preemption& wish) {
  State& state = context.state;
  const auto notices = state.notices.find(wish.agent);
  if (notices == state.notices.end()) return;
  for (const allocator::Work& work : wish.victims) {
    auto notice = notices->second.extract(work.framework);
    const auto framework = state.frameworks.find(work.framework);
    if (notice.empty() || framework == state.frameworks.end()) continue;
    auto event = std::make_shared<SchedulerEvent>();
    event->set_type(SchedulerEvent::RESCIND_INVERSE_OFFER);
    event->mutable_rescind_inverse_offer()->mutable_inverse_offer_id()->set_value(notice.mapped().value);
    send(context, framework->second, std::move(event));
  }
  if (notices->second.empty()) state.notices.erase(notices);
}

void kill(Context& context, const Preemption& wish) {
  State& state = context.state;
  state.notices.erase(wish.agent);
  PreemptionRecord record{.at = context.now.wall,
                          .framework = wish.framework,
                          .role = wish.demand.role,
                          .bundle = wish.demand.bundle.to_text(),
                          .agent = wish.agent,
                          .victims = {}};
  for (const allocator::Work& work : wish.victims) {
    Framework& framework = state.frameworks.at(work.framework);
    for (const TaskId& id : work.tasks) {
      Task& task = framework.tasks.at(id);
      task.killing = true;
      task.preempted_for = wish.demand.role;
      send(context, state.agents.at(wish.agent),
           kill_message(work.framework, *task.message, state.config.allocation.preemption.kill_grace_max));
      record.victims.emplace_back(work.framework, id);
    }
  }
  if (record.victims.empty()) return;
  std::string names;
  for (const auto& [framework, task] : record.victims) names += fmt::format(" {}/{}", framework.value, task.value);
  log_info(context, "preemption on agent {} for role {}, framework {}, which needs {}: killing{}", wish.agent.value,
           record.role, record.framework.value, record.bundle, names);
  auto log =
      state.preemptions ? std::make_shared<PreemptionLog>(*state.preemptions) : std::make_shared<PreemptionLog>();
  log->push_back(std::move(record));
  if (log->size() > preemptions_max) log->pop_front();
  state.preemptions = std::move(log);
}

}  // namespace

void preempt(Context& context) {
  State& state = context.state;
  const auto load = [&state](const AgentId& id) { return load_of(state, id); };
  for (const Preemption& wish : state.allocator.preempt(load, context.now.steady)) {
    for (const OfferId& id : wish.rescinds) {
      if (state.offers.contains(id)) withdraw_offer(context, id);
    }
    switch (wish.kind) {
      case Preemption::Kind::notice:
        announce(context, wish);
        break;
      case Preemption::Kind::spare:
        call_off(context, wish);
        break;
      case Preemption::Kind::kill:
        kill(context, wish);
        break;
    }
  }
}

allocator::AgentLoad load_of(const State& state, const AgentId& id) {
  allocator::AgentLoad load;
  const auto agent = state.agents.find(id);
  if (agent == state.agents.end()) return load;
  std::map<std::uint64_t, std::size_t> groups;  // To their place in the list.
  for (const auto& [framework_id, task_id] : agent->second.tasks) {
    const Task& task = state.frameworks.at(framework_id).tasks.at(task_id);
    const auto role = task.resources.allocation_role();
    if (!can_be_taken(task) || !role) continue;
    if (task.group != 0) {
      const auto [known, is_new] = groups.emplace(task.group, load.work.size());
      if (!is_new) {
        allocator::Work& work = load.work[known->second];
        work.tasks.push_back(task_id);
        work.resources += task.resources.without_allocation_role();
        continue;
      }
    }
    load.work.push_back({.framework = framework_id,
                         .role = role->text(),
                         .tasks = {task_id},
                         .resources = task.resources.without_allocation_role(),
                         .start = start_of(*task.message)});
  }
  for (const OfferId& offer_id : agent->second.offers) {
    const Offer& offer = state.offers.at(offer_id);
    load.offers.push_back({offer.id, offer.framework, offer.role, offer.resources});
  }
  return load;
}

void note_preemption(const Task& task, mesos::v1::TaskStatus& status) {
  if (task.preempted_for.empty() || status.state() != mesos::v1::TASK_KILLED) return;
  status.set_reason(mesos::v1::TaskStatus::REASON_CONTAINER_PREEMPTED);
  status.set_message(fmt::format("Preempted for role '{}'", task.preempted_for));
}

}  // namespace stoa::master
