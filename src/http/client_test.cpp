// The client against our own server, and against a peer that misbehaves.
#include "http/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "http/compress.h"
#include "http/server.h"
#include "http/testing.h"
#include "http/tls_testing.h"
#include "net/interfaces.h"

namespace stoa::http {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;

class ClientTest : public ::testing::Test {
 protected:
  void start(Router router, ServerOptions options = {}) {
    server_ = std::make_unique<Server>(loop_, std::move(options), std::move(router));
    const auto listening = server_->listen({});
    ASSERT_TRUE(listening) << listening.error().message;
  }
  ClientRequest to(const std::string& target, const net::Endpoint& endpoint) {
    return {.url = *net::Url::parse("http://" + endpoint.to_string() + target)};
  }
  ClientRequest to(const std::string& target) { return to(target, server_->endpoints().front()); }
  Result<Response> ask(ClientRequest request) {
    std::promise<Result<Response>> promise;
    client_.request(std::move(request), [&](Result<Response> response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
  }

  net::Loop loop_{2};
  std::unique_ptr<Server> server_;
  Client client_{loop_};
};

// IP6-006 IP6-014
TEST_F(ClientTest, ReachesBothFamiliesAndNames) {
  Router router;
  router.add("/", {"POST"}, [](Request request, Responder responder) {
    responder.respond(json(std::string(*request.headers.get("Host")) + request.body));
  });
  start(std::move(router));
  for (const auto& endpoint : server_->endpoints()) {
    auto request = to("/", endpoint);
    request.method = "POST";
    request.body = "!";
    const auto response = ask(std::move(request));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, endpoint.to_string() + "!");
  }
  auto by_name = to("/");
  by_name.method = "POST";
  by_name.url.host = "localhost";
  EXPECT_EQ(ask(std::move(by_name))->status, 200);
}

TEST_F(ClientTest, ConnectionsAreKeptAndReused) {
  std::mutex mutex;
  std::set<net::Endpoint> peers;
  Router router;
  router.add("/", {"GET"}, [&](Request request, Responder responder) {
    const std::lock_guard lock(mutex);
    peers.insert(request.peer);
    responder.respond(empty(200));
  });
  start(std::move(router));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(to("/"))->status, 200);
  EXPECT_EQ(peers.size(), 1u);
}

TEST_F(ClientTest, RedirectsAreFollowedWithCredentialsWhereAsked) {
  Router router;
  router.add("/from", {"POST"}, [](Request request, Responder responder) {
    auto response = empty(307);
    response.headers.set("Location", "//" + std::string(*request.headers.get("Host")) + "/to?a=b");
    responder.respond(std::move(response));
  });
  router.add("/to", {"POST"}, [](Request request, Responder responder) {
    responder.respond(
        text(200, request.body + request.query["a"] + std::string(*request.headers.get("Authorization"))));
  });
  start(std::move(router));
  auto request = to("/from");
  request.method = "POST";
  request.body = "body ";
  request.headers.set("Authorization", "secret");
  EXPECT_EQ(ask(request)->status, 307);
  request.redirects_max = 1;
  EXPECT_EQ(ask(request)->body, "body bsecret");
}

TEST_F(ClientTest, FailuresSayWhatHappened) {
  std::vector<Responder> held;
  std::mutex mutex;
  Router router;
  router.add("/never", {"GET"}, [&](Request, Responder responder) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(responder));
  });
  router.add("/big", {"GET"}, [](Request, Responder responder) { responder.respond(json(std::string(5000, 'x'))); });
  start(std::move(router));
  auto late = to("/never");
  late.timeout = 20ms;
  EXPECT_EQ(ask(std::move(late)).error().code, Code::timed_out);
  auto big = to("/big");
  big.body_bytes_max = 4999;
  EXPECT_EQ(ask(big).error().code, Code::resource_exhausted);
  big.body_bytes_max = 5000;
  big.headers.set("Accept-Encoding", "gzip");
  EXPECT_EQ(ask(big)->body, std::string(5000, 'x'));
  big.url.scheme = "ftp";
  EXPECT_EQ(ask(big).error().code, Code::unimplemented);
  const auto gone = to("/never");
  {
    const std::lock_guard lock(mutex);
    held.clear();
  }
  server_.reset();
  EXPECT_EQ(ask(gone).error().code, Code::unavailable);
  EXPECT_EQ(fetch(gone).error().code, Code::unavailable);
}

// ---- Streams

// HTTP-021 HTTP-086 HTTP-088 HTTP-092 HTTP-093 HTTP-095
TEST_F(ClientTest, EachRecordIsOneChunkAndTheConnectionServesOn) {
  std::promise<std::shared_ptr<Stream>> opened;
  Router router;
  router.add("/events", {"GET"}, [&](Request, Responder responder) {
    opened.set_value(responder.stream({.headers = {{"Content-Type", "application/json"}}}));
  });
  router.add("/health", {"GET"}, [](Request, Responder responder) { responder.respond(empty(200)); });
  start(std::move(router));
  RawClient raw(server_->endpoints().front());
  raw.send("GET /events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto head = raw.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(head.find("Content-Encoding"), std::string::npos);
  const auto stream = opened.get_future().get();
  EXPECT_TRUE(stream->send("5\nhello"));
  EXPECT_EQ(raw.read_exactly(12), "7\r\n5\nhello\r\n");
  const std::string long_record(100'000, 'x');
  EXPECT_TRUE(stream->send(long_record));
  EXPECT_TRUE(stream->send("2\nhi"));
  EXPECT_EQ(raw.read_until("hi\r\n"), "186a0\r\n" + long_record + "\r\n4\r\n2\nhi\r\n");
  std::promise<void> closed;
  stream->on_closed([&] { closed.set_value(); });
  stream->close();
  EXPECT_EQ(raw.read_exactly(5), "0\r\n\r\n");
  closed.get_future().get();
  EXPECT_FALSE(stream->send("late"));
  raw.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(raw.read_all().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ClientTest, TheEndOfAStreamsClientIsNoticed) {
  std::promise<void> closed;
  Router router;
  router.add("/events", {"GET"},
             [&](Request, Responder responder) { responder.stream({})->on_closed([&] { closed.set_value(); }); });
  start(std::move(router));
  {
    RawClient raw(server_->endpoints().front());
    raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.read_until("\r\n\r\n");
  }
  closed.get_future().get();
}

// HTTP-096 SEC-122 SEC-231
TEST_F(ClientTest, ASlowReaderIsCutAndOthersAreNot) {
  std::promise<std::shared_ptr<Stream>> opened;
  Router router;
  router.add("/events", {"GET"}, [&](Request, Responder responder) { opened.set_value(responder.stream({})); });
  router.add("/health", {"GET"}, [](Request, Responder responder) { responder.respond(empty(200)); });
  start(std::move(router), {.stream_bytes_max = 1 << 20});
  RawClient raw(server_->endpoints().front());
  raw.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = opened.get_future().get();
  std::promise<void> closed;
  stream->on_closed([&] { closed.set_value(); });
  const std::string record(64 * 1024, 'x');
  int sent = 0;
  // The kernel's own buffers take some megabytes.
  while (sent < 10'000 && stream->send(record)) {
    ++sent;
    ASSERT_LE(stream->buffered(), (1u << 20));
  }
  EXPECT_LT(sent, 10'000);
  closed.get_future().get();
  EXPECT_FALSE(stream->send(record));
  EXPECT_EQ(ask(to("/health"))->status, 200);
}

TEST_F(ClientTest, StreamedAnswersArriveAsTheyAreSent) {
  std::promise<std::shared_ptr<Stream>> opened;
  Router router;
  router.add("/events", {"GET"}, [&](Request, Responder responder) { opened.set_value(responder.stream({})); });
  start(std::move(router));
  std::promise<int> head;
  std::promise<void> first;
  std::promise<Result<>> end;
  std::string received;
  const auto reading = client_.stream(
      to("/events"), [&](Result<Response> response) { head.set_value(response->status); },
      [&](std::string_view data) {
        if (received.empty()) first.set_value();
        received += data;
      },
      [&](Result<> outcome) { end.set_value(std::move(outcome)); });
  EXPECT_EQ(head.get_future().get(), 200);
  const auto stream = opened.get_future().get();
  stream->send("one");
  first.get_future().get();
  stream->send("two");
  stream->close();
  EXPECT_TRUE(end.get_future().get());
  EXPECT_EQ(received, "onetwo");
}

// HTTP-103 HTTP-107
TEST_F(ClientTest, StreamedRequestsAreReadWhileTheyCome) {
  std::promise<std::shared_ptr<Upload>> opened;
  std::promise<Responder> pending;
  Router router;
  router.add("/attach", {"POST"},
             [&](Request request, Responder responder) {
               opened.set_value(request.upload);
               pending.set_value(std::move(responder));
             },
             {.streaming_content_type = "application/recordio"});
  start(std::move(router), {.body_bytes_max = 100, .body_progress_max = 1ms});
  auto request = to("/attach");
  request.method = "POST";
  request.headers.set("Content-Type", "application/recordio; x=y");
  request.chunked_upload = true;
  request.body = "first";
  std::promise<int> head;
  const auto stream = client_.stream(
      std::move(request), [&](Result<Response> response) { head.set_value(response->status); }, [](auto) {},
      [](auto) {});
  const auto upload = opened.get_future().get();
  const auto read = [&] {
    std::promise<Result<std::string>> promise;
    upload->read([&](Result<std::string> bytes) { promise.set_value(std::move(bytes)); });
    return promise.get_future().get();
  };
  EXPECT_EQ(read(), "first");
  EXPECT_TRUE(stream->send(std::string(1000, 'x')));
  std::string all;
  while (all.size() < 1000) all += *read();
  EXPECT_EQ(all, std::string(1000, 'x'));
  stream->finish();
  EXPECT_EQ(read(), "");
  pending.get_future().get().respond(empty(200));
  EXPECT_EQ(head.get_future().get(), 200);
}

// ---- Upgrades

TEST_F(ClientTest, AnUpgradedConnectionCarriesBytesBothWays) {
  std::promise<void> closed;
  Router router;
  router.add("/agent-link", {"GET"}, [&](Request request, Responder responder) {
    if (!wants_upgrade(request, "stoa-agent/1")) return responder.respond(text(400, "Upgrade: stoa-agent/1 expected"));
    responder.upgrade("stoa-agent/1", [&](std::shared_ptr<Channel> channel) {
      channel->on_closed([&] { closed.set_value(); });
      channel->on_data([channel = std::weak_ptr(channel)](std::string_view data) {
        if (const auto open = channel.lock()) open->send("echo " + std::string(data));
      });
    });
  });
  start(std::move(router));
  // Bytes right behind the head are the channel's.
  RawClient raw(server_->endpoints().front());
  raw.send("GET /agent-link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: stoa-agent/1\r\n\r\nearly");
  const auto head = raw.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_NE(head.find("Upgrade: stoa-agent/1\r\n"), std::string::npos);
  EXPECT_EQ(raw.read_until("early"), "echo early");
  raw.close();
  closed.get_future().get();
  closed = {};

  std::promise<std::shared_ptr<Channel>> opened;
  client_.upgrade(to("/agent-link"), "stoa-agent/1",
                  [&](Result<std::shared_ptr<Channel>> channel) { opened.set_value(*std::move(channel)); });
  const auto channel = opened.get_future().get();
  EXPECT_EQ(channel->peer(), server_->endpoints().front());
  std::promise<std::string> echoed;
  channel->on_data([&](std::string_view data) { echoed.set_value(std::string(data)); });
  EXPECT_TRUE(channel->send("ping"));
  EXPECT_EQ(echoed.get_future().get(), "echo ping");
  channel->close();
  closed.get_future().get();

  std::promise<Error> refused;
  client_.upgrade(to("/agent-link"), "other/1",
                  [&](Result<std::shared_ptr<Channel>> other) { refused.set_value(other.error()); });
  EXPECT_EQ(refused.get_future().get().code, Code::failed_precondition);
}

// ---- Stopping

// HTTP-194
TEST_F(ClientTest, StoppingAnswersWhatIsInFlightAndEndsStreams) {
  std::promise<Responder> pending;
  std::promise<std::shared_ptr<Stream>> opened;
  Router router;
  router.add("/slow", {"GET"}, [&](Request, Responder responder) { pending.set_value(std::move(responder)); });
  router.add("/events", {"GET"}, [&](Request, Responder responder) { opened.set_value(responder.stream({})); });
  start(std::move(router));
  const auto endpoint = server_->endpoints().front();
  RawClient slow(endpoint), events(endpoint), idle(endpoint);
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  events.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = pending.get_future().get();
  opened.get_future().get()->send("last");
  server_->stop();
  EXPECT_TRUE(events.read_all().ends_with("4\r\nlast\r\n0\r\n\r\n"));
  EXPECT_EQ(idle.read_all(), "");
  responder.respond(text(200, "answered"));
  const auto answer = slow.read_all();
  EXPECT_TRUE(answer.ends_with("answered"));
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  slow.close(), events.close(), idle.close();
  server_.reset();
  EXPECT_EQ(ask(to("/slow", endpoint)).error().code, Code::unavailable);
}

TEST_F(ClientTest, AResponderMayOutliveItsServer) {
  std::promise<Responder> pending;
  Router router;
  router.add("/", {"GET"}, [&](Request, Responder responder) { pending.set_value(std::move(responder)); });
  start(std::move(router), {.shutdown_time_max = 10ms});
  RawClient raw(server_->endpoints().front());
  raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = pending.get_future().get();
  server_.reset();
  responder.respond(empty(200));
  EXPECT_EQ(raw.read_all(), "");
}

// ---- Many at once

// HTTP-191
TEST_F(ClientTest, ManyClientsAtOnceAreServedAndCounted) {
  std::atomic<int> recorded = 0;
  Router router;
  router.add("/", {"POST"}, [](Request request, Responder responder) {
    // Answered from another thread as a core does.
    responder.respond(json(std::move(request.body)));
  });
  start(std::move(router), {.on_access = [&](const AccessRecord&) { ++recorded; }});
  constexpr int count = 2000;
  std::atomic<int> left = count;
  std::atomic<int> right = 0;
  std::promise<void> all;
  for (int i = 0; i < count; ++i) {
    auto request = to("/");
    request.method = "POST";
    request.body = std::to_string(i);
    client_.request(std::move(request), [&, i](Result<Response> response) {
      if (response && response->body == std::to_string(i)) ++right;
      if (--left == 0) all.set_value();
    });
    // A burst of a thousand is the limit for one address.
    while (count - i - 1 > 0 && left > count - i - 1 + 200) std::this_thread::yield();
  }
  all.get_future().get();
  EXPECT_EQ(right, count);
  EXPECT_EQ(recorded, count);
}

ClientRequest https_to(const net::Endpoint& endpoint) {
  return {.url = *net::Url::parse("https://" + endpoint.to_string() + "/path?query"), .timeout = 20s};
}

// EXE-162
TEST_F(ClientTest, HttpsIsSpokenWithoutALookAtTheCertificateWhereAskedForAndOnlyThere) {
  const std::string body(300'000, 'x');
  testing::TlsServer server("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body);
  auto request = https_to(server.endpoint);
  EXPECT_EQ(ask(request).error().code, Code::unimplemented);
  request.accept_any_certificate = true;
  for (int i = 0; i < 3; ++i) {
    const auto response = ask(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
  }
  EXPECT_TRUE(server.request().starts_with("GET /path?query HTTP/1.1\r\n")) << server.request();
}

// EXE-162
TEST_F(ClientTest, RedirectsLeadFromHttpsToHttpAndBack) {
  testing::TlsServer target("HTTP/1.1 204 No Content\r\n\r\n");
  Router router;
  router.add("/back", {"GET"}, [&](Request, Responder responder) {
    auto response = empty(302);
    response.headers.set("Location", "https://" + target.endpoint.to_string() + "/");
    responder.respond(std::move(response));
  });
  start(std::move(router));
  testing::TlsServer origin("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: http://" +
                            server_->endpoints().front().to_string() + "/back\r\n\r\n");
  auto request = https_to(origin.endpoint);
  request.accept_any_certificate = true;
  EXPECT_EQ(ask(request)->status, 301);
  request.redirects_max = 5;
  EXPECT_EQ(ask(request)->status, 204);
}

TEST_F(ClientTest, WhoDoesNotSpeakTlsIsAnErrorInWords) {
  Router router;
  start(std::move(router));
  auto request = https_to(server_->endpoints().front());
  request.accept_any_certificate = true;
  const auto answer = ask(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unavailable);
  EXPECT_TRUE(answer.error().message.starts_with("TLS with ")) << answer.error().message;
}

TEST_F(ClientTest, AHandshakeThatNeverEndsIsOverWithTheTimeout) {
  const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage storage;
  const auto length = net::to_sockaddr({net::Address::loopback_v4(), 0}, storage);
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&storage), *length), 0);
  ASSERT_EQ(::listen(silent, 1), 0);
  auto request = https_to(net::local_of(silent));
  request.accept_any_certificate = true;
  request.timeout = 50ms;
  EXPECT_EQ(ask(request).error().code, Code::timed_out);
  const int peer = ::accept(silent, nullptr, nullptr);
  char bytes[4096];
  while (::recv(peer, bytes, sizeof bytes, 0) > 0) {  // The hello, then the end: nothing is left open.
  }
  ::close(peer);
  ::close(silent);
}

// EXE-162
TEST_F(ClientTest, ABodyOfAnySizeIsDroppedWhereOnlyTheStatusCounts) {
  Router router;
  router.add("/", {"GET"},
             [](Request, Responder responder) { responder.respond(json(std::string(5'000'000, 'x'), 418)); });
  start(std::move(router));
  auto request = to("/");
  request.discard_body = true;
  request.body_bytes_max = 1000;
  const auto response = ask(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->body, "");
}

}  // namespace
}  // namespace stoa::http
