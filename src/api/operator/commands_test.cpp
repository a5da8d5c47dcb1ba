#include <gmock/gmock.h>

#include "api/testing.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::Offer_Operation;
using ::testing::HasSubstr;

class Commands : public ::testing::Test {
 protected:
  Commands() : reading_(master_, testing::context(loop_)), router_(testing::router("/master")) {
    add_master_routes(router_, [this]() -> MasterReading& { return reading_; });
  }
  http::Response call(const std::string& body) {
    return testing::ask(router_, "POST", "/api/v1", {{"Content-Type", "application/json"}}, body);
  }
  http::Response form(const std::string& path, const std::string& body) {
    return testing::ask(router_, "POST", path, {}, body);
  }
  const master::Operate& operate() const { return std::get<master::Operate>(master_.commands.back()); }

  net::Loop loop_{1};
  testing::FakeMaster master_;
  MasterReading reading_;
  http::Router router_;
};

const std::string cpus =
    R"({"name":"cpus","type":"SCALAR","scalar":{"value":1},"role":"ads","reservation":{"principal":"p"}})";
const std::string disk = R"({"name":"disk","type":"SCALAR","scalar":{"value":8},"role":"ads","reservation":{}})";

// OPR-130 OPR-016
TEST_F(Commands, EachCallIsOneOperation) {
  const std::string head = R"(,"agent_id":{"value":"S1"})";
  const struct {
    std::string body;
    Offer_Operation::Type type;
  } cases[] = {
      {R"({"type":"RESERVE_RESOURCES","reserve_resources":{"resources":[)" + cpus + "]" + head + "}}",
       Offer_Operation::RESERVE},
      {R"({"type":"UNRESERVE_RESOURCES","unreserve_resources":{"resources":[)" + cpus + "]" + head + "}}",
       Offer_Operation::UNRESERVE},
      {R"({"type":"CREATE_VOLUMES","create_volumes":{"volumes":[)" + disk + "]" + head + "}}", Offer_Operation::CREATE},
      {R"({"type":"DESTROY_VOLUMES","destroy_volumes":{"volumes":[)" + disk + "]" + head + "}}",
       Offer_Operation::DESTROY},
      {R"({"type":"GROW_VOLUME","grow_volume":{"volume":)" + disk + R"(,"addition":)" + disk + head + "}}",
       Offer_Operation::GROW_VOLUME},
      {R"({"type":"SHRINK_VOLUME","shrink_volume":{"volume":)" + disk + R"(,"subtract":{"value":1})" + head + "}}",
       Offer_Operation::SHRINK_VOLUME},
  };
  for (const auto& one : cases) {
    const http::Response response = call(one.body);
    EXPECT_EQ(response.status, 202) << response.body;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(operate().agent, AgentId("S1"));
    EXPECT_EQ(operate().operation->type(), one.type);
  }
  EXPECT_EQ(operate().operation->shrink_volume().subtract().value(), 1);
}

// OPR-135
TEST_F(Commands, WhatIsMalformedByItselfNeverReachesTheMaster) {
  const auto reserve = [&](const std::string& resource) {
    return call(R"({"type":"RESERVE_RESOURCES","reserve_resources":{"agent_id":{"value":"S1"},"resources":[)" +
                resource + "]}}");
  };
  const http::Response negative = reserve(R"({"name":"cpus","type":"SCALAR","scalar":{"value":-1}})");
  EXPECT_EQ(negative.status, 400);
  EXPECT_THAT(negative.body, ::testing::StartsWith("Failed to validate master::Call: Resource '"));
  EXPECT_THAT(negative.body, HasSubstr("' is invalid: Invalid scalar resource: value <= 0"));
  EXPECT_THAT(reserve(R"({"name":"cpus","type":"TEXT"})").body, HasSubstr("Unsupported resource type"));
  EXPECT_THAT(reserve(R"({"name":"","type":"SCALAR","scalar":{"value":1}})").body, HasSubstr("Empty resource name"));
  const http::Response nowhere =
      call(R"({"type":"GROW_VOLUME","grow_volume":{"volume":)" + disk + R"(,"addition":)" + disk + "}}");
  EXPECT_EQ(nowhere.status, 400);
  EXPECT_EQ(nowhere.body, "Failed to validate master::Call: Expecting 'agent_id' to be present");
  EXPECT_TRUE(master_.commands.empty());
}

// OPR-133
TEST_F(Commands, TheOutcomeIsTheAnswer) {
  const std::string gone = R"({"type":"MARK_AGENT_GONE","mark_agent_gone":{"agent_id":{"value":"S1"}}})";
  EXPECT_EQ(call(gone).status, 200);
  EXPECT_EQ(std::get<master::MarkGone>(master_.commands.back()).agent, AgentId("S1"));
  EXPECT_EQ(call(R"({"type":"TEARDOWN","teardown":{"framework_id":{"value":"F1"}}})").status, 200);
  EXPECT_EQ(std::get<master::Teardown>(master_.commands.back()).framework, FrameworkId("F1"));
  const std::pair<Code, int> codes[] = {{Code::invalid_argument, 400},
                                        {Code::not_found, 404},
                                        {Code::failed_precondition, 409},
                                        {Code::unavailable, 503}};
  for (const auto& [code, status] : codes) {
    master_.outcome = fail(code, "because");
    const http::Response response = call(gone);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, "because");
  }
}

// V0-080 V0-081
TEST_F(Commands, FormsAreTheSameCalls) {
  const std::string list = "[" + cpus + "]";
  EXPECT_EQ(form("/reserve", "slaveId=S1&resources=" + list).status, 202);
  EXPECT_EQ(operate().agent, AgentId("S1"));
  EXPECT_EQ(operate().operation->reserve().resources(0).name(), "cpus");
  EXPECT_EQ(form("/master/reserve", "slaveId=S1&resources=" + list + "&source=" + list).status, 202);
  EXPECT_EQ(operate().operation->reserve().source_size(), 1);
  EXPECT_EQ(form("/unreserve", "slaveId=S1&resources=" + list).status, 202);
  EXPECT_EQ(operate().operation->type(), Offer_Operation::UNRESERVE);
  EXPECT_EQ(form("/create-volumes", "slaveId=S1&volumes=[" + disk + "]").status, 202);
  EXPECT_EQ(operate().operation->type(), Offer_Operation::CREATE);
  EXPECT_EQ(form("/destroy-volumes", "slaveId=S1&volumes=[" + disk + "]").status, 202);
  EXPECT_EQ(operate().operation->type(), Offer_Operation::DESTROY);
  EXPECT_EQ(form("/teardown", "frameworkId=F1").status, 200);
  EXPECT_EQ(std::get<master::Teardown>(master_.commands.back()).framework, FrameworkId("F1"));
  const std::size_t before = master_.commands.size();
  const struct {
    const char* path;
    std::string body;
    const char* text;
  } bad[] = {
      {"/reserve", "resources=" + list, "Missing 'slaveId' query parameter in the request body"},
      {"/reserve", "slaveId=S1", "Missing 'resources' query parameter in the request body"},
      {"/create-volumes", "slaveId=S1", "Missing 'volumes' query parameter in the request body"},
      {"/teardown", "", "Missing 'frameworkId' query parameter in the request body"},
      {"/reserve", "slaveId=S1&resources={}", "expecting a JSON array"},
      {"/reserve", "slaveId=S1&resources=[{]", "expecting a JSON array"},
      {"/reserve", "slaveId=S1&resources=[],\"agent_id\":{}", "expecting a JSON array"},
      {"/reserve", "slaveId=S1&resources=[{\"name\":1}]", "Error in parsing 'resources'"},
      {"/reserve", "slaveId=%zz", "Unable to decode query string"},
  };
  for (const auto& one : bad) {
    const http::Response response = form(one.path, one.body);
    EXPECT_EQ(response.status, 400) << one.body;
    EXPECT_THAT(response.body, HasSubstr(one.text));
  }
  EXPECT_EQ(master_.commands.size(), before);
  EXPECT_EQ(testing::ask(router_, "GET", "/reserve").status, 405);
}

const std::string windows = R"({"windows":[{"machine_ids":[{"hostname":"n1","ip":"10.0.0.1"},)"
                            R"({"hostname":"n2","ip":"FD00:0::1"}],"unavailability":{"start":{"nanoseconds":5}}}]})";

// OPR-151 V0-082
TEST_F(Commands, AScheduleIsCheckedAndItsAddressesAreWrittenInOneWay) {
  const auto update = [&](const std::string& schedule) {
    return call(R"({"type":"UPDATE_MAINTENANCE_SCHEDULE","update_maintenance_schedule":{"schedule":)" + schedule +
                "}}");
  };
  EXPECT_EQ(update(windows).status, 200);
  const auto& given = *std::get<master::UpdateMaintenance>(master_.commands.back()).schedule;
  ASSERT_EQ(given.windows(0).machine_ids_size(), 2);
  EXPECT_EQ(given.windows(0).machine_ids(1).ip(), "fd00::1");
  EXPECT_EQ(update("{}").status, 200) << "cancels";
  EXPECT_EQ(form("/maintenance/schedule", windows).status, 200);
  const std::size_t before = master_.commands.size();
  const std::string away = R"("unavailability":{"start":{"nanoseconds":5}})";
  const std::pair<std::string, const char*> bad[] = {
      {R"({"windows":[{)" + away + "}]}", "List of machines in the maintenance window is empty"},
      {R"({"windows":[{"machine_ids":[{}],)" + away + "}]}", "Both 'hostname' and 'ip' for a machine are empty"},
      {R"({"windows":[{"machine_ids":[{"ip":"10.0.0"}],)" + away + "}]}", "Failed to parse the 'ip' of machine"},
      {R"({"windows":[{"machine_ids":[{"hostname":"a"},{"hostname":"A"}],)" + away + "}]}", "appears more than once"},
      {R"({"windows":[{"machine_ids":[{"hostname":"a"}],"unavailability":{"start":{"nanoseconds":5},)"
       R"("duration":{"nanoseconds":-1}}}]})",
       "'duration' is negative"},
  };
  for (const auto& [schedule, text] : bad) {
    const http::Response response = update(schedule);
    EXPECT_EQ(response.status, 400) << schedule;
    EXPECT_THAT(response.body, HasSubstr(text));
    EXPECT_EQ(form("/maintenance/schedule", schedule).status, 400);
  }
  EXPECT_EQ(form("/maintenance/schedule", "[").status, 400);
  EXPECT_EQ(master_.commands.size(), before);
}

// V0-069 V0-070
TEST_F(Commands, ScheduleAndStatusAreShown) {
  const auto read = [&](const char* type) { return call(std::string(R"({"type":")") + type + R"("})").body; };
  EXPECT_EQ(read("GET_MAINTENANCE_SCHEDULE"),
            R"({"type":"GET_MAINTENANCE_SCHEDULE","get_maintenance_schedule":{"schedule":{}}})");
  EXPECT_EQ(read("GET_MAINTENANCE_STATUS"),
            R"({"type":"GET_MAINTENANCE_STATUS","get_maintenance_status":{"status":{}}})");
  mesos::v1::maintenance::Schedule schedule;
  schedule.add_windows()->add_machine_ids()->set_hostname("n1");
  schedule.mutable_windows(0)->mutable_unavailability()->mutable_start()->set_nanoseconds(5);
  master_.state.maintenance_schedule = std::make_shared<const mesos::v1::maintenance::Schedule>(schedule);
  mesos::v1::maintenance::ClusterStatus status;
  status.add_draining_machines()->mutable_id()->set_hostname("n1");
  master_.state.maintenance_status = std::make_shared<const mesos::v1::maintenance::ClusterStatus>(status);
  const std::string shown = R"({"windows":[{"machine_ids":[{"hostname":"n1"}],"unavailability":)"
                            R"({"start":{"nanoseconds":5}}}]})";
  EXPECT_THAT(read("GET_MAINTENANCE_SCHEDULE"), HasSubstr(shown));
  EXPECT_THAT(read("GET_MAINTENANCE_STATUS"), HasSubstr(R"("draining_machines":[{"id":{"hostname":"n1"}}])"));
  EXPECT_EQ(testing::ask(router_, "GET", "/maintenance/schedule").body, shown);
  EXPECT_EQ(testing::ask(router_, "GET", "/master/maintenance/status").body,
            R"({"draining_machines":[{"id":{"hostname":"n1"}}]})");
}

// OPR-155 OPR-156 V0-082
TEST_F(Commands, MachinesAreSwitchedByCallAndByTheOlderEndpoints) {
  const std::string list = R"([{"hostname":"n1","ip":"2001:DB8::0:7"},{"hostname":"n2"}])";
  const auto switched = [&] { return std::get<master::SwitchMachines>(master_.commands.back()); };
  EXPECT_EQ(call(R"({"type":"START_MAINTENANCE","start_maintenance":{"machines":)" + list + "}}").status, 200);
  EXPECT_TRUE(switched().down);
  ASSERT_EQ(switched().machines.size(), 2U);
  EXPECT_EQ(switched().machines[0].ip, "2001:db8::7");
  EXPECT_EQ(call(R"({"type":"STOP_MAINTENANCE","stop_maintenance":{"machines":)" + list + "}}").status, 200);
  EXPECT_FALSE(switched().down);
  EXPECT_EQ(form("/machine/down", list).status, 200);
  EXPECT_TRUE(switched().down);
  EXPECT_EQ(form("/master/machine/up", list).status, 200);
  EXPECT_FALSE(switched().down);
  const std::size_t before = master_.commands.size();
  for (const char* body : {"", "{}", "[]", "[{}]", "[1]", R"([{"hostname":"n1"},{"hostname":"N1"}])",
                           R"([{"hostname":"n1","ip":"1.2.3"}])", R"([{"hostname":"n1"}],"x":[])"}) {
    EXPECT_EQ(form("/machine/down", body).status, 400) << body;
    EXPECT_EQ(form("/machine/up", body).status, 400) << body;
  }
  EXPECT_EQ(call(R"({"type":"START_MAINTENANCE","start_maintenance":{}})").status, 400);
  EXPECT_EQ(testing::ask(router_, "GET", "/machine/down").status, 405);
  EXPECT_EQ(master_.commands.size(), before);
}

// OPR-160 OPR-164 OPR-165 OPR-166
TEST_F(Commands, AgentsAreDrainedDeactivatedAndReactivated) {
  const auto switched = [&] { return std::get<master::SwitchAgent>(master_.commands.back()); };
  const auto drain = [&](const std::string& more) {
    return call(R"({"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"S1"})" + more + "}}").status;
  };
  EXPECT_EQ(drain(R"(,"max_grace_period":"90.5s","mark_gone":true)"), 200);
  EXPECT_EQ(switched().agent, AgentId("S1"));
  EXPECT_EQ(switched().to, master::SwitchAgent::To::drained);
  EXPECT_EQ(switched().config->max_grace_period().nanoseconds(), 90'500'000'000);
  EXPECT_TRUE(switched().config->mark_gone());
  EXPECT_EQ(drain(""), 200);
  EXPECT_FALSE(switched().config->has_max_grace_period());
  EXPECT_EQ(drain(R"(,"max_grace_period":"9000000000s")"), 200);
  EXPECT_EQ(switched().config->max_grace_period().nanoseconds(), 9'000'000'000'000'000'000);
  EXPECT_EQ(drain(R"(,"max_grace_period":"-1s")"), 400);
  EXPECT_EQ(call(R"({"type":"DEACTIVATE_AGENT","deactivate_agent":{"agent_id":{"value":"S1"}}})").status, 200);
  EXPECT_EQ(switched().to, master::SwitchAgent::To::deactivated);
  EXPECT_EQ(call(R"({"type":"REACTIVATE_AGENT","reactivate_agent":{"agent_id":{"value":"S1"}}})").status, 200);
  EXPECT_EQ(switched().to, master::SwitchAgent::To::active);
  EXPECT_EQ(call(R"({"type":"DRAIN_AGENT"})").status, 400);
}

// OPR-154
TEST_F(Commands, WhatIsScheduledAndDownIsShown) {
  const std::string none = R"({"type":"GET_MAINTENANCE_SCHEDULE","get_maintenance_schedule":{"schedule":{}}})";
  EXPECT_EQ(call(R"({"type":"GET_MAINTENANCE_SCHEDULE"})").body, none);
  EXPECT_EQ(call(R"({"type":"GET_MAINTENANCE_STATUS"})").body,
            R"({"type":"GET_MAINTENANCE_STATUS","get_maintenance_status":{"status":{}}})");
  auto status = std::make_shared<mesos::v1::maintenance::ClusterStatus>();
  status->add_down_machines()->set_hostname("n1");
  auto& draining = *status->add_draining_machines();
  draining.mutable_id()->set_hostname("n2");
  master_.state.maintenance_status = status;
  EXPECT_EQ(call(R"({"type":"GET_MAINTENANCE_STATUS"})").body,
            R"({"type":"GET_MAINTENANCE_STATUS","get_maintenance_status":{"status":{"draining_machines":[{"id":)"
            R"({"hostname":"n2"}}],"down_machines":[{"hostname":"n1"}]}}})");
}

}  // namespace
}  // namespace stoa::api
