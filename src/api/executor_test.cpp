// The executor endpoint behind a real server: which calls come through, what is said to the others, what a subscriber
// reads.
#include "api/executor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mutex>

#include "api/testing.h"
#include "codec/json.h"
#include "http/testing.h"
#include "mesos/v1/executor/executor.pb.h"

namespace stoa::api {
namespace {

using http::testing::RawClient;
using mesos::v1::executor::Call;
using mesos::v1::executor::Event;

// An agent that takes everything, or refuses everything.
class ListeningAgent final : public AgentPort {
 public:
  bool recovered() const override { return recovered_now; }
  void subscribe(agent::ExecutorSubscribe event, StreamAnswer answer) override {
    heard.push_back(event.call);
    if (!outcome) {
      answer(outcome);
      return;
    }
    stream = answer({});
    Event subscribed;
    subscribed.set_type(Event::SHUTDOWN);
    stream->push(std::make_shared<const Event>(subscribed));
    subscribed.set_type(Event::HEARTBEAT);
    stream->push(std::make_shared<const Event>(subscribed));
  }
  void call(agent::ExecutorCall event, std::function<void(Result<>)> done) override {
    heard.push_back(event.call);
    done(outcome);
  }
  void snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)>) override {}

  bool recovered_now = true;
  Result<> outcome;
  std::vector<std::shared_ptr<const Call>> heard;
  std::shared_ptr<EventStream> stream;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;  // Of an answer that has an end.
};

const std::string json = "Content-Type: application/json\r\n";
const std::string protobuf = "Content-Type: application/x-protobuf\r\n";
const std::string names = R"("executor_id":{"value":"e"},"framework_id":{"value":"f"})";
const std::string uuid = "AAECAwQFBgcICQoLDA0ODw==";

std::string subscribe_body() { return "{" + names + R"(,"type":"SUBSCRIBE","subscribe":{}})"; }
std::string heartbeat_body() { return "{" + names + R"(,"type":"HEARTBEAT"})"; }
std::string message_body() { return "{" + names + R"(,"type":"MESSAGE","message":{"data":"aGk="}})"; }
std::string update_body(const std::string& status) {
  return "{" + names + R"(,"type":"UPDATE","update":{"status":{"task_id":{"value":"t"})" + status + "}}}";
}
std::string good_update() {
  return update_body(R"(,"state":"TASK_RUNNING","source":"SOURCE_EXECUTOR","uuid":")" + uuid + R"(")");
}

class ExecutorApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    http::Router router({.component_prefix = "/slave(1)", .exempt_from_prefix = {}, .disabled = {}});
    router.add("/api/v1/executor", http::Methods::any(), [this](http::Request request, http::Responder responder) {
      api_.handle(std::move(request), std::move(responder));
    });
    http::ServerOptions options;
    options.body_bytes_max = 4096;
    server_ = std::make_unique<http::Server>(loop_, std::move(options), std::move(router));
    const auto listening = server_->listen({});
    ASSERT_TRUE(listening) << listening.error().message;
  }

  Answer read_answer(RawClient& client) {
    Answer answer{.head = client.read_until("\r\n\r\n")};
    answer.status = answer.head.size() < 12 ? 0 : std::stoi(answer.head.substr(9, 3));
    const auto length = answer.head.find("Content-Length: ");
    if (length != std::string::npos) answer.body = client.read_exactly(std::stoul(answer.head.substr(length + 16)));
    return answer;
  }
  void send(RawClient& client, const std::string& headers, const std::string& body, const std::string& method = "POST",
            const std::string& target = "/api/v1/executor") {
    client.send(fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", method, target, body.size(),
                            headers, body));
  }
  Answer ask(const std::string& headers, const std::string& body, const std::string& method = "POST",
             const std::string& target = "/api/v1/executor") {
    RawClient client(server_->endpoints().front());
    send(client, headers, body, method, target);
    return read_answer(client);
  }
  // "400 text"
  std::string said(const Answer& answer) { return fmt::format("{} {}", answer.status, answer.body); }
  std::string why_invalid(const std::string& body) {
    const Answer answer = ask(json, body);
    const std::string begin = "Failed to validate Executor::Call: ";
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.starts_with(begin)) << answer.body;
    return answer.body.substr(std::min(begin.size(), answer.body.size()));
  }

  net::Loop loop_{1};
  ListeningAgent agent_;
  ExecutorApi api_{loop_, agent_};
  std::unique_ptr<http::Server> server_;
};

// EXE-001 EXE-002 EXE-007 EXE-070
TEST_F(ExecutorApiTest, CallsInEitherEncodingComeThroughUnderEitherName) {
  for (const char* target : {"/api/v1/executor", "/slave(1)/api/v1/executor", "/slave%281%29/api/v1/executor"}) {
    const Answer answer = ask("Content-Type: application/json; charset=utf-8\r\n", good_update(), "POST", target);
    EXPECT_EQ(said(answer), "202 ") << target;
  }
  Call call;
  ASSERT_TRUE(codec::read_json(good_update(), call));
  EXPECT_EQ(said(ask(protobuf, call.SerializeAsString())), "202 ");
  ASSERT_EQ(agent_.heard.size(), 4U);
  for (const auto& heard : agent_.heard) {
    EXPECT_EQ(heard->update().status().uuid().size(), 16U);
    EXPECT_EQ(heard->SerializeAsString(), call.SerializeAsString());
  }
}

// EXE-002
TEST_F(ExecutorApiTest, OtherTypesAreRefused) {
  EXPECT_EQ(said(ask("", good_update())), "400 Expecting 'Content-Type' to be present");
  EXPECT_EQ(said(ask("Content-Type: text/plain\r\n", good_update())),
            "415 Expecting 'Content-Type' of application/json or application/x-protobuf");
}

// EXE-003
TEST_F(ExecutorApiTest, OtherMethodsAreRefusedBeforeAnythingElse) {
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const Answer answer = ask("Content-Type: a/b\r\n", "x", method);
    EXPECT_EQ(answer.status, 405);
    EXPECT_NE(answer.head.find("Allow: POST\r\n"), std::string::npos) << answer.head;
  }
}

// EXE-004
TEST_F(ExecutorApiTest, BodiesThatAreNoCallsAreRefusedAndUnknownMembersAreNot) {
  EXPECT_TRUE(said(ask(json, "{")).starts_with("400 Failed to parse body into JSON"));
  EXPECT_TRUE(said(ask(json, "[]")).starts_with("400 Failed to convert JSON into Call protobuf"));
  EXPECT_EQ(said(ask(protobuf, "\xff")), "400 Failed to parse body into Call protobuf");
  EXPECT_EQ(ask(json, "{" + names + R"(,"type":"MESSAGE","message":{"data":"aGk=","new":[{}]},"more":1})").status, 202);
}

// EXE-005 EXE-020
TEST_F(ExecutorApiTest, AnAgentThatRecoversAsksToComeBack) {
  agent_.recovered_now = false;
  for (const char* method : {"POST", "GET"}) {
    const Answer answer = ask("", "x", method);
    EXPECT_EQ(said(answer), "503 Agent has not finished recovery");
    EXPECT_NE(answer.head.find("Retry-After: "), std::string::npos);
  }
  EXPECT_EQ(ask(json, heartbeat_body()).status, 503);
}

// EXE-012
TEST_F(ExecutorApiTest, ABodyBeyondTheLimitIsRefused) { EXPECT_EQ(ask(json, std::string(5000, ' ')).status, 413); }

// EXE-020
TEST_F(ExecutorApiTest, OfManyFaultsTheFirstInOrderAnswers) {
  agent_.outcome = invalid("Framework cannot be found");
  const std::string accept = "Accept: a/b\r\n";
  // Every line has the faults of those below it too.
  const std::tuple<int, const char*, std::string, std::string> cases[] = {
      {405, "GET", accept, "x"},
      {415, "POST", "Content-Type: a/b\r\n" + accept, "x"},
      {400, "POST", json + accept, "x"},
      {400, "POST", json + accept, "{" + names + R"(,"type":"SUBSCRIBE"})"},
      {406, "POST", json + accept, subscribe_body()},
      {400, "POST", json, subscribe_body()},
  };
  for (const auto& [status, method, headers, body] : cases)
    EXPECT_EQ(ask(headers, body, method).status, status) << headers << body;
  EXPECT_EQ(agent_.heard.size(), 1U);
}

// EXE-008
TEST_F(ExecutorApiTest, TheEncodingOfEventsFollowsAccept) {
  const auto type_of = [&](const std::string& headers) {
    const Answer answer = ask(json + headers, subscribe_body());
    if (answer.status != 200) return fmt::format("{}", answer.status);
    const auto begin = answer.head.find("Content-Type: ") + 14;
    return answer.head.substr(begin, answer.head.find("\r\n", begin) - begin);
  };
  EXPECT_EQ(type_of(""), "application/json");
  EXPECT_EQ(type_of("Accept: */*\r\n"), "application/json");
  EXPECT_EQ(type_of("Accept: application/x-protobuf, application/json\r\n"), "application/json");
  EXPECT_EQ(type_of("Accept: application/x-protobuf\r\n"), "application/x-protobuf");
  EXPECT_EQ(type_of("Accept: text/html\r\n"), "406");
}

// EXE-007 EXE-067
TEST_F(ExecutorApiTest, ASubscriberReadsRecordsOneChunkEach) {
  RawClient client(server_->endpoints().front());
  send(client, json, subscribe_body());
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  for (const std::string record : {R"({"type":"SHUTDOWN"})", R"({"type":"HEARTBEAT"})"}) {
    const std::size_t size = std::stoul(client.read_until("\r\n"), nullptr, 16);
    EXPECT_EQ(client.read_exactly(size), fmt::format("{}\n{}", record.size(), record));
    client.read_exactly(2);
  }
  loop_.post([this] { agent_.stream->finish(); });
  EXPECT_EQ(client.read_exactly(5), "0\r\n\r\n");
}

// EXE-009
TEST_F(ExecutorApiTest, CallsOnOneConnectionAreTakenInOrder) {
  RawClient client(server_->endpoints().front());
  for (int i = 0; i < 20; ++i) send(client, json, i % 2 == 0 ? good_update() : message_body());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(read_answer(client).status, 202);
  ASSERT_EQ(agent_.heard.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(agent_.heard[i]->type(), i % 2 == 0 ? Call::UPDATE : Call::MESSAGE) << i;
}

// EXE-021 EXE-022 EXE-026 EXE-006
TEST_F(ExecutorApiTest, WhatTheAgentRefusesHasTheStatusOfItsKind) {
  const std::pair<Error, int> cases[] = {
      {{Code::invalid_argument, "Executor cannot be found"}, 400},
      {{Code::permission_denied, "Executor is not subscribed"}, 403},
      {{Code::unimplemented, "Unknown type of call"}, 501},
      {{Code::unavailable, "Agent has not finished recovery"}, 503},
  };
  for (const auto& [error, status] : cases) {
    agent_.outcome = std::unexpected(error);
    EXPECT_EQ(said(ask(json, message_body())), fmt::format("{} {}", status, error.message));
    EXPECT_EQ(said(ask(json, subscribe_body())), fmt::format("{} {}", status, error.message));
  }
}

// EXE-023
TEST_F(ExecutorApiTest, AHeartbeatIsTakenWhoeverSendsIt) {
  agent_.outcome = invalid("Framework cannot be found");
  EXPECT_EQ(said(ask(json, heartbeat_body())), "202 ");
  EXPECT_TRUE(agent_.heard.empty());
}

// EXE-030 EXE-026
TEST_F(ExecutorApiTest, TypeAndIdsMustBeThereInEveryCall) {
  EXPECT_EQ(why_invalid("{" + names + "}"), "Expecting 'type' to be present");
  EXPECT_EQ(why_invalid("{" + names + R"(,"type":"LATER"})"), "Expecting 'type' to be present");
  EXPECT_EQ(why_invalid(R"({"type":"HEARTBEAT","executor_id":{"value":""},"framework_id":{"value":"f"}})"),
            "Expecting 'executor_id' to be present");
  EXPECT_EQ(why_invalid(R"({"type":"HEARTBEAT","executor_id":{"value":"e"},"framework_id":{"value":""}})"),
            "Expecting 'framework_id' to be present");
  EXPECT_EQ(ask(json, R"({"type":"HEARTBEAT"})").status, 400);
}

// EXE-031
TEST_F(ExecutorApiTest, ACallCarriesTheMemberNamedAfterIt) {
  for (const auto& [type, member] : {std::pair{"SUBSCRIBE", "subscribe"}, {"UPDATE", "update"}, {"MESSAGE", "message"}})
    EXPECT_EQ(why_invalid("{" + names + R"(,"type":")" + type + R"("})"),
              fmt::format("Expecting '{}' to be present", member));
}

// EXE-032 EXE-033 EXE-034 EXE-035
TEST_F(ExecutorApiTest, AStatusMustBeSoundInItself) {
  const std::string source = R"(,"source":"SOURCE_EXECUTOR")";
  const std::string id = R"(,"uuid":")" + uuid + R"(")";
  const std::string running = R"(,"state":"TASK_RUNNING")";
  EXPECT_EQ(why_invalid(update_body(running + source)), "Expecting 'uuid' to be present");
  EXPECT_EQ(why_invalid(update_body(running + source + R"(,"uuid":"c2hvcnQ=")")),
            "Malformed 'uuid': expecting 16 bytes, got 5");
  EXPECT_EQ(why_invalid(update_body(running + source + id + R"(,"executor_id":{"value":"x"})")),
            "ExecutorID in Call does not match ExecutorID in TaskStatus");
  for (const std::string bad : {"", R"(,"source":"SOURCE_AGENT")"})
    EXPECT_EQ(why_invalid(update_body(running + bad + id)),
              "Received Call from executor e of framework f with invalid source, expecting 'SOURCE_EXECUTOR'");
  EXPECT_EQ(why_invalid(update_body(R"(,"state":"TASK_STAGING")" + source + id)),
            "Received Call from executor e of framework f with the state TASK_STAGING, which is not allowed");
  for (const char* state : {"TASK_STARTING", "TASK_KILLING", "TASK_LOST", "TASK_DROPPED", "TASK_UNKNOWN"})
    EXPECT_EQ(ask(json, update_body(fmt::format(R"(,"state":"{}")", state) + source + id)).status, 202) << state;
  EXPECT_EQ(ask(json, update_body(running + source + id + R"(,"executor_id":{"value":"e"})")).status, 202);
}

// EXE-036
TEST_F(ExecutorApiTest, AResultOfACheckIsOfItsOwnTypeOrNotThereYet) {
  const auto with = [&](const std::string& result) {
    return update_body(R"(,"state":"TASK_RUNNING","source":"SOURCE_EXECUTOR","uuid":")" + uuid +
                       R"(","check_status":)" + result);
  };
  for (const std::string good : {R"({"type":"HTTP","http":{}})", R"({"type":"HTTP","http":{"status_code":200}})",
                                 R"({"type":"TCP"})", R"({"type":"COMMAND","command":{"exit_code":1}})"})
    EXPECT_EQ(ask(json, with(good)).status, 202) << good;
  EXPECT_EQ(why_invalid(with("{}")), "Expecting 'check_status.type' to be present");
  EXPECT_EQ(why_invalid(with(R"({"type":"HTTP","tcp":{}})")), "'check_status.tcp' is present, but the type is HTTP");
  EXPECT_EQ(why_invalid(with(R"({"type":"UNKNOWN"})")), "'check_status.type' is UNKNOWN");
}

// EXE-037
TEST_F(ExecutorApiTest, ABadUpdateInASubscriptionDoesNotRefuseIt) {
  const std::string body = "{" + names + R"(,"type":"SUBSCRIBE","subscribe":{"unacknowledged_updates":[{"status":)" +
                           R"({"task_id":{"value":"t"},"state":"TASK_STAGING"}}]}})";
  EXPECT_EQ(ask(json, body).status, 200);
}

}  // namespace
}  // namespace stoa::api
