// Who may pass and who answers, over a real server and real sockets.
#include "api/admission.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "codec/base64.h"
#include "http/server.h"
#include "http/testing.h"

namespace stoa::api {
namespace {

using http::testing::RawClient;

Realms realms_of(std::initializer_list<const char*> names) {
  auto known = std::make_shared<const security::Credentials>(
      security::Credentials::parse(R"({"credentials":[{"principal":"ops","secret":"a:b"}]})").value());
  Realms realms;
  for (const char* name : names) realms[name].add(std::make_unique<security::BasicAuthenticator>(name, known));
  return realms;
}

const std::string good = "Authorization: Basic " + codec::to_base64("ops:a:b") + "\r\n";
const std::string bad = "Authorization: Basic " + codec::to_base64("ops:a") + "\r\n";

// A daemon whose handlers say that they were reached, and for whom.
class Door {
 public:
  Door(Daemon daemon, Realms realms, std::optional<election::Leadership> leadership = std::nullopt) {
    AdmissionOptions options{.daemon = daemon, .realms = std::move(realms), .leadership = nullptr};
    leadership_ = leadership.value_or(election::Leadership{.mine = true, .leader = std::nullopt});
    if (daemon == Daemon::master) {
      options.leadership = [this] {
        const std::lock_guard lock(mutex_);
        return leadership_;
      };
    }
    const bool is_master = daemon == Daemon::master;
    http::Router router({.component_prefix = is_master ? "/master" : "/slave(1)",
                         .exempt_from_prefix = {},
                         .disabled = {},
                         .admit = admission(std::move(options))});
    for (const char* path : {"/api/v1", "/api/v1/scheduler", "/api/v1/executor", "/agent-link", "/reserve"}) {
      router.add(path, http::Methods::any(), reached);
    }
    for (const char* path : {"/state", "/state.json", "/health", "/version", "/flags", "/metrics/snapshot",
                             "/files/read", "/logging/toggle", "/tasks"}) {
      router.add(path, {"GET", "POST"}, reached);
    }
    server_.emplace(loop_, http::ServerOptions{}, std::move(router));
    EXPECT_TRUE(server_->listen({}));
  }
  void lead(election::Leadership leadership) {
    const std::lock_guard lock(mutex_);
    leadership_ = std::move(leadership);
  }
  RawClient connect() const { return RawClient(server_->endpoints().front()); }
  std::string ask(const std::string& target, const std::string& headers = "", const std::string& method = "POST") {
    RawClient client = connect();
    return ask(client, target, headers, method);
  }
  static std::string ask(RawClient& client, const std::string& target, const std::string& headers = "",
                         const std::string& method = "POST") {
    client.send(
        fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n{}\r\ngarbage", method, target, headers));
    const std::string head = client.read_until("\r\n\r\n");
    return head + client.read_exactly(std::stoul(head.substr(head.find("Content-Length: ") + 16)));
  }

 private:
  static void reached(const http::Request& request, http::Responder responder) {
    responder.respond(http::text(200, "for " + request.principal.value_or("nobody")));
  }

  std::mutex mutex_;
  election::Leadership leadership_;
  net::Loop loop_{1};
  std::optional<http::Server> server_;
};

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }
bool has(const std::string& answer, const std::string& text) { return answer.find(text) != std::string::npos; }

// HTTP-033 HTTP-149 SEC-012
TEST(Admission, WithoutOrWithWrongCredentialsTheAnswerIs401WithOneChallengeAndTheConnectionIsKept) {
  Door door(Daemon::master, realms_of({"mesos-master-readwrite"}));
  RawClient client = door.connect();
  for (const std::string& headers : {std::string(), bad, std::string("Authorization: Bearer x\r\n")}) {
    const std::string answer = Door::ask(client, "/api/v1", headers);
    EXPECT_EQ(status_of(answer), 401);
    EXPECT_TRUE(has(answer, "WWW-Authenticate: Basic realm=\"mesos-master-readwrite\"\r\n")) << answer;
    EXPECT_EQ(answer.find("WWW-Authenticate"), answer.rfind("WWW-Authenticate"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n401 Unauthorized.")) << answer;
  }
  EXPECT_TRUE(has(Door::ask(client, "/api/v1", good), "for ops"));
}

// HTTP-154
TEST(Admission, IsDecidedForEachRequestOfAConnection) {
  Door door(Daemon::master, realms_of({"mesos-master-readwrite"}));
  RawClient client = door.connect();
  EXPECT_EQ(status_of(Door::ask(client, "/api/v1", good)), 200);
  EXPECT_EQ(status_of(Door::ask(client, "/api/v1")), 401);
  EXPECT_EQ(status_of(Door::ask(client, "/api/v1", good)), 200);
}

// HTTP-153 SEC-010
TEST(Admission, AnOpenRealmLetsEverybodyPassAsNobodyWhateverTheHeaderSays) {
  Door door(Daemon::master, realms_of({"mesos-master-scheduler"}));
  for (const std::string& headers : {std::string(), good, bad, std::string("Authorization: \r\n")}) {
    EXPECT_TRUE(has(door.ask("/api/v1", headers), "for nobody")) << headers;
    EXPECT_TRUE(has(door.ask("/state", headers), "for nobody")) << headers;
  }
}

// HTTP-152 SEC-010
TEST(Admission, EveryPathHasItsRealm) {
  const std::pair<const char*, const char*> of_master[] = {
      {"/state", "mesos-master-readonly"},
      {"/state.json", "mesos-master-readonly"},
      {"/state-summary", "mesos-master-readonly"},
      {"/slaves", "mesos-master-readonly"},
      {"/frameworks", "mesos-master-readonly"},
      {"/tasks", "mesos-master-readonly"},
      {"/roles", "mesos-master-readonly"},
      {"/flags", "mesos-master-readonly"},
      {"/maintenance/status", "mesos-master-readonly"},
      {"/files/read", "mesos-master-readonly"},
      {"/metrics/snapshot", "mesos-master-readonly"},
      {"/api/v1", "mesos-master-readwrite"},
      {"/reserve", "mesos-master-readwrite"},
      {"/teardown", "mesos-master-readwrite"},
      {"/quota", "mesos-master-readwrite"},
      {"/maintenance/schedule", "mesos-master-readwrite"},
      {"/logging/toggle", "mesos-master-readwrite"},
      {"/never-heard-of", "mesos-master-readwrite"},
      {"/api/v1/scheduler", "mesos-master-scheduler"},
      {"/health", ""},
      {"/version", ""},
      {"/redirect", ""},
      {"/help", ""},
  };
  for (const auto& [path, realm] : of_master) EXPECT_EQ(realm_of(Daemon::master, path), realm) << path;
  const std::pair<const char*, const char*> of_agent[] = {
      {"/state", "mesos-agent-readonly"},
      {"/flags", "mesos-agent-readonly"},
      {"/monitor/statistics.json", "mesos-agent-readonly"},
      {"/containers", "mesos-agent-readonly"},
      {"/files/browse", "mesos-agent-readonly"},
      {"/metrics/snapshot", "mesos-agent-readonly"},
      {"/api/v1", "mesos-agent-readwrite"},
      {"/logging/toggle", "mesos-agent-readwrite"},
      {"/api/v1/executor", "mesos-agent-executor"},
      {"/api/v1/resource_provider", "mesos-agent-resource-provider"},
      {"/health", ""},
      {"/version", ""},
  };
  for (const auto& [path, realm] : of_agent) EXPECT_EQ(realm_of(Daemon::agent, path), realm) << path;
}

// AGT-193
TEST(Admission, AnAgentAsksForTheCredentialsOfEachOfItsRealms) {
  Door door(Daemon::agent, realms_of({"mesos-agent-readonly", "mesos-agent-readwrite", "mesos-agent-executor"}));
  for (const auto& [path, realm] : std::map<std::string, std::string>{{"/api/v1", "mesos-agent-readwrite"},
                                                                      {"/slave(1)/api/v1", "mesos-agent-readwrite"},
                                                                      {"/api/v1/executor", "mesos-agent-executor"},
                                                                      {"/state", "mesos-agent-readonly"}}) {
    const std::string refused = door.ask(path);
    EXPECT_EQ(status_of(refused), 401) << path;
    EXPECT_TRUE(has(refused, "WWW-Authenticate: Basic realm=\"" + realm + "\"\r\n")) << refused;
    EXPECT_TRUE(has(door.ask(path, good), "for ops")) << path;
  }
  EXPECT_EQ(status_of(door.ask("/health")), 200);
}

const election::Leadership led_elsewhere{.mine = false, .leader = election::Member{"id-2", "master2", 5050}};

// HTTP-031 HTTP-050 HTTP-051 HTTP-052 HTTP-059
TEST(Admission, AStandbySendsCallersToTheLeaderWithTheTargetThatTheyAskedFor) {
  Door door(Daemon::master, {}, led_elsewhere);
  const std::pair<const char*, const char*> targets[] = {
      {"/api/v1/scheduler", "//master2:5050/master/api/v1/scheduler"},
      {"/master/api/v1/scheduler", "//master2:5050/master/api/v1/scheduler"},
      {"/api/v1?_ts=1", "//master2:5050/master/api/v1?_ts=1"},
      {"/state?x=%0d%0aX:1", "//master2:5050/master/state?x=%0d%0aX:1"},
      {"/state.json", "//master2:5050/master/state.json"},
      {"/tasks", "//master2:5050/master/tasks"},
      {"/reserve", "//master2:5050/master/reserve"},
      {"/agent-link", "//master2:5050/agent-link"},
  };
  for (const auto& [target, location] : targets) {
    for (const char* method : {"POST", "GET"}) {
      const std::string answer = door.ask(target, "Content-Type: nonsense\r\n", method);
      EXPECT_EQ(status_of(answer), 307) << target;
      EXPECT_TRUE(has(answer, fmt::format("Location: {}\r\n", location))) << answer;
      EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
    }
  }
}

// HTTP-053 HTTP-026
TEST(Admission, TheLeaderIsNamedAsItAdvertisesItself) {
  const std::pair<const char*, const char*> hosts[] = {{"master2.example", "//master2.example:5050/master/state"},
                                                       {"10.0.0.2", "//10.0.0.2:5050/master/state"},
                                                       {"fd00::2", "//[fd00::2]:5050/master/state"}};
  for (const auto& [host, location] : hosts) {
    Door door(Daemon::master, {}, election::Leadership{.mine = false, .leader = election::Member{"2", host, 5050}});
    EXPECT_TRUE(has(door.ask("/state", "", "GET"), fmt::format("Location: {}\r\n", location)));
  }
}

// HTTP-054
TEST(Admission, WithoutALeaderTheAnswerIs503) {
  Door door(Daemon::master, {}, election::Leadership{});
  const std::string answer = door.ask("/api/v1/scheduler");
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_TRUE(answer.ends_with("No leader elected")) << answer;
}

// HTTP-060
TEST(Admission, AStandbyAnswersOnlyForItsOwnProcess) {
  Door door(Daemon::master, {}, led_elsewhere);
  for (const char* own : {"/health", "/version", "/flags", "/metrics/snapshot", "/files/read", "/logging/toggle"}) {
    EXPECT_EQ(status_of(door.ask(own, "", "GET")), 200) << own;
  }
  for (const char* state : {"/state", "/state.json", "/tasks", "/api/v1", "/api/v1/scheduler", "/reserve"}) {
    EXPECT_EQ(status_of(door.ask(state)), 307) << state;
  }
}

// HTTP-058 SEC-019
TEST(Admission, WhoAsksIsDecidedBeforeWhoLeads) {
  Door door(Daemon::master, realms_of({"mesos-master-scheduler"}), led_elsewhere);
  EXPECT_EQ(status_of(door.ask("/api/v1/scheduler")), 401);
  EXPECT_EQ(status_of(door.ask("/api/v1/scheduler", good)), 307);
}

TEST(Admission, FollowsTheLeadFromRequestToRequest) {
  Door door(Daemon::master, {}, led_elsewhere);
  RawClient client = door.connect();
  EXPECT_EQ(status_of(Door::ask(client, "/state")), 307);
  door.lead({.mine = true, .leader = std::nullopt});
  EXPECT_EQ(status_of(Door::ask(client, "/state")), 200);
}

}  // namespace
}  // namespace stoa::api
