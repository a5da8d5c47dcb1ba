#include "master/maintenance.h"

#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::InverseOffer;
using mesos::v1::allocator::InverseOfferStatus;
using mesos::v1::maintenance::Schedule;
using Call = mesos::v1::scheduler::Call;

// The machines of fake agents have the address fd00::1.
Schedule schedule_of(std::initializer_list<const char*> hostnames, std::int64_t start = 100) {
  Schedule schedule;
  if (hostnames.size() == 0) return schedule;
  auto& window = *schedule.add_windows();
  window.mutable_unavailability()->mutable_start()->set_nanoseconds(start);
  for (const char* hostname : hostnames) {
    auto& machine = *window.add_machine_ids();
    machine.set_hostname(hostname);
    machine.set_ip("fd00::1");
  }
  return schedule;
}

struct Maintenance : testing::Test {
  explicit Maintenance(Config config = test_config()) : bench(std::move(config)) {}

  ReplyNumber post_schedule(const Schedule& schedule) {
    const ReplyNumber number{next++};
    bench.step(UpdateMaintenance{number, std::make_shared<const Schedule>(schedule)});
    return number;
  }
  void schedule(const Schedule& schedule) { EXPECT_TRUE(bench.replies.at(post_schedule(schedule))); }

  // The inverse offer that came last.
  static const InverseOffer& asked(const FakeScheduler& scheduler) {
    for (auto event = scheduler.events.rbegin(); event != scheduler.events.rend(); ++event) {
      if ((*event)->has_inverse_offers()) return *(*event)->inverse_offers().inverse_offers().rbegin();
    }
    ADD_FAILURE() << "nothing was asked back";
    return InverseOffer::default_instance();
  }
  Result<> answer(FakeScheduler& scheduler, const std::string& id, bool accepts, std::optional<double> refuse = {}) {
    Call call;
    call.set_type(accepts ? Call::ACCEPT_INVERSE_OFFERS : Call::DECLINE_INVERSE_OFFERS);
    auto* ids = accepts ? call.mutable_accept_inverse_offers()->mutable_inverse_offer_ids()
                        : call.mutable_decline_inverse_offers()->mutable_inverse_offer_ids();
    ids->Add()->set_value(id);
    if (refuse) {
      auto* filters = accepts ? call.mutable_accept_inverse_offers()->mutable_filters()
                              : call.mutable_decline_inverse_offers()->mutable_filters();
      filters->set_refuse_seconds(*refuse);
    }
    return bench.call(scheduler, std::move(call));
  }
  auto status() const { return bench.snapshot().maintenance_status; }

  unsigned long long next = 1'000'000;
  Bench bench;
};

// SCH-246 SCH-251 SCH-098 OPR-153 SCH-092 ALC-090 ALC-165 ALC-166
TEST_F(Maintenance, WhoHoldsSomethingThereIsAskedForIt) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024", "node0");
  bench.add_agent("cpus:4;mem:1024", "node1");
  FakeScheduler& user = bench.subscribe(test_framework({"eng"}));
  FakeScheduler& idle = bench.subscribe(test_framework({"web"}), {"web"});
  bench.round();
  const std::string before = user.offer(agent.id).id().value();
  EXPECT_FALSE(user.offer(agent.id).has_unavailability());
  user.told();
  idle.told();
  Schedule elsewhere = schedule_of({"node0"});
  elsewhere.mutable_windows(0)->mutable_machine_ids(0)->set_ip("fd00::2");
  schedule(elsewhere);
  elsewhere.mutable_windows(0)->mutable_machine_ids(0)->clear_ip();
  schedule(elsewhere);
  EXPECT_EQ(user.told(), Lines{}) << "both its name and its address must agree";
  schedule(schedule_of({"NODE0"}));
  EXPECT_EQ(user.told(), Lines{"RESCIND " + before}) << "offers of other machines stay";
  bench.round();
  const Lines told = user.told();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].starts_with("OFFERS "));
  const InverseOffer& inverse = asked(user);
  EXPECT_EQ(told[1], "INVERSE_OFFERS " + inverse.id().value());
  EXPECT_EQ(user.offer(agent.id).unavailability().start().nanoseconds(), 100);
  EXPECT_EQ(inverse.agent_id().value(), agent.id.value);
  EXPECT_EQ(inverse.framework_id().value(), user.id.value);
  EXPECT_EQ(inverse.unavailability().start().nanoseconds(), 100);
  EXPECT_EQ(inverse.url().address().hostname(), "node0");
  EXPECT_EQ(inverse.url().address().port(), 5051);
  EXPECT_TRUE(inverse.resources().empty());
  EXPECT_NE(inverse.id().value(), user.offer(agent.id).id().value());
  EXPECT_EQ(idle.told(), Lines{}) << "it holds nothing";
  bench.advance(60s);
  EXPECT_EQ(user.told(), Lines{}) << "one is outstanding at most";
}

// SCH-246
TEST_F(Maintenance, ATaskIsEnoughToBeAsked) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  user.told();
  schedule(schedule_of({"node0"}));
  bench.round();
  EXPECT_EQ(user.told(), Lines{"INVERSE_OFFERS " + asked(user).id().value()});
}

// SCH-247 SCH-248 ALC-167
TEST_F(Maintenance, AnswersAreShownAndTheQuestionComesAgain) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  FakeScheduler& other = bench.subscribe(test_framework({"web"}));
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  EXPECT_EQ(status(), nullptr);
  schedule(schedule_of({"node0"}));
  bench.round();
  ASSERT_EQ(status()->draining_machines_size(), 1);
  EXPECT_EQ(status()->draining_machines(0).id().hostname(), "node0");
  EXPECT_TRUE(status()->draining_machines(0).statuses().empty()) << "nobody has answered";
  const std::string first = asked(user).id().value();
  user.told();
  ASSERT_TRUE(answer(other, first, true)) << "foreign";
  ASSERT_TRUE(answer(user, "M-O99", true)) << "unknown";
  bench.add_agent();
  bench.round();
  for (FakeScheduler* holder : {&user, &other}) {
    for (const auto& [id, offer] : holder->offers) ASSERT_TRUE(answer(*holder, id.value, true)) << "an ordinary one";
  }
  EXPECT_EQ(user.offers.size() + other.offers.size(), 1U);
  user.told();
  EXPECT_TRUE(status()->draining_machines(0).statuses().empty());
  ASSERT_TRUE(answer(user, first, true));
  ASSERT_EQ(status()->draining_machines(0).statuses_size(), 1);
  EXPECT_EQ(status()->draining_machines(0).statuses(0).status(), InverseOfferStatus::ACCEPT);
  EXPECT_EQ(status()->draining_machines(0).statuses(0).framework_id().value(), user.id.value);
  EXPECT_EQ(status()->draining_machines(0).statuses(0).timestamp().nanoseconds(),
            static_cast<std::int64_t>(bench.now.wall * 1e9));
  EXPECT_EQ(bench.list_of(user.id, "t1"), "tasks") << "nothing else changes";
  bench.advance(4s);
  EXPECT_EQ(user.told(), Lines{}) << "five seconds by default";
  bench.advance(3s);
  const std::string second = asked(user).id().value();
  EXPECT_EQ(user.told(), Lines{"INVERSE_OFFERS " + second});
  EXPECT_NE(second, first);
  ASSERT_TRUE(answer(user, second, false, 0));
  EXPECT_EQ(status()->draining_machines(0).statuses(0).status(), InverseOfferStatus::DECLINE);
  bench.round();
  EXPECT_EQ(user.told().size(), 1U) << "0 is no filter";
}

// SCH-248
TEST_F(Maintenance, WhoHoldsNothingAnyMoreIsNotAskedAgain) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  schedule(schedule_of({"node0"}));
  bench.round();
  ASSERT_TRUE(answer(user, asked(user).id().value(), true, 0));
  ASSERT_TRUE(bench.suppress(user));
  bench.update(agent, user, "t1", mesos::v1::TASK_FINISHED);
  user.told();
  bench.advance(30s);
  EXPECT_EQ(user.told(), Lines{});
}

// SCH-249 SCH-125
TEST_F(Maintenance, FiltersAreBoundedAndReviveClearsThem) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  schedule(schedule_of({"node0"}));
  bench.round();
  ASSERT_TRUE(answer(user, asked(user).id().value(), false, -3));
  user.told();
  bench.advance(4s);
  EXPECT_EQ(user.told(), Lines{}) << "negative means five";
  bench.advance(3s);
  EXPECT_EQ(user.told().size(), 1U);
  ASSERT_TRUE(answer(user, asked(user).id().value(), false, 1e6));
  bench.advance(60s);
  EXPECT_EQ(user.told(), Lines{});
  ASSERT_TRUE(bench.revive(user));
  bench.round();
  EXPECT_EQ(user.told().size(), 1U);
}

// SCH-250 SCH-251 OPR-153 ALC-165 ALC-168
TEST_F(Maintenance, AChangeOfTheScheduleTakesBackWhatWasAsked) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:1;mem:64"));
  schedule(schedule_of({"node0"}));
  bench.round();
  const std::string offer = user.offer().id().value();
  const std::string inverse = asked(user).id().value();
  user.told();
  schedule(schedule_of({"node0", "elsewhere"}));
  EXPECT_EQ(user.told(), Lines{}) << "its own window has not changed";
  schedule(schedule_of({"node0"}, 200));
  EXPECT_EQ(user.told(), (Lines{"RESCIND " + offer, "RESCIND_INVERSE_OFFER " + inverse}));
  bench.round();
  EXPECT_EQ(user.told().size(), 2U);
  EXPECT_EQ(asked(user).unavailability().start().nanoseconds(), 200);
  ASSERT_TRUE(answer(user, asked(user).id().value(), true, 1e6));
  schedule(schedule_of({}));
  bench.round();
  EXPECT_EQ(status(), nullptr);
  EXPECT_EQ(bench.snapshot().maintenance_schedule, nullptr);
  EXPECT_FALSE(user.offer().has_unavailability());
  user.told();
  bench.advance(30s);
  EXPECT_EQ(user.told(), Lines{});
  schedule(schedule_of({"node0"}));
  bench.round();
  EXPECT_TRUE(user.told().back().starts_with("INVERSE_OFFERS ")) << "old answers say nothing of a new schedule";
}

// SCH-250 SCH-069 SCH-059
TEST_F(Maintenance, WhatWasAskedEndsWithItsAgentOrItsStream) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  schedule(schedule_of({"node0"}));
  bench.round();
  const std::string first = asked(user).id().value();
  user.told();
  bench.break_link(agent);
  EXPECT_EQ(user.told(), Lines{"RESCIND_INVERSE_OFFER " + first});
  bench.connect(agent, {*bench.task(user.id, "t1")}, {});
  bench.round();
  const std::string second = asked(user).id().value();
  EXPECT_EQ(user.told(), Lines{"INVERSE_OFFERS " + second});
  ASSERT_TRUE(answer(user, second, true, 1e6));
  bench.disconnect(user);
  mesos::v1::FrameworkInfo info = test_framework();
  info.mutable_id()->set_value(user.id.value);
  FakeScheduler& again = bench.subscribe(info);
  bench.round();
  EXPECT_EQ(again.told().back(), "INVERSE_OFFERS " + asked(again).id().value()) << "its filters are forgotten";
  FakeScheduler& third = bench.subscribe(info);
  bench.round();
  EXPECT_EQ(third.told().back(), "INVERSE_OFFERS " + asked(third).id().value());
  for (const std::string& line : third.lines) EXPECT_FALSE(line.starts_with("RESCIND"));
}

struct MaintenanceWithTimeout : Maintenance {
  static Config config() {
    Config config = test_config();
    config.offer_timeout = 10s;
    return config;
  }
  MaintenanceWithTimeout() : Maintenance(config()) {}
};

// SCH-250 SCH-248 ALC-168
TEST_F(MaintenanceWithTimeout, WhatIsNotAnsweredInTimeIsRescindedAndMayBeAskedAgain) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:4;mem:1024"));
  schedule(schedule_of({"node0"}));
  bench.round();
  const std::string first = asked(user).id().value();
  user.told();
  bench.advance(8s);
  EXPECT_EQ(user.told(), Lines{});
  bench.advance(4s);
  const Lines told = user.told();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0], "RESCIND_INVERSE_OFFER " + first);
  EXPECT_TRUE(told[1].starts_with("INVERSE_OFFERS "));
}

// OPR-151
TEST_F(Maintenance, TheScheduleIsDurableFirstAndSurvivesTheLeader) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  user.told();
  bench.hold_writes();
  const ReplyNumber reply = post_schedule(schedule_of({"node0"}));
  EXPECT_FALSE(bench.replies.contains(reply));
  EXPECT_EQ(user.told(), Lines{});
  bench.release_all_writes();
  EXPECT_TRUE(bench.replies.at(reply));
  EXPECT_EQ(user.told().size(), 1U);
  Bench after(test_config(), bench.registry());
  EXPECT_EQ(after.snapshot().maintenance_schedule->windows(0).machine_ids(0).hostname(), "node0");
  FakeScheduler& next_user = after.subscribe(test_framework());
  FakeAgent& returning = after.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  after.connect(returning);
  after.round();
  EXPECT_TRUE(next_user.offer().has_unavailability());
  schedule(schedule_of({}));
  Bench empty(test_config(), bench.registry());
  EXPECT_EQ(empty.snapshot().maintenance_schedule, nullptr);
}

// ALC-169
TEST_F(Maintenance, TheNextLeaderAsksAgainWhateverWasAnswered) {
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& user = bench.subscribe(test_framework());
  schedule(schedule_of({"node0"}));
  bench.round();
  ASSERT_TRUE(answer(user, asked(user).id().value(), true, 1e6));
  Bench after(test_config(), bench.registry());
  FakeAgent& returning = after.agents.emplace_back();
  returning.id = agent.id;
  returning.hostname = agent.hostname;
  returning.resources = agent.resources;
  after.connect(returning);
  FakeScheduler& again = after.subscribe(test_framework());
  EXPECT_TRUE(after.snapshot().maintenance_status->draining_machines(0).statuses().empty());
  after.round();
  EXPECT_EQ(asked(again).agent_id().value(), agent.id.value);
}

TEST(MaintenanceRecord, ALeaderThatCannotReadItDoesNotLead) {
  Bench bench(test_config(), {{"maintenance", "schedule", "\xff"}});
  EXPECT_TRUE(bench.stepped_down);
}

struct Machines : Maintenance {
  Result<> turn(bool down, std::initializer_list<const char*> hostnames) {
    SwitchMachines command{ReplyNumber{next++}, down, {}};
    for (const char* hostname : hostnames) command.machines.push_back({hostname, "fd00::1"});
    const ReplyNumber number = command.reply;
    bench.step(std::move(command));
    return bench.replies.contains(number) ? bench.replies.at(number) : fail(Code::internal, "not answered");
  }
  std::string refusal(bool down, std::initializer_list<const char*> hostnames) {
    const auto outcome = turn(down, hostnames);
    return outcome ? "done" : outcome.error().message;
  }
};

// OPR-155 OPR-154
TEST_F(Machines, WhatGoesDownIsRemovedAndNotLetInAgain) {
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024", "node0");
  bench.add_agent("cpus:4;mem:1024", "node1");
  FakeScheduler& user = bench.subscribe(test_framework());
  bench.round();
  bench.launch(user, test_task("t1", agent.id, "cpus:1;mem:64"));
  EXPECT_EQ(refusal(true, {"node0"}), "Machine 'node0' (fd00::1) is not part of a maintenance schedule");
  schedule(schedule_of({"node0", "node9"}));
  EXPECT_EQ(refusal(false, {"node0"}), "Machine 'node0' (fd00::1) is not in DOWN mode");
  EXPECT_EQ(status()->draining_machines_size(), 2);
  const AgentId id = agent.id;
  user.told();
  EXPECT_EQ(refusal(true, {"NODE0", "elsewhere"}),
            "Machine 'elsewhere' (fd00::1) is not part of a maintenance schedule");
  EXPECT_EQ(bench.snapshot().agents.size(), 2U) << "all or none";
  bench.hold_writes();
  turn(true, {"NODE0"});
  EXPECT_EQ(bench.snapshot().agents.size(), 2U) << "durable first";
  bench.release_all_writes();
  EXPECT_TRUE(agent.last().has_shutdown());
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
  const Lines told = user.told();
  EXPECT_NE(std::ranges::find(told, "FAILURE " + id.value), told.end());
  EXPECT_NE(std::ranges::find(told, "UPDATE t1 TASK_GONE"), told.end());
  EXPECT_EQ(refusal(true, {"node0"}), "Machine 'node0' (fd00::1) is not in DRAINING mode");
  ASSERT_EQ(status()->down_machines_size(), 1);
  EXPECT_EQ(status()->down_machines(0).hostname(), "node0");
  ASSERT_EQ(status()->draining_machines_size(), 1);
  EXPECT_EQ(status()->draining_machines(0).id().hostname(), "node9");
  FakeAgent& again = bench.agents.emplace_back();
  again.hostname = "node0";
  again.resources = "cpus:1";
  bench.connect(again);
  EXPECT_TRUE(again.last().refused().shutdown());
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
}

// OPR-156 OPR-152
TEST_F(Machines, WhatIsUpAgainLeavesTheScheduleAndMayRegister) {
  schedule(schedule_of({"node0", "node1"}));
  EXPECT_TRUE(turn(true, {"node0"}));
  const ReplyNumber without = post_schedule(schedule_of({"node1"}));
  EXPECT_EQ(bench.replies.at(without).error().message,
            "Machine 'node0' (fd00::1) is in DOWN mode and must be part of the schedule");
  schedule(schedule_of({"node1", "node0"}, 200));
  EXPECT_EQ(status()->down_machines_size(), 1) << "another window does not bring it up";
  EXPECT_TRUE(turn(false, {"node0"}));
  ASSERT_EQ(bench.snapshot().maintenance_schedule->windows_size(), 1);
  EXPECT_EQ(bench.snapshot().maintenance_schedule->windows(0).machine_ids_size(), 1);
  EXPECT_TRUE(turn(true, {"node1"}));
  EXPECT_TRUE(turn(false, {"node1"}));
  EXPECT_EQ(bench.snapshot().maintenance_schedule, nullptr);
  for (const RegistryRecord& record : bench.registry()) EXPECT_NE(record.kind, "maintenance");
  bench.add_agent("cpus:1", "node0");
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
}

// OPR-157
TEST_F(Machines, ModesSurviveAChangeOfLeaders) {
  schedule(schedule_of({"node0", "node1"}));
  EXPECT_TRUE(turn(true, {"node0"}));
  Bench later(test_config(), bench.registry());
  ASSERT_EQ(later.snapshot().maintenance_status->down_machines_size(), 1);
  EXPECT_EQ(later.snapshot().maintenance_status->down_machines(0).hostname(), "node0");
  FakeAgent& agent = later.agents.emplace_back();
  agent.hostname = "node0";
  agent.resources = "cpus:1";
  later.connect(agent);
  EXPECT_TRUE(agent.last().refused().shutdown());
}

// OPR-155
TEST_F(Machines, AnAgentThatRegistersWhileItsMachineGoesDownIsRefusedToo) {
  schedule(schedule_of({"node0"}));
  bench.hold_writes();
  FakeAgent& agent = bench.agents.emplace_back();
  agent.hostname = "node0";
  agent.resources = "cpus:1";
  bench.connect(agent);
  turn(true, {"node0"});
  bench.release_write();
  EXPECT_EQ(bench.snapshot().agents.size(), 1U) << "admitted before";
  bench.release_all_writes();
  EXPECT_TRUE(bench.snapshot().agents.empty());
  EXPECT_TRUE(agent.last().has_shutdown());
}

// OPR-163
TEST_F(Machines, WhatIsScheduledIsNotDrained) {
  FakeAgent& agent = bench.add_agent("cpus:1", "node0");
  schedule(schedule_of({"node0"}));
  const ReplyNumber number{next++};
  bench.step(SwitchAgent{number, agent.id, SwitchAgent::To::drained, std::make_shared<const mesos::v1::DrainConfig>()});
  EXPECT_EQ(bench.replies.at(number).error().message, "Agent's machine is part of a maintenance schedule");
}

}  // namespace
}  // namespace stoa::master
