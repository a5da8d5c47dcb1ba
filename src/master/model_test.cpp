// The books of the master against a deliberately dumb model of them.
//
// Machines (model_machine.h) do with what the master sends them whatever real agents may do, and lose messages with a
// link. The model (model_belief.h) says after every action what the books must hold: tasks, executors, operations and
// offers, and the resources of each agent in all, in use and offered.
//
// STOA_MODEL_SEEDS in the environment is the number of seeds, STOA_MODEL_SEED the first one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "master/model_belief.h"
#include "master/model_machine.h"
#include "master/model_wishes.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/task_state.h"
#include "model/testing.h"
#include "stoa/link.pb.h"

namespace stoa::master::books {
namespace {

using namespace std::chrono_literals;
using model::Resources;
using OperationInfo = mesos::v1::Offer_Operation;

constexpr const char* agent_resources = "cpus:4;mem:1000;disk:200";

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), bench_(config(), {}, seed) {}

  void live(int actions) {
    for (int i = 0; i < actions && !testing::Test::HasFailure(); ++i) {
      act();
      observe();
      compare();
    }
  }
  std::map<std::string, double> metrics() const { return bench_.snapshot().metrics; }

 private:
  static Config config() {
    Config config = test_config();
    config.allocation.order_by_id = false;
    return config;
  }

  FakeScheduler* any_scheduler() {
    std::vector<FakeScheduler*> open;
    for (FakeScheduler& scheduler : bench_.schedulers) {
      if (scheduler.open) open.push_back(&scheduler);
    }
    return open.empty() ? nullptr : *any_of(open, random_);
  }

  // Frameworks.
  void subscribe() {
    mesos::v1::FrameworkInfo info = test_framework();
    info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::SHARED_RESOURCES);
    info.set_checkpoint(random_.chance(0.7));
    FakeScheduler* old = any_of(bench_.schedulers, random_);
    if (old != nullptr && (frameworks_.known.size() >= 3 || random_.chance(0.5))) {
      if (!frameworks_.known.contains(old->id.value)) return;
      info.mutable_id()->set_value(old->id.value);
      info.set_checkpoint(frameworks_.checkpointing.contains(old->id.value));
      for (FakeScheduler& other : bench_.schedulers) {
        if (other.id == old->id) other.offers.clear();
      }
    }
    const FakeScheduler& scheduler = bench_.subscribe(info);
    ASSERT_TRUE(scheduler.open);
    frameworks_.known.insert(scheduler.id.value);
    if (info.checkpoint()) frameworks_.checkpointing.insert(scheduler.id.value);
  }

  void teardown() {
    FakeScheduler* scheduler = any_scheduler();
    if (scheduler == nullptr || !random_.chance(0.15)) return;
    const std::string id = scheduler->id.value;
    scheduler->offers.clear();
    ASSERT_TRUE(bench_.teardown(*scheduler));
    frameworks_.known.erase(id);
    for (auto& [agent, belief] : beliefs_) belief.framework_removed(id);
  }

  void answer_offers() {
    FakeScheduler* scheduler = any_scheduler();
    if (scheduler == nullptr || scheduler->offers.empty()) return;
    const auto [id, offer] = *any_of(scheduler->offers, random_);
    if (random_.chance(0.1)) return static_cast<void>(bench_.decline(*scheduler, id, random_.unit() * 3));
    std::vector<OfferId> offers{id};
    for (const auto& [other, message] : scheduler->offers) {
      const bool same = message->agent_id().value() == offer->agent_id().value();
      if (other != id && random_.chance(same ? 0.5 : 0.03)) offers.push_back(other);
    }
    std::vector<OperationInfo> operations;
    for (std::uint64_t i = 1 + random_.below(4); i > 0; --i) {
      operations.push_back(wishes_.any(*scheduler, *offer, beliefs_.at(offer->agent_id().value())));
      // A volume needs a reservation, which mostly is made on the way.
      if (operations.back().type() == OperationInfo::CREATE && random_.chance(0.7)) {
        operations.insert(operations.end() - 1, Wishes::reserve_for(operations.back()));
      }
    }
    ASSERT_TRUE(bench_.operate(*scheduler, offers, operations, random_.unit() * 3));
  }

  void acknowledge() {
    FakeScheduler* scheduler = any_scheduler();
    if (scheduler == nullptr) return;
    if (random_.chance(0.5)) {
      // What is not acknowledged yet, the newest first.
      for (auto event = scheduler->events.rbegin(); event != scheduler->events.rend(); ++event) {
        const auto& status = (*event)->update_operation_status().status();
        if (!status.has_uuid() || !acknowledged_.insert(status.uuid().value()).second) continue;
        return acknowledge_operation(*scheduler, status.agent_id().value(), status.operation_id().value(),
                                     status.uuid().value());
      }
    }
    for (int tries = 0; tries < 5; ++tries) {
      const auto event = *any_of(scheduler->events, random_);
      if (event->has_update() && event->update().status().has_uuid()) {
        const auto& status = event->update().status();
        return acknowledge_task(*scheduler, status.agent_id().value(), status.task_id().value(), status.uuid());
      }
      if (event->has_update_operation_status() && event->update_operation_status().status().has_uuid()) {
        const auto& status = event->update_operation_status().status();
        return acknowledge_operation(*scheduler, status.agent_id().value(), status.operation_id().value(),
                                     status.uuid().value());
      }
    }
  }
  // Whether the master forwards to it.
  bool is_connected(const std::string& agent) const {
    return std::ranges::any_of(machines_, [&](const Machine& machine) {
      return machine.is_connected() && machine.id() == agent && beliefs_.contains(agent);
    });
  }
  void acknowledge_task(FakeScheduler& scheduler, const std::string& agent, const std::string& task,
                        const std::string& uuid) {
    const bool counts = is_connected(agent);
    ASSERT_TRUE(bench_.acknowledge(scheduler, AgentId(agent), task, uuid));
    if (!counts) return;
    // Whichever agent is named, it is the task with this status that ends.
    for (auto& [id, belief] : beliefs_) belief.task_acknowledged({scheduler.id.value, task}, uuid);
  }
  void acknowledge_operation(FakeScheduler& scheduler, const std::string& agent, const std::string& operation,
                             const std::string& uuid) {
    const bool counts = is_connected(agent);
    ASSERT_TRUE(bench_.acknowledge_operation(scheduler, AgentId(agent), operation, uuid));
    if (counts) beliefs_.at(agent).operation_acknowledged(scheduler.id.value, uuid);
  }

  void kill() {
    FakeScheduler* scheduler = any_scheduler();
    if (scheduler == nullptr) return;
    for (const auto& [agent, belief] : beliefs_) {
      for (const Key& key : belief.tasks()) {
        if (key.first != scheduler->id.value || !random_.chance(0.3)) continue;
        return static_cast<void>(bench_.kill(*scheduler, key.second));
      }
    }
  }

  // Machines.
  void add_machine() {
    if (machines_.size() >= 3) return;
    FakeAgent& wire = bench_.add_agent(agent_resources);
    ASSERT_FALSE(wire.id.empty());
    const std::string id = wire.id.value;
    beliefs_.try_emplace(id, frameworks_, model::testing::resources(agent_resources));
    seen_.push_back(0);
    machines_.emplace_back(bench_, random_, wire,
                           [this, id](const link::ToMaster& message) { beliefs_.at(id).told(message); });
  }

  void connect(Machine& machine) {
    const auto claim = machine.claim();
    const auto tasks = machine.tasks();
    const bool is_back = beliefs_.contains(machine.id());
    machine.connect();
    beliefs_.try_emplace(machine.id(), frameworks_, Resources()).first->second.registered(*claim, tasks, is_back);
  }

  void machines() {
    Machine* machine = any_of(machines_, random_);
    if (machine == nullptr) return;
    switch (random_.below(8)) {
      case 0:
        if (!machine->is_connected()) return connect(*machine);
        machine->lose_link();
        return beliefs_.at(machine->id()).link_broke();
      case 1:
        if (!machine->is_connected()) connect(*machine);
        return;
      case 2:
      case 3:
      case 4:
        while (machine->is_connected() && machine->read_one()) observe();
        return;
      default:
        return machine->work();
    }
  }

  // Agents that are away for long are unreachable, and all that was theirs is out of the books.
  void wait_long() {
    if (!random_.chance(0.1)) return;
    for (const Machine& machine : machines_) {
      if (!machine.is_connected()) beliefs_.erase(machine.id());
    }
    bench_.advance(11min);
  }

  void act() {
    switch (random_.below(16)) {
      case 0:
        return subscribe();
      case 1:
        return add_machine();
      case 2:
        return teardown();
      case 3:
      case 4:
      case 5:
        return answer_offers();
      case 6:
      case 7:
        return acknowledge();
      case 8:
        return kill();
      case 9:
        return wait_long();
      case 10:
      case 11:
      case 12:
        return machines();
      default:
        return bench_.advance(1s);
    }
  }

  // What the master has just sent changes what it must believe.
  void observe() {
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      const auto& received = machines_[i].received();
      for (; seen_[i] < received.size(); ++seen_[i]) beliefs_.at(machines_[i].id()).sent(*received[seen_[i]]);
    }
  }

  void compare() {
    const Snapshot seen = bench_.snapshot();
    ASSERT_EQ(seen.agents.size(), beliefs_.size());
    std::map<std::string, Resources> offered;
    for (const FakeScheduler& scheduler : bench_.schedulers) {
      for (const auto& [id, offer] : scheduler.offers) offered[offer->agent_id().value()] += read(offer->resources());
    }
    for (const auto& view : seen.agents) {
      const Belief& belief = beliefs_.at(view->id.value);
      compare(view->total, belief.total());
      compare(view->allocated, belief.allocated());
      compare(view->offered, offered[view->id.value]);
      std::set<std::string> operations;
      for (const auto& operation : view->operations) operations.insert(operation->uuid().value());
      EXPECT_EQ(operations, belief.operations());
    }
    compare_frameworks(seen);
  }
  static void compare(const Resources& has, const Resources& must_have) {
    EXPECT_EQ(has, must_have) << has.to_text() << "\n" << must_have.to_text();
  }

  void compare_frameworks(const Snapshot& seen) {
    std::set<std::string> ids;
    std::set<Key> tasks;
    std::set<Key> executors;
    std::set<std::string> offers;
    for (const auto& view : seen.frameworks) {
      ids.insert(view->id.value);
      for (const auto& task : view->tasks) tasks.insert({view->id.value, task->task_id().value()});
      for (const auto& executor : view->executors) {
        executors.insert({view->id.value, executor.agent.value + executor.info->executor_id().value()});
      }
      for (const auto& offer : view->offers) offers.insert(offer->message->id().value());
    }
    std::set<Key> believed_tasks;
    std::set<Key> believed_executors;
    for (const auto& [agent, belief] : beliefs_) {
      for (const Key& key : belief.tasks()) believed_tasks.insert(key);
      for (const Key& key : belief.executors()) believed_executors.insert({key.first, agent + key.second});
    }
    std::set<std::string> believed_offers;
    for (const FakeScheduler& scheduler : bench_.schedulers) {
      for (const auto& [id, offer] : scheduler.offers) believed_offers.insert(id.value);
    }
    EXPECT_EQ(ids, frameworks_.known);
    EXPECT_EQ(tasks, believed_tasks);
    EXPECT_EQ(executors, believed_executors);
    EXPECT_EQ(offers, believed_offers);
  }

  Random random_;
  Bench bench_;
  Wishes wishes_{random_};
  Frameworks frameworks_;
  std::deque<Machine> machines_;
  std::vector<std::size_t> seen_;          // Messages to each machine that the model has looked at.
  std::map<std::string, Belief> beliefs_;  // By agent.
  std::set<std::string> acknowledged_;
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// SCH-074 SCH-107 SCH-154 SCH-184 SCH-193 SCH-217 SCH-239 OPR-079 OPR-090
TEST(TheBooks, AreThoseOfTheModel) {
  const std::uint64_t first = number_from_environment("STOA_MODEL_SEED", 1);
  const std::uint64_t seeds = number_from_environment("STOA_MODEL_SEEDS", 40);
  std::map<std::string, double> done;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.live(400);
    if (HasFailure()) return;
    for (const auto& [name, value] : world.metrics()) done[name] += value;
  }
  if (seeds < 10) return;
  // These lives have seen everything that is compared.
  for (const char* name :
       {"master/messages_launch_tasks", "master/messages_exited_executor", "master/messages_reregister_slave",
        "master/slave_unreachable_completed", "master/operations/finished", "master/operations/failed",
        "master/operations/dropped", "master/operations/create/finished", "master/operations/destroy/finished",
        "master/tasks_finished", "master/tasks_dropped", "master/tasks_gone",
        "master/valid_operation_status_update_acknowledgements", "master/messages_unregister_framework"}) {
    EXPECT_GT(done[name], 0) << name;
  }
}

}  // namespace
}  // namespace stoa::master::books
