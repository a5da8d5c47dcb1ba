#include "daemon/probes.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <map>

#include "http/server.h"
#include "http/tls_testing.h"
#include "net/sockaddr.h"

namespace stoa::daemon {
namespace {

using namespace std::chrono_literals;
using agent::ProbeOutcome;
using Kind = ProbeOutcome::Kind;

// Keeps what it was asked to execute until the test answers.
class FakeRuntime final : public ports::ContainerRuntime {
 public:
  void on_exit(ExitFunction) override {}
  void prepare_sandbox(ports::SandboxSpec, PreparedFunction) override {}
  void launch(ports::ContainerSpec, LaunchedFunction) override {}
  void signal(const ContainerId&, int) override {}
  void remove(const ContainerId&) override {}
  void release_volumes(ports::SandboxPath, std::vector<ports::SandboxVolume>) override {}
  void resize(const ContainerId&, ports::ContainerSize, DoneFunction) override {}
  void recover(std::vector<ContainerId>, RecoveredFunction) override {}

  void exec(const ContainerId& where, ports::ContainerSpec what, ExecutedFunction done) override {
    const std::lock_guard lock(mutex_);
    inside = where;
    spec = std::move(what);
    executed = std::move(done);
  }
  void destroy(const ContainerId& id) override {
    const std::lock_guard lock(mutex_);
    destroyed.push_back(id);
    changed_.notify_all();
  }
  bool wait_destroyed() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return !destroyed.empty(); });
  }

  ContainerId inside;
  ports::ContainerSpec spec;
  ExecutedFunction executed;
  std::vector<ContainerId> destroyed;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Holds a port of one address, listening or not.
class Port {
 public:
  Port(const net::Address& address, bool listens)
      : descriptor_(::socket(family(address), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int one = 1;
    if (address.is_v6()) ::setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    sockaddr_storage storage;
    const auto length = net::to_sockaddr({address, 0}, storage);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&storage), *length), 0);
    if (listens) EXPECT_EQ(::listen(descriptor_, 8), 0);
    number = net::local_of(descriptor_).port;
  }
  ~Port() { ::close(descriptor_); }

  std::uint32_t number = 0;

 private:
  static int family(const net::Address& address) { return address.is_v4() ? AF_INET : AF_INET6; }
  const int descriptor_;
};

class ProbesTest : public ::testing::Test {
 protected:
  void serve(http::Router router) {
    server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{}, std::move(router));
    const auto listening = server_->listen({});
    ASSERT_TRUE(listening) << listening.error().message;
  }
  std::uint32_t port_of(bool is_v4) {
    for (const auto& endpoint : server_->endpoints())
      if (endpoint.address.is_v4() == is_v4) return endpoint.port;
    return 0;
  }
  agent::Probe make(agent::ProbeTarget target, std::optional<Duration> timeout = 20s) {
    return {.name = {ContainerId("c"), ++last_}, .target = std::move(target), .timeout = timeout};
  }
  ProbeOutcome outcome_of(const agent::Probe& probe) {
    probes_.begin(probe);
    return wait(probe.name);
  }
  ProbeOutcome wait(const agent::ProbeName& name) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 20s, [&] { return ended_.contains(name); })) ADD_FAILURE() << "no answer";
    return ended_[name];
  }
  ProbeOutcome get(std::uint32_t port, const std::string& path, std::vector<std::string> hosts = {"127.0.0.1"}) {
    return outcome_of(make(agent::ProbeHttp{.hosts = std::move(hosts), .port = port, .path = path}));
  }
  ProbeOutcome knock(std::uint32_t port, std::vector<std::string> hosts = {"127.0.0.1"}) {
    return outcome_of(make(agent::ProbeTcp{.hosts = std::move(hosts), .port = port}));
  }
  bool has_ended(const agent::ProbeName& name) {
    const std::lock_guard lock(mutex_);
    return ended_.contains(name);
  }

  std::uint64_t last_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<agent::ProbeName, ProbeOutcome> ended_;
  net::Loop loop_{2};
  FakeRuntime runtime_;
  std::unique_ptr<http::Server> server_;
  Probes probes_{loop_, runtime_, [this](agent::ProbeEnded ended) {
                   const std::lock_guard lock(mutex_);
                   EXPECT_TRUE(ended_.emplace(ended.probe, ended.outcome).second) << "two answers";
                   changed_.notify_all();
                 }};
};

// EXE-162 EXE-170 EXE-171
TEST_F(ProbesTest, TheStatusOfAnHttpAnswerIsTheResultInBothFamilies) {
  http::Router router;
  for (const int status : {200, 404, 503})
    router.add("/" + std::to_string(status), {"GET"},
               [status](http::Request, http::Responder responder) { responder.respond(http::text(status, "x")); });
  router.add("/moved", {"GET"}, [](http::Request, http::Responder responder) {
    auto response = http::empty(302);
    response.headers.set("Location", "/200");
    responder.respond(std::move(response));
  });
  router.add("/round", {"GET"}, [](http::Request, http::Responder responder) {
    auto response = http::empty(302);
    response.headers.set("Location", "/round");
    responder.respond(std::move(response));
  });
  serve(std::move(router));
  for (const bool is_v4 : {true, false}) {
    const std::vector<std::string> hosts{is_v4 ? "127.0.0.1" : "::1"};
    for (const auto& [path, status] :
         {std::pair("/200", 200), {"/404", 404}, {"/503", 503}, {"/moved", 200}, {"/round", 302}})
      EXPECT_EQ(get(port_of(is_v4), path, hosts), (ProbeOutcome{.kind = Kind::answered, .value = status})) << path;
  }
}

// EXE-162
TEST_F(ProbesTest, HttpsIsSpokenWithAnyCertificate) {
  http::testing::TlsServer server("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n");
  const ProbeOutcome outcome = outcome_of(
      make(agent::ProbeHttp{.hosts = {"127.0.0.1"}, .tls = true, .port = server.endpoint.port, .path = "/"}));
  EXPECT_EQ(outcome, (ProbeOutcome{.kind = Kind::answered, .value = 503}));
}

// EXE-170
TEST_F(ProbesTest, AddressesAreTriedInOrderUntilOneAnswers) {
  http::Router router;
  router.add("/", {"GET"}, [](http::Request, http::Responder responder) { responder.respond(http::empty(204)); });
  server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{}, std::move(router));
  const auto listening = server_->listen({{net::Address::loopback_v6(), 0}});
  ASSERT_TRUE(listening) << listening.error().message;
  const std::uint32_t port = port_of(false);
  EXPECT_EQ(get(port, "/", {"127.0.0.1"}).kind, Kind::failed);
  EXPECT_EQ(get(port, "/", {"127.0.0.1", "::1"}).value, 204);
  EXPECT_EQ(knock(port, {"127.0.0.1"}).value, 0);
  EXPECT_EQ(knock(port, {"127.0.0.1", "::1"}).value, 1);
  const Port other(*net::Address::parse("127.0.0.9"), true);
  EXPECT_EQ(knock(other.number, {"127.0.0.1", "::1", "127.0.0.9"}).value, 1);
}

// EXE-163
TEST_F(ProbesTest, AConnectionIsASuccessAndARefusalIsNone) {
  const Port open(net::Address::loopback_v4(), true);
  const Port deaf(net::Address::loopback_v4(), false);
  EXPECT_EQ(knock(open.number), (ProbeOutcome{.kind = Kind::answered, .value = 1}));
  const ProbeOutcome refused = knock(deaf.number);
  EXPECT_EQ(refused.kind, Kind::answered);
  EXPECT_EQ(refused.value, 0);
  EXPECT_TRUE(refused.message.contains("refused")) << refused.message;
  EXPECT_EQ(get(deaf.number, "/").kind, Kind::failed);
}

TEST_F(ProbesTest, WhatCannotBeTriedFailsInWords) {
  EXPECT_EQ(knock(0).message, "there is no port 0");
  EXPECT_EQ(knock(70'000).message, "there is no port 70000");
  EXPECT_EQ(get(70'000, "/").kind, Kind::failed);
  EXPECT_TRUE(get(80, "/\r\nHost: evil").message.contains("control character"));
}

// EXE-163
TEST_F(ProbesTest, ConnectionsThatAreNotAnsweredTimeOut) {
  const Port silent(net::Address::loopback_v4(), true);
  for (const bool tls : {false, true}) {
    const ProbeOutcome outcome = outcome_of(
        make(agent::ProbeHttp{.hosts = {"127.0.0.1"}, .tls = tls, .port = silent.number, .path = "/"}, 30ms));
    EXPECT_EQ(outcome.kind, Kind::timed_out);
  }
}

agent::ProbeCommand command() {
  return {.directory = "/sandbox", .executable = "ask", .environment = {{"A", "1"}}, .user = "nobody"};
}

// EXE-163
TEST_F(ProbesTest, ACommandRunsInTheContainerAndItsExitCodeIsTheResult) {
  struct Case {
    Result<int> status;
    ProbeOutcome outcome;
  };
  for (const auto& [status, outcome] :
       {Case{0, {.kind = Kind::answered, .value = 0}}, Case{3 << 8, {.kind = Kind::answered, .value = 3}},
        Case{SIGSEGV, {.kind = Kind::failed, .message = "the command terminated with signal Segmentation fault"}},
        Case{fail(Code::not_found, "executable 'ask' not found"),
             {.kind = Kind::failed, .message = "executable 'ask' not found"}},
        Case{fail(Code::failed_precondition, "container c does not run"),
             {.kind = Kind::nothing, .message = "container c does not run"}}}) {
    const agent::Probe probe = make(command());
    probes_.begin(probe);
    EXPECT_EQ(runtime_.inside.value, "c");
    EXPECT_TRUE(runtime_.spec.id.value.starts_with("c.check-"));
    EXPECT_EQ(runtime_.spec.sandbox_directory, "/sandbox");
    EXPECT_EQ(runtime_.spec.executable, "ask");
    EXPECT_EQ(runtime_.spec.user, "nobody");
    EXPECT_TRUE(runtime_.spec.output_to_stderr);
    EXPECT_EQ(runtime_.spec.environment.front(), std::pair(std::string("A"), std::string("1")));
    runtime_.executed(status);
    EXPECT_EQ(wait(probe.name), outcome);
  }
  EXPECT_TRUE(runtime_.destroyed.empty());
}

// EXE-163
TEST_F(ProbesTest, ACommandThatIsLateIsDestroyedAndTheResultToldWhenItIsGone) {
  const agent::Probe probe = make(command(), 20ms);
  probes_.begin(probe);
  ASSERT_TRUE(runtime_.wait_destroyed());
  EXPECT_EQ(runtime_.destroyed.front(), runtime_.spec.id);
  EXPECT_FALSE(has_ended(probe.name));
  runtime_.executed(SIGKILL);
  EXPECT_EQ(wait(probe.name).kind, Kind::timed_out);
}

// EXE-127
TEST_F(ProbesTest, WhatIsCancelledEndsAndDoesNotAnswer) {
  const agent::Probe asked = make(command());
  probes_.begin(asked);
  probes_.cancel(asked.name);
  ASSERT_EQ(runtime_.destroyed.size(), 1U);
  runtime_.executed(SIGKILL);
  const Port silent(net::Address::loopback_v4(), true);
  const agent::Probe waiting = make(agent::ProbeHttp{.hosts = {"127.0.0.1"}, .port = silent.number, .path = "/"});
  probes_.begin(waiting);
  probes_.cancel(waiting.name);
  EXPECT_EQ(knock(silent.number).value, 1);
  EXPECT_FALSE(has_ended(asked.name));
  EXPECT_FALSE(has_ended(waiting.name));
}

TEST_F(ProbesTest, StoppedItAnswersNothingHoweverLateAnAnswerComes) {
  const Port silent(net::Address::loopback_v4(), true);
  std::vector<agent::Probe> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(make(agent::ProbeHttp{.hosts = {"127.0.0.1"}, .port = silent.number, .path = "/"}, 1ms));
    all.push_back(make(agent::ProbeTcp{.hosts = {"127.0.0.1"}, .port = silent.number}, 1ms));
  }
  for (const auto& probe : all) probes_.begin(probe);
  const agent::Probe last = make(command());
  probes_.begin(last);
  probes_.stop();
  const auto answered = [&] {
    const std::lock_guard lock(mutex_);
    return ended_.size();
  };
  const std::size_t before = answered();
  runtime_.executed(0);
  probes_.begin(make(command()));
  std::promise<void> later;
  const net::Timer timer = loop_.after(20ms, [&] { later.set_value(); });
  later.get_future().wait();
  EXPECT_EQ(answered(), before);
}

}  // namespace
}  // namespace stoa::daemon
