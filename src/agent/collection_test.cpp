// What becomes of the directories of ended work.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;
using Paths = std::vector<std::string>;

const TaskKey task_a{FrameworkId("f"), TaskId("a")};

class CollectionTest : public testing::Test {
 protected:
  CollectionTest() { world.disk_used = std::nullopt; }
  void TearDown() override { EXPECT_EQ(world.broken, Paths()); }

  // The disk turns out to be full: the framework's directory is being removed.
  void begin_removal() {
    world.disk_used = 1;
    world.now.steady += 61s;
    world.tick();
    ASSERT_TRUE(world.do_measure());
    ASSERT_EQ(world.removals.size(), 1);
    EXPECT_EQ(world.removals.front().path, "slaves/S0/frameworks/f");
    world.disk_used = std::nullopt;
  }

  void run(const std::string& id = "a") {
    world.run(test_framework("f"), test_task(id));
    world.settle();
  }
  void end(const TaskKey& key = task_a) {
    world.process_ends(world.container_of(key), 0);
    world.settle();
  }
  std::string executor(const std::string& id = "a") const { return "slaves/S0/frameworks/f/executors/" + id; }
  std::string sandbox(const TaskKey& key = task_a) const {
    return executor(key.task.value) + "/runs/" + world.container_of(key).value;
  }
  Paths removed() const {
    Paths result;
    for (const auto& effect : world.effects_of<RemoveTree>()) result.push_back(effect.path);
    return result;
  }
  Paths marked() const {
    Paths result;
    for (const auto& effect : world.effects_of<MarkGarbage>()) result.push_back(effect.path);
    return result;
  }

  World world;
};

// AGT-100
TEST_F(CollectionTest, RunExecutorAndFrameworkAreMarkedAndGoAfterTheDelay) {
  world.start_and_register();
  run();
  EXPECT_EQ(marked(), Paths());
  end();
  EXPECT_EQ(marked(), (Paths{sandbox(), executor(), "slaves/S0/frameworks/f"}));
  world.advance(7 * 24h - 1min);
  EXPECT_EQ(removed(), Paths());
  world.advance(2min);
  EXPECT_FALSE(removed().empty());
  EXPECT_EQ(world.agent().snapshot().garbage.pending, 0);
}

// AGT-102 AGT-104
TEST_F(CollectionTest, NothingOfALiveExecutorOrItsFrameworkIsRemovedHoweverFullTheDisk) {
  world.disk_used = 1;
  world.start_and_register();
  run("a");
  run("b");
  end();
  world.advance(2min);
  EXPECT_EQ(removed(), (Paths{executor("a")}));
  end({FrameworkId("f"), TaskId("b")});
  world.advance(2min);
  EXPECT_EQ(removed(), (Paths{executor("a"), "slaves/S0/frameworks/f"}));
}

// AGT-102
TEST_F(CollectionTest, AContainerOfARemovedFrameworkKeepsItsSandboxUntilItHasEnded) {
  world.disk_used = 1;
  world.start_and_register();
  run();
  link::ToAgent remove;
  remove.mutable_shutdown_framework()->mutable_framework_id()->set_value("f");
  world.say(remove);
  world.settle();
  world.advance(2s);
  EXPECT_EQ(removed(), Paths());
  end();
  world.advance(1min);
  EXPECT_EQ(removed(), Paths{"slaves/S0/frameworks/f"});
}

// AGT-057
TEST_F(CollectionTest, ALaunchTakesItsDirectoriesOutOfTheSchedule) {
  world.start_and_register();
  run();
  end();
  const std::string first = sandbox();
  run();
  world.advance(8 * 24h);
  EXPECT_EQ(removed(), Paths{first});
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_RUNNING);
}

// AGT-057 AGT-102
TEST_F(CollectionTest, ALaunchWaitsForTheEndOfARemovalThatItWouldRunInto) {
  world.start_and_register();
  run();
  end();
  begin_removal();
  world.run(test_framework("f"), test_task("a"));
  while (world.do_to_agent() || world.do_persist()) {
  }
  EXPECT_TRUE(world.sandboxes.empty());
  ASSERT_TRUE(world.do_removal(fail(Code::internal, "busy")));
  EXPECT_EQ(world.sandboxes.size(), 1);
  world.settle();
  world.advance(30 * 24h);
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_RUNNING);
  EXPECT_EQ(std::ranges::count(removed(), "slaves/S0/frameworks/f"), 1);
}

// AGT-057 AGT-058
TEST_F(CollectionTest, ALaunchThatWaitsCanBeKilled) {
  world.start_and_register();
  run();
  end();
  begin_removal();
  world.run(test_framework("f"), test_task("a"));
  while (world.do_to_agent() || world.do_persist()) {
  }
  world.kill(task_a);
  world.do_to_agent();
  world.settle();
  EXPECT_EQ(world.states(task_a).back(), v1::TASK_KILLED);
  EXPECT_TRUE(world.sandboxes.empty());
}

// AGT-088 AGT-093 AGT-100
TEST_F(CollectionTest, AtStartWhatIsInNobodysUseIsScheduledByItsAge) {
  world.start_and_register();
  run();
  const std::string live = sandbox();
  world.start();
  world.settle();
  ASSERT_EQ(world.effects_of<FindGarbage>().size(), 1);
  EXPECT_EQ(world.effects_of<FindGarbage>()[0].own.value, "S0");
  const WallSeconds old = world.now.wall - 8 * 86400;
  const std::string former = executor() + "/runs/former";
  world.step(GarbageFound{{{former, old},
                           {live, old},
                           {executor(), old},
                           {executor("young"), world.now.wall - 86400},
                           {"slaves/S0/frameworks/f", old},
                           {"slaves/S0", old},
                           {"meta/slaves/S0", old},
                           {"slaves/former", old},
                           {"meta/slaves/former", old}}});
  world.settle();
  EXPECT_EQ(removed(),
            (Paths{"meta/slaves/former", "slaves/S0/frameworks/f/executors/a/runs/former", "slaves/former"}));
  EXPECT_EQ(world.agent().snapshot().garbage.pending, 1);
  world.advance(6 * 24h);
  EXPECT_EQ(removed().back(), executor("young"));
}

}  // namespace
}  // namespace stoa::agent
