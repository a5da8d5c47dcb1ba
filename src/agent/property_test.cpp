// Random lives of an agent against its laws.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "agent/testing.h"
#include "base/random.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;

constexpr int tasks_max = 12;

// The agent dies; what it asked for last may or may not still have happened.
void crash(World& world, Random& random) {
  if (!world.persists.empty() && random.chance(0.5)) world.commit(world.persists.front());
  while (!world.to_master.empty() && random.chance(0.7)) world.do_to_master();
  for (auto& [id, container] : world.containers) {
    if (container.state != World::Container::State::starting) continue;
    if (random.chance(0.5)) {
      container.state = World::Container::State::running;
      container.pid = 9999;
    }
  }
  std::erase_if(world.containers,
                [](const auto& entry) { return entry.second.state == World::Container::State::starting; });
  if (random.chance(0.1)) {
    world.boot_id += "'";
    world.containers.clear();
  }
  world.start();
}

void end_some_process(World& world, Random& random) {
  if (world.containers.empty()) return;
  auto container = world.containers.begin();
  std::advance(container, random.below(world.containers.size()));
  constexpr int statuses[] = {0, 256, SIGTERM, SIGSEGV};
  world.process_ends(container->first, statuses[random.below(4)]);
}

// Containers that were asked to end do so, sooner or later.
void obey_signals(World& world, Random& random) {
  std::vector<ContainerId> ending;
  for (const auto& [id, container] : world.containers)
    if (container.terminations > 0 && random.chance(0.3)) ending.push_back(id);
  for (const auto& id : ending) world.process_ends(id, random.chance(0.5) ? SIGTERM : 0);
}

TaskKey some_task(Random& random, int count) {
  return {FrameworkId("f" + std::to_string(random.below(2))), TaskId("t" + std::to_string(random.below(count)))};
}

// Something that was under way comes to its end.
void progress(World& world, Random& random) {
  switch (random.below(9)) {
    case 0: {
      const bool failed = random.chance(0.1);
      world.do_sandbox(failed ? Result<>(fail(Code::not_found, "No such user 'x'")) : Result<>());
      return;
    }
    case 1: {
      const bool failed = random.chance(0.1);
      world.do_launch(failed ? std::optional(Error{Code::not_found, "no such file"}) : std::nullopt);
      return;
    }
    case 2:
      world.do_connect(random.chance(0.8));
      return;
    case 3:
      world.do_recover_containers();
      return;
    case 4:
      world.do_to_agent();
      return;
    case 5:
      world.do_to_master();
      return;
    case 6:
      world.do_exits();
      return;
    default:
      world.do_persist();
      return;
  }
}

void give_task(World& world, Random& random, std::set<TaskKey>& given) {
  const TaskKey key = some_task(random, tasks_max);
  if (!world.link || !given.insert(key).second) return;
  auto framework = test_framework(key.framework.value);
  if (key.framework.value == "f1")
    framework.add_capabilities()->set_type(v1::FrameworkInfo::Capability::TASK_KILLING_STATE);
  auto task = test_task(key.task.value);
  if (random.chance(0.3)) {
    task.mutable_check()->set_type(v1::CheckInfo::COMMAND);
    task.mutable_check()->mutable_command()->mutable_command()->set_value("ask");
    task.mutable_check()->set_delay_seconds(1);
    task.mutable_check()->set_interval_seconds(1);
  }
  if (random.chance(0.3)) {
    task.mutable_health_check()->set_type(v1::HealthCheck::TCP);
    task.mutable_health_check()->mutable_tcp()->set_port(80);
    task.mutable_health_check()->set_delay_seconds(1);
    task.mutable_health_check()->set_interval_seconds(1);
  }
  world.run(framework, task);
}

void kill_task(World& world, Random& random) {
  const TaskKey key = some_task(random, tasks_max);
  if (world.owned.contains(key)) world.kill(key, random.chance(0.5) ? std::optional(Duration(1s)) : std::nullopt);
}

void answer_probe(World& world, Random& random) {
  ProbeOutcome outcome{.kind = static_cast<ProbeOutcome::Kind>(random.below(4))};
  outcome.value = static_cast<int>(random.below(2));
  world.do_probe(outcome);
}

void pass_time(World& world, Duration time) {
  world.now.steady += time;
  world.now.wall += std::chrono::duration<double>(time).count();
  world.tick();
}

void one_thing(World& world, Random& random, std::set<TaskKey>& given) {
  if (random.chance(0.7)) return progress(world, random);
  if (random.chance(0.02)) return crash(world, random);
  if (random.chance(0.02)) return world.break_link();
  switch (random.below(9)) {
    case 0:
      return give_task(world, random, given);
    case 1:
      return kill_task(world, random);
    case 2:
      return end_some_process(world, random);
    case 3:
      return obey_signals(world, random);
    case 4:
      return pass_time(world, 700ms);
    case 5:
      return pass_time(world, random.chance(0.1) ? Duration(20s) : Duration(1ms));
    case 6:
      world.acknowledges = random.chance(0.7);
      return;
    case 7:
      return answer_probe(world, random);
    default:
      if (!world.updates.empty()) world.acknowledge(*world.updates[random.below(world.updates.size())]);
  }
}

// From here on nothing fails and every process ends.
void let_all_end(World& world) {
  world.acknowledges = true;
  for (int round = 0; round < 12; ++round) {
    world.settle();
    for (const auto& [id, container] : std::map(world.containers)) world.process_ends(id, 0);
    world.settle();
    world.advance(60s);
    link::ToAgent ping;
    ping.mutable_ping()->set_connected(true);
    if (world.link) world.say(std::move(ping));
  }
}

// AGT-031 AGT-040 AGT-056 AGT-060 AGT-062 AGT-064 AGT-065 EXE-074 EXE-077 SCH-210 SCH-214 SCH-215 SCH-216 SCH-223
// HA-133
TEST(AgentProperty, EveryTaskEndsOnceAndIsToldInOrderWhateverFailsInBetween) {
  std::map<int, int> ends;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    World world(test_config(), seed * 1000);
    std::set<TaskKey> given;
    world.start();
    for (int i = 0; i < 1500; ++i) one_thing(world, random, given);
    let_all_end(world);

    ASSERT_TRUE(world.alive()) << world.exit->message;
    ASSERT_EQ(world.broken, std::vector<std::string>());
    for (const auto& key : given) {
      SCOPED_TRACE(key.text());
      const auto states = world.states(key);
      ASSERT_FALSE(states.empty());
      EXPECT_EQ(1, std::ranges::count_if(states, [](int state) { return is_terminal(v1::TaskState(state)); }));
      EXPECT_TRUE(is_terminal(v1::TaskState(states.back())));
      EXPECT_EQ(states.size(), world.order[key].size());
      EXPECT_NE(states.back(), v1::TASK_DROPPED) << "for a framework that is not partition-aware";
      ++ends[states.back()];
    }
    EXPECT_TRUE(world.owned.empty());
    EXPECT_TRUE(world.containers.empty());
    for (const auto* kind : {"task", "progress", "framework"}) EXPECT_EQ(0, world.stored_count(kind)) << kind;
    if (HasFailure()) return;
  }
  // The lives were worth living: tasks ended in every way.
  for (const auto end : {v1::TASK_FINISHED, v1::TASK_FAILED, v1::TASK_KILLED, v1::TASK_LOST})
    EXPECT_GT(ends[end], 20) << v1::TaskState_Name(end);
}

}  // namespace
}  // namespace stoa::agent
