// The calls and endpoints about weights, quotas, priorities, preemption and their reasons.
#include <gmock/gmock.h>

#include "api/testing.h"
#include "mesos/v1/maintenance/maintenance.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"

namespace stoa::api {
namespace {

using ::testing::HasSubstr;

class SharingApi : public ::testing::Test {
 protected:
  SharingApi() : reading_(master_, testing::context(loop_)), router_(testing::router("/master")) {
    add_master_routes(router_, [this]() -> MasterReading& { return reading_; });
    master::Sharing sharing;
    sharing.weights = {{"ads", 0.5}, {"eng/db", 2}};
    sharing.quotas = {{"eng",
                       {.guarantees = *model::Quantities::parse("cpus:1.5;mem:64"),
                        .limits = *model::Limits::parse("cpus:2;gpus:0")}},
                      {"ops", {.guarantees = {}, .limits = *model::Limits::parse("cpus:3")}}};
    sharing.priorities = {{"eng", -3}, {"ops", 10}};
    master_.state.sharing = std::make_shared<const master::Sharing>(sharing);
  }
  http::Response call(const std::string& body) {
    return testing::ask(router_, "POST", "/api/v1", {{"Content-Type", "application/json"}}, body);
  }
  http::Response send(const std::string& method, const std::string& path, const std::string& body = "") {
    return testing::ask(router_, method, path, {}, body);
  }
  template <typename Command>
  const Command& last() const {
    return std::get<Command>(master_.commands.back());
  }

  net::Loop loop_{1};
  testing::FakeMaster master_;
  MasterReading reading_;
  http::Router router_;
};

// OPR-175 V0-068 ALC-230
TEST_F(SharingApi, WeightsThatWereSetAreShownSorted) {
  EXPECT_EQ(call(R"({"type":"GET_WEIGHTS"})").body,
            R"({"type":"GET_WEIGHTS","get_weights":{"weight_infos":[{"weight":0.5,"role":"ads"},)"
            R"({"weight":2.0,"role":"eng/db"}]}})");
  EXPECT_EQ(send("GET", "/weights").body, R"([{"weight":0.5,"role":"ads"},{"weight":2.0,"role":"eng/db"}])");
  master_.state.sharing = std::make_shared<const master::Sharing>();
  EXPECT_EQ(call(R"({"type":"GET_WEIGHTS"})").body, R"({"type":"GET_WEIGHTS","get_weights":{}})");
  EXPECT_EQ(send("GET", "/weights").body, "[]");
}

// OPR-176 V0-083
TEST_F(SharingApi, WeightsAreSetByCallAndByEndpoint) {
  const std::map<std::string, double> wanted{{"a", 2}, {"b/c", 0.25}};
  EXPECT_EQ(call(R"({"type":"UPDATE_WEIGHTS","update_weights":{"weight_infos":[{"role":"a","weight":2},)"
                 R"({"role":"b/c","weight":0.25}]}})")
                .status,
            200);
  EXPECT_EQ(last<master::UpdateWeights>().weights, wanted);
  EXPECT_EQ(send("PUT", "/weights", R"([{"role":"b/c","weight":0.25},{"role":"a","weight":2.0}])").status, 200);
  EXPECT_EQ(last<master::UpdateWeights>().weights, wanted);
  const std::size_t before = master_.commands.size();
  for (const char* bad : {"", "{}", "[", R"([{"role":"a"}])", R"([{"role":"a","weight":"x"}])", "[]}]"}) {
    EXPECT_EQ(send("PUT", "/weights", bad).status, 400) << bad;
  }
  EXPECT_EQ(master_.commands.size(), before);
  master_.outcome = invalid("Weights must be positive");
  EXPECT_EQ(send("PUT", "/weights", R"([{"role":"a","weight":0}])").status, 400);
  master_.recovered_now = false;
  EXPECT_EQ(send("PUT", "/weights", R"([{"role":"a","weight":1}])").status, 503);
  EXPECT_EQ(send("POST", "/weights", "[]").status, 405);
}

// OPR-178 OPR-182 V0-067 ALC-204
TEST_F(SharingApi, QuotasAreShownInBothForms) {
  const std::string configs =
      R"("configs":[{"role":"eng","guarantees":{"cpus":{"value":1.5},"mem":{"value":64.0}},)"
      R"("limits":{"cpus":{"value":2.0},"gpus":{"value":0.0}}},{"role":"ops","limits":{"cpus":{"value":3.0}}}])";
  EXPECT_EQ(call(R"({"type":"GET_QUOTA"})").body,
            R"({"type":"GET_QUOTA","get_quota":{"status":{"infos":[{"role":"eng","guarantee":[)"
            R"({"name":"cpus","type":"SCALAR","scalar":{"value":1.5}},)"
            R"({"name":"mem","type":"SCALAR","scalar":{"value":64.0}}]},{"role":"ops"}],)" +
                configs + "}}}");
  const std::string shown = send("GET", "/quota").body;
  EXPECT_THAT(shown, ::testing::StartsWith(R"({"infos":[{"role":"eng","guarantee":[{"name":"cpus",)"));
  EXPECT_THAT(shown, HasSubstr(R"({"role":"ops","guarantee":[]})"));
  EXPECT_THAT(shown, HasSubstr(configs));
  master_.state.sharing = std::make_shared<const master::Sharing>();
  EXPECT_EQ(call(R"({"type":"GET_QUOTA"})").body, R"({"type":"GET_QUOTA","get_quota":{"status":{}}})");
  EXPECT_EQ(send("GET", "/quota").body, "{}");
}

// OPR-179 OPR-180 ALC-061
TEST_F(SharingApi, QuotasAreSetByOneCallAndValuesHaveBounds) {
  EXPECT_EQ(
      call(R"({"type":"UPDATE_QUOTA","update_quota":{"force":true,"quota_configs":[)"
           R"({"role":"a","guarantees":{"cpus":{"value":9}}},{"role":"b"},)"
           R"({"role":"a","guarantees":{"cpus":{"value":1.5}},"limits":{"cpus":{"value":2},"gpus":{"value":0}}}]}})")
          .status,
      200);
  const auto& update = last<master::UpdateQuota>();
  EXPECT_TRUE(update.force);
  ASSERT_EQ(update.quotas.size(), 2U);
  EXPECT_EQ(update.quotas.at("a").guarantees.to_text(), "cpus:1.5");
  EXPECT_EQ(update.quotas.at("a").limits.to_text(), "cpus:2;gpus:0");
  EXPECT_TRUE(update.quotas.at("b").empty());
  const std::size_t before = master_.commands.size();
  const std::pair<const char*, const char*> bad[] = {{R"("cpus":{"value":-1})", "Invalid QuotaConfig"},
                                                     {R"("mem":{"value":1099511627777})", "1 exabyte"},
                                                     {R"("cpus":{"value":1000000000001})", "1 trillion"}};
  for (const auto& [value, gist] : bad) {
    const http::Response refused = call(R"({"type":"UPDATE_QUOTA","update_quota":{"quota_configs":[{"role":"a",)"
                                        R"("limits":{)" +
                                        std::string(value) + "}}]}}");
    EXPECT_EQ(refused.status, 400) << value;
    EXPECT_THAT(refused.body, HasSubstr(gist));
  }
  EXPECT_EQ(master_.commands.size(), before);
}

// OPR-185 V0-083 ALC-063 RES-081
TEST_F(SharingApi, TheOlderCallsSetAndRemoveOneQuota) {
  const std::string guarantee = R"("guarantee":[{"name":"cpus","type":"SCALAR","scalar":{"value":2}}])";
  EXPECT_EQ(call(R"({"type":"SET_QUOTA","set_quota":{"quota_request":{"role":"a",)" + guarantee + "}}}").status, 200);
  EXPECT_EQ(last<master::SetQuota>().guarantee.to_text(), "cpus:2");
  EXPECT_EQ(send("POST", "/quota", R"({"role":"a/b","force":true,)" + guarantee + "}").status, 200);
  EXPECT_EQ(last<master::SetQuota>().role, "a/b");
  EXPECT_TRUE(last<master::SetQuota>().force);
  const std::size_t before = master_.commands.size();
  for (const char* bad :
       {"[]", R"({"role":"a","guarantee":[]})",
        R"({"role":"a","guarantee":[{"name":"p","type":"RANGES","ranges":{"range":[{"begin":1,"end":2}]}}]})",
        R"({"role":"a","guarantee":[{"name":"cpus","type":"SCALAR","scalar":{"value":1},"role":"x"}]})",
        R"({"role":"a","guarantee":[{"name":"cpus","type":"SCALAR","scalar":{"value":1},"revocable":{}}]})",
        R"({"role":"a","guarantee":[{"name":"d","type":"SCALAR","scalar":{"value":1},"disk":{}}]})",
        R"({"role":"a","guarantee":[{"name":"c","type":"SCALAR","scalar":{"value":1}},)"
        R"({"name":"c","type":"SCALAR","scalar":{"value":1}}]})"}) {
    EXPECT_EQ(send("POST", "/quota", bad).status, 400) << bad;
  }
  EXPECT_EQ(send("DELETE", "/quota").status, 400);
  EXPECT_EQ(master_.commands.size(), before);
  master_.outcome = fail(Code::already_exists, "too much");
  EXPECT_EQ(send("POST", "/quota", R"({"role":"a",)" + guarantee + "}").status, 409);
  master_.outcome = {};
  EXPECT_EQ(send("DELETE", "/quota/a/b").status, 200);
  EXPECT_EQ(last<master::RemoveQuota>().role, "a/b");
  EXPECT_EQ(send("DELETE", "/quota/a%2Fc").status, 200);
  EXPECT_EQ(last<master::RemoveQuota>().role, "a/c");
  EXPECT_EQ(call(R"({"type":"REMOVE_QUOTA","remove_quota":{"role":"x"}})").status, 200);
  EXPECT_EQ(last<master::RemoveQuota>().role, "x");
}

// ALC-200
TEST_F(SharingApi, PrioritiesAreReadAndSetAsAList) {
  EXPECT_EQ(send("GET", "/role_priorities").body, R"([{"role":"eng","priority":-3},{"role":"ops","priority":10}])");
  EXPECT_EQ(send("PUT", "/role_priorities", R"([{"role":"a","priority":7},{"role":"b/c","priority":null}])").status,
            200);
  const std::map<std::string, std::optional<std::int64_t>> wanted{{"a", 7}, {"b/c", std::nullopt}};
  EXPECT_EQ(last<master::UpdatePriorities>().priorities, wanted);
  const std::size_t before = master_.commands.size();
  for (const char* bad :
       {"", "{}", R"([{"role":"a"}])", R"([{"priority":1}])", R"([{"role":"a","priority":1.5}])",
        R"([{"role":"a","priority":"1"}])", R"([{"role":1,"priority":1}])", R"([{"role":"a","priority":1e99}])"}) {
    EXPECT_EQ(send("PUT", "/role_priorities", bad).status, 400) << bad;
  }
  EXPECT_EQ(master_.commands.size(), before);
}

// ALC-223
TEST_F(SharingApi, PlansAreShownAndTried) {
  EXPECT_EQ(send("GET", "/preemptions").body, R"({"preemptions":[]})");
  master_.state.preemptions = std::make_shared<const master::PreemptionLog>(
      master::PreemptionLog{{5, FrameworkId("F"), "prod", "cpus:2", AgentId("S1"), {{FrameworkId("G"), TaskId("t")}}}});
  EXPECT_EQ(send("GET", "/preemptions").body,
            R"({"preemptions":[{"time":5.0,"role":"prod","framework_id":"F","resources":"cpus:2","agent_id":"S1",)"
            R"("victims":[{"framework_id":"G","task_id":"t"}]}]})");
  master_.planned = {.claim = allocator::Claim::priority,
                     .agent = AgentId("S1"),
                     .rescinds = {OfferId("O1")},
                     .victims = {{FrameworkId("G"), "batch", {TaskId("t"), TaskId("u")}, {}, {}}}};
  EXPECT_EQ(send("POST", "/role_priorities/plan", R"({"role":"prod","resources":"cpus:2;mem:64"})").body,
            R"({"claim":"priority","agent_id":"S1","rescinds":["O1"],"victims":[)"
            R"({"framework_id":"G","task_id":"t","role":"batch"},{"framework_id":"G","task_id":"u","role":"batch"}]})");
  EXPECT_EQ(master_.demanded.role, "prod");
  EXPECT_EQ(master_.demanded.bundle.to_text(), "cpus:2;mem:64");
  for (const char* bad : {"", "[]", R"({"resources":"cpus:2"})", R"({"role":"prod"})",
                          R"({"role":"prod","resources":""})", R"({"role":"prod","resources":"cpus"})"}) {
    EXPECT_EQ(send("POST", "/role_priorities/plan", bad).status, 400) << bad;
  }
}

TEST_F(SharingApi, ExplainAnswersForOneOrAllAgentsPageByPage) {
  using allocator::Reason;
  master_.explained.is_known = true;
  master_.explained.standings = {{"eng", 0.25, 0.5, -3, 2}};
  master_.explained.agents = {
      {AgentId("S1"), "eng", Reason::filter, "the framework declined 'cpus:1'", Duration(1500000000)},
      {AgentId("S2"), "eng", Reason::nothing_free, "everything is in use", {}}};
  master_.explained.next = AgentId("S2");
  EXPECT_EQ(send("GET", "/allocator/explain?framework=F&limit=2&after=S0").body,
            R"({"roles":[{"role":"eng","role_share":0.25,"framework_share":0.5,"priority":-3,"ahead":2}],"agents":[)"
            R"({"agent_id":"S1","role":"eng","reason":"filter","detail":"the framework declined 'cpus:1'",)"
            R"("filter_left_secs":1.5},)"
            R"({"agent_id":"S2","role":"eng","reason":"nothing_free","detail":"everything is in use"}],"next":"S2"})");
  EXPECT_EQ(master_.asked.framework, FrameworkId("F"));
  EXPECT_EQ(master_.asked.explanations_max, 2U);
  EXPECT_EQ(master_.asked.after, AgentId("S0"));
  send("GET", "/allocator/explain?framework=F&agent=S9");
  EXPECT_EQ(master_.asked.agent, AgentId("S9"));
  for (const char* bad :
       {"", "?framework=", "?framework=F&limit=0", "?framework=F&limit=10001", "?framework=F&limit=x"}) {
    EXPECT_EQ(send("GET", std::string("/allocator/explain") + bad).status, 400) << bad;
  }
  master_.explained.is_known = false;
  EXPECT_EQ(send("GET", "/allocator/explain?framework=F").status, 404);
}

// V0-143 ALC-251
TEST_F(SharingApi, MetricsOfRolesAndQuotasExistWhileTheyDo) {
  master_.state.roles = {{"eng/db", 0.125, 3, -3}};
  auto agent = std::make_shared<master::AgentView>();
  agent->total = model::testing::resources("cpus:4;cpus(eng/db):1");
  agent->allocated = model::testing::resources("cpus:0.5").with_allocation_role("eng/db");
  agent->offered = model::testing::resources("cpus:0.25").with_allocation_role("eng");
  master_.state.agents = {agent};
  const std::string metrics = send("GET", "/metrics/snapshot").body;
  for (const char* shown : {R"("allocator/mesos/roles/eng/db/shares/dominant":0.125)",
                            R"("allocator/mesos/offer_filters/roles/eng/db/active":3.0)",
                            R"("allocator/mesos/quota/roles/eng/resources/cpus/guarantee":1.5)",
                            R"("allocator/mesos/quota/roles/eng/resources/cpus/limit":2.0)",
                            R"("allocator/mesos/quota/roles/eng/resources/cpus/consumed":1.5)",
                            R"("allocator/mesos/quota/roles/eng/resources/cpus/offered_or_allocated":0.75)",
                            R"("allocator/mesos/quota/roles/eng/resources/gpus/limit":0.0)"}) {
    EXPECT_THAT(metrics, HasSubstr(shown));
  }
  master_.state.roles.clear();
  master_.state.sharing = std::make_shared<const master::Sharing>();
  master_.state.agents.clear();
  const std::string after = send("GET", "/metrics/snapshot").body;
  EXPECT_THAT(after, ::testing::Not(HasSubstr("allocator/mesos/roles/")));
  EXPECT_THAT(after, ::testing::Not(HasSubstr("allocator/mesos/quota/")));
}

}  // namespace
}  // namespace stoa::api
