// The read endpoints of a master over a small cluster: one agent, one framework, three tasks, one offer.
#include "api/testing.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::master::Response;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

model::Resources resources_of(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages) {
  return model::Resources::from_messages(messages).value();
}

std::shared_ptr<const master::AgentView> agent_view() {
  auto view = std::make_shared<master::AgentView>();
  mesos::v1::AgentInfo info;
  info.set_hostname("a1");
  auto& rack = *info.add_attributes();
  rack.set_name("rack");
  rack.set_type(mesos::v1::Value::TEXT);
  rack.mutable_text()->set_value("r2");
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> total;
  testing::add_scalar(total, "cpus", 6);
  testing::add_scalar(total, "mem", 1000);
  testing::add_ports(total, 31000, 32000);
  testing::add_scalar(total, "cpus", 2);
  auto& reservation = *total.Mutable(3)->add_reservations();
  reservation.set_type(mesos::v1::Resource::ReservationInfo::DYNAMIC);
  reservation.set_role("db");
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> offered;
  testing::add_scalar(offered, "cpus", 1, "web");
  view->id = AgentId("M-S0");
  view->info = std::make_shared<const mesos::v1::AgentInfo>(info);
  view->active = view->connected = true;
  view->addresses = {"2001:db8::7", "10.0.0.7"};
  view->version = "1.12.0";
  view->registered = 1002.25;
  view->total = resources_of(total);
  view->allocated = resources_of(testing::task("t", mesos::v1::TASK_RUNNING).resources());
  view->offered = resources_of(offered);
  return view;
}

std::shared_ptr<const master::FrameworkView> framework_view(bool multi_role) {
  auto view = std::make_shared<master::FrameworkView>();
  mesos::v1::FrameworkInfo info;
  info.set_user("svc");
  info.set_name("web");
  info.mutable_id()->set_value("F-0000");
  if (multi_role) {
    info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
    info.add_roles("web");
  }
  view->id = FrameworkId("F-0000");
  view->info = std::make_shared<const mesos::v1::FrameworkInfo>(info);
  view->active = view->connected = true;
  view->registered = 1003;
  view->roles = {"web"};
  view->tasks = {testing::shared(testing::task("t1", mesos::v1::TASK_RUNNING, 30)),
                 testing::shared(testing::task("t2", mesos::v1::TASK_STAGING))};
  view->completed_tasks = {testing::shared(testing::task("t3", mesos::v1::TASK_FINISHED, 20))};
  auto offer = std::make_shared<master::OfferView>();
  mesos::v1::Offer message;
  message.mutable_id()->set_value("M-O1");
  message.mutable_framework_id()->set_value("F-0000");
  message.mutable_agent_id()->set_value("M-S0");
  message.set_hostname("a1");
  testing::add_scalar(*message.mutable_resources(), "cpus", 1, "web");
  offer->resources = resources_of(message.resources());
  message.mutable_resources(0)->set_role("*");  // As a framework without refinement gets it.
  offer->message = std::make_shared<const mesos::v1::Offer>(message);
  offer->framework = view->id;
  offer->agent = AgentId("M-S0");
  offer->role = "web";
  view->offers = {offer};
  return view;
}

class MasterReads : public ::testing::Test {
 protected:
  MasterReads() : reading_(master_, testing::context(loop_)), router_(testing::router("/master")) {
    mesos::v1::MasterInfo info;
    info.set_id("M");
    info.set_ip(0);
    info.set_port(5050);
    info.set_pid("master@10.0.0.1:5050");
    info.set_hostname("m1");
    info.add_capabilities()->set_type(mesos::v1::MasterInfo::Capability::AGENT_UPDATE);
    master_.state.info = std::make_shared<const mesos::v1::MasterInfo>(info);
    add_master_routes(router_, [this]() -> MasterReading& { return reading_; });
  }

  void fill(bool multi_role = false) {
    master_.state.agents = {agent_view()};
    master_.state.frameworks = {framework_view(multi_role)};
    master_.state.unreachable_agents = 2;
    master_.state.metrics["master/tasks_finished"] = 7;
  }
  std::string get(const std::string& target) {
    const http::Response response = testing::ask(router_, "GET", target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return response.body;
  }
  http::Response post(const std::string& body, const std::string& type = "application/json",
                      const std::string& accept = "application/json") {
    return testing::ask(router_, "POST", "/api/v1", {{"Content-Type", type}, {"Accept", accept}}, body);
  }

  net::Loop loop_{1};
  testing::FakeMaster master_;
  MasterReading reading_;
  http::Router router_;
};

// V0-040 V0-041 V0-027 V0-028 V0-026 HTTP-200
TEST_F(MasterReads, AnEmptyStateHasEveryKeyThatIsAlwaysThere) {
  EXPECT_EQ(get("/state"),
            R"({"version":"1.12.0","build_date":"2026-01-02 03:04:05","build_time":1.5,"build_user":"ci",)"
            R"("start_time":1000.5,"elected_time":1001.5,"id":"M","pid":"master@10.0.0.1:5050","hostname":"m1",)"
            R"("capabilities":["AGENT_UPDATE"],"activated_slaves":0.0,"deactivated_slaves":0.0,)"
            R"("unreachable_slaves":0.0,"leader":"master@10.0.0.1:5050",)"
            R"("leader_info":{"id":"M","pid":"master@10.0.0.1:5050","port":5050,"hostname":"m1"},)"
            R"("cluster":"blue","flags":{"cluster":"blue","port":"5050","work_dir":"/w"},"slaves":[],)"
            R"("recovered_slaves":[],"frameworks":[],"completed_frameworks":[],"orphan_tasks":[],)"
            R"("unregistered_frameworks":[],"stoa_version":"0.1.0"})");
}

// V0-020 V0-021 V0-024 V0-029 V0-030 V0-031 V0-033 V0-043 V0-044 V0-045
TEST_F(MasterReads, AnAgentIsShownFlatWithItsShares) {
  fill();
  const std::string state = get("/state");
  EXPECT_THAT(state, HasSubstr(R"("activated_slaves":1.0,"deactivated_slaves":0.0,"unreachable_slaves":2.0)"));
  EXPECT_THAT(
      state,
      HasSubstr(R"({"id":"M-S0","hostname":"a1","port":5051,"attributes":{"rack":"r2"},"pid":"slave(1)@10.0.0.7:5051",)"
                R"("registered_time":1002.25,)"
                R"("resources":{"cpus":8.0,"gpus":0.0,"mem":1000.0,"disk":0.0,"ports":"[31000-32000]"},)"
                R"("used_resources":{"cpus":0.1,"gpus":0.0,"mem":128.0,"disk":0.0,"ports":"[31002-31002]"},)"
                R"("offered_resources":{"cpus":1.0,"gpus":0.0,"mem":0.0,"disk":0.0},)"
                R"("reserved_resources":{"db":{"cpus":2.0,"gpus":0.0,"mem":0.0,"disk":0.0}},)"
                R"("unreserved_resources":{"cpus":6.0,"gpus":0.0,"mem":1000.0,"disk":0.0,"ports":"[31000-32000]"},)"
                R"("active":true,"deactivated":false,"version":"1.12.0","capabilities":[],)"
                R"("addresses":[{"ip":"2001:db8::7","port":5051},{"ip":"10.0.0.7","port":5051}]})"));
}

// V0-032 V0-047 V0-048 V0-054
TEST_F(MasterReads, AFrameworkIsShownWithTheSumsOfItsTasksAndOffers) {
  fill();
  EXPECT_THAT(get("/state"),
              HasSubstr(R"("frameworks":[{"id":"F-0000","name":"web",)"
                        R"("used_resources":{"cpus":0.2,"gpus":0.0,"mem":256.0,"disk":0.0,"ports":"[31002-31002]"},)"
                        R"("offered_resources":{"cpus":1.0,"gpus":0.0,"mem":0.0,"disk":0.0},"capabilities":[],)"
                        R"("hostname":"","webui_url":"","active":true,"connected":true,"recovered":false,)"
                        R"("user":"svc","failover_timeout":0.0,"checkpoint":false,"registered_time":1003.0,)"
                        R"("unregistered_time":0.0,)"
                        R"("resources":{"cpus":1.2,"gpus":0.0,"mem":256.0,"disk":0.0,"ports":"[31002-31002]"},)"
                        R"("role":"*","tasks":[)"));
  EXPECT_THAT(get("/state"),
              HasSubstr(R"("offers":[{"id":"M-O1","framework_id":"F-0000",)"
                        R"("allocation_info":{"role":"web"},"slave_id":"M-S0","resources":{"cpus":1.0)"));
}

// V0-047
TEST_F(MasterReads, AFrameworkHasRoleOrRolesNeverBoth) {
  fill(true);
  const std::string shown = get("/frameworks");
  EXPECT_THAT(shown, HasSubstr(R"("roles":["web"],"tasks":[)"));
  EXPECT_THAT(shown, Not(HasSubstr(R"("role":"*")")));
}

// V0-049 V0-050 V0-052 V0-055
TEST_F(MasterReads, ATaskIsShownWithoutWhatItsStatusesCarryForTheFramework) {
  fill();
  const std::string state = get("/state");
  EXPECT_THAT(state, HasSubstr(R"({"id":"t1","name":"web","framework_id":"F-0000","executor_id":"","slave_id":"M-S0",)"
                               R"("state":"TASK_RUNNING","resources":{"cpus":0.1,"gpus":0.0,"mem":128.0,"disk":0.0,)"
                               R"("ports":"[31002-31002]"},"role":"web","statuses":[{"state":"TASK_RUNNING",)"
                               R"("timestamp":30.0,"container_status":{"container_id":{"value":"C1"},"network_infos":)"
                               R"([{"ip_addresses":[{"protocol":"IPv4","ip_address":"10.0.0.7"}]}]}}]})"));
  EXPECT_THAT(state, HasSubstr(R"("completed_tasks":[{"id":"t3")"));
  EXPECT_THAT(state, Not(HasSubstr("hidden")));
}

// V0-001 V0-002 V0-003 V0-005 HTTP-003 HTTP-188 HTTP-204
TEST_F(MasterReads, EveryNameOfAnEndpointGivesTheSameDocument) {
  fill();
  const http::Response plain = testing::ask(router_, "GET", "/state");
  EXPECT_EQ(plain.headers.get("Content-Type"), "application/json");
  for (const char* name : {"/master/state", "/state.json", "/master/state.json", "/state/", "/state?_ts=1"}) {
    EXPECT_EQ(get(name), plain.body) << name;
  }
  EXPECT_EQ(get("/slaves/S0"), get("/slaves"));
  EXPECT_EQ(testing::ask(router_, "POST", "/state").body, plain.body);
  EXPECT_EQ(testing::ask(router_, "PUT", "/state").status, 405);
  EXPECT_EQ(testing::ask(router_, "GET", "/master/version").status, 404);
  EXPECT_EQ(testing::ask(router_, "GET", "/master/metrics/snapshot").status, 404);
}

// V0-060
TEST_F(MasterReads, TheSummaryCountsTasksByStateForAgentsAndFrameworks) {
  fill();
  const std::string counts =
      R"("TASK_STAGING":1,"TASK_STARTING":0,"TASK_RUNNING":1,"TASK_KILLING":0,"TASK_FINISHED":1,"TASK_KILLED":0,)"
      R"("TASK_FAILED":0,"TASK_LOST":0,"TASK_ERROR":0,"TASK_UNREACHABLE":0,)";
  const std::string summary = get("/state-summary");
  EXPECT_THAT(summary, StartsWith(R"({"hostname":"m1","cluster":"blue","slaves":[{"id":"M-S0")"));
  EXPECT_THAT(summary, HasSubstr(counts + R"("TASK_DROPPED":0,"TASK_GONE":0,"TASK_GONE_BY_OPERATOR":0,)"
                                          R"("framework_ids":["F-0000"]})"));
  EXPECT_THAT(summary, HasSubstr(R"("recovered":false,)" + counts));
  EXPECT_THAT(summary, HasSubstr(R"("slave_ids":["M-S0"]})"));
}

// V0-061 V0-023
TEST_F(MasterReads, SlavesCarryFullResourcesAndAnUnknownIdGivesEmptyLists) {
  fill();
  EXPECT_THAT(get("/slaves?slave_id=M-S0"),
              HasSubstr(R"("reserved_resources_full":{"db":[{"name":"cpus","type":"SCALAR","scalar":{"value":2.0},)"
                        R"("role":"db","reservation":{},"reservations":[{"type":"DYNAMIC","role":"db"}]}]})"));
  EXPECT_EQ(get("/slaves?slave_id=other"), R"({"slaves":[],"recovered_slaves":[]})");
}

// V0-063
TEST_F(MasterReads, FrameworksAreFilteredById) {
  fill();
  EXPECT_THAT(get("/frameworks?framework_id=F-0000"), HasSubstr(R"({"frameworks":[{"id":"F-0000")"));
  EXPECT_EQ(get("/frameworks?framework_id=x"),
            R"({"frameworks":[],"completed_frameworks":[],"unregistered_frameworks":[]})");
}

std::vector<std::string> task_ids(const std::string& json) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = json.find(R"({"id":")", at)) != std::string::npos;) {
    at += 7;
    ids.push_back(json.substr(at, json.find('"', at) - at));
  }
  return ids;
}

// V0-064 V0-065
TEST_F(MasterReads, TasksAreSortedByFirstStatusAndCut) {
  fill();
  EXPECT_THAT(task_ids(get("/tasks")), ElementsAre("t1", "t3", "t2"));
  EXPECT_THAT(task_ids(get("/tasks?order=asc")), ElementsAre("t2", "t3", "t1"));
  EXPECT_THAT(task_ids(get("/tasks?limit=1&offset=1")), ElementsAre("t3"));
  EXPECT_THAT(task_ids(get("/tasks?limit=-1&offset=1")), ElementsAre("t3", "t2"));
  EXPECT_THAT(task_ids(get("/tasks?limit=x&offset=9")), ElementsAre());
  EXPECT_THAT(task_ids(get("/tasks?task_id=t2&framework_id=F-0000")), ElementsAre("t2"));
}

// V0-066 V0-022 OPR-097
TEST_F(MasterReads, RolesSumTheirSubtrees) {
  fill();
  master_.state.sharing = std::make_shared<const master::Sharing>(
      master::Sharing{.weights = {{"eng/db", 2.5}},
                      .quotas = {{"db",
                                  {.guarantees = *model::Quantities::parse("cpus:1"),
                                   .limits = *model::Limits::parse("cpus:2;gpus:0")}}},
                      .priorities = {{"eng", -3}}});
  EXPECT_EQ(get("/roles"),
            R"({"roles":[{"name":"db","weight":1.0,"quota":{"role":"db","guarantee":{"cpus":1.0},)"
            R"("limit":{"cpus":2.0,"gpus":0.0},)"
            R"("consumed":{"cpus":2.0}},"resources":{},"allocated":{},"offered":{},"reserved":{"cpus":2.0},)"
            R"("frameworks":[],"effective_priority":0},)"
            R"({"name":"eng","weight":1.0,"quota":{"role":"eng","guarantee":{},"limit":{},)"
            R"("consumed":{}},"resources":{},"allocated":{},"offered":{},"reserved":{},"frameworks":[],)"
            R"("priority":-3,"effective_priority":-3},)"
            R"({"name":"eng/db","weight":2.5,"quota":{"role":"eng/db","guarantee":{},"limit":{},"consumed":{}},)"
            R"("resources":{},"allocated":{},"offered":{},"reserved":{},"frameworks":[],"effective_priority":-3},)"
            R"({"name":"web","weight":1.0,"quota":{"role":"web","guarantee":{},"limit":{},)"
            R"("consumed":{"cpus":0.1,"mem":128.0}},"resources":{"cpus":1.1,"mem":128.0},)"
            R"("allocated":{"cpus":0.1,"mem":128.0},"offered":{"cpus":1.0},"reserved":{},"frameworks":["F-0000"],)"
            R"("effective_priority":0}]})");
}

// V0-071 V0-072 V0-073
TEST_F(MasterReads, TheProcessSpeaksForItselfDuringRecovery) {
  master_.recovered_now = false;
  EXPECT_EQ(get("/health"), "");
  EXPECT_EQ(get("/master/health"), "");
  EXPECT_EQ(get("/flags"), R"({"flags":{"cluster":"blue","port":"5050","work_dir":"/w"}})");
  EXPECT_THAT(get("/version"),
              StartsWith(R"({"version":"1.12.0","build_date":"2026-01-02 03:04:05","build_time":1.5)"));
  EXPECT_THAT(get("/metrics/snapshot"), HasSubstr("master/elected"));
  EXPECT_EQ(testing::ask(router_, "GET", "/state").status, 503);
}

// V0-012 HTTP-056 HTTP-057
TEST_F(MasterReads, RedirectLeadsToTheRootAndNowhereDeeper) {
  for (const char* path : {"/redirect", "/master/redirect", "/redirect?x=%0d%0aX:1"}) {
    const http::Response response = testing::ask(router_, "GET", path);
    EXPECT_EQ(response.status, 307);
    EXPECT_EQ(response.headers.get("Location"), "//m1:5050");
    EXPECT_EQ(response.headers.size(), 1u);
  }
  EXPECT_EQ(testing::ask(router_, "GET", "/redirect/state").status, 404);
  EXPECT_EQ(testing::ask(router_, "GET", "/redirect%0d%0aX: 1").status, 404);
}

// V0-120 V0-123
TEST_F(MasterReads, MetricsAreFlatNumbersOfNow) {
  fill();
  const std::string metrics = get("/metrics/snapshot?timeout=2secs");
  for (const char* shown :
       {R"("master/cpus_total":8.0)", R"("master/cpus_used":0.1)", R"("master/cpus_percent":0.0125)",
        R"("master/gpus_percent":0.0)", R"("master/mem_revocable_total":0.0)", R"("master/elected":1.0)",
        R"("master/slaves_active":1.0)", R"("master/slaves_unreachable":2.0)", R"("master/frameworks_connected":1.0)",
        R"("master/outstanding_offers":1.0)", R"("master/tasks_running":1.0)", R"("master/tasks_staging":1.0)",
        R"("master/tasks_finished":7.0)", R"("registrar/log/recovered":1.0)", R"("system/cpus_total":)",
        R"("allocator/mesos/resources/cpus/offered_or_allocated":1.1)"}) {
    EXPECT_THAT(metrics, HasSubstr(shown));
  }
  EXPECT_EQ(testing::ask(router_, "GET", "/metrics/snapshot?timeout=soon").status, 400);
}

// V0-130 V0-131 V0-132 V0-144 V0-157
TEST_F(MasterReads, EveryGaugeIsThereFromTheStart) {
  const std::string metrics = get("/metrics/snapshot");
  std::vector<std::string> names;
  for (const char* resource : {"cpus", "gpus", "mem", "disk"}) {
    for (const char* kind :
         {"_total", "_used", "_percent", "_revocable_total", "_revocable_used", "_revocable_percent"}) {
      names.push_back(std::string("master/") + resource + kind);
    }
  }
  for (const char* name : {"master/uptime_secs",
                           "master/elected",
                           "master/slaves_connected",
                           "master/slaves_disconnected",
                           "master/slaves_active",
                           "master/slaves_inactive",
                           "master/slaves_unreachable",
                           "master/frameworks_connected",
                           "master/frameworks_disconnected",
                           "master/frameworks_active",
                           "master/frameworks_inactive",
                           "master/outstanding_offers",
                           "master/tasks_staging",
                           "master/tasks_starting",
                           "master/tasks_running",
                           "master/tasks_killing",
                           "master/tasks_unreachable",
                           "master/event_queue_messages",
                           "master/http_cache_hits",
                           "registrar/queued_operations",
                           "registrar/registry_size_bytes",
                           "registrar/log/recovered",
                           "registrar/log/ensemble_size",
                           "allocator/mesos/allocation_runs",
                           "allocator/mesos/event_queue_dispatches",
                           "allocator/event_queue_dispatches",
                           "allocator/mesos/resources/cpus/total",
                           "allocator/mesos/resources/disk/offered_or_allocated",
                           "system/load_1min",
                           "system/load_5min",
                           "system/load_15min",
                           "system/cpus_total",
                           "system/mem_total_bytes",
                           "system/mem_free_bytes"}) {
    names.emplace_back(name);
  }
  for (const std::string& name : names) EXPECT_THAT(metrics, HasSubstr("\"" + name + "\":")) << name;
}

// V0-006 SEC-240
TEST_F(MasterReads, JsonpIsIgnoredUnlessEnabledAndNeverRunsForeignText) {
  EXPECT_EQ(get("/flags?jsonp=f"), get("/flags"));
  ReadingContext enabled = testing::context(loop_);
  enabled.jsonp = true;
  MasterReading reading(master_, enabled);
  http::Router router;
  add_master_routes(router, [&]() -> MasterReading& { return reading; });
  const http::Response wrapped = testing::ask(router, "GET", "/flags?jsonp=a.b_1");
  EXPECT_THAT(wrapped.body, StartsWith("a.b_1({"));
  EXPECT_EQ(wrapped.headers.get("Content-Type"), "text/javascript");
  EXPECT_EQ(testing::ask(router, "GET", "/flags?jsonp=alert(1)//").status, 400);
}

// OPR-006 OPR-007 OPR-008 OPR-009 OPR-010 OPR-011 OPR-012 OPR-013 HTTP-046
TEST_F(MasterReads, ACallIsCheckedInOrderAndTheFirstFailureAnswers) {
  struct Case {
    const char* body;
    const char* type;
    const char* accept;
    int status;
    const char* text;
  };
  const Case cases[] = {
      {R"({"type":"GET_HEALTH"})", "text/plain", "", 415, "application/json or application/x-protobuf"},
      {"{", "application/json", "", 400, "Failed to parse body into JSON: "},
      {R"({"type":3})", "application/json", "", 400, "Failed to convert JSON into Call protobuf: "},
      {"\xff\xff", "application/x-protobuf", "", 400, "Failed to parse body into Call protobuf"},
      {R"({"type":"READ_FILE","read_file":{"path":"/"}})", "application/json", "", 400,
       "Missing required fields: read_file.offset"},
      {"{}", "application/json", "", 400, "Failed to validate master::Call: Expecting 'type' to be present"},
      {R"({"type":"NO_SUCH"})", "application/json", "", 400,
       "Failed to validate master::Call: Expecting 'type' to be present"},
      {R"({"type":"GET_METRICS"})", "application/json", "", 400,
       "Failed to validate master::Call: Expecting 'get_metrics' to be present"},
      {R"({"type":"TEARDOWN"})", "application/json", "", 400,
       "Failed to validate master::Call: Expecting 'teardown' to be present"},
      {R"({"type":"GET_HEALTH"})", "application/json", "", 406, "Expecting 'Accept' to allow"},
      {R"({"type":"UNKNOWN"})", "application/json", "", 406, "Expecting 'Accept' to allow"},
      {R"({"type":"UNKNOWN"})", "application/json", "*/*", 501, "501 Not Implemented."},
      {R"({"type":"SUBSCRIBE"})", "application/json", "*/*", 501, "does not have the call SUBSCRIBE"},
      {R"({"type":"GET_HEALTH"})", "application/json;charset=utf-8", "application/*", 200, "healthy"},
  };
  for (const Case& one : cases) {
    const http::Response response = post(one.body, one.type, one.accept);
    EXPECT_EQ(response.status, one.status) << one.body << response.body;
    EXPECT_THAT(response.body, HasSubstr(one.text));
  }
  const http::Response got = testing::ask(router_, "GET", "/api/v1");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.headers.get("Allow"), "POST");
  const http::Response untyped = testing::ask(router_, "POST", "/api/v1", {}, "{}");
  EXPECT_EQ(untyped.status, 400);
  EXPECT_THAT(untyped.body, HasSubstr("Expecting 'Content-Type' to be present"));
  master_.recovered_now = false;
  const http::Response early = testing::ask(router_, "GET", "/api/v1");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.headers.get("Retry-After"), "1");
}

// HTTP-077
TEST_F(MasterReads, AcceptIsLookedAtForEveryCall) {
  const auto& types = *mesos::v1::master::Call::Type_descriptor();
  for (int i = 0; i < types.value_count(); ++i) {
    const std::string name = types.value(i)->name();
    std::string member = name;
    for (char& c : member) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const http::Response response = post(fmt::format(R"({{"type":"{}"}})", name), "application/json", "text/html");
    // A call that needs a member fails for want of it first; all others are refused for what they accept.
    if (!response.body.starts_with("Failed to validate")) EXPECT_EQ(response.status, 406) << name;
  }
  EXPECT_EQ(
      post(R"({"type":"READ_FILE","read_file":{"path":"/x","offset":0}})", "application/json", "text/html").status,
      406);
  EXPECT_EQ(post(R"({"type":"GET_METRICS","get_metrics":{}})", "application/json", "text/html").status, 406);
}

// HTTP-102 HTTP-203
TEST_F(MasterReads, OperatorCallsHaveOtherSpellingsAndKnowNothingOfStreamIds) {
  for (const char* target : {"/api/v1", "/api/v1/operator", "/master/api/v1", "/api/v1?_ts=1", "/api/v1/"}) {
    const http::Response response = testing::ask(
        router_, "POST", target, {{"Content-Type", "application/json"}, {"Mesos-Stream-Id", "no-such-stream"}},
        R"({"type":"GET_HEALTH"})");
    EXPECT_EQ(response.status, 200) << target << response.body;
    EXPECT_FALSE(response.headers.has("Mesos-Stream-Id"));
  }
}

// HTTP-035
TEST_F(MasterReads, WhatIsNotThereIs404) {
  EXPECT_EQ(testing::ask(router_, "GET", "/no/such/path").status, 404);
  EXPECT_EQ(testing::ask(router_, "GET", "/files/read?path=/no/such/file&offset=0").status, 404);
  EXPECT_EQ(
      post(R"({"type":"READ_FILE","read_file":{"path":"/no/such/file","offset":0}})", "application/json", "*/*").status,
      404);
}

// OPR-015 OPR-040 OPR-041 OPR-043 OPR-046 OPR-048 HTTP-078
TEST_F(MasterReads, CallsAboutTheProcessNameThemselves) {
  const auto body = [this](const char* type) {
    const http::Response response = post(std::string(R"({"type":")") + type + R"("})");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    return response.body;
  };
  EXPECT_EQ(body("GET_HEALTH"), R"({"type":"GET_HEALTH","get_health":{"healthy":true}})");
  EXPECT_EQ(body("GET_VERSION"), R"({"type":"GET_VERSION","get_version":{"version_info":{"version":"1.12.0",)"
                                 R"("build_date":"2026-01-02 03:04:05","build_time":1.5,"build_user":"ci"}}})");
  EXPECT_EQ(body("GET_FLAGS"), R"({"type":"GET_FLAGS","get_flags":{"flags":[{"name":"cluster","value":"blue"},)"
                               R"({"name":"port","value":"5050"},{"name":"work_dir","value":"/w"}]}})");
  EXPECT_EQ(body("GET_LOGGING_LEVEL"), R"({"type":"GET_LOGGING_LEVEL","get_logging_level":{"level":0}})");
  EXPECT_THAT(body("GET_MASTER"), HasSubstr(R"("start_time":1000.5,"elected_time":1001.5}})"));
}

// OPR-069 OPR-070 OPR-094
TEST_F(MasterReads, ListsThatDashboardsIterateAreThereWhenEmpty) {
  EXPECT_EQ(post(R"({"type":"GET_AGENTS"})").body,
            R"({"type":"GET_AGENTS","get_agents":{"agents":[],"recovered_agents":[]}})");
  EXPECT_EQ(post(R"({"type":"GET_STATE"})").body,
            R"({"type":"GET_STATE","get_state":{"get_tasks":{"tasks":[],"unreachable_tasks":[],"completed_tasks":[]},)"
            R"("get_executors":{"executors":[]},"get_frameworks":{"frameworks":[],"completed_frameworks":[]},)"
            R"("get_agents":{"agents":[],"recovered_agents":[]}}})");
  EXPECT_EQ(post(R"({"type":"GET_ROLES"})").body, R"({"type":"GET_ROLES","get_roles":{}})");
  EXPECT_EQ(post(R"({"type":"GET_OPERATIONS"})").body, R"({"type":"GET_OPERATIONS","get_operations":{}})");
}

// OPR-094 V0-053 V0-047 OPR-086
TEST_F(MasterReads, ExecutorsAreListedAndCountedWithoutTheirSecrets) {
  fill();
  mesos::v1::ExecutorInfo info;
  info.mutable_executor_id()->set_value("e");
  info.mutable_framework_id()->set_value("F1");
  info.set_type(mesos::v1::ExecutorInfo::CUSTOM);
  info.mutable_command()->set_value("run");
  auto& variable = *info.mutable_command()->mutable_environment()->add_variables();
  variable.set_name("TOKEN");
  variable.set_type(mesos::v1::Environment::Variable::SECRET);
  variable.mutable_secret()->mutable_value()->set_data("hidden");
  auto& gpus = *info.add_resources();
  gpus.set_name("gpus");
  gpus.set_type(mesos::v1::Value::SCALAR);
  gpus.mutable_scalar()->set_value(3);
  gpus.mutable_allocation_info()->set_role("eng");
  auto view = std::make_shared<master::FrameworkView>(*master_.state.frameworks[0]);
  view->executors.push_back({std::make_shared<const mesos::v1::ExecutorInfo>(info), AgentId("M-S0")});
  master_.state.frameworks = {view};
  EXPECT_THAT(post(R"({"type":"GET_EXECUTORS"})").body,
              StartsWith(R"({"type":"GET_EXECUTORS","get_executors":{"executors":[{"executor_info":{)"));
  EXPECT_THAT(post(R"({"type":"GET_EXECUTORS"})").body, HasSubstr(R"("agent_id":{"value":"M-S0"}}]}})"));
  const std::string state = get("/state");
  EXPECT_THAT(state, HasSubstr(R"("executors":[{"executor_id":"e","name":"","framework_id":"F1","command":{)"
                               R"("value":"run","argv":[],"environment":{"variables":[{"name":"TOKEN",)"
                               R"("type":"SECRET"}]},"uris":[]},"resources":{)"));
  EXPECT_THAT(state, HasSubstr(R"("role":"eng","type":"CUSTOM","slave_id":"M-S0"}])"));
  EXPECT_THAT(state, Not(HasSubstr("hidden")));
  EXPECT_THAT(state, HasSubstr(R"("gpus":3)"));
}

// OPR-095
TEST_F(MasterReads, OperationsAreThoseOfRegisteredAgents) {
  fill();
  mesos::v1::Operation operation;
  operation.mutable_info()->set_type(mesos::v1::Offer::Operation::RESERVE);
  operation.mutable_latest_status()->set_state(mesos::v1::OPERATION_PENDING);
  operation.mutable_uuid()->set_value("0123456789abcdef");
  auto view = std::make_shared<master::AgentView>(*master_.state.agents[0]);
  view->operations.push_back(std::make_shared<const mesos::v1::Operation>(operation));
  master_.state.agents = {view};
  EXPECT_EQ(post(R"({"type":"GET_OPERATIONS"})").body,
            R"({"type":"GET_OPERATIONS","get_operations":{"operations":[{"info":{"type":"RESERVE"},)"
            R"("latest_status":{"state":"OPERATION_PENDING"},"uuid":{"value":"MDEyMzQ1Njc4OWFiY2RlZg=="}}]}})");
}

// OPR-068 HTTP-148
TEST_F(MasterReads, BothEncodingsOfAStateAreOneMessage) {
  fill();
  for (const char* type : {"GET_STATE", "GET_AGENTS", "GET_FRAMEWORKS", "GET_TASKS", "GET_EXECUTORS", "GET_ROLES"}) {
    const std::string call = std::string(R"({"type":")") + type + R"("})";
    const http::Response binary = post(call, "application/json", "application/x-protobuf");
    EXPECT_EQ(binary.headers.get("Content-Type"), "application/x-protobuf");
    Response from_binary;
    ASSERT_TRUE(codec::read_protobuf(binary.body, from_binary)) << type;
    Response from_json;
    ASSERT_TRUE(codec::read_json(post(call).body, from_json)) << type;
    EXPECT_EQ(codec::to_json(from_binary), codec::to_json(from_json)) << type;
    EXPECT_EQ(Response::Type_Name(from_binary.type()), type);
  }
}

// OPR-061 OPR-076 OPR-078 OPR-079 OPR-080 OPR-086 OPR-090
TEST_F(MasterReads, AStateHoldsWhatTheSingleCallsShow) {
  fill();
  Response state;
  ASSERT_TRUE(codec::read_json(post(R"({"type":"GET_STATE"})").body, state));
  Response agents;
  ASSERT_TRUE(codec::read_json(post(R"({"type":"GET_AGENTS"})").body, agents));
  EXPECT_EQ(codec::to_json(state.get_state().get_agents()), codec::to_json(agents.get_agents()));
  const auto& agent = agents.get_agents().agents(0);
  EXPECT_EQ(agent.pid(), "slave(1)@10.0.0.7:5051");
  EXPECT_EQ(agent.registered_time().nanoseconds(), 1'002'250'000'000);
  EXPECT_FALSE(agent.has_reregistered_time());
  EXPECT_EQ(agent.total_resources(0).role(), "*");
  EXPECT_EQ(agent.total_resources(3).role(), "db");
  EXPECT_EQ(agent.allocated_resources(0).allocation_info().role(), "web");
  EXPECT_EQ(agent.offered_resources(0).scalar().value(), 1.0);
  const auto& framework = state.get_state().get_frameworks().frameworks(0);
  EXPECT_EQ(framework.framework_info().id().value(), "F-0000");
  EXPECT_EQ(framework.allocated_resources(0).scalar().value(), 0.2);
  EXPECT_TRUE(framework.has_offer_constraints());
  EXPECT_FALSE(framework.offers(0).resources(0).has_role());
  EXPECT_EQ(state.get_state().get_tasks().tasks_size(), 2);
  EXPECT_EQ(state.get_state().get_tasks().completed_tasks(0).task_id().value(), "t3");
}

// OPR-045 OPR-098
TEST_F(MasterReads, MetricsAndRolesAnswerCalls) {
  fill();
  EXPECT_THAT(post(R"({"type":"GET_METRICS","get_metrics":{}})").body,
              HasSubstr(R"({"name":"master/cpus_total","value":8.0})"));
  EXPECT_EQ(post(R"({"type":"GET_METRICS","get_metrics":{"timeout":{"nanoseconds":-1}}})").status, 400);
  EXPECT_THAT(post(R"({"type":"GET_ROLES"})").body,
              HasSubstr(R"({"name":"web","weight":1.0,"frameworks":[{"value":"F-0000"}],"resources":[)"
                        R"({"name":"cpus","type":"SCALAR","scalar":{"value":1.1}},)"
                        R"({"name":"mem","type":"SCALAR","scalar":{"value":128.0}}]})"));
}

}  // namespace
}  // namespace stoa::api
