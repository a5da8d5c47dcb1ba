// The read endpoints of an agent that runs one command task and has another one queued.
#include <ctime>
#include <filesystem>
#include <fstream>

#include "api/agent_files.h"
#include "api/testing.h"
#include "base/times_count.h"
#include "codec/record_io.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::shared_ptr<const agent::TaskRecord> record(const std::string& id, agent::TaskStage stage,
                                                mesos::v1::TaskState state) {
  auto record = std::make_shared<agent::TaskRecord>();
  const mesos::v1::Task task = testing::task(id, state, 30);
  mesos::v1::TaskInfo info;
  info.set_name(task.name());
  *info.mutable_task_id() = task.task_id();
  *info.mutable_agent_id() = task.agent_id();
  *info.mutable_resources() = task.resources();
  record->framework = FrameworkId("F-0000");
  record->id = TaskId(id);
  record->stage = stage;
  record->info = std::make_shared<const mesos::v1::TaskInfo>(info);
  record->task = testing::shared(task);
  return record;
}

std::shared_ptr<const agent::ExecutorRecord> executor(std::shared_ptr<const agent::TaskRecord> task,
                                                      const std::string& container) {
  auto record = std::make_shared<agent::ExecutorRecord>();
  mesos::v1::ExecutorInfo info;
  info.mutable_executor_id()->set_value(task->id.value);
  info.set_name("Command Executor");
  record->info = std::make_shared<const mesos::v1::ExecutorInfo>(info);
  record->container = ContainerId(container);
  record->directory = "/w/runs/" + container;
  record->pid = 42;
  record->tasks = {std::move(task)};
  return record;
}

class AgentReads : public ::testing::Test {
 protected:
  AgentReads() : reading_(agent_, testing::context(loop_)), router_(testing::router("/slave(1)")) {
    mesos::v1::AgentInfo info;
    info.set_hostname("a1");
    testing::add_scalar(*info.mutable_resources(), "cpus", 4);
    agent_.state.info = std::make_shared<const mesos::v1::AgentInfo>(info);
    agent_.state.total = std::make_shared<const model::Resources>(*model::Resources::from_messages(info.resources()));
    agent_.state.recovered = true;
    agent_.state.registered = true;
    agent::FrameworkRecord framework;
    mesos::v1::FrameworkInfo framework_info;
    framework_info.set_user("svc");
    framework_info.set_name("web");
    framework_info.mutable_id()->set_value("F-0000");
    framework.info = std::make_shared<const mesos::v1::FrameworkInfo>(framework_info);
    framework.executors = {executor(record("t1", agent::TaskStage::launched, mesos::v1::TASK_RUNNING), "C1"),
                           executor(record("t2", agent::TaskStage::queued, mesos::v1::TASK_STAGING), "C2"),
                           executor(record("t4", agent::TaskStage::terminated, mesos::v1::TASK_FAILED), "C4")};
    framework.completed_executors = {
        executor(record("t3", agent::TaskStage::completed, mesos::v1::TASK_FINISHED), "C3")};
    agent_.state.frameworks = {framework};
    add_agent_routes(router_, [this]() -> AgentReading& { return reading_; });
  }

  std::string get(const std::string& target) {
    const http::Response response = testing::ask(router_, "GET", target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return response.body;
  }
  http::Response post(http::Headers headers, const std::string& body) {
    return testing::ask(router_, "POST", "/slave(1)/api/v1", std::move(headers), body);
  }
  http::Response post(const std::string& body) { return post({{"Content-Type", "application/json"}}, body); }

  net::Loop loop_{1};
  testing::FakeAgent agent_;
  AgentReading reading_;
  http::Router router_;
};

// V0-001 V0-100 V0-104 AGT-253 AGT-254 AGT-257 HTTP-004 HTTP-005
TEST_F(AgentReads, StateShowsTheAgentUnderAllItsNames) {
  const std::string state = get("/state");
  EXPECT_THAT(state, StartsWith(R"({"version":"1.12.0","build_date":)"));
  EXPECT_THAT(state, HasSubstr(R"("start_time":1000.5,"id":"","pid":"slave(1)@10.0.0.7:5051","hostname":"a1",)"));
  EXPECT_THAT(state, HasSubstr(R"("resources":{"cpus":4.0,"gpus":0.0,"mem":0.0,"disk":0.0},"reserved_resources":{},)"
                               R"("unreserved_resources":{"cpus":4.0,"gpus":0.0,"mem":0.0,"disk":0.0},)"
                               R"("reserved_resources_full":{},"unreserved_resources_full":[{"name":"cpus",)"
                               R"("type":"SCALAR","scalar":{"value":4.0},"role":"*"}],)"
                               R"("reserved_resources_allocated":{},"unreserved_resources_allocated":{"cpus":0.2,)"));
  EXPECT_THAT(state, HasSubstr(R"("flags":{"cluster":"blue","port":"5050","work_dir":"/w"})"));
  for (const char* name : {"/slave(1)/state", "/slave%281%29/state", "/state.json", "/slave(1)/state.json"}) {
    EXPECT_EQ(get(name), state) << name;
  }
}

// V0-101 V0-102 V0-103 AGT-255 AGT-256
TEST_F(AgentReads, AnExecutorListsItsTasksByStage) {
  const std::string state = get("/state");
  EXPECT_THAT(state, HasSubstr(R"("frameworks":[{"id":"F-0000","name":"web","user":"svc","failover_timeout":0.0,)"
                               R"("checkpoint":false,"hostname":"","role":"*","executors":[{"id":"t1",)"
                               R"("name":"Command Executor","source":"t1","container":"C1","directory":"/w/runs/C1",)"
                               R"("resources":{"cpus":0.1,)"));
  EXPECT_THAT(state, HasSubstr(R"("tasks":[],"queued_tasks":[{"id":"t2","name":"web","slave_id":"M-S0","resources":)"));
  EXPECT_THAT(state, HasSubstr(R"("tasks":[],"queued_tasks":[],"completed_tasks":[{"id":"t4")"));
  EXPECT_THAT(state, HasSubstr(R"("completed_executors":[{"id":"t3")"));
}

// V0-100 AGT-090 AGT-190 AGT-251 AGT-252 HTTP-055
TEST_F(AgentReads, RecoveryHoldsBackTheStateOnly) {
  agent_.recovered_now = false;
  const http::Response early = testing::ask(router_, "GET", "/state");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.body, "Agent has not finished recovery");
  EXPECT_EQ(post(R"({"type":"GET_HEALTH"})").status, 503);
  EXPECT_EQ(testing::ask(router_, "GET", "/containers").status, 503);
  EXPECT_EQ(testing::ask(router_, "GET", "/monitor/statistics").status, 503);
  EXPECT_EQ(get("/health"), "");
  EXPECT_THAT(get("/flags"), StartsWith(R"({"flags":{)"));
  EXPECT_THAT(get("/version"), StartsWith(R"({"version":"1.12.0")"));
}

// AGT-250 V0-003 V0-004
TEST_F(AgentReads, ReadsTakeGetUnderAllTheirNamesAndNoOtherMethod) {
  for (const std::string name : {"/state", "/flags", "/version", "/health", "/containers", "/monitor/statistics",
                                 "/metrics/snapshot", "/files/debug"}) {
    const bool beside = name.starts_with("/metrics") || name.starts_with("/files");
    EXPECT_EQ(testing::ask(router_, "GET", name + ".json").status, 200) << name;
    EXPECT_EQ(testing::ask(router_, "HEAD", name).status, 200) << name;
    if (!beside && name != "/version") EXPECT_EQ(testing::ask(router_, "GET", "/slave(1)" + name).status, 200) << name;
    for (const char* method : {"PUT", "DELETE"}) {
      const http::Response refused = testing::ask(router_, method, name);
      EXPECT_EQ(refused.status, 405) << name;
      EXPECT_TRUE(refused.headers.has("Allow")) << name;
    }
  }
  EXPECT_EQ(testing::ask(router_, "GET", "/nothing").status, 404);
  EXPECT_EQ(testing::ask(router_, "GET", "/slave(1)/nothing").status, 404);
}

// AGT-200
TEST_F(AgentReads, TheProcessAnswersForItself) {
  EXPECT_EQ(post(R"({"type":"GET_HEALTH"})").body, R"({"type":"GET_HEALTH","get_health":{"healthy":true}})");
  EXPECT_THAT(post(R"({"type":"GET_VERSION"})").body,
              HasSubstr(R"("get_version":{"version_info":{"version":"1.12.0","build_date":"2026-01-02 03:04:05")"));
  EXPECT_THAT(post(R"({"type":"GET_FLAGS"})").body,
              HasSubstr(R"("get_flags":{"flags":[{"name":"cluster","value":"blue"},{"name":"port","value":"5050"},)"));
  EXPECT_THAT(post(R"({"type":"GET_METRICS","get_metrics":{}})").body,
              HasSubstr(R"({"name":"slave/registered","value":1.0})"));
  EXPECT_EQ(post(R"({"type":"GET_METRICS","get_metrics":{"timeout":{"nanoseconds":5000000000}}})").status, 200);
  EXPECT_EQ(post(R"({"type":"GET_METRICS","get_metrics":{"timeout":{"nanoseconds":-1}}})").status, 400);
}

// AGT-200 OPR-046 OPR-047
TEST_F(AgentReads, TheLogSaysMoreForAWhile) {
  const auto level = [&] { return post(R"({"type":"GET_LOGGING_LEVEL"})").body; };
  const auto is = [](const char* number) {
    return R"({"type":"GET_LOGGING_LEVEL","get_logging_level":{"level":)" + std::string(number) + "}}";
  };
  const auto set = [&](const char* wanted, const char* nanoseconds) {
    return post(R"({"type":"SET_LOGGING_LEVEL","set_logging_level":{"level":)" + std::string(wanted) +
                R"(,"duration":{"nanoseconds":)" + nanoseconds + "}}}")
        .status;
  };
  EXPECT_EQ(level(), is("0"));
  EXPECT_EQ(set("2", "60000000000"), 200);
  EXPECT_EQ(level(), is("2"));
  EXPECT_EQ(set("3", "9223372036854775807"), 200);
  EXPECT_EQ(level(), is("3"));
  EXPECT_EQ(set("1", "-1"), 400);
  EXPECT_EQ(level(), is("3"));
  EXPECT_EQ(set("1", "1"), 200);  // Has passed when it is asked for.
  EXPECT_EQ(level(), is("0"));
  EXPECT_EQ(post(R"({"type":"SET_LOGGING_LEVEL"})").status, 400);
}

// AGT-259 V0-085
TEST_F(AgentReads, TheLogIsToggledByPostOnly) {
  EXPECT_EQ(get("/logging/toggle"), "0\n");
  EXPECT_EQ(testing::ask(router_, "GET", "/logging/toggle?level=1&duration=5mins").status, 405);
  EXPECT_EQ(get("/logging/toggle"), "0\n");
  const http::Response set = testing::ask(router_, "POST", "/logging/toggle?level=1&duration=5mins");
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(set.body, "");
  EXPECT_EQ(get("/logging/toggle"), "1\n");
  for (const char* query :
       {"level=1", "duration=5mins", "level=x&duration=5mins", "level=-1&duration=5mins", "level=1&duration=soon",
        "level=1&duration=-5mins", "level=&duration=5mins", "level=99999999999&duration=5mins"}) {
    EXPECT_EQ(testing::ask(router_, "POST", std::string("/logging/toggle?") + query).status, 400) << query;
  }
  EXPECT_EQ(get("/logging/toggle"), "1\n");
}

// AGT-262
TEST_F(AgentReads, NothingIsChangedByGet) {
  for (const char* target : {"/api/v1", "/slave(1)/api/v1", "/logging/toggle?level=1&duration=5mins"}) {
    const http::Response refused = testing::ask(router_, "GET", target);
    EXPECT_EQ(refused.status, 405) << target;
    EXPECT_EQ(refused.headers.get("Allow"), "POST") << target;
  }
}

// AGT-258
TEST_F(AgentReads, WhatIsStuckInContainersIsShown) {
  EXPECT_EQ(get("/containerizer/debug"), R"({"pending":[]})");
  ReadingContext context = testing::context(loop_);
  context.pending_operations = [] {
    return std::vector{PendingOperation{.operation = "launch", .container = "C1", .age = std::chrono::seconds(90)}};
  };
  AgentReading stuck(agent_, context);
  http::Router router = testing::router("/slave(1)");
  add_agent_routes(router, [&]() -> AgentReading& { return stuck; });
  agent_.recovered_now = false;  // Then it is wanted most.
  EXPECT_EQ(testing::ask(router, "GET", "/slave(1)/containerizer/debug").body,
            R"({"pending":[{"operation":"launch","args":{"containerId":"C1"},"age_secs":90.0}]})");
}

// AGT-208
TEST_F(AgentReads, EachLevelOfAContainersIdIsChecked) {
  const auto ask = [&](const std::string& id) {
    const http::Response response = post(R"({"type":"WAIT_CONTAINER","wait_container":{"container_id":)" + id + "}}");
    return response.status == 400 ? response.body : "sound";
  };
  const auto level = [](const std::string& value) { return R"({"value":")" + value + R"("})"; };
  const auto below = [](const std::string& value, const std::string& parent) {
    return R"({"value":")" + value + R"(","parent":)" + parent + "}";
  };
  EXPECT_EQ(ask(level("c-1_A:b")), "sound");
  EXPECT_EQ(ask(level(std::string(242, 'x'))), "sound");
  EXPECT_EQ(ask(below("child", level("parent"))), "sound");
  EXPECT_EQ(ask(level(std::string(243, 'x'))),
            "Failed to validate agent::Call: 'wait_container.container_id' is invalid: 'ContainerID.value' must not be "
            "longer than 242 characters");
  for (const char* value : {"", "a.b", "..", "a b", "a/b", "a\\\\b", "a\\n", "a\\u007f", "\\u0000"}) {
    EXPECT_THAT(ask(level(value)), HasSubstr("'wait_container.container_id' is invalid: 'ContainerID.value'")) << value;
    EXPECT_THAT(ask(below("child", level(value))), HasSubstr("is invalid")) << value;
    EXPECT_THAT(ask(below("c", below("child", level(value)))), HasSubstr("is invalid")) << value;
  }
  std::string deep = level("x");
  for (int i = 1; i < 33; ++i) deep = below("x", deep);
  EXPECT_THAT(ask(deep), HasSubstr("deeper than 32 levels"));
}

// AGT-044
TEST_F(AgentReads, HealthTellsWhyTheMasterDoesNotWantThisAgent) {
  ReadingContext context = testing::context(loop_);
  context.trouble = [] { return std::string("the master does not register this agent: clocks differ"); };
  AgentReading troubled(agent_, context);
  http::Router router = testing::router("/slave(1)");
  add_agent_routes(router, [&]() -> AgentReading& { return troubled; });
  const http::Response health = testing::ask(router, "GET", "/health");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.body, "the master does not register this agent: clocks differ\n");
  agent_.state.counters.registrations_refused = 3;
  EXPECT_THAT(get("/metrics/snapshot"), HasSubstr(R"("slave/registrations_refused":3.0)"));
}

// AGT-201
TEST_F(AgentReads, StateIsTheThreeListsThatAlsoHaveCallsOfTheirOwn) {
  const std::string state = post(R"({"type":"GET_STATE"})").body;
  for (const auto& [type, member] : std::map<std::string, std::string>{
           {"GET_TASKS", "get_tasks"}, {"GET_EXECUTORS", "get_executors"}, {"GET_FRAMEWORKS", "get_frameworks"}}) {
    const std::string head = R"({"type":")" + type + R"(",)";
    std::string alone = post(R"({"type":")" + type + R"("})").body;
    ASSERT_THAT(alone, StartsWith(head + "\"" + member + "\":"));
    alone = alone.substr(head.size(), alone.size() - head.size() - 1);
    EXPECT_THAT(state, HasSubstr(alone)) << type;
  }
}

// AGT-140
TEST_F(AgentReads, FilesAreListedAndReadByCalls) {
  char pattern[] = "/tmp/agent_files.XXXXXX";
  const std::string sandbox = mkdtemp(pattern);
  std::ofstream(sandbox + "/stdout") << "hello\xff" << std::flush;
  std::filesystem::create_directory(sandbox + "/sub");
  std::filesystem::create_symlink("/etc/passwd", sandbox + "/out");
  auto placed = std::make_shared<agent::ExecutorRecord>(*agent_.state.frameworks[0].executors[0]);
  placed->directory = sandbox;
  agent_.state.frameworks[0].executors[0] = placed;
  const auto list = [&](const std::string& path) {
    return post(R"({"type":"LIST_FILES","list_files":{"path":")" + path + R"("}})");
  };
  const auto read = [&](const std::string& path, const char* more) {
    return post(R"({"type":"READ_FILE","read_file":{"path":")" + path + "\"" + more + "}}");
  };
  EXPECT_THAT(list(sandbox).body,
              ::testing::AllOf(HasSubstr("\"path\":\"" + sandbox + "/stdout\",\"nlink\":1,\"size\":6"),
                               HasSubstr(sandbox + "/sub")));
  EXPECT_EQ(read(sandbox + "/stdout", R"(,"offset":4,"length":2)").body,
            R"({"type":"READ_FILE","read_file":{"size":6,"data":"b/8="}})");
  EXPECT_EQ(read(sandbox + "/stdout", R"(,"offset":0)").body,
            R"({"type":"READ_FILE","read_file":{"size":6,"data":"aGVsbG//"}})");
  EXPECT_EQ(read("/frameworks/F-0000/executors/t1/runs/latest/stdout", R"(,"offset":9)").body,
            R"({"type":"READ_FILE","read_file":{"size":6,"data":""}})");
  EXPECT_EQ(read(sandbox + "/sub", R"(,"offset":0)").status, 400);
  EXPECT_EQ(read(sandbox + "/out", R"(,"offset":0)").status, 400);
  EXPECT_EQ(read(sandbox + "/../x", R"(,"offset":0)").status, 400);
  EXPECT_EQ(read(sandbox + "/none", R"(,"offset":0)").status, 404);
  EXPECT_EQ(list("/etc").status, 404);
  std::filesystem::remove_all(sandbox);
}

// AGT-138 V0-006
TEST_F(AgentReads, JsonpIsForThoseWhoSwitchItOn) {
  const std::string plain = get("/flags");
  EXPECT_EQ(get("/flags?jsonp=f"), plain);
  ReadingContext context = testing::context(loop_);
  context.jsonp = true;
  AgentReading open(agent_, context);
  http::Router router = testing::router("/slave(1)");
  add_agent_routes(router, [&]() -> AgentReading& { return open; });
  EXPECT_EQ(testing::ask(router, "GET", "/flags?jsonp=a.b._0").body, "a.b._0(" + plain + ")");
  EXPECT_EQ(testing::ask(router, "GET", "/files/debug?jsonp=f").body, "f({})");
  EXPECT_EQ(testing::ask(router, "GET", "/files/debug?jsonp=f(").status, 400);
}

// AGT-260
TEST_F(AgentReads, AThousandTasksAreShownWithinATenthOfASecond) {
  for (int i = 0; i < 1000; ++i) {
    agent_.state.frameworks[0].executors.push_back(executor(
        record("t" + std::to_string(i), agent::TaskStage::launched, mesos::v1::TASK_RUNNING), "C" + std::to_string(i)));
  }
  const std::clock_t begin = std::clock();  // Of this process: other work of the machine does not count.
  EXPECT_GT(get("/state").size(), 500'000U);
  if (times_count) EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 10);
}

// AGT-261
TEST_F(AgentReads, ThereIsNoRedirect) { EXPECT_EQ(testing::ask(router_, "GET", "/redirect").status, 404); }

// V0-150 V0-151 V0-152
TEST_F(AgentReads, MetricsCountWhatTheSnapshotHolds) {
  const std::string metrics = get("/metrics/snapshot");
  for (const char* shown :
       {R"("slave/registered":1.0)", R"("slave/cpus_total":4.0)", R"("slave/cpus_used":0.2)",
        R"("slave/frameworks_active":1.0)", R"("slave/tasks_running":1.0)", R"("slave/tasks_staging":1.0)",
        R"("slave/tasks_finished":1.0)", R"("containerizer/mesos/container_destroy_errors":0.0)",
        R"("gc/path_removals_pending":0.0)"}) {
    EXPECT_THAT(metrics, HasSubstr(shown));
  }
}

// V0-108
TEST_F(AgentReads, ContainersAreFilteredByWholeIdsOnly) {
  EXPECT_EQ(get("/containers?container_id=C1"),
            R"([{"framework_id":"F-0000","executor_id":"t1","executor_name":"Command Executor","source":"t1",)"
            R"("container_id":"C1","status":{"container_id":{"value":"C1"},"executor_pid":42}}])");
  EXPECT_THAT(get("/containers?framework_id=F-0000&executor_id=t2"), Not(HasSubstr("C1")));
  EXPECT_EQ(testing::ask(router_, "GET", "/containers?executor_id=t2").status, 400);
  EXPECT_EQ(testing::ask(router_, "GET", "/containers?container_id=C1&framework_id=F-0000").status, 400);
}

// V0-097
TEST_F(AgentReads, ASandboxHasThreeNames) {
  const FileSpace::Attachments attached = agent_files(agent_.state, *reading_.context).attachments();
  for (const auto& [name, real] :
       FileSpace::Attachments{{"/w/runs/C1", "/w/runs/C1"},
                              {"/w/runs/C3", "/w/runs/C3"},
                              {"/frameworks/F-0000/executors/t1/runs/latest", "/w/runs/C1"}}) {
    ASSERT_TRUE(attached.contains(name)) << name;
    EXPECT_EQ(attached.at(name), real);
  }
  EXPECT_TRUE(attached.contains("/w/runs/latest"));
}

// AGT-202 AGT-194
TEST_F(AgentReads, CallsShowEachTaskInOneList) {
  EXPECT_EQ(post(R"({"type":"GET_HEALTH"})").body, R"({"type":"GET_HEALTH","get_health":{"healthy":true}})");
  const std::string tasks = post(R"({"type":"GET_TASKS"})").body;
  EXPECT_THAT(tasks, HasSubstr(R"("queued_tasks":[{"name":"web","task_id":{"value":"t2"})"));
  EXPECT_THAT(tasks, HasSubstr(R"("launched_tasks":[{"name":"web","task_id":{"value":"t1"})"));
  EXPECT_THAT(tasks, HasSubstr(R"("terminated_tasks":[{"name":"web","task_id":{"value":"t4"})"));
  EXPECT_THAT(tasks, HasSubstr(R"("completed_tasks":[{"name":"web","task_id":{"value":"t3"})"));
  const std::string state = post(R"({"type":"GET_STATE"})").body;
  EXPECT_THAT(state, HasSubstr(R"("get_frameworks":{"frameworks":[{"framework_info":{"user":"svc")"));
  EXPECT_THAT(post(R"({"type":"GET_EXECUTORS"})").body, HasSubstr(R"("completed_executors":[{"executor_info":)"));
  EXPECT_THAT(post(R"({"type":"GET_AGENT"})").body, HasSubstr(R"("get_agent":{"agent_info":{"hostname":"a1")"));
}

// AGT-183 AGT-204 V0-100 AGT-253
TEST_F(AgentReads, ADrainIsShownWhileItLasts) {
  EXPECT_THAT(get("/state"), Not(HasSubstr("drain")));
  EXPECT_THAT(post(R"({"type":"GET_AGENT"})").body, Not(HasSubstr("drain")));
  mesos::v1::DrainConfig config;
  config.mutable_max_grace_period()->set_nanoseconds(5'000'000'000);
  agent_.state.drain_config = std::make_shared<const mesos::v1::DrainConfig>(config);
  agent_.state.drain_since = 1700.5;
  EXPECT_THAT(get("/state"), HasSubstr(R"("drain_config":{"max_grace_period":{"nanoseconds":5000000000},)"
                                       R"("mark_gone":false},"estimated_drain_start_time_seconds":1700)"));
  const std::string shown = post(R"({"type":"GET_AGENT"})").body;
  EXPECT_THAT(shown, HasSubstr(R"("drain_config":{"max_grace_period":{"nanoseconds":5000000000})"));
  EXPECT_THAT(shown, HasSubstr(R"("estimated_drain_start_time":{"nanoseconds":1700500000000})"));
}

// AGT-204 AGT-253 RES-104
TEST_F(AgentReads, ReservationsAndOperationsAreShown) {
  mesos::v1::AgentInfo info;
  testing::add_scalar(*info.mutable_resources(), "cpus", 3);
  testing::add_scalar(*info.mutable_resources(), "cpus", 1);
  auto& reservation = *info.mutable_resources(1)->add_reservations();
  reservation.set_type(mesos::v1::Resource::ReservationInfo::DYNAMIC);
  reservation.set_role("ads");
  agent_.state.total = std::make_shared<const model::Resources>(*model::Resources::from_messages(info.resources()));
  mesos::v1::Operation operation;
  operation.mutable_info()->set_type(mesos::v1::Offer::Operation::RESERVE);
  operation.mutable_latest_status()->set_state(mesos::v1::OPERATION_PENDING);
  operation.mutable_uuid()->set_value("u");
  agent_.state.operations = {std::make_shared<const mesos::v1::Operation>(operation)};
  EXPECT_THAT(get("/state"), HasSubstr(R"("reserved_resources":{"ads":{"cpus":1.0)"));
  EXPECT_THAT(post(R"({"type":"GET_AGENT"})").body, HasSubstr(R"("reservations":[{"type":"DYNAMIC","role":"ads"}])"));
  EXPECT_THAT(post(R"({"type":"GET_OPERATIONS"})").body, HasSubstr(R"("latest_status":{"state":"OPERATION_PENDING"})"));
  EXPECT_THAT(post(R"({"type":"GET_RESOURCE_PROVIDERS"})").body, HasSubstr(R"({"type":"GET_RESOURCE_PROVIDERS")"));
}

// AGT-101 AGT-105
TEST_F(AgentReads, MetricsTellOfOldDirectories) {
  agent_.state.garbage = {.removed = 3, .failed = 1, .pending = 2, .age_allowed = std::chrono::hours(1)};
  const std::string metrics = get("/metrics/snapshot");
  EXPECT_THAT(metrics, HasSubstr(R"("gc/path_removals_failed":1.0,"gc/path_removals_pending":2.0,)"
                                 R"("gc/path_removals_succeeded":3.0)"));
  EXPECT_THAT(metrics, HasSubstr(R"("slave/executor_directory_max_allowed_age_secs":3600.0)"));
}

// HTTP-064 HTTP-066 HTTP-067 HTTP-068 HTTP-075 HTTP-082 HTTP-083 HTTP-104 HTTP-105 HTTP-106 AGT-191 AGT-192 HTTP-046
TEST_F(AgentReads, HeadersAreCheckedBeforeTheBodyAndInTheAgentsOwnWords) {
  struct Case {
    http::Headers headers;
    std::string body;
    int status;
    const char* text;
  };
  const auto json = [](http::Headers more = {}) {
    more.add("Content-Type", "application/json");
    return more;
  };
  const http::Headers records{{"Content-Type", "application/recordio"}, {"Message-Content-Type", "application/json"}};
  const Case cases[] = {
      {{{"Content-Type", "text/plain"}}, "{", 415, "or application/recordio"},
      {json({{"Accept", "text/html"}}), "{", 406,
       "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio"},
      {json({{"Message-Content-Type", "application/json"}}), "{", 415,
       "Expecting 'Message-Content-Type' to be not set for non-streaming requests"},
      {json({{"Message-Accept", "application/json"}, {"Accept", "application/json"}}), "{", 406,
       "Expecting 'Message-Accept' to be not set for non-streaming responses"},
      {json({{"Accept", "application/recordio"}, {"Message-Accept", "text/html"}}), "{", 406,
       "Expecting 'Message-Accept' to allow application/json or application/x-protobuf"},
      {{{"Content-Type", "application/recordio"}},
       "{",
       400,
       "Expecting 'Message-Content-Type' to be set for streaming requests"},
      {json(), "{", 400, "Failed to parse body into JSON: "},
      {json(), "[]", 400, "Expecting a JSON object"},
      {{{"Content-Type", "application/x-protobuf"}}, "\xff\xff", 400, "Failed to parse body into a protobuf object"},
      {json(), "{}", 400, "Failed to validate agent::Call: Expecting 'type' to be present"},
      {json(), R"({"type":"READ_FILE"})", 400, "Failed to validate agent::Call: Expecting 'read_file' to be present"},
      {json({{"Accept", "application/recordio"}}), R"({"type":"GET_HEALTH"})", 406,
       "Streaming response is not supported for GET_HEALTH call"},
      {records, "", 400, "Received EOF while reading request body"},
      {records, codec::frame_record(R"({"type":"GET_HEALTH"})"), 415,
       "Streaming 'Content-Type' application/recordio is not supported for GET_HEALTH call"},
      {json(), R"({"type":"ATTACH_CONTAINER_INPUT","attach_container_input":{}})", 415,
       "Expecting 'Content-Type' to be application/recordio for ATTACH_CONTAINER_INPUT call"},
      {json(), R"({"type":"UNKNOWN"})", 501, "501 Not Implemented."},
      {json(), R"({"type":"PRUNE_IMAGES"})", 501, "does not have the call PRUNE_IMAGES"},
  };
  for (const Case& one : cases) {
    const http::Response response = post(one.headers, one.body);
    EXPECT_EQ(response.status, one.status) << one.text << " / " << response.body;
    EXPECT_THAT(response.body, HasSubstr(one.text));
  }
}

// ---- Executors that outlive their tasks

class AgentReadsExecutors : public AgentReads {
 protected:
  AgentReadsExecutors() {
    auto group = std::make_shared<agent::ExecutorRecord>();
    mesos::v1::ExecutorInfo info;
    info.mutable_executor_id()->set_value("pod");
    info.set_name("A pod");
    info.set_type(mesos::v1::ExecutorInfo::DEFAULT);
    testing::add_scalar(*info.mutable_resources(), "cpus", 0.5, "web");
    group->info = std::make_shared<const mesos::v1::ExecutorInfo>(info);
    group->container = ContainerId("P");
    group->directory = "/w/runs/P";
    group->command = false;
    group->tasks = {member("m1", "P.1", agent::TaskStage::launched, mesos::v1::TASK_RUNNING),
                    member("m2", "P.2", agent::TaskStage::launched, mesos::v1::TASK_RUNNING),
                    member("m3", "P.3", agent::TaskStage::completed, mesos::v1::TASK_FINISHED)};
    agent_.state.frameworks.at(0).executors = {group};
    agent_.state.frameworks.at(0).completed_executors.clear();
    auto gone = std::make_shared<agent::ExecutorRecord>(*group);
    gone->container = ContainerId("Q");
    gone->stage = agent::ExecutorStage::terminated;
    gone->tasks.clear();
    agent_.state.frameworks.at(0).executors.push_back(gone);
  }
  static std::shared_ptr<const agent::TaskRecord> member(const std::string& id, const std::string& container,
                                                         agent::TaskStage stage, mesos::v1::TaskState state) {
    auto made = std::make_shared<agent::TaskRecord>(*record(id, stage, state));
    made->container = ContainerId(container);
    made->pid = 7;
    return made;
  }
};

// AGT-253 AGT-255
TEST_F(AgentReadsExecutors, StateShowsAnExecutorWithAllItsTasks) {
  const std::string state = get("/state");
  EXPECT_THAT(state, HasSubstr(R"({"id":"pod","name":"A pod","source":"","container":"P","directory":"/w/runs/P")"));
  EXPECT_THAT(state, HasSubstr(R"("type":"DEFAULT","tasks":[{"id":"m1")"));
  EXPECT_THAT(state, HasSubstr(R"({"id":"m2")"));
  EXPECT_THAT(state, HasSubstr(R"("completed_tasks":[{"id":"m3")"));
}

// AGT-205
TEST_F(AgentReadsExecutors, ContainersAreThoseOfExecutorsAndIfWantedThoseInThem) {
  const std::string roots = post(R"({"type":"GET_CONTAINERS"})").body;
  EXPECT_EQ(roots, R"({"type":"GET_CONTAINERS","get_containers":{"containers":[{"framework_id":{"value":"F-0000"},)"
                   R"("executor_id":{"value":"pod"},"executor_name":"A pod","container_id":{"value":"P"},)"
                   R"("container_status":{"container_id":{"value":"P"}}}]}})");
  const std::string all = post(R"({"type":"GET_CONTAINERS","get_containers":{"show_nested":true}})").body;
  EXPECT_THAT(all, HasSubstr(R"("container_id":{"value":"1","parent":{"value":"P"}})"));
  EXPECT_THAT(all, HasSubstr(R"("container_id":{"value":"2","parent":{"value":"P"}})"));
  EXPECT_THAT(all, HasSubstr(R"("executor_pid":7)"));
  EXPECT_THAT(all, Not(HasSubstr(R"("value":"3")")));
  EXPECT_THAT(get("/containers"), Not(HasSubstr(R"("container_id":"Q")")));
}

// AGT-150 EXE-095
TEST_F(AgentReadsExecutors, MetricsCountExecutorsByTheirState) {
  agent_.state.counters = {.valid_status_updates = 5, .invalid_framework_messages = 2};
  const std::string metrics = get("/metrics/snapshot");
  for (const char* line : {R"("slave/executors_running":1.0)", R"("slave/executors_terminated":1.0)",
                           R"("slave/executors_registering":0.0)", R"("slave/valid_status_updates":5.0)",
                           R"("slave/invalid_framework_messages":2.0)"})
    EXPECT_THAT(metrics, HasSubstr(line));
}

}  // namespace
}  // namespace stoa::api
