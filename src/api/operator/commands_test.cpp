#include <gmock/gmock.h>

#include "api/testing.h"
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

// OPR-135 OPR-142 OPR-145
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

// OPR-133 OPR-167 OPR-190
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

}  // namespace
}  // namespace stoa::api
