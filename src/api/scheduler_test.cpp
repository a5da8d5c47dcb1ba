// The scheduler endpoint: which calls come through, what is said to the others, and what a subscriber reads.
#include "api/scheduler.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "api/scheduler_testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;
using testing::Answer;
using testing::call_of;
using testing::SchedulerBench;
using testing::subscribe_body;
using testing::Subscription;
using Lines = std::vector<std::string>;

const std::string json = "application/json";
const std::string protobuf = "application/x-protobuf";
const std::string plain = "text/plain; charset=utf-8";

// "400 text", for one comparison; the type of a text is checked on the way.
std::string said(const Answer& answer) {
  if (!answer.body().empty()) EXPECT_EQ(answer.header("Content-Type"), plain) << answer.body();
  return fmt::format("{} {}", answer.status(), answer.body());
}

const char* const no_type = "400 Failed to validate scheduler::Call: Expecting 'type' to be present";
const char* const unsupported_type = "415 Expecting 'Content-Type' of application/json or application/x-protobuf";
const char* const not_acceptable = "406 Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'";

// ---- Who gets as far as a call

// HTTP-045 HTTP-055
TEST(SchedulerApi, AMasterThatReadsItsRegistryAsksToComeBack) {
  SchedulerBench bench(SchedulerBench::Start::recovering);
  const Answer early = bench.post(subscribe_body);
  EXPECT_EQ(said(early), "503 Master has not finished recovery");
  EXPECT_FALSE(early.header("Retry-After").empty());
  EXPECT_EQ(bench.master.calls, 0);
  bench.master.step(master::RegistryLoaded{});
  EXPECT_EQ(bench.post(subscribe_body).status(), 200);
}

// HTTP-018 HTTP-036
TEST(SchedulerApi, OnlyPostIsTaken) {
  SchedulerBench bench;
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD", "post"}) {
    http::Request request;
    request.method = method;
    request.headers = {{"Content-Type", json}};
    request.body = subscribe_body;
    const Answer answer = bench.send(request);
    EXPECT_EQ(said(answer),
              fmt::format("405 405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{}'.", method));
    EXPECT_EQ(answer.header("Allow"), "POST");
  }
  EXPECT_EQ(bench.master.calls, 0);
}

// HTTP-041 HTTP-062 HTTP-063 HTTP-064 HTTP-065
TEST(SchedulerApi, BodiesAreJsonOrProtobuf) {
  SchedulerBench bench;
  EXPECT_EQ(said(bench.post({}, subscribe_body)), "400 Expecting 'Content-Type' to be present");
  for (const char* type : {"", "text/plain", "application/xml", "application/recordio", "application/jsonx", "*/*"}) {
    EXPECT_EQ(said(bench.post({{"Content-Type", type}}, subscribe_body)), unsupported_type) << type;
  }
  const std::string bytes = call_of(subscribe_body).SerializeAsString();
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"utf-8\"; x=y"}) {
    EXPECT_EQ(bench.post({{"Content-Type", type}}, subscribe_body).status(), 200) << type;
  }
  for (const char* type : {"application/x-protobuf", "APPLICATION/X-PROTOBUF", "application/x-protobuf;v=1"}) {
    EXPECT_EQ(bench.post({{"Content-Type", type}}, bytes).status(), 200) << type;
  }
}

// HTTP-066 HTTP-067 HTTP-032
TEST(SchedulerApi, ABodyThatIsNoCallIsRefusedWithItsFault) {
  SchedulerBench bench;
  for (const char* body : {"", "{", "{\"type\":}", "nonsense", "{} {}", "{\"type\":\"REVIVE\",}"}) {
    const std::string text = said(bench.post(body));
    EXPECT_TRUE(text.starts_with("400 Failed to parse body into JSON: ") && text.size() > 40) << body << ": " << text;
  }
  for (const char* body : {"[]", "7", "\"REVIVE\"", R"({"type":"KILL","kill":[]})", R"({"type":"KILL","kill":{}})",
                           R"({"type":"REVIVE","framework_id":"F"})", R"({"type":3})",
                           R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"name":"n"}}})"}) {
    const std::string text = said(bench.post(body));
    EXPECT_TRUE(text.starts_with("400 Failed to convert JSON into Call protobuf: ") && text.size() > 50)
        << body << ": " << text;
  }
  Call unfinished;
  unfinished.set_type(Call::KILL);
  unfinished.mutable_kill();
  for (const std::string& body : {std::string("\xff"), std::string("{}"), unfinished.SerializePartialAsString()}) {
    EXPECT_EQ(said(bench.post({{"Content-Type", protobuf}}, body)), "400 Failed to parse body into Call protobuf");
  }
  EXPECT_EQ(bench.master.calls, 0);
}

// SCH-022
TEST(SchedulerApi, AFrameworkHasAUserAndAName) {
  SchedulerBench bench;
  for (const char* info : {R"({"name":"n"})", R"({"user":"u"})", "{}"}) {
    EXPECT_EQ(bench.post(fmt::format(R"({{"type":"SUBSCRIBE","subscribe":{{"framework_info":{}}}}})", info)).status(),
              400)
        << info;
  }
  for (const char* info : {R"({"user":"","name":""})", R"({"user":"a b/\\ ü","name":"\u0007 ;"})"}) {
    EXPECT_EQ(bench.post(fmt::format(R"({{"type":"SUBSCRIBE","subscribe":{{"framework_info":{}}}}})", info)).status(),
              200)
        << info;
  }
}

// HTTP-068 HTTP-069
TEST(SchedulerApi, ATypeThatNobodyKnowsIsNone) {
  SchedulerBench bench;
  for (const char* body : {"{}", R"({"type":"NO_SUCH_CALL"})", R"({"type":"subscribe"})", R"({"type":null})"}) {
    EXPECT_EQ(said(bench.post(body)), no_type) << body;
  }
  EXPECT_EQ(said(bench.post({{"Content-Type", protobuf}}, "")), no_type);
  EXPECT_EQ(said(bench.post({{"Content-Type", protobuf}}, "\x10\xe7\x07")), no_type);  // type: 999
}

// HTTP-070 SCH-011
TEST(SchedulerApi, ATypeNeedsItsMemberAndIgnoresThoseOfOthers) {
  SchedulerBench bench;
  const Subscription client = bench.subscribe();
  const std::pair<const char*, const char*> members[] = {
      {"SUBSCRIBE", "subscribe"},
      {"ACCEPT", "accept"},
      {"DECLINE", "decline"},
      {"ACCEPT_INVERSE_OFFERS", "accept_inverse_offers"},
      {"DECLINE_INVERSE_OFFERS", "decline_inverse_offers"},
      {"KILL", "kill"},
      {"SHUTDOWN", "shutdown"},
      {"ACKNOWLEDGE", "acknowledge"},
      {"ACKNOWLEDGE_OPERATION_STATUS", "acknowledge_operation_status"},
      {"RECONCILE", "reconcile"},
      {"RECONCILE_OPERATIONS", "reconcile_operations"},
      {"MESSAGE", "message"},
      {"REQUEST", "request"},
      {"UPDATE_FRAMEWORK", "update_framework"},
  };
  for (const auto& [type, member] : members) {
    const auto body = fmt::format(R"({{"type":"{}","framework_id":{{"value":"$F"}},"revive":{{}}}})", type);
    EXPECT_EQ(said(bench.call(client, body)),
              fmt::format("400 Failed to validate scheduler::Call: Expecting '{}' to be present", member));
  }
  for (const char* type : {"REVIVE", "SUPPRESS", "TEARDOWN"}) {
    const auto body =
        fmt::format(R"({{"type":"{}","framework_id":{{"value":"$F"}},"kill":{{"task_id":{{"value":"t"}}}}}})", type);
    EXPECT_EQ(said(bench.call(client, body)), "202 ") << type;
  }
}

// One sound call of every type but SUBSCRIBE, as a client of a framework `$F` sends it.
const Lines calls = {
    R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":{"offer_ids":[{"value":"$O"}]}})",
    R"({"type":"DECLINE","framework_id":{"value":"$F"},"decline":{"offer_ids":[{"value":"$O"}]}})",
    R"({"type":"ACCEPT_INVERSE_OFFERS","framework_id":{"value":"$F"},"accept_inverse_offers":{}})",
    R"({"type":"DECLINE_INVERSE_OFFERS","framework_id":{"value":"$F"},"decline_inverse_offers":{}})",
    R"({"type":"REVIVE","framework_id":{"value":"$F"}})",
    R"({"type":"SUPPRESS","framework_id":{"value":"$F"}})",
    R"({"type":"KILL","framework_id":{"value":"$F"},"kill":{"task_id":{"value":"t"}}})",
    R"({"type":"SHUTDOWN","framework_id":{"value":"$F"},
        "shutdown":{"executor_id":{"value":"e"},"agent_id":{"value":"$A"}}})",
    R"({"type":"ACKNOWLEDGE","framework_id":{"value":"$F"},
        "acknowledge":{"agent_id":{"value":"$A"},"task_id":{"value":"t"},"uuid":"MDEyMzQ1Njc4OWFiY2RlZg=="}})",
    R"({"type":"ACKNOWLEDGE_OPERATION_STATUS","framework_id":{"value":"$F"},
        "acknowledge_operation_status":{"agent_id":{"value":"$A"},"operation_id":{"value":"o"},
        "uuid":"MDEyMzQ1Njc4OWFiY2RlZg=="}})",
    R"({"type":"RECONCILE","framework_id":{"value":"$F"},"reconcile":{"tasks":[]}})",
    R"({"type":"RECONCILE_OPERATIONS","framework_id":{"value":"$F"},"reconcile_operations":{"operations":[]}})",
    R"({"type":"MESSAGE","framework_id":{"value":"$F"},
        "message":{"agent_id":{"value":"$A"},"executor_id":{"value":"e"},"data":"AA=="}})",
    R"({"type":"REQUEST","framework_id":{"value":"$F"},"request":{"requests":[]}})",
    R"({"type":"TEARDOWN","framework_id":{"value":"$F"}})",
};
const char* const update_framework = R"({"type":"UPDATE_FRAMEWORK","framework_id":{"value":"$F"},
    "update_framework":{"framework_info":{"id":{"value":"$F"},"user":"svc","name":"new","roles":["eng"],
    "capabilities":[{"type":"MULTI_ROLE"}]}}})";

// HTTP-029 HTTP-030 SCH-007 HTTP-076
TEST(SchedulerApi, SuccessIs202WithoutABodyWhateverAcceptSays) {
  for (const std::string& body : calls) {
    SchedulerBench bench;
    bench.add_agent();
    const Subscription client = bench.subscribe();
    EXPECT_EQ(client.answer.status(), 200);
    bench.round();
    http::Headers headers{{"Content-Type", json}, {"Mesos-Stream-Id", client.stream_id}};
    // Only this one is looked at for Accept, though it has no body any more.
    if (body.find("RECONCILE_OPERATIONS") == std::string::npos) headers.add("Accept", "text/html");
    const Answer answer = bench.post(headers, bench.filled_in(client, body));
    EXPECT_EQ(said(answer), "202 ") << body;
    EXPECT_EQ(answer.response.headers.size(), 0U) << body;
    headers.set("Accept", "text/html");
    if (body.find("RECONCILE_OPERATIONS") != std::string::npos) {
      EXPECT_EQ(said(bench.post(headers, bench.filled_in(client, body))), not_acceptable);
    }
  }
  SchedulerBench bench;
  const Subscription client = bench.subscribe();
  const Answer answer = bench.call(client, update_framework);
  EXPECT_EQ(said(answer), "200 ");
  EXPECT_EQ(answer.response.headers.size(), 0U);
  EXPECT_EQ(bench.master.seen().frameworks.front()->info->name(), "new");
}

// SCH-002
TEST(SchedulerApi, EveryCallButSubscribeNamesItsFramework) {
  SchedulerBench bench;
  const Subscription client = bench.subscribe();
  Lines all = calls;
  all.push_back(update_framework);
  all.push_back(R"({"type":"UNKNOWN","framework_id":{"value":"$F"}})");
  for (const std::string& body : all) {
    for (const char* id : {R"("framework_id":{"value":""})", R"("framework_id":null)"}) {
      std::string without = body;
      const std::string_view given = R"("framework_id":{"value":"$F"})";
      without.replace(without.find(given), given.size(), id);
      EXPECT_EQ(said(bench.call(client, without)),
                "400 Failed to validate scheduler::Call: Expecting 'framework_id' to be present")
          << without;
    }
  }
}

// SCH-013
TEST(SchedulerApi, BothIdsOfASubscribeAreEqualOrAbsent) {
  SchedulerBench bench;
  const auto body = [](const char* outer, const char* inner) {
    return fmt::format(R"({{"type":"SUBSCRIBE"{},"subscribe":{{"framework_info":{{"user":"u","name":"n"{}}}}}}})",
                       outer, inner);
  };
  const char* differs =
      "400 Failed to validate scheduler::Call: 'framework_id' differs from 'subscribe.framework_info.id'";
  const char* a_out = R"(,"framework_id":{"value":"a"})";
  const char* a_in = R"(,"id":{"value":"a"})";
  EXPECT_EQ(said(bench.post(body(a_out, ""))), differs);
  EXPECT_EQ(said(bench.post(body("", a_in))), differs);
  EXPECT_EQ(said(bench.post(body(a_out, R"(,"id":{"value":"b"})"))), differs);
  EXPECT_EQ(bench.subscribe(body(a_out, a_in)).framework_id, "a");
  EXPECT_NE(bench.subscribe(body(R"(,"framework_id":{"value":""})", "")).framework_id, "");
  EXPECT_EQ(bench.master.seen().frameworks.size(), 2U);
}

// SCH-220
TEST(SchedulerApi, AUuidHas16Bytes) {
  SchedulerBench bench;
  const Subscription client = bench.subscribe();
  for (const std::size_t size : {0, 1, 15, 16, 17, 36}) {
    Call call;
    call.set_type(Call::ACKNOWLEDGE);
    call.mutable_framework_id()->set_value(client.framework_id);
    call.mutable_acknowledge()->mutable_agent_id()->set_value("a");
    call.mutable_acknowledge()->mutable_task_id()->set_value("t");
    call.mutable_acknowledge()->set_uuid(std::string(size, 'u'));
    EXPECT_EQ(bench.call_protobuf(client, call).status(), size == 16 ? 202 : 400) << size;
    call.mutable_acknowledge()->clear_agent_id();
    EXPECT_EQ(bench.call_protobuf(client, call).status(), 400) << size;
  }
}

// ---- Stream ids and the state of the framework

// SCH-003 SEC-225 HTTP-100 HTTP-101 HTTP-034
TEST(SchedulerApi, CallsAreAdmittedCheckByCheck) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription first = bench.subscribe();
  bench.master.principal = "thief";
  const std::string body = R"({"type":"TEARDOWN","framework_id":{"value":"$F"}})";
  Subscription wrong = first;
  wrong.stream_id = "other";
  wrong.framework_id = "nobody";
  EXPECT_EQ(said(bench.call(wrong, body)), "400 Framework cannot be found");
  wrong.framework_id = first.framework_id;
  EXPECT_EQ(said(bench.call(wrong, body)),
            "400 Authenticated principal 'thief' does not match principal '' set in `FrameworkInfo`");
  bench.master.principal.reset();
  bench.master.step(master::StreamClosed{StreamNumber{1}});
  EXPECT_EQ(said(bench.call(wrong, body)), "403 Framework is not subscribed");

  const std::string again = fmt::format(
      R"({{"type":"SUBSCRIBE","framework_id":{{"value":"{0}"}},"subscribe":{{"framework_info":{{"user":"svc","name":"web",
      "id":{{"value":"{0}"}},"roles":["eng"],"failover_timeout":3600,"capabilities":[{{"type":"MULTI_ROLE"}}]}}}}}})",
      first.framework_id);
  Subscription second = bench.subscribe(again);
  second.framework_id = first.framework_id;
  const std::string call = bench.filled_in(second, body);
  EXPECT_EQ(said(bench.post(call)), "400 All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  for (const std::string& stale : {first.stream_id, std::string(), second.stream_id + "0", std::string("other")}) {
    wrong.stream_id = stale;
    EXPECT_EQ(said(bench.call(wrong, body)),
              fmt::format("400 The stream ID '{}' included in this request didn't match the stream ID currently "
                          "associated with framework ID {}",
                          stale, first.framework_id));
  }
  EXPECT_TRUE(bench.master.seen().frameworks.front()->active);
  EXPECT_EQ(said(bench.call(second, body)), "202 ");
  EXPECT_TRUE(bench.master.seen().frameworks.empty());
}

// HTTP-044 SCH-010 SEC-253
TEST(SchedulerApi, TheTypeUnknownIsNotImplementedOnceAllElseIsRight) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  bench.round();
  const Lines before = client.lines();
  const std::string body = R"({"type":"UNKNOWN","framework_id":{"value":"$F"}})";
  EXPECT_EQ(said(bench.call(client, body)), "501 501 Not Implemented.");
  Subscription stranger = client;
  stranger.framework_id = "nobody";
  EXPECT_EQ(said(bench.call(stranger, body)), "400 Framework cannot be found");
  stranger = client;
  stranger.stream_id = "stale";
  EXPECT_EQ(bench.call(stranger, body).status(), 400);
  EXPECT_EQ(client.lines(), before);
  EXPECT_EQ(bench.call(client, calls[4]).status(), 202);
}

// HTTP-098
TEST(SchedulerApi, EverySubscriptionHasAFreshStreamId) {
  SchedulerBench bench;
  std::set<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.insert(bench.subscribe().stream_id);
  const Subscription refused =
      bench.subscribe(R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","role":"a b"}}})");
  ASSERT_EQ(refused.lines().size(), 1U);
  EXPECT_TRUE(refused.lines()[0].starts_with("ERROR "));
  EXPECT_TRUE(refused.answer.stream->closed());
  ids.insert(refused.stream_id);
  EXPECT_EQ(ids.size(), 5U);
  for (const std::string& id : ids) {
    ASSERT_EQ(id.size(), 36U);
    for (std::size_t at = 0; at < id.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      EXPECT_TRUE(dash ? id[at] == '-' : std::string_view("0123456789abcdef").find(id[at]) != std::string_view::npos)
          << id;
    }
  }
}

// HTTP-099
TEST(SchedulerApi, ASubscribeBringsNoStreamId) {
  SchedulerBench bench;
  for (const char* value : {"x", ""}) {
    EXPECT_EQ(said(bench.post({{"Content-Type", json}, {"Mesos-Stream-Id", value}}, subscribe_body)),
              "400 Subscribe calls should not include the 'Mesos-Stream-Id' header");
    EXPECT_EQ(
        said(bench.post({{"Content-Type", json}, {"Mesos-Stream-Id", value}, {"Accept", "text/html"}}, subscribe_body)),
        not_acceptable);
  }
  EXPECT_EQ(bench.master.calls, 0);
}

// HTTP-211
TEST(SchedulerApi, CallsBeforeSubscribeAreRefusedAndHarmless) {
  SchedulerBench bench;
  for (const char* body :
       {R"({"type":"RECONCILE","reconcile":{}})", R"({"type":"SUPPRESS"})",
        R"({"type":"RECONCILE","framework_id":{"value":""},"reconcile":{}})", R"({"type":"SUPPRESS","suppress":{}})"}) {
    const Answer answer = bench.post({{"Content-Type", json}, {"Mesos-Stream-Id", ""}}, body);
    EXPECT_EQ(answer.status() / 100, 4) << body;
  }
  EXPECT_EQ(bench.master.calls, 0);
  EXPECT_EQ(bench.subscribe().lines(), (Lines{"SUBSCRIBED", "HEARTBEAT"}));
}

// HTTP-202
TEST(SchedulerApi, CredentialsThatNobodyAskedForAreIgnored) {
  SchedulerBench bench;
  for (const char* value : {"Basic Og==", "Basic dXNlcjpwYXNz", "Basic !", "Bearer x.y.z", ""}) {
    const Answer answer = bench.post({{"Content-Type", json}, {"Authorization", value}}, subscribe_body);
    EXPECT_EQ(answer.status(), 200) << value;
  }
  for (const auto& framework : bench.master.seen().frameworks) EXPECT_FALSE(framework->info->has_principal());
}

// HTTP-032 HTTP-037 HTTP-048 HTTP-192
TEST(SchedulerApi, ARefusedCallSaysWhyInPlainTextAndDoesNothing) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  bench.round();
  const Lines before = client.lines();
  ASSERT_EQ(before.back(), "OFFERS");
  const std::string good = bench.filled_in(client, R"({"type":"TEARDOWN","framework_id":{"value":"$F"}})");
  const std::string& id = client.stream_id;
  struct Case {
    int status;
    http::Headers headers;
    std::string body;
  };
  const Case refused[] = {
      {400, {{"Mesos-Stream-Id", id}}, good},
      {415, {{"Mesos-Stream-Id", id}, {"Content-Type", "text/json"}}, good},
      {400, {{"Mesos-Stream-Id", id}, {"Content-Type", json}}, good + "x"},
      {400, {{"Mesos-Stream-Id", id}, {"Content-Type", protobuf}}, good},
      {400, {{"Content-Type", json}}, good},
      {400, {{"Mesos-Stream-Id", "stale"}, {"Content-Type", json}}, good},
      {400, {{"Mesos-Stream-Id", id}, {"Content-Type", json}}, R"({"type":"TEARDOWN","framework_id":{"value":"x"}})"},
      {400, {{"Mesos-Stream-Id", id}, {"Content-Type", json}}, subscribe_body},
      {406, {{"Accept", "application/xml"}, {"Content-Type", json}}, subscribe_body},
      {400, {{"Mesos-Stream-Id", id}, {"Content-Type", json}}, bench.filled_in(client, R"({"type":"UPDATE_FRAMEWORK",
        "framework_id":{"value":"$F"},"update_framework":{"framework_info":{"id":{"value":"$F"},"user":"other",
        "name":"new","roles":["eng"],"capabilities":[{"type":"MULTI_ROLE"}]}}})")},
  };
  const auto sent = bench.master.to_agents.size();
  for (const Case& given : refused) {
    const Answer answer = bench.post(given.headers, given.body);
    EXPECT_EQ(answer.status(), given.status) << answer.body();
    EXPECT_EQ(answer.header("Content-Type"), plain);
    EXPECT_GT(answer.body().size(), 10U);
    EXPECT_NE(answer.body().front(), '{');
  }
  bench.round();
  EXPECT_EQ(client.lines(), before);
  EXPECT_EQ(bench.master.to_agents.size(), sent);
  const auto seen = bench.master.seen();
  ASSERT_EQ(seen.frameworks.size(), 1U);
  EXPECT_TRUE(seen.frameworks[0]->active);
  EXPECT_EQ(seen.frameworks[0]->info->name(), "web");
  EXPECT_EQ(seen.frameworks[0]->offers.size(), 1U);
}

}  // namespace
}  // namespace stoa::api
