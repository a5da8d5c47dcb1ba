// Random lives of a leader: schedulers, agents and the store do anything at any moment, and the books must stay right
// (Bench audits after every step), no event may reach a stream that ended, and the same seed must give the same
// effects.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/random.h"
#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::FrameworkInfo;

constexpr int actions = 120;

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), bench(config(), {}, seed) {}

  void live() {
    for (int i = 0; i < actions && !testing::Test::HasFailure() && !bench.stepped_down; ++i) act();
  }
  // Everything that anybody was told.
  Lines history() const {
    Lines all;
    for (const FakeScheduler& scheduler : bench.schedulers) {
      all.push_back("scheduler");
      all.insert(all.end(), scheduler.lines.begin(), scheduler.lines.end());
    }
    for (const FakeAgent& agent : bench.agents) {
      all.push_back("agent");
      all.insert(all.end(), agent.lines.begin(), agent.lines.end());
    }
    return all;
  }

 private:
  static Config config() {
    Config config = test_config();
    config.allocation.order_by_id = false;
    config.max_completed_frameworks = 2;
    config.max_completed_tasks_per_framework = 3;
    config.max_unreachable_tasks_per_framework = 3;
    config.offer_timeout = 40s;
    return config;
  }

  template <typename Collection>
  auto* any_of(Collection& all) {
    return all.empty() ? nullptr : &*std::next(all.begin(), static_cast<std::ptrdiff_t>(random_.below(all.size())));
  }
  FakeScheduler* any_open_scheduler() {
    std::vector<FakeScheduler*> open;
    for (FakeScheduler& scheduler : bench.schedulers) {
      if (scheduler.open) open.push_back(&scheduler);
    }
    return open.empty() ? nullptr : *any_of(open);
  }

  FrameworkInfo any_framework() {
    FrameworkInfo info = random_.chance(0.3)   ? old_framework(random_.chance(0.5) ? "*" : "eng")
                         : random_.chance(0.5) ? test_framework({"eng", "ops"})
                                               : test_framework({"ops/web"});
    info.set_checkpoint(random_.chance(0.6));
    info.set_failover_timeout(random_.chance(0.3) ? 0 : 90);
    if (!bench.schedulers.empty() && random_.chance(0.5)) {
      const FrameworkId& id = any_of(bench.schedulers)->id;
      if (!id.empty()) info.mutable_id()->set_value(id.value);
    }
    return info;
  }

  void subscribe() { bench.subscribe(any_framework()); }

  void disconnect() {
    if (FakeScheduler* scheduler = any_open_scheduler()) bench.disconnect(*scheduler);
  }

  void answer_offers() {
    FakeScheduler* scheduler = any_open_scheduler();
    if (scheduler == nullptr || scheduler->offers.empty()) return;
    const auto [id, offer] = *any_of(scheduler->offers);
    const AgentId agent(offer->agent_id().value());
    if (random_.chance(0.2)) {
      bench.decline(*scheduler, id, random_.unit() * 20);
      return;
    }
    std::vector<OfferId> offers{id};
    for (const auto& [other, message] : scheduler->offers) {
      const bool same = message->agent_id().value() == agent.value;
      if (other != id && random_.chance(same ? 0.5 : 0.05)) offers.push_back(other);
    }
    if (random_.chance(0.05)) offers.emplace_back("nonsense");
    std::vector<mesos::v1::TaskInfo> tasks;
    for (std::uint64_t i = random_.below(4); i > 0; --i) {
      static constexpr const char* sizes[] = {"cpus:1;mem:100", "cpus:0.3", "cpus:9", "mem:300", "cpus(eng):1", ""};
      tasks.push_back(test_task("t" + std::to_string(random_.below(20)), agent, sizes[random_.below(6)]));
    }
    bench.accept(*scheduler, offers, tasks, random_.unit() * 6);
  }

  void call() {
    FakeScheduler* scheduler = random_.chance(0.9) ? any_open_scheduler() : any_of(bench.schedulers);
    if (scheduler == nullptr || scheduler->id.empty()) return;
    const std::string task = "t" + std::to_string(random_.below(20));
    const AgentId agent = bench.agents.empty() || random_.chance(0.5) ? AgentId() : any_of(bench.agents)->id;
    switch (random_.below(8)) {
      case 0:
        return static_cast<void>(bench.kill(*scheduler, task, agent));
      case 1:
        return static_cast<void>(bench.revive(*scheduler));
      case 2:
        return static_cast<void>(bench.suppress(*scheduler, {"ops"}));
      case 3:
        return static_cast<void>(bench.reconcile(*scheduler));
      case 4:
        return static_cast<void>(bench.reconcile(*scheduler, {{task, agent}}));
      case 5:
        if (random_.chance(0.2)) static_cast<void>(bench.teardown(*scheduler));
        return;
      case 6:
        if (random_.chance(0.1)) static_cast<void>(bench.teardown_by_operator(scheduler->id));
        return;
      default: {
        mesos::v1::scheduler::Call update;
        update.set_type(mesos::v1::scheduler::Call::UPDATE_FRAMEWORK);
        FrameworkInfo& info = *update.mutable_update_framework()->mutable_framework_info();
        info = any_framework();
        info.mutable_id()->set_value(scheduler->id.value);
        if (bench.call(*scheduler, update)) {
          scheduler->partition_aware = info.capabilities_size() > 0;
        }
      }
    }
  }

  // A task of the books on this agent, with the scheduler that has it; an agent says such things of its tasks.
  void status() {
    if (bench.agents.empty()) return;
    FakeAgent& agent = *any_of(bench.agents);
    FakeScheduler* scheduler = any_of(bench.schedulers);
    if (!agent.open || agent.id.empty() || scheduler == nullptr || scheduler->id.empty()) return;
    static constexpr mesos::v1::TaskState states[] = {mesos::v1::TASK_RUNNING, mesos::v1::TASK_RUNNING,
                                                      mesos::v1::TASK_FINISHED, mesos::v1::TASK_FAILED,
                                                      mesos::v1::TASK_DROPPED};
    std::string task = "t" + std::to_string(random_.below(20));
    for (const auto& view : bench.snapshot().frameworks) {
      if (view->id != scheduler->id || view->tasks.empty()) continue;
      task = view->tasks[random_.below(view->tasks.size())]->task_id().value();
    }
    const mesos::v1::TaskState state = states[random_.below(5)];
    const std::string uuid = bench.update(agent, *scheduler, task, state,
                                          random_.chance(0.2) ? std::optional(mesos::v1::TASK_KILLED) : std::nullopt);
    if (random_.chance(0.7)) static_cast<void>(bench.acknowledge(*scheduler, agent.id, task, uuid));
  }

  // Registers with a random part of what the books have for the agent, as one that was restarted might.
  void come_back(FakeAgent& agent) {
    std::vector<mesos::v1::Task> tasks;
    std::vector<FrameworkInfo> frameworks;
    for (const auto& view : bench.snapshot().frameworks) {
      frameworks.push_back(*view->info);
      for (const auto* list : {&view->tasks, &view->unreachable_tasks}) {
        for (const auto& task : *list) {
          if (task->agent_id().value() == agent.id.value && random_.chance(0.8)) tasks.push_back(*task);
        }
      }
    }
    for (mesos::v1::Task& task : tasks) {
      if (task.state() == mesos::v1::TASK_LOST || task.state() == mesos::v1::TASK_UNREACHABLE) {
        task.set_state(mesos::v1::TASK_RUNNING);
      }
    }
    bench.connect(agent, tasks, frameworks);
  }

  void agents() {
    if (bench.agents.size() < 3 || random_.chance(0.05)) {
      bench.add_agent(random_.chance(0.5) ? "cpus:4;mem:1000" : "cpus:3;mem:500;cpus(eng):2");
      return;
    }
    FakeAgent& agent = *any_of(bench.agents);
    switch (random_.below(6)) {
      case 0:
        agent.answers_pings = !agent.answers_pings;
        return;
      case 1:
        if (agent.open && random_.chance(0.2)) {
          link::ToMaster farewell;
          farewell.mutable_unregister();
          bench.say(agent, farewell);
          agent.id = {};
        }
        return;
      case 2:
        if (agent.open) bench.send_register(agent);
        return;
      default:
        if (agent.open) {
          bench.break_link(agent);
        } else {
          come_back(agent);
        }
    }
  }

  void store() {
    if (random_.chance(0.5)) {
      bench.hold_writes();
    } else {
      bench.release_all_writes();
    }
  }

  void act() {
    switch (random_.below(16)) {
      case 0:
        return subscribe();
      case 1:
        return disconnect();
      case 2:
      case 3:
      case 4:
        return answer_offers();
      case 5:
      case 6:
        return call();
      case 7:
      case 8:
      case 9:
        return status();
      case 10:
      case 11:
        return agents();
      case 12:
        return store();
      case 13:
        return bench.advance(std::chrono::seconds(random_.below(100)));
      default:
        return bench.advance(1s);
    }
  }

  Random random_;

 public:
  Bench bench;
};

// OPR-060 OPR-079 SCH-058 SCH-070 SCH-094 SCH-213 SCH-225 SCH-226
TEST(RandomLives, KeepTheBooksRight) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    life.live();
    if (HasFailure()) return;
  }
}

// SCH-259
TEST(Crowds, ThatReturnAtOneMomentAreAllServed) {
  Bench bench;
  bench.audits = false;
  for (int i = 0; i < 1000; ++i) {
    bench.subscribe(test_framework());
    bench.add_agent();
  }
  bench.advance(30s);
  for (const FakeScheduler& scheduler : bench.schedulers) {
    ASSERT_TRUE(scheduler.open);
    EXPECT_GE(std::ranges::count(scheduler.lines, "HEARTBEAT"), 2);
  }
  for (const FakeAgent& agent : bench.agents) EXPECT_FALSE(agent.id.empty());
  const Result<> audit = bench.master.audit();
  EXPECT_TRUE(audit) << audit.error().message;
}

TEST(RandomLives, AreTheSameForTheSameSeed) {
  for (std::uint64_t seed = 300; seed < 310; ++seed) {
    Life first(seed);
    Life second(seed);
    first.live();
    second.live();
    EXPECT_EQ(first.history(), second.history()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stoa::master
