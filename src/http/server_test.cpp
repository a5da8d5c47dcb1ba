// The server over real sockets: what goes in as bytes, what comes out.
#include "http/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "http/compress.h"
#include "http/testing.h"
#include "net/interfaces.h"

namespace stoa::http {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;

Router basic_router() {
  Router router({.component_prefix = "/slave(1)", .exempt_from_prefix = {"/version"}, .disabled = {"/disabled"}});
  router.add("/health", {"GET"}, [](Request, Responder responder) { responder.respond(empty(200)); });
  router.add("/version", {"GET"}, [](Request, Responder responder) { responder.respond(json("{}")); });
  router.add("/disabled", {"GET"}, [](Request, Responder responder) { responder.respond(json("{}")); });
  router.add("/api/v1", {"POST"}, [](Request request, Responder responder) { responder.respond(json(request.body)); });
  router.add("/echo", Methods::any(), [](Request request, Responder responder) {
    std::string out = request.method + " " + request.path;
    for (const auto& [key, value] : request.query) out += " " + key + "=" + value;
    responder.respond(text(200, out));
  });
  router.add("/big", {"GET"}, [](Request, Responder responder) { responder.respond(json(std::string(5000, 'x'))); });
  router.add("/accepted", {"POST"}, [](Request, Responder responder) { responder.respond(empty(202)); });
  return router;
}

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}, Router router = basic_router()) {
    server_ = std::make_unique<Server>(loop_, std::move(options), std::move(router));
    const auto listening = server_->listen({});
    ASSERT_TRUE(listening) << listening.error().message;
  }
  RawClient connect() { return RawClient(server_->endpoints().front()); }
  // The whole answer to one request on a connection of its own.
  std::string exchange(std::string_view bytes) {
    auto client = connect();
    client.send(bytes);
    return client.read_all();
  }

  net::Loop loop_{2};
  std::unique_ptr<Server> server_;
};

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }

// ---- Both families

// HTTP-010
TEST_F(ServerTest, WhoComesBeforeTheDaemonIsWholeWaitsInsteadOfFindingNothing) {
  server_ = std::make_unique<Server>(loop_, ServerOptions{}, basic_router());
  ASSERT_TRUE(server_->reserve({}));
  auto early = connect();
  early.send("POST /accepted HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(server_->connections(), 0u);
  server_->accept();
  EXPECT_EQ(status_of(early.read_all()), 202);
}

// HTTP-026 IP6-010 IP6-011
TEST_F(ServerTest, ListensOnBothFamiliesAtOnePort) {
  start();
  const auto endpoints = server_->endpoints();
  ASSERT_EQ(endpoints.size(), net::loopback_addresses().size());
  for (const auto& endpoint : endpoints) {
    EXPECT_EQ(endpoint.port, endpoints.front().port);
    RawClient client(endpoint);
    client.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(client.read_all()), 200) << endpoint.to_string();
  }
}

// IP6-003
TEST_F(ServerTest, PeersHaveTheirTrueFamily) {
  Router router;
  router.add("/peer", {"GET"}, [](Request request, Responder responder) {
    responder.respond(text(200, request.peer.address.to_string()));
  });
  start({}, std::move(router));
  for (const auto& endpoint : server_->endpoints()) {
    RawClient client(endpoint);
    client.send("GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n" + endpoint.address.to_string()));
  }
}

TEST_F(ServerTest, ATakenPortIsReported) {
  start();
  Server second(loop_, {}, basic_router());
  EXPECT_EQ(second.listen(server_->endpoints()).error().code, Code::already_exists);
}

// ---- Connections

// HTTP-014 HTTP-015 HTTP-022 HTTP-021
TEST_F(ServerTest, ConnectionsPersistUntilAskedToClose) {
  start();
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.read_until("\r\n\r\n");
    EXPECT_EQ(status_of(head), 200);
    EXPECT_NE(head.find("Content-Length: 0\r\n"), std::string::npos);
    EXPECT_NE(head.find("\r\nDate: "), std::string::npos);
    EXPECT_NE(head.find(" GMT\r\n"), std::string::npos);
    EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos);
  }
  client.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_all().find("Connection: close"), std::string::npos);
}

// HTTP-014
TEST_F(ServerTest, Http10ClosesUnlessKeepAliveIsAsked) {
  start();
  EXPECT_EQ(status_of(exchange("GET /health HTTP/1.0\r\n\r\n")), 200);
  auto client = connect();
  client.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Connection: keep-alive"), std::string::npos);
  client.send("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(client.read_all()), 200);
}

// HTTP-016 HTTP-017
TEST_F(ServerTest, PipelinedRequestsAreHandledAndAnsweredInOrder) {
  std::mutex mutex;
  std::vector<std::string> order;
  std::vector<net::Timer> timers;
  Router router;
  router.add("/n", {"GET"}, [&](Request request, Responder responder) {
    const std::lock_guard lock(mutex);
    order.push_back(request.path);
    auto held = std::make_shared<Responder>(std::move(responder));
    // The first takes longest.
    const auto delay = request.path == "/n/0" ? 30ms : 0ms;
    timers.push_back(loop_.after(delay, [held, path = request.path] { held->respond(text(200, path)); }));
  });
  start({}, std::move(router));
  auto client = connect();
  std::string bytes;
  for (int i = 0; i < 150; ++i) bytes += "GET /n/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(bytes + "GET /n/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = client.read_all();
  std::size_t at = 0;
  for (int i = 0; i < 150; ++i) {
    at = all.find("\r\n\r\n/n/" + std::to_string(i) + "H", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_TRUE(all.ends_with("/n/last"));
  EXPECT_EQ(order.size(), 151u);
  EXPECT_EQ(order.front(), "/n/0");
  EXPECT_EQ(order.back(), "/n/last");
}

TEST_F(ServerTest, HalfClosedClientsGetTheirAnswers) {
  start();
  auto client = connect();
  client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\n\r\n");
  client.shutdown_send();
  EXPECT_TRUE(client.read_all().ends_with("{}"));
}

// HTTP-019
TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  start();
  auto client = connect();
  client.send("POST /api/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_TRUE(client.read_until("body").ends_with("\r\n\r\nbody"));
}

// HTTP-020 HTTP-023 HTTP-024
TEST_F(ServerTest, ChunkedBodiesEqualCountedOnesAndTrailersAreIgnored) {
  start();
  auto client = connect();
  client.send("POST /api/v1 HTTP/1.1\r\nhost: x\r\ncontent-LENGTH: 6\r\n\r\nabcdef");
  EXPECT_TRUE(client.read_until("abcdef").starts_with("HTTP/1.1 200 OK\r\n"));
  client.send(
      "POST /api/v1 HTTP/1.1\r\nHost: x\r\nTRANSFER-encoding: Chunked\r\n\r\n"
      "1;name=value\r\na\r\n05\r\nbcdef\r\n0\r\nTrailer: ignored\r\nOther: x\r\n\r\n");
  EXPECT_TRUE(client.read_until("abcdef").starts_with("HTTP/1.1 200 OK\r\n"));
  client.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(client.read_all()), 200);
}

// HTTP-030
TEST_F(ServerTest, AnEmpty202HasLengthZeroAndNoContentType) {
  start();
  const auto answer = exchange("POST /accepted HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_NE(answer.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Content-Type"), std::string::npos);
}

// ---- Paths and methods

struct PathCase {
  std::string_view request_line;
  int status;
  std::string_view ending;
};

// HTTP-003 HTTP-004 HTTP-005 HTTP-006 HTTP-007 HTTP-008 HTTP-009 HTTP-011 HTTP-013 HTTP-018 HTTP-186 HTTP-205
// SEC-124 SEC-252 V0-007
TEST_F(ServerTest, PathsReachTheirRoutes) {
  start();
  const std::vector<PathCase> cases{
      {"GET /echo/ HTTP/1.1", 200, "GET /echo"},
      {"GET /echo/a/b/ HTTP/1.1", 200, "GET /echo/a/b"},
      {"GET /slave(1)/echo HTTP/1.1", 200, "GET /echo"},
      {"GET /slave%281%29/echo HTTP/1.1", 200, "GET /echo"},
      {"GET //echo HTTP/1.1", 200, "GET /echo"},
      {"GET /slave%281%2/echo HTTP/1.1", 404, "404 Not Found."},
      {"GET /echoes HTTP/1.1", 404, "404 Not Found."},
      {"GET /nothing HTTP/1.1", 404, "404 Not Found."},
      {"GET /slave(1)/version HTTP/1.1", 404, "404 Not Found."},
      {"GET /echo/../version HTTP/1.1", 404, "404 Not Found."},
      {"GET /%2e%2e/echo HTTP/1.1", 404, "404 Not Found."},
      {"GET /disabled HTTP/1.1", 403, "Endpoint '/disabled' is disabled"},
      {"GET /slave(1)/disabled/ HTTP/1.1", 403, "Endpoint '/disabled' is disabled"},
      {"GET http://host:1/echo?a=b HTTP/1.1", 200, "GET /echo a=b"},
      {"GET http://[::1]:1/echo HTTP/1.1", 200, "GET /echo"},
      {"GET /echo?a=1&a=%20x+y&b HTTP/1.1", 200, "GET /echo a= x y b="},
      {"GET /echo?a=%zz HTTP/1.1", 400, ""},
      {"GET echo HTTP/1.1", 400, ""},
      {"OPTIONS * HTTP/1.1", 400, ""},
      {"GET /api/v1 HTTP/1.1", 405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."},
      {"TRACE /api/v1 HTTP/1.1", 405, "but received 'TRACE'."},
      {"FOO /api/v1/x HTTP/1.1", 405, "but received 'FOO'."},
      {"PUT /nothing HTTP/1.1", 501, "501 Not Implemented."},
      {"CONNECT host:80 HTTP/1.1", 501, ""},
  };
  for (const auto& [line, status, ending] : cases) {
    const auto answer = exchange(std::string(line) + "\r\nHost: x\r\nSecret: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(answer), status) << line;
    EXPECT_TRUE(answer.ends_with(ending)) << line << ": " << answer;
    EXPECT_EQ(answer.find("Secret"), std::string::npos);
    EXPECT_EQ(answer.find("Allow: POST\r\n") != std::string::npos, status == 405);
    if (status >= 400) EXPECT_NE(answer.find("Content-Type: text/plain; charset=utf-8\r\n"), std::string::npos);
  }
}

// HTTP-190 V0-004
TEST_F(ServerTest, HeadAnswersLikeGetWithoutTheBody) {
  start();
  const auto answer = exchange("HEAD /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 5000\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

// SEC-242
TEST_F(ServerTest, ForeignHostNamesAreMisdirected) {
  start({.hosts = {"good.example"}});
  const auto ask = [&](const std::string& host) {
    return status_of(exchange("GET /health HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"));
  };
  EXPECT_EQ(ask("evil.example"), 421);
  EXPECT_EQ(ask("evil.example:5050"), 421);
  EXPECT_EQ(ask("GOOD.example:5050"), 200);
  EXPECT_EQ(ask("[::1]:5050"), 200);
  EXPECT_EQ(ask("127.0.0.1"), 200);
}

// ---- Hostile bytes

struct HostileCase {
  std::string_view name;
  std::string bytes;
  int status;
};

// HTTP-025 HTTP-040 HTTP-191 HTTP-192 SEC-120 SEC-127 SEC-211 SEC-212 SEC-213 SEC-214 SEC-215
TEST_F(ServerTest, HostileBytesAreRefusedAndClosed) {
  std::atomic<int> handled = 0;
  Router router;
  router.add("/", Methods::any(), [&](Request, Responder responder) {
    ++handled;
    responder.respond(empty(200));
  });
  start({.body_bytes_max = 1000}, std::move(router));
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string many_headers = get;
  for (int i = 0; i < 1'000'000; ++i) many_headers += "A: b\r\n";
  const std::vector<HostileCase> cases{
      {"not HTTP", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
      {"no HTTP words", "hello\r\n\r\n", 400},
      {"bad version", "GET / HTTP/1.x\r\n\r\n", 400},
      {"version 2", "GET / HTTP/2.0\r\n\r\n", 505},
      {"obs-fold", get + "A: b\r\n c\r\n\r\n", 400},
      {"obs-fold by tab", get + "A: b\r\n\tc\r\n\r\n", 400},
      {"NUL in a header", get + std::string("A: b\0c\r\n\r\n", 10), 400},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
      {"bare LF in a header", get + "A: b\nC: d\r\n\r\n", 400},
      {"bare CR", get + "A: b\rC: d\r\n\r\n", 400},
      {"space before colon", get + "A : b\r\n\r\n", 400},
      {"no colon", get + "A\r\n\r\n", 400},
      {"empty name", get + ": b\r\n\r\n", 400},
      {"two hosts", get + "Host: y\r\n\r\n", 400},
      {"length and chunked", get + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"two lengths", get + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"list of lengths", get + "Content-Length: 3, 4\r\n\r\n", 400},
      {"negative length", get + "Content-Length: -1\r\n\r\n", 400},
      {"signed length", get + "Content-Length: +1\r\n\r\n", 400},
      {"huge length", get + "Content-Length: 99999999999999999999999\r\n\r\n", 413},
      {"long body", get + "Content-Length: 1073741824\r\n\r\nslow", 413},
      {"long chunks", chunked + "3e9\r\n", 413},
      {"chunk size -1", chunked + "-1\r\n", 400},
      {"chunk size 0x10", chunked + "0x10\r\n", 400},
      {"chunk size f*16", chunked + "ffffffffffffffff\r\n", 400},
      {"chunk without size", chunked + "\r\n", 400},
      {"chunk with bare LF", chunked + "3\nabc", 400},
      {"chunk too short", chunked + "3\r\nabcd\r\n0\r\n\r\n", 400},
      {"other coding", get + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"10^6 headers", many_headers, 431},
      {"long header", get + "A: " + std::string(40'000, 'a'), 431},
      {"1 MiB URL", "GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"blank target", "GET  HTTP/1.1\r\n\r\n", 400},
  };
  for (const auto& [name, bytes, status] : cases) {
    const auto answer = exchange(bytes);
    EXPECT_EQ(status_of(answer), status) << name;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << name;
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(status_of(exchange(get + "Connection: close\r\n\r\n")), 200);
}

// HTTP-113 SEC-121 SEC-210
TEST_F(ServerTest, SlowRequestsTimeOutAndIdleConnectionsDoNot) {
  start({.head_time_max = 50ms, .body_progress_max = 50ms});
  auto idle = connect();
  auto idle_later = connect();
  idle_later.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_of(idle_later.read_until("\r\n\r\n")), 200);
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nHo")), 408);
  EXPECT_EQ(status_of(exchange("POST /api/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")), 408);
  for (auto* client : {&idle, &idle_later}) {
    client->send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(client->read_until("\r\n\r\n")), 200);
  }
}

// SEC-251
TEST_F(ServerTest, UpgradesOnPlainEndpointsAreIgnored) {
  start();
  for (const auto* protocol : {"h2c", "websocket"}) {
    const auto answer =
        exchange(std::string("GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: ") + protocol +
                 "\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
  }
}

// ---- Compression

// HTTP-108 HTTP-109 V0-009
TEST_F(ServerTest, BigAnswersAreCompressedWhereWanted) {
  start();
  const auto ask = [&](std::string_view header) {
    return exchange("GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(header) + "\r\n");
  };
  for (const auto* header :
       {"Accept-Encoding: gzip\r\n", "Accept-Encoding: br, *\r\n", "accept-encoding: GZIP;q=0.1\r\n"}) {
    const auto answer = ask(header);
    const auto body = answer.substr(answer.find("\r\n\r\n") + 4);
    EXPECT_NE(answer.find("Content-Encoding: gzip\r\n"), std::string::npos) << header;
    EXPECT_NE(answer.find("Vary: Accept-Encoding\r\n"), std::string::npos);
    EXPECT_NE(answer.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
    EXPECT_EQ(gunzip(body, 10'000), std::string(5000, 'x'));
  }
  for (const auto* header :
       {"", "Accept-Encoding: \r\n", "Accept-Encoding: gzip;q=0, *\r\n", "Accept-Encoding: br\r\n"})
    EXPECT_EQ(ask(header).find("Content-Encoding"), std::string::npos) << header;
  const auto small = exchange("GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(small.find("Content-Encoding"), std::string::npos);
}

// HTTP-110 HTTP-111 SEC-128 SEC-216
TEST_F(ServerTest, CompressedRequestsAreInflatedWithinTheLimit) {
  start({.body_bytes_max = 100'000});
  const auto ask = [&](const std::string& body, const std::string& coding) {
    return exchange("POST /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: " + coding +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  EXPECT_TRUE(ask(gzip("hello"), "gzip").ends_with("\r\n\r\nhello"));
  EXPECT_TRUE(ask("hello", "identity").ends_with("\r\n\r\nhello"));
  EXPECT_EQ(status_of(ask(gzip("hello").substr(0, 15), "gzip")), 400);
  EXPECT_EQ(status_of(ask("not gzip", "gzip")), 400);
  EXPECT_EQ(status_of(ask("hello", "br")), 415);
  EXPECT_EQ(status_of(ask(gzip(std::string(10'000'000, '\0')), "gzip")), 413);
}

// ---- Limits on connections

TEST_F(ServerTest, ConnectionsPerAddressAreLimited) {
  start({.connections_per_address_max = 2});
  auto first = connect(), second = connect();
  for (auto* client : {&first, &second}) {
    client->send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(client->read_until("\r\n\r\n")), 200);
  }
  EXPECT_EQ(status_of(exchange("")), 429);
}

TEST_F(ServerTest, AcceptingPausesAtTheLimitAndResumes) {
  start({.connections_max = 1});
  auto waiting = [&] {
    auto first = connect();
    first.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(first.read_until("\r\n\r\n")), 200);
    auto second = connect();
    second.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(server_->connections(), 1u);
    return second;
  }();
  EXPECT_EQ(status_of(waiting.read_all()), 200);
}

// ---- Answers

// HTTP-043
TEST_F(ServerTest, ADroppedResponderAnswers500) {
  Router router;
  router.add("/", {"GET"}, [](Request, Responder) {});
  start({}, std::move(router));
  EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")), 500);
}

// SEC-208 SEC-209
TEST_F(ServerTest, HeaderValuesCannotBreakOutOfTheirLine) {
  Router router;
  router.add("/", {"GET"}, [](Request request, Responder responder) {
    auto response = empty(200);
    response.headers.set("Location", "/" + request.query["x"]);
    responder.respond(std::move(response));
  });
  start({}, std::move(router));
  const auto answer = exchange("GET /?x=%0d%0aSet-Cookie:+y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.find("\r\nSet-Cookie"), std::string::npos);
}

// HTTP-195 HTTP-196 SEC-250
TEST_F(ServerTest, EveryRequestIsRecordedOnceAndEscaped) {
  std::mutex mutex;
  std::vector<std::string> lines;
  start({.on_access = [&](const AccessRecord& record) {
    const std::lock_guard lock(mutex);
    lines.push_back(
        fmt::format("{} {} {} {} {}", record.method, record.target, record.route, record.status, record.user_agent));
    EXPECT_GE(record.duration, 0ns);
    EXPECT_LE(record.forwarded_for.size(), 260u);
  }});
  exchange("GET /echo/a?b=c HTTP/1.1\r\nHost: x\r\nUser-Agent: a\tb\r\nX-Forwarded-For: " + std::string(20'000, 'f') +
           "\r\nConnection: close\r\n\r\n");
  exchange("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::lock_guard lock(mutex);
  EXPECT_EQ(lines, (std::vector<std::string>{"GET /echo/a?b=c /echo 200 a\\x09b", "GET /nothing  404 "}));
}

// HTTP-193
TEST_F(ServerTest, ARequestIsCarriedOutThoughItsClientLeaves) {
  std::promise<std::string> body;
  Router router;
  router.add("/", {"POST"}, [&](Request request, Responder responder) {
    responder.respond(empty(202));
    body.set_value(request.body);
  });
  start({}, std::move(router));
  {
    auto client = connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  }
  EXPECT_EQ(body.get_future().get(), "abc");
}

// HTTP-012
TEST_F(ServerTest, UnixSocketsServeAndAreMarked) {
  Router router;
  router.add("/", {"GET"}, [](Request request, Responder responder) {
    responder.respond(text(200, request.local ? "local" : "remote"));
  });
  start({}, std::move(router));
  const auto path = ::testing::TempDir() + "/http_server_test.sock";
  ASSERT_TRUE(server_->listen_unix(path));
  RawClient client(path);
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("local"));
}

// ---- Big answers

// V0-162
TEST_F(ServerTest, AnswersThatAreOneTextAreSentFromOneCopy) {
  const auto text = std::make_shared<const std::string>(16'000'000, 'x');
  Router router;
  router.add("/big", {"GET"}, [text](Request, Responder responder) {
    Response response = json({});
    response.shared_body = text;
    responder.respond(std::move(response));
  });
  start({}, std::move(router));
  auto first = connect();
  auto second = connect();
  for (auto* client : {&first, &second}) client->send("GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  // Held here, by the handler, and by each answer of which the client has not read all.
  while (text.use_count() < 4) std::this_thread::yield();
  for (auto* client : {&first, &second}) {
    const auto answer = client->read_all();
    EXPECT_TRUE(answer.contains("Content-Length: 16000000\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + *text));
  }
  const auto zipped = exchange("GET /big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(zipped.contains("Content-Encoding: gzip\r\n"));
  EXPECT_EQ(gunzip(zipped.substr(zipped.find("\r\n\r\n") + 4), 16'000'000).value(), *text);
}

// V0-162
TEST_F(ServerTest, WhoStopsReadingABigAnswerIsCutAndWhoReadsSlowlyIsNot) {
  Router router;
  router.add("/big", {"GET"},
             [](Request, Responder responder) { responder.respond(json(std::string(std::size_t{32} << 20, 'x'))); });
  start({.write_progress_max = 1s}, std::move(router));
  auto idle = connect();
  auto slow = connect();
  for (auto* client : {&idle, &slow}) client->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  std::size_t got = 0;
  for (int step = 0; step < 16; ++step) {
    got += slow.read_exactly(std::size_t{2} << 20).size();
    std::promise<void> later;
    const auto timer = loop_.after(80ms, [&] { later.set_value(); });
    later.get_future().wait();
  }
  EXPECT_EQ(got, std::size_t{32} << 20);
  while (server_->connections() > 1) std::this_thread::yield();
  EXPECT_LT(idle.read_all().size(), std::size_t{32} << 20);
}

}  // namespace
}  // namespace stoa::http
