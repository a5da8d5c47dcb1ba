#include <gtest/gtest.h>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using mesos::v1::FrameworkInfo;
using mesos::v1::Task;
using mesos::v1::TaskStatus;

FrameworkInfo with_id(FrameworkInfo info, const FrameworkId& id) {
  info.mutable_id()->set_value(id.value);
  return info;
}

// A leader after one whose registry had the agents of `before`, of which nobody has come back.
struct Failover {
  // An agent with a running task t1 under the old leader.
  Failover() : old_agent(old.add_agent("cpus:4;mem:1024", "node0")), old_scheduler(old.subscribe(test_framework())) {
    old.round();
    old.launch(old_scheduler, test_task("t1", old_agent.id, "cpus:1;mem:64"));
    old.update(old_agent, old_scheduler, "t1", mesos::v1::TASK_RUNNING);
    tasks = {*old.task(old_scheduler.id, "t1")};
    frameworks = {*old.snapshot().frameworks[0]->info};
    Config config = test_config();
    mesos::v1::MasterInfo info = *config.info;
    info.set_id("N");
    config.info = std::make_shared<const mesos::v1::MasterInfo>(info);
    bench = std::make_unique<Bench>(config, old.registry());
    agent = &bench->agents.emplace_back();
    agent->id = old_agent.id;
    agent->hostname = old_agent.hostname;
    agent->resources = old_agent.resources;
  }
  Bench old;
  FakeAgent& old_agent;
  FakeScheduler& old_scheduler;
  std::vector<Task> tasks;
  std::vector<FrameworkInfo> frameworks;
  std::unique_ptr<Bench> bench;
  FakeAgent* agent = nullptr;
};

// AGT-031 HA-102
TEST(Registration, ANewAgentGetsItsIdAndHowLongSilenceMayLast) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(agent.last().registered().silence_max(), 75'000'000'000U);
  EXPECT_EQ(bench.add_agent().id.value, "M-S1");
}

// OPR-075 OPR-076
TEST(Registration, ReadersSeeARegisteredAgent) {
  Bench bench;
  bench.add_agent("cpus:4;mem:1024", "n3");
  const Snapshot seen = bench.snapshot();
  ASSERT_EQ(seen.agents.size(), 1U);
  EXPECT_EQ(seen.agents[0]->info->hostname(), "n3");
  EXPECT_EQ(seen.agents[0]->info->id().value(), "M-S0");
  EXPECT_TRUE(seen.agents[0]->active);
  EXPECT_EQ(seen.agents[0]->version, "1.11.0");
  EXPECT_GT(seen.agents[0]->registered, 0);
  EXPECT_EQ(seen.agents[0]->reregistered, 0);
  EXPECT_EQ(seen.agents[0]->total.scalar("cpus").thousandths(), 4000);
}

// HA-091
TEST(Registration, IsTakenOnceAtATimeAndRepeatsAreIgnored) {
  Bench bench;
  bench.hold_writes();
  FakeAgent& agent = bench.agents.emplace_back();
  agent.hostname = "n0";
  agent.resources = "cpus:1";
  bench.connect(agent);
  bench.send_register(agent);
  EXPECT_EQ(bench.writes.size(), 1U);
  bench.release_all_writes();
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  bench.say(agent, [] {
    link::ToMaster message;
    message.mutable_pong();
    return message;
  }());
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
}

// HA-091
TEST(Registration, ARepeatThatCrossedTheAnswerMakesNoSecondAgent) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  const AgentId id = agent.id;
  agent.id = {};
  bench.send_register(agent);
  EXPECT_EQ(agent.id, id);
  EXPECT_EQ(bench.snapshot().agents.size(), 1U);
}

// SEC-245 HA-115 HA-118
TEST(Registration, AnotherMachineWithTheIdOfALiveAgentIsRefused) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  agent.told();
  FakeAgent& clone = bench.agents.emplace_back();
  clone.id = agent.id;
  clone.hostname = "elsewhere";
  clone.resources = agent.resources;
  bench.connect(clone);
  EXPECT_EQ(clone.told(), Lines{"refused, shut down: Agent M-S0 is connected from another machine"});
  EXPECT_FALSE(clone.open);
  EXPECT_TRUE(agent.open);
  EXPECT_EQ(bench.snapshot().agents[0]->info->hostname(), "node0");
}

// SEC-245
TEST(Registration, AbsurdClaimsAreRefused) {
  for (const char* resources : {"cpus:1000000000000", "cpus:2000000"}) {
    Bench bench;
    FakeAgent& agent = bench.agents.emplace_back();
    agent.hostname = "n0";
    agent.resources = resources;
    bench.connect(agent);
    EXPECT_TRUE(agent.id.empty());
    EXPECT_FALSE(agent.open);
    EXPECT_TRUE(bench.snapshot().agents.empty());
  }
}

// SEC-222
TEST(Registration, AnIdThatIsNoIdentifierIsRefused) {
  Bench bench;
  FakeAgent& agent = bench.agents.emplace_back();
  agent.id = AgentId("../../x");
  agent.hostname = "n0";
  agent.resources = "cpus:1";
  bench.connect(agent);
  EXPECT_FALSE(agent.open);
  EXPECT_TRUE(bench.snapshot().agents.empty());
}

// SEC-246 HA-114 SCH-244 HA-115
TEST(Registration, AnAgentThatIsGoneIsRefusedForEver) {
  registry::Agent record;
  record.set_state(registry::Agent::GONE);
  Bench bench(test_config(), {{"agent", "old-S1", record.SerializeAsString()}});
  FakeAgent& agent = bench.agents.emplace_back();
  agent.id = AgentId("old-S1");
  agent.hostname = "n0";
  agent.resources = "cpus:1";
  for (int i = 0; i < 2; ++i) {
    bench.connect(agent);
    EXPECT_EQ(agent.told(), Lines{"refused, shut down: Agent has been marked gone"});
    EXPECT_FALSE(agent.open);
    EXPECT_TRUE(bench.snapshot().agents.empty());
  }
}

// HA-112
TEST(Registration, AnIdThatTheRegistryDoesNotKnowIsAdmittedWithItsTasks) {
  Failover after;
  Bench fresh;
  FakeAgent& agent = fresh.agents.emplace_back();
  agent.id = after.agent->id;
  agent.hostname = "node0";
  agent.resources = "cpus:4;mem:1024";
  fresh.connect(agent, after.tasks, after.frameworks);
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(fresh.list_of(FrameworkId("M-0000"), "t1"), "tasks");
}

// HA-093 HA-085
TEST(NewLeader, AnUnchangedAgentComesBackWithoutAWriteAndAChangedOneIsWrittenFirst) {
  Failover after;
  Bench& bench = *after.bench;
  EXPECT_EQ(bench.snapshot().recovered_agents.size(), 1U);
  EXPECT_TRUE(bench.snapshot().agents.empty());
  bench.hold_writes();
  bench.connect(*after.agent, after.tasks, after.frameworks);
  EXPECT_TRUE(bench.writes.empty());
  EXPECT_EQ(after.agent->told(), Lines{"registered M-S0"});
  EXPECT_TRUE(bench.snapshot().recovered_agents.empty());

  Failover again;
  again.bench->hold_writes();
  again.agent->resources = "cpus:8;mem:1024";
  again.bench->connect(*again.agent, again.tasks, again.frameworks);
  EXPECT_EQ(again.bench->writes.size(), 1U);
  EXPECT_EQ(again.agent->told(), Lines{});
  again.bench->release_all_writes();
  EXPECT_EQ(again.agent->told(), Lines{"registered M-S0"});
  EXPECT_EQ(again.bench->snapshot().agents[0]->total.scalar("cpus").thousandths(), 8000);
}

// SCH-254 OPR-087 HA-093
TEST(NewLeader, LearnsTasksAndFrameworksFromAgents) {
  Failover after;
  Bench& bench = *after.bench;
  bench.connect(*after.agent, after.tasks, after.frameworks);
  const Snapshot seen = bench.snapshot();
  ASSERT_EQ(seen.frameworks.size(), 1U);
  EXPECT_TRUE(seen.frameworks[0]->recovered);
  EXPECT_FALSE(seen.frameworks[0]->connected);
  EXPECT_FALSE(seen.frameworks[0]->active);
  EXPECT_EQ(seen.frameworks[0]->tasks.size(), 1U);
  EXPECT_EQ(seen.agents[0]->allocated.scalar("cpus").thousandths(), 1000);
  FakeScheduler& scheduler = bench.subscribe(with_id(test_framework(), FrameworkId("M-0000")));
  EXPECT_EQ(scheduler.heard(), (Lines{"SUBSCRIBED M-0000", "HEARTBEAT"}));
  EXPECT_FALSE(bench.snapshot().frameworks[0]->recovered);
  bench.round();
  EXPECT_EQ(scheduler.offers.size(), 1U);
  bench.reconcile(scheduler);
  EXPECT_EQ(scheduler.told().back(), "UPDATE t1 TASK_RUNNING");
}

// SCH-253 HA-096
TEST(NewLeader, AFrameworkIsActiveAtOnceWhetherOrNotAgentsAreBack) {
  Failover after;
  FakeScheduler& scheduler = after.bench->subscribe(with_id(test_framework(), FrameworkId("M-0000")));
  EXPECT_EQ(scheduler.heard(), (Lines{"SUBSCRIBED M-0000", "HEARTBEAT"}));
  EXPECT_TRUE(after.bench->snapshot().frameworks[0]->active);
  after.bench->connect(*after.agent, after.tasks, after.frameworks);
  EXPECT_EQ(after.bench->list_of(scheduler.id, "t1"), "tasks");
  EXPECT_EQ(after.bench->snapshot().frameworks.size(), 1U);
}

// SCH-255
TEST(NewLeader, ForwardsWhatReturningAgentsResend) {
  Failover after;
  Bench& bench = *after.bench;
  FakeScheduler& scheduler = bench.subscribe(with_id(test_framework(), FrameworkId("M-0000")));
  bench.connect(*after.agent, after.tasks, after.frameworks);
  scheduler.told();
  const std::string uuid = bench.update(*after.agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_FINISHED"});
  bench.acknowledge(scheduler, after.agent->id, "t1", uuid);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
}

// SCH-257 HA-096
TEST(NewLeader, AFrameworkKnownOnlyFromAgentsEndsUnlessItComesBack) {
  Failover after;
  Bench& bench = *after.bench;
  bench.connect(*after.agent, after.tasks, after.frameworks);
  after.agent->told();
  bench.advance(59min);
  EXPECT_EQ(bench.snapshot().frameworks.size(), 1U);
  bench.advance(1min);
  EXPECT_TRUE(bench.snapshot().frameworks.empty());
  EXPECT_EQ(after.agent->told(), Lines{"shut down framework M-0000"});
}

// SCH-061
TEST(NewLeader, AFrameworkKnownFromAgentsIsNotTakenByAnotherPrincipal) {
  Failover after;
  after.frameworks[0].set_principal("ops");
  after.bench->connect(*after.agent, after.tasks, after.frameworks);
  FrameworkInfo info = with_id(test_framework(), FrameworkId("M-0000"));
  info.set_principal("thief");
  EXPECT_EQ(after.bench->subscribe(info).told(), Lines{"ERROR Changing framework's principal is not allowed."});
}

// SCH-256 HA-094 HA-085
TEST(NewLeader, AgentsThatDoNotComeBackAreUnreachableWithAFailureAndNoTaskUpdates) {
  Failover after;
  Bench& bench = *after.bench;
  FakeScheduler& scheduler = bench.subscribe(with_id(test_framework(), FrameworkId("M-0000")));
  bench.advance(599s);
  EXPECT_EQ(scheduler.told(), Lines{"SUBSCRIBED M-0000"});
  bench.hold_writes();
  bench.advance(1s);
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(scheduler.told(), Lines{"FAILURE M-S0"});
  EXPECT_TRUE(bench.snapshot().recovered_agents.empty());
  EXPECT_EQ(bench.snapshot().unreachable_agents, 1U);
  bench.reconcile(scheduler, {{"t1", AgentId("M-S0")}});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_UNREACHABLE"});
}

// HA-094
TEST(NewLeader, AnAgentInTheMiddleOfRegisteringIsNotMarked) {
  Failover after;
  Bench& bench = *after.bench;
  bench.advance(599s);
  bench.hold_writes();
  after.agent->resources = "cpus:8;mem:1024";
  bench.connect(*after.agent, after.tasks, after.frameworks);
  bench.advance(10s);
  EXPECT_EQ(bench.writes.size(), 1U);
  bench.release_all_writes();
  EXPECT_EQ(after.agent->told(), Lines{"registered M-S0"});
  EXPECT_EQ(bench.snapshot().unreachable_agents, 0U);
}

// HA-113
TEST(NewLeader, WhileTheMarkIsWrittenARegistrationIsIgnoredAndItsRetryIsTaken) {
  Failover after;
  Bench& bench = *after.bench;
  bench.hold_writes();
  bench.advance(10min);
  ASSERT_EQ(bench.writes.size(), 1U);
  bench.connect(*after.agent, after.tasks, after.frameworks);
  EXPECT_EQ(after.agent->told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(bench.snapshot().unreachable_agents, 1U);
  bench.send_register(*after.agent, after.tasks, after.frameworks);
  EXPECT_EQ(after.agent->told(), Lines{"registered M-S0"});
  EXPECT_EQ(bench.snapshot().unreachable_agents, 0U);
}

// An agent with a running task t1 under one leader.
struct Returning : testing::Test {
  Returning() : agent(bench.add_agent()), scheduler(bench.subscribe(test_framework())) {
    bench.round();
    bench.launch(scheduler, test_task("t1", agent.id));
    bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
    bench.suppress(scheduler);
    info = *bench.snapshot().frameworks[0]->info;
    scheduler.told();
    agent.told();
  }
  std::vector<Task> tasks() const { return {*bench.task(scheduler.id, "t1")}; }
  void make_unreachable() {
    agent.answers_pings = false;
    bench.advance(2min);
    agent.answers_pings = true;
    scheduler.told();
    agent.told();
  }

  Bench bench;
  FakeAgent& agent;
  FakeScheduler& scheduler;
  FrameworkInfo info;
};

// HA-117 AGT-041
TEST_F(Returning, TasksThatItDoesNotNameAreAskedBack) {
  bench.break_link(agent);
  bench.connect(agent);
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "reconcile t1"}));
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// HA-117 SCH-238 AGT-032
TEST_F(Returning, TasksThatItNamesGoOn) {
  bench.break_link(agent);
  bench.connect(agent, tasks(), {info});
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.revive(scheduler);
  bench.round();
  EXPECT_EQ(scheduler.offers.size(), 1U);
}

// SCH-217
TEST_F(Returning, ATaskThatEndedMeanwhileHoldsNothing) {
  std::vector<Task> ended = tasks();
  ended[0].set_state(mesos::v1::TASK_FINISHED);
  ended[0].mutable_statuses()->rbegin()->set_state(mesos::v1::TASK_FINISHED);
  bench.break_link(agent);
  bench.connect(agent, ended, {info});
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// HA-117 SCH-075
TEST_F(Returning, FrameworksThatWereRemovedMeanwhileAreShutDownOnIt) {
  const std::vector<Task> before = tasks();
  bench.break_link(agent);
  bench.teardown(scheduler);
  bench.connect(agent, before, {info});
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "shut down framework M-0000"}));
  EXPECT_TRUE(bench.snapshot().agents[0]->allocated.empty());
}

// HA-111 SCH-241 SCH-210
TEST_F(Returning, FromUnreachableItIsAcceptedWithItsTasksAndEachIsReported) {
  const std::vector<Task> before = tasks();
  make_unreachable();
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "unreachable");
  bench.hold_writes();
  bench.connect(agent, before, {info});
  EXPECT_EQ(agent.told(), Lines{});
  EXPECT_EQ(scheduler.told(), Lines{});
  bench.release_all_writes();
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(scheduler.told(), Lines{"UPDATE t1 TASK_RUNNING"});
  EXPECT_EQ(scheduler.status().reason(), TaskStatus::REASON_AGENT_REREGISTERED);
  EXPECT_FALSE(scheduler.status().has_uuid());
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
  EXPECT_EQ(bench.snapshot().unreachable_agents, 0U);
}

// HA-111 SCH-241
TEST(Returning2, TasksOfOldFrameworksAreReAddedToo) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(old_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id));
  bench.update(agent, scheduler, "t1", mesos::v1::TASK_RUNNING);
  const std::vector<Task> before{*bench.task(scheduler.id, "t1")};
  agent.answers_pings = false;
  bench.advance(2min);
  EXPECT_EQ(scheduler.status().state(), mesos::v1::TASK_LOST);
  agent.answers_pings = true;
  bench.connect(agent, before, {*bench.snapshot().frameworks[0]->info});
  EXPECT_EQ(scheduler.status().state(), mesos::v1::TASK_RUNNING);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "tasks");
}

// HA-111
TEST_F(Returning, FromUnreachableTasksOfRemovedFrameworksAreShutDown) {
  const std::vector<Task> before = tasks();
  make_unreachable();
  bench.teardown(scheduler);
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  bench.connect(agent, before, {info});
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "shut down framework M-0000"}));
}

// SCH-124
TEST(Registration, ChangedAttributesEndTheFilters) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.decline(scheduler, OfferId(scheduler.offer().id().value()), 3600);
  const auto come_back = [&](const char* rack) {
    bench.break_link(agent);
    agent.link = LinkNumber{agent.link.value + 1000};
    agent.open = true;
    link::ToMaster message;
    auto& claim = *message.mutable_register_();
    *claim.mutable_agent_info() = *bench.snapshot().agents[0]->info;
    claim.mutable_agent_info()->clear_attributes();
    if (rack != nullptr) {
      auto& attribute = *claim.mutable_agent_info()->add_attributes();
      attribute.set_name("rack");
      attribute.set_type(mesos::v1::Value::TEXT);
      attribute.mutable_text()->set_value(rack);
    }
    *claim.mutable_total_resources() = claim.agent_info().resources();
    claim.set_version("1.11.0");
    bench.say(agent, message);
    bench.advance(3s);
  };
  come_back(nullptr);
  EXPECT_TRUE(scheduler.offers.empty());
  come_back("r1");
  ASSERT_EQ(scheduler.offers.size(), 1U);
  ASSERT_EQ(scheduler.offer().attributes_size(), 1);
  EXPECT_EQ(scheduler.offer().attributes(0).text().value(), "r1");
}

// SCH-097
TEST(Registration, MoreResourcesAreOfferedAtOnce) {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:1");
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  scheduler.told();
  agent.resources = "cpus:2";
  bench.break_link(agent);
  bench.connect(agent);
  bench.advance(100ms);
  EXPECT_EQ(scheduler.told(), (Lines{"RESCIND M-O0", "OFFERS M-O1"}));
  EXPECT_EQ(scheduler.offer().resources(0).scalar().value(), 2);
}

// AGT-025
TEST(Registration, AnAgentWithADomainIsToldWhyAMasterWithoutDoesNotTakeIt) {
  Bench bench;
  FakeAgent& agent = bench.agents.emplace_back();
  agent.link = LinkNumber{5000};
  agent.open = true;
  link::ToMaster message;
  auto& domain = *message.mutable_register_()->mutable_agent_info()->mutable_domain();
  message.mutable_register_()->mutable_agent_info()->set_hostname("h");
  domain.mutable_fault_domain()->mutable_region()->set_name("r");
  domain.mutable_fault_domain()->mutable_zone()->set_name("z");
  bench.step(FromAgent{agent.link, std::make_shared<const link::ToMaster>(message)});
  ASSERT_FALSE(agent.received.empty());
  EXPECT_FALSE(agent.last().refused().shutdown());
  EXPECT_NE(agent.last().refused().message().find("domain"), std::string::npos);
  EXPECT_TRUE(bench.snapshot().agents.empty());
}

// SCH-047 SCH-092
TEST(Registration, AgentsOfAnotherRegionAreForThoseWhoKnowRegions) {
  const auto put_region = [](mesos::v1::DomainInfo& domain, const char* region) {
    domain.mutable_fault_domain()->mutable_region()->set_name(region);
    domain.mutable_fault_domain()->mutable_zone()->set_name("z");
  };
  Config config = test_config();
  mesos::v1::MasterInfo master = *config.info;
  put_region(*master.mutable_domain(), "here");
  config.info = std::make_shared<const mesos::v1::MasterInfo>(master);
  Bench bench(config);
  const auto add = [&](const char* region) {
    FakeAgent& agent = bench.agents.emplace_back();
    agent.link = LinkNumber{5000 + bench.agents.size()};
    agent.open = true;
    link::ToMaster message;
    auto& claim = *message.mutable_register_();
    claim.mutable_agent_info()->set_hostname(region);
    if (*region != '\0') put_region(*claim.mutable_agent_info()->mutable_domain(), region);
    auto& cpus = *claim.add_total_resources();
    cpus.set_name("cpus");
    cpus.set_type(mesos::v1::Value::SCALAR);
    cpus.mutable_scalar()->set_value(1);
    claim.set_version("1.11.0");
    bench.say(agent, message);
  };
  add("here");
  add("there");
  add("");
  FakeScheduler& unaware = bench.subscribe(test_framework());
  bench.advance(2s);
  EXPECT_EQ(unaware.offers.size(), 2U);
  FrameworkInfo info = test_framework({"ops"});
  info.add_capabilities()->set_type(FrameworkInfo::Capability::REGION_AWARE);
  FakeScheduler& aware = bench.subscribe(info);
  bench.advance(2s);
  ASSERT_EQ(aware.offers.size(), 1U);
  EXPECT_EQ(aware.offer().domain().fault_domain().region().name(), "there");
}

// OPR-079
TEST(Registration, PortsOfAnEndedTaskStayThoseOfTheTaskThatHasThemNow) {
  Failover failover;
  Task running = failover.tasks[0];
  auto& ports = *running.add_resources();
  ports.set_name("ports");
  ports.set_type(mesos::v1::Value::RANGES);
  ports.mutable_allocation_info()->set_role("eng");
  auto& range = *ports.mutable_ranges()->add_range();
  range.set_begin(31000);
  range.set_end(31000);
  Task ended = running;
  ended.mutable_task_id()->set_value("t0");
  ended.set_state(mesos::v1::TASK_FINISHED);
  failover.agent->resources += ";ports:[31000-31010]";
  failover.bench->connect(*failover.agent, {running, ended}, failover.frameworks);
  const auto allocated = failover.bench->snapshot().agents[0]->allocated;
  EXPECT_EQ(allocated.without_allocation_role().to_text(), "cpus:1; mem:64; ports:[31000-31000]");
}

// HA-091
TEST(Registration, ARepetitionThatComesLateBringsNoTaskBack) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  bench.launch(scheduler, test_task("t1", agent.id));
  const std::string uuid = bench.update(agent, scheduler, "t1", mesos::v1::TASK_FINISHED);
  const Task before = *bench.task(scheduler.id, "t1");
  bench.acknowledge(scheduler, agent.id, "t1", uuid);
  bench.round();
  bench.launch(scheduler, test_task("t2", agent.id));
  agent.told();
  bench.send_register(agent, {before}, {*bench.snapshot().frameworks[0]->info});
  EXPECT_EQ(agent.told(), Lines{"registered M-S0"});
  EXPECT_EQ(bench.list_of(scheduler.id, "t1"), "completed");
  EXPECT_EQ(bench.list_of(scheduler.id, "t2"), "tasks");
}

// RES-155
TEST(Registration, ATaskWithoutAllocationRoleCountsForTheOneRoleOfItsFramework) {
  Bench bench;
  FakeAgent& agent = bench.agents.emplace_back();
  agent.id = AgentId("old-S1");
  agent.hostname = "node";
  agent.resources = "cpus:4";
  mesos::v1::FrameworkInfo info = old_framework("eng");
  info.mutable_id()->set_value("F");
  mesos::v1::Task task;
  task.set_name("t");
  task.mutable_task_id()->set_value("t1");
  task.mutable_framework_id()->set_value("F");
  task.mutable_agent_id()->set_value(agent.id.value);
  task.set_state(mesos::v1::TASK_RUNNING);
  *task.mutable_resources() = test_task("t1", agent.id, "cpus:1").resources();
  bench.connect(agent, {task}, {info});
  EXPECT_EQ(bench.snapshot().agents[0]->allocated.to_text(), "cpus(allocated: eng):1");
  EXPECT_EQ(bench.task(FrameworkId("F"), "t1")->resources(0).allocation_info().role(), "eng");
}

}  // namespace
}  // namespace stoa::master
