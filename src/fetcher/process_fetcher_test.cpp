// The fetcher with its real program, against a real origin.
#include "fetcher/process_fetcher.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <future>
#include <mutex>
#include <thread>

#include "base/user.h"
#include "fetcher/testing.h"

namespace stoa::fetcher {
namespace {

using namespace std::chrono_literals;
using ports::FetchUri;
using testing::Member;
using testing::Origin;
using testing::pack;
using testing::Packing;
using testing::read_text;
namespace fs = std::filesystem;

class FetcherTest : public ::testing::Test {
 protected:
  FetcherTest() {
    options_.program = STOA_FETCH_PATH;
    options_.settings.allowed_networks = {"127.0.0.0/8", "::1"};
    options_.settings.stall_timeout = 30s;
    options_.cache_directory = (directory_.path / "cache").string();
    options_.cache_bytes_max = 100'000;
  }

  ProcessFetcher& fetcher() {
    if (!fetcher_) {
      auto started = ProcessFetcher::start(options_);
      CHECK(started.has_value());
      fetcher_ = *std::move(started);
    }
    return *fetcher_;
  }

  fs::path sandbox(const std::string& container) const { return directory_.path / container; }

  // Begins a fetch for a new container.
  std::future<Result<>> begin(const std::string& container, std::vector<FetchUri> uris,
                              std::optional<std::string> user = std::nullopt) {
    fs::create_directory(sandbox(container));
    testing::write_text(sandbox(container) / "stderr", "");
    // A test may name a user that this host does not have.
    if (const auto who = find_user(user.value_or("")); user && who && ::geteuid() == 0) {
      for (const fs::path& path : {sandbox(container), sandbox(container) / "stderr"}) {
        CHECK(::chown(path.c_str(), who->id, who->group) == 0);
      }
    }
    auto promise = std::make_shared<std::promise<Result<>>>();
    ports::FetchSpec spec{
        .container = ContainerId(container), .sandbox_directory = sandbox(container).string(), .user = user};
    spec.uris = std::move(uris);
    spec.bytes_max = unpacked_bytes_max_;
    fetcher().fetch(std::move(spec), [promise](Result<> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  std::string fetch(const std::string& container, std::vector<FetchUri> uris,
                    std::optional<std::string> user = std::nullopt) {
    auto future = begin(container, std::move(uris), std::move(user));
    CHECK(future.wait_for(60s) == std::future_status::ready, "a fetch that does not end");
    const Result<> result = future.get();
    return result ? "" : result.error().message;
  }
  std::string log(const std::string& container) const { return read_text(sandbox(container) / "stderr"); }
  void wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 6'000 && !condition(); ++i) ::usleep(5'000);
    CHECK(condition(), "a condition that does not come");
  }
  std::size_t files_in_cache() const {
    std::size_t count = 0;
    for (const auto& each : fs::recursive_directory_iterator(options_.cache_directory)) {
      count += each.is_regular_file() && each.path().filename() != "lock";
    }
    return count;
  }

  testing::TemporaryDirectory directory_;
  Origin origin_;
  Options options_;
  std::optional<std::uint64_t> unpacked_bytes_max_;
  std::unique_ptr<ProcessFetcher> fetcher_;
};

// AGT-110 AGT-111 AGT-112 AGT-113
TEST_F(FetcherTest, BringsFilesOfTheWebAndOfThisHost) {
  origin_.serve("/dir/a.txt", "from the web");
  origin_.redirect("/moved", "/dir/a.txt");
  testing::write_text(directory_.path / "local", "from here");
  const std::string local = (directory_.path / "local").string();
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/dir/a.txt?x=1")},
                        {.value = origin_.url("/moved")},
                        {.value = local},
                        {.value = "file://" + local, .output_file = "sub/dir/copy"}}),
            "");
  EXPECT_EQ(read_text(sandbox("c") / "a.txt"), "from the web");
  EXPECT_EQ(read_text(sandbox("c") / "moved"), "from the web");
  EXPECT_EQ(read_text(sandbox("c") / "local"), "from here");
  EXPECT_EQ(read_text(sandbox("c") / "sub/dir/copy"), "from here");
  EXPECT_TRUE(log("c").contains("Fetched")) << log("c");
  EXPECT_EQ(std::distance(fs::directory_iterator(sandbox("c")), {}), 5) << "no drafts are left";
}

// AGT-110 AGT-112
TEST_F(FetcherTest, AFailureFailsAllAndSaysWhyInTheSandbox) {
  origin_.serve("/good", "x");
  origin_.serve("/created", "x", {}, 201);
  origin_.on("/cut", [](http::Request, http::Responder responder) {
    auto stream = responder.stream({.status = 200});
    stream->send("half");
    stream->abort();
  });
  const std::string message = fetch("c1", {{.value = origin_.url("/good")}, {.value = origin_.url("/missing")}});
  EXPECT_TRUE(message.starts_with("Failed to fetch all URIs for container 'c1'")) << message;
  EXPECT_TRUE(message.contains("HTTP status 404"));
  EXPECT_TRUE(log("c1").contains("HTTP status 404")) << log("c1");
  EXPECT_TRUE(fetch("c2", {{.value = origin_.url("/created")}}).contains("HTTP status 201"));
  EXPECT_NE(fetch("c3", {{.value = origin_.url("/cut")}}), "");
  EXPECT_FALSE(fs::exists(sandbox("c3") / "cut"));
  EXPECT_TRUE(fetch("c4", {{.value = "hdfs://h/a"}}).contains("--hadoop_home"));
  EXPECT_TRUE(fetch("c5", {{.value = "relative/path"}}).contains("--frameworks_home"));
  EXPECT_TRUE(fetch("c6", {{.value = "http://h/it's"}}).contains("Illegal characters in URI"));
  EXPECT_TRUE(log("c6").contains("Illegal characters in URI"));
  EXPECT_TRUE(fetch("c7", {{.value = "http://h"}}).contains("Malformed URI (missing path)"));
  // AGT-120
  EXPECT_EQ(fetcher().counts().failed, 7u);
  EXPECT_EQ(fetcher().counts().succeeded, 0u);
}

// AGT-113 SEC-111 SEC-238
TEST_F(FetcherTest, AnOutputFileOutsideOfTheSandboxFails) {
  origin_.serve("/a", "x");
  for (const char* bad : {"../../x", "/x", "a/../../x"}) {
    const std::string message = fetch("c", {{.value = origin_.url("/a"), .output_file = bad}});
    EXPECT_TRUE(message.contains("URI output file must be within the sandbox directory")) << message;
  }
  fs::create_directory_symlink(directory_.path, sandbox("c") / "out");
  EXPECT_NE(fetch("c", {{.value = origin_.url("/a"), .output_file = "out/escaped"}}), "");
  EXPECT_FALSE(fs::exists(directory_.path / "escaped"));
}

// AGT-112
TEST_F(FetcherTest, AStalledTransferFails) {
  options_.settings.stall_timeout = 200ms;
  origin_.stall("/stall", "a few bytes");
  EXPECT_TRUE(fetch("c", {{.value = origin_.url("/stall")}}).contains("stalled"));
}

// AGT-112
TEST_F(FetcherTest, AProxyOfTheAgentsEnvironmentIsUsed) {
  origin_.serve("/through", "by the proxy");
  options_.environment = {"http_proxy=" + origin_.url("")};
  EXPECT_EQ(fetch("c", {{.value = "http://no-such-host.invalid/through"}}), "");
  EXPECT_EQ(read_text(sandbox("c") / "through"), "by the proxy");
}

// What a server would refuse: URLs of other schemes than http.
class PlainProxy {
 public:
  PlainProxy() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), 8) == 0);
    ::getsockname(listener_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~PlainProxy() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() const {
    for (;;) {
      const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::string head;
      char byte = 0;
      while (!head.ends_with("\r\n\r\n") && ::read(client.get(), &byte, 1) == 1) head += byte;
      const bool good = head.starts_with("GET ftp://no-such-host.invalid/through");
      const std::string answer = good ? "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nby the proxy"
                                      : "HTTP/1.1 404 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
      CHECK(::write(client.get(), answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
    }
  }

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// AGT-112
TEST_F(FetcherTest, AProxyOfHttpBringsFilesOfFtpToo) {
  const PlainProxy proxy;
  options_.environment = {"ftp_proxy=" + proxy.url()};
  EXPECT_EQ(fetch("c1", {{.value = "ftp://no-such-host.invalid/through"}}), "");
  EXPECT_EQ(read_text(sandbox("c1") / "through"), "by the proxy");
  EXPECT_TRUE(fetch("c2", {{.value = "ftp://no-such-host.invalid/not"}}).contains("HTTP status 404"));
}

// AGT-118
TEST_F(FetcherTest, OneContainerFillsAFewEntriesAtOnce) {
  std::vector<FetchUri> uris;
  std::mutex mutex;
  std::vector<std::shared_ptr<http::Responder>> held;
  for (int i = 0; i < 12; ++i) {
    const std::string path = "/f" + std::to_string(i);
    origin_.on(path, [&](http::Request request, http::Responder responder) {
      if (request.method == "GET") return responder.respond({.status = 200, .headers = {}, .body = "content"});
      const std::lock_guard lock(mutex);
      held.push_back(std::make_shared<http::Responder>(std::move(responder)));
    });
    uris.push_back({.value = origin_.url(path), .cache = true});
  }
  auto future = begin("c", uris);
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return held.size();
  };
  wait_until([&] { return count() == 8; });
  EXPECT_EQ(future.wait_for(300ms), std::future_status::timeout);
  EXPECT_EQ(count(), 8u) << "the others wait for their turn";
  auto other = begin("d", {{.value = origin_.url("/f11"), .cache = true}});
  wait_until([&] { return count() == 9; });
  for (std::size_t answered = 0; future.wait_for(5ms) != std::future_status::ready;) {
    std::shared_ptr<http::Responder> next;
    {
      const std::lock_guard lock(mutex);
      if (answered < held.size()) next = held[answered++];
    }
    if (next) next->respond({.status = 200, .headers = {{"Content-Length", "7"}}, .body = "content"});
  }
  EXPECT_TRUE(future.get());
  EXPECT_TRUE(other.get());
  for (int i = 0; i < 12; ++i) EXPECT_EQ(read_text(sandbox("c") / ("f" + std::to_string(i))), "content") << i;
}

// SEC-114
TEST_F(FetcherTest, ARefusedAddressIsNoFailureWhereAnotherOneAnswers) {
  options_.settings.allowed_networks = {"127.0.0.0/8"};
  origin_.serve("/a", "content");
  const std::string port = origin_.url("").substr(origin_.url("").rfind(':'));
  // `localhost` has an address of each family, and one of them is refused.
  EXPECT_EQ(fetch("c", {{.value = "http://localhost" + port + "/a"}}), "");
  EXPECT_EQ(read_text(sandbox("c") / "a"), "content");
}

TEST_F(FetcherTest, WhoMayReadTheCacheCannotHoldItUp) {
  fs::create_directory(options_.cache_directory);
  const Descriptor reader(::open(options_.cache_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(reader.get(), LOCK_EX), 0);
  origin_.serve("/a", "content");
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/a"), .cache = true}}), "");
  EXPECT_EQ(fs::status(fs::path(options_.cache_directory) / "lock").permissions(), fs::perms(0600));
}

// AGT-114
TEST_F(FetcherTest, ArchivesAreUnpackedAndStayBesideTheirContent) {
  origin_.serve("/a.tar.gz", pack({{.name = "in/side", .content = "tar"}}, Packing::tar_gzip));
  origin_.serve("/b.zip", pack({{.name = "zipped", .content = "zip"}}, Packing::zip));
  origin_.serve("/c.txt.gz", pack({{.name = "c", .content = "gz"}}, Packing::gzip));
  origin_.serve("/download", pack({{.name = "by-output-name", .content = "tar"}}, Packing::tar));
  origin_.serve("/kept.tar", pack({{.name = "never", .content = "tar"}}, Packing::tar));
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/a.tar.gz")},
                        {.value = origin_.url("/b.zip")},
                        {.value = origin_.url("/c.txt.gz")},
                        {.value = origin_.url("/download"), .output_file = "x.tar"},
                        {.value = origin_.url("/kept.tar"), .extract = false}}),
            "");
  EXPECT_EQ(read_text(sandbox("c") / "in/side"), "tar");
  EXPECT_EQ(read_text(sandbox("c") / "zipped"), "zip");
  EXPECT_EQ(read_text(sandbox("c") / "c.txt"), "gz");
  EXPECT_EQ(read_text(sandbox("c") / "by-output-name"), "tar");
  for (const char* archive : {"a.tar.gz", "b.zip", "c.txt.gz", "x.tar", "kept.tar"}) {
    EXPECT_TRUE(fs::exists(sandbox("c") / archive)) << archive;
  }
  EXPECT_FALSE(fs::exists(sandbox("c") / "never"));
}

// AGT-115
TEST_F(FetcherTest, AnExecutableIsExecutableAndNotUnpacked) {
  origin_.serve("/run.tar", pack({{.name = "never", .content = "x"}}));
  origin_.serve("/plain", "x");
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/run.tar"), .executable = true}, {.value = origin_.url("/plain")}}), "");
  EXPECT_EQ(fs::status(sandbox("c") / "run.tar").permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(sandbox("c") / "plain").permissions(), fs::perms(0644));
  EXPECT_FALSE(fs::exists(sandbox("c") / "never"));
}

// AGT-116 SEC-237
TEST_F(FetcherTest, AHostileArchiveFailsTheFetch) {
  unpacked_bytes_max_ = 10'000;
  origin_.serve("/up.tar", pack({{.name = "../../up", .content = "evil"}}));
  origin_.serve("/bomb.tgz", pack({{.name = "zeros", .content = std::string(1 << 20, '\0')}}, Packing::tar_gzip));
  EXPECT_TRUE(fetch("c1", {{.value = origin_.url("/up.tar")}}).contains("'..'"));
  EXPECT_TRUE(fetch("c2", {{.value = origin_.url("/bomb.tgz")}}).contains("more than the 10000 bytes"));
  origin_.serve("/half.tar", pack({{.name = "half", .content = std::string(6'000, 'x')}}));
  EXPECT_TRUE(fetch("c3", {{.value = origin_.url("/half.tar")}, {.value = origin_.url("/half.tar")}})
                  .contains("more than the 4000 bytes"))
      << "the bound is of all archives together";
}

// AGT-117
TEST_F(FetcherTest, DownloadsRunSideBySideAndTheLaterOfOneNameWins) {
  // Shared: the fetch may be over before the handler that answers it.
  const auto first = std::make_shared<std::promise<http::Responder>>();
  origin_.on("/1/same", [first](http::Request, http::Responder responder) { first->set_value(std::move(responder)); });
  origin_.on("/2/same", [first](http::Request, http::Responder responder) {
    responder.respond({200, {}, "second"});
    // Only now: the first can end no earlier.
    first->get_future().get().respond({200, {}, "first"});
  });
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/1/same")}, {.value = origin_.url("/2/same")}}), "");
  EXPECT_EQ(read_text(sandbox("c") / "same"), "second");
}

// AGT-118
TEST_F(FetcherTest, ConcurrentRequestsForOneKeyDownloadOnce) {
  std::vector<http::Responder> held;
  std::mutex mutex;
  origin_.on("/a", [&](http::Request request, http::Responder responder) {
    if (request.method == "HEAD") return responder.respond({200, {}, "content"});
    const std::lock_guard lock(mutex);
    held.push_back(std::move(responder));
  });
  std::vector<std::future<Result<>>> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(begin("c" + std::to_string(i), {{.value = origin_.url("/a"), .cache = true}}));
  wait_until([&] { return origin_.asked("GET /a") == 1; });
  {
    const std::lock_guard lock(mutex);
    held.front().respond({200, {}, "content"});
  }
  for (auto& each : all) EXPECT_TRUE(each.get());
  EXPECT_EQ(origin_.asked("GET /a"), 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(read_text(sandbox("c" + std::to_string(i)) / "a"), "content");
  // AGT-120
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 7u);
  EXPECT_EQ(fetcher().counts().cache_bytes_max, 100'000u);
  EXPECT_EQ(fetcher().counts().succeeded, 5u);
}

// AGT-118
TEST_F(FetcherTest, WhatCannotBeCachedIsFetchedAllTheSame) {
  origin_.on("/unsized", [](http::Request, http::Responder responder) {
    auto stream = responder.stream({.status = 200});
    stream->send("chunks");
    stream->close();
  });
  origin_.serve("/empty", "");
  origin_.serve("/huge", std::string(100'001, 'x'));
  EXPECT_EQ(fetch("c", {{.value = origin_.url("/unsized"), .cache = true},
                        {.value = origin_.url("/empty"), .cache = true},
                        {.value = origin_.url("/huge"), .cache = true}}),
            "");
  EXPECT_EQ(read_text(sandbox("c") / "unsized"), "chunks");
  EXPECT_TRUE(fs::exists(sandbox("c") / "empty"));
  EXPECT_EQ(fs::file_size(sandbox("c") / "huge"), 100'001u);
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 0u);
  EXPECT_EQ(files_in_cache(), 0u);
}

// AGT-119
TEST_F(FetcherTest, AFailedDownloadLeavesNoEntryAndIsTriedAgain) {
  origin_.on("/a", [](http::Request request, http::Responder responder) {
    responder.respond({request.method == "HEAD" ? 200 : 500, {}, "content"});
  });
  EXPECT_TRUE(fetch("c1", {{.value = origin_.url("/a"), .cache = true}}).contains("HTTP status 500"));
  EXPECT_TRUE(log("c1").contains("HTTP status 500"));
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 0u);
  origin_.serve("/a", "content");
  EXPECT_EQ(fetch("c2", {{.value = origin_.url("/a"), .cache = true}}), "");
}

// AGT-119
TEST_F(FetcherTest, AnEntryIsCheckedAgainstTheOriginWhereThatCanBeDone) {
  const std::vector<FetchUri> uris{{.value = origin_.url("/a"), .cache = true}};
  origin_.serve("/a", "one", {{"ETag", "\"1\""}});
  EXPECT_EQ(fetch("c1", uris), "");
  EXPECT_EQ(fetch("c2", uris), "");
  EXPECT_EQ(origin_.asked("GET /a"), 1);
  origin_.serve("/a", "two", {{"ETag", "\"2\""}});
  EXPECT_EQ(fetch("c3", uris), "");
  EXPECT_EQ(read_text(sandbox("c3") / "a"), "two");
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 3u);
  origin_.serve("/a", "", {}, 503);
  EXPECT_EQ(fetch("c4", uris), "") << "an origin in trouble does not spoil the copy";
  EXPECT_EQ(read_text(sandbox("c4") / "a"), "two");
  origin_.serve("/a", "", {}, 404);
  EXPECT_NE(fetch("c5", uris), "") << "what the origin has no more is not served from the cache";
}

// AGT-119
TEST_F(FetcherTest, LocalFilesAreCachedUntilTheyChange) {
  const std::string path = (directory_.path / "local").string();
  testing::write_text(path, "one");
  EXPECT_EQ(fetch("c1", {{.value = path, .cache = true}}), "");
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 3u);
  testing::write_text(path, "other");
  EXPECT_EQ(fetch("c2", {{.value = path, .cache = true}}), "");
  EXPECT_EQ(read_text(sandbox("c2") / "local"), "other");
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 5u);
}

// AGT-119
TEST_F(FetcherTest, TheCacheMakesRoomAndIsEmptyAfterwards) {
  for (int i = 0; i < 5; ++i) {
    const std::string path = "/" + std::to_string(i);
    origin_.serve(path, std::string(30'000, static_cast<char>('a' + i)));
    EXPECT_EQ(fetch("c" + std::to_string(i), {{.value = origin_.url(path), .cache = true}}), "");
  }
  EXPECT_EQ(files_in_cache(), 3u);
  EXPECT_EQ(fetcher().counts().cache_bytes_used, 90'000u);
  fetcher_.reset();
  EXPECT_EQ(files_in_cache(), 0u);
  // What a dead agent left behind goes; what is another's does not.
  fs::create_directory(fs::path(options_.cache_directory) / "agent-1-1");
  testing::write_text(fs::path(options_.cache_directory) / "agent-1-1/7", "left");
  testing::write_text(fs::path(options_.cache_directory) / "foreign", "stays");
  fetcher();
  EXPECT_EQ(files_in_cache(), 1u);
  const Options same = options_;
  EXPECT_EQ(fetch("d1", {{.value = origin_.url("/1"), .cache = true}}), "");
  ASSERT_TRUE(ProcessFetcher::start(same)) << "a second agent with the same folder";
  EXPECT_EQ(files_in_cache(), 2u) << "takes nothing from the first";
}

// AGT-114 AGT-119
TEST_F(FetcherTest, AnArchiveFromTheCacheLeavesOnlyItsContent) {
  origin_.serve("/a.tar", pack({{.name = "inside", .content = "x"}}));
  for (const char* container : {"c1", "c2"}) {
    EXPECT_EQ(fetch(container, {{.value = origin_.url("/a.tar"), .cache = true}}), "");
    EXPECT_EQ(read_text(sandbox(container) / "inside"), "x");
    EXPECT_FALSE(fs::exists(sandbox(container) / "a.tar"));
  }
  EXPECT_EQ(origin_.asked("GET /a.tar"), 1);
}

// AGT-122
TEST_F(FetcherTest, ACancelEndsTheFetchWithinASecond) {
  origin_.stall("/plain", "some");
  origin_.on("/cached", [&](http::Request request, http::Responder responder) {
    if (request.method == "HEAD") return responder.respond({200, {}, "content"});
    responder.stream({.status = 200});
  });
  auto plain = begin("c1", {{.value = origin_.url("/plain")}});
  auto cached = begin("c2", {{.value = origin_.url("/cached"), .cache = true}});
  wait_until([&] { return origin_.asked("GET /plain") == 1 && origin_.asked("GET /cached") == 1; });
  const auto before = std::chrono::steady_clock::now();
  fetcher().cancel(ContainerId("c1"));
  fetcher().cancel(ContainerId("c2"));
  for (auto* each : {&plain, &cached}) {
    const Result<> result = each->get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "Container destroyed while fetching");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  wait_until([&] { return files_in_cache() == 0; });
  fetcher().cancel(ContainerId("c1"));
}

// AGT-118 AGT-122
TEST_F(FetcherTest, ACancelOfOneLeavesTheOthersThatWaitForTheSame) {
  std::promise<http::Responder> held;
  origin_.on("/a", [&](http::Request request, http::Responder responder) {
    if (request.method == "HEAD") return responder.respond({200, {}, "content"});
    held.set_value(std::move(responder));
  });
  auto first = begin("c1", {{.value = origin_.url("/a"), .cache = true}});
  auto second = begin("c2", {{.value = origin_.url("/a"), .cache = true}});
  http::Responder responder = held.get_future().get();
  fetcher().cancel(ContainerId("c1"));
  EXPECT_FALSE(first.get());
  responder.respond({200, {}, "content"});
  EXPECT_TRUE(second.get());
  EXPECT_EQ(read_text(sandbox("c2") / "a"), "content");
}

// SEC-114 SEC-234
TEST_F(FetcherTest, LoopbackAndLinkLocalAreRefusedByDefault) {
  options_.settings.allowed_networks = {};
  origin_.serve("/a", "secret");
  EXPECT_TRUE(fetch("c1", {{.value = origin_.url("/a")}}).contains("not allowed"));
  EXPECT_TRUE(fetch("c2", {{.value = "http://169.254.169.254/latest/meta-data"}}).contains("not allowed"));
  EXPECT_NE(fetch("c3", {{.value = "http://localhost/a"}}), "");
  EXPECT_NE(fetch("c4", {{.value = "http://2130706433/a"}}), "");
  EXPECT_EQ(origin_.asked("GET /a"), 0);
}

// SEC-114 SEC-235
TEST_F(FetcherTest, ARedirectIsJudgedLikeTheFirstTarget) {
  options_.settings.denied_networks = {"127.0.0.2"};
  origin_.redirect("/file", "file:///etc/shadow");
  origin_.redirect("/ftp", "ftp://127.0.0.1/x");
  origin_.redirect("/denied", "http://127.0.0.2:" + origin_.url("").substr(origin_.url("").rfind(':') + 1) + "/a");
  EXPECT_TRUE(fetch("c1", {{.value = origin_.url("/file")}}).contains("not followed"));
  EXPECT_TRUE(fetch("c2", {{.value = origin_.url("/ftp")}}).contains("not followed"));
  EXPECT_TRUE(fetch("c3", {{.value = origin_.url("/denied")}}).contains("not allowed"));
}

// SEC-115
TEST_F(FetcherTest, TenRedirectsAreFollowedAndNoMore) {
  for (int i = 0; i < 11; ++i) origin_.redirect("/r" + std::to_string(i), "/r" + std::to_string(i + 1));
  origin_.serve("/r11", "end");
  EXPECT_EQ(fetch("c1", {{.value = origin_.url("/r1")}}), "");
  EXPECT_EQ(read_text(sandbox("c1") / "r1"), "end");
  EXPECT_TRUE(fetch("c2", {{.value = origin_.url("/r0")}}).contains("more than 10 redirects"));
}

// SEC-115
TEST_F(FetcherTest, CredentialsGoToTheirHostOnlyAndAreNeverShown) {
  if (origin_.url_elsewhere("/b").empty()) GTEST_SKIP() << "a host of one family";
  origin_.redirect("/a", origin_.url_elsewhere("/b"));
  origin_.serve("/b", "x");
  std::string url = origin_.url("/a");
  url.insert(7, "me:hunter2@");
  EXPECT_EQ(fetch("c1", {{.value = url}}), "");
  EXPECT_EQ(origin_.authorizations(), (std::vector<std::string>{"Basic bWU6aHVudGVyMg==", ""}));
  EXPECT_FALSE(log("c1").contains("hunter2"));
  origin_.serve("/a", "", {}, 403);
  const std::string message = fetch("c2", {{.value = url + "?token=hunter2"}});
  EXPECT_TRUE(message.contains("403"));
  EXPECT_FALSE((message + log("c2")).contains("hunter2"));
}

// SEC-116
TEST_F(FetcherTest, AFileAboveTheLimitFails) {
  options_.settings.bytes_max = 1'000;
  origin_.serve("/good", std::string(1'000, 'x'));
  origin_.serve("/big", std::string(1'001, 'x'));
  EXPECT_EQ(fetch("c1", {{.value = origin_.url("/good")}}), "");
  EXPECT_TRUE(fetch("c2", {{.value = origin_.url("/big")}}).contains("more than 1000 bytes"));
  EXPECT_TRUE(fetch("c3", {{.value = origin_.url("/big"), .cache = true}}).contains("more than 1000 bytes"));
  EXPECT_FALSE(fs::exists(sandbox("c2") / "big"));
}

// SEC-113
TEST_F(FetcherTest, LocalPathsCanBeRestricted) {
  fs::create_directory(directory_.path / "shared");
  testing::write_text(directory_.path / "shared/a", "x");
  testing::write_text(directory_.path / "b", "y");
  fs::create_symlink(directory_.path / "b", directory_.path / "shared/out");
  options_.settings.local_paths = {(directory_.path / "shared").string()};
  const auto path = [&](const char* name) { return (directory_.path / name).string(); };
  EXPECT_EQ(fetch("c1", {{.value = path("shared/a")}}), "");
  EXPECT_NE(fetch("c2", {{.value = path("b")}}), "");
  EXPECT_NE(fetch("c3", {{.value = path("shared/out")}}), "");
  EXPECT_NE(fetch("c4", {{.value = path("shared/../b")}}), "");
  EXPECT_NE(fetch("c5", {{.value = path("shared")}}), "");
}

// AGT-121 SEC-113 SEC-236
TEST_F(FetcherTest, AllIsDoneWithTheRightsOfTheTasksUserAndBelongsToIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const uid_t nobody = find_user("nobody")->id;
  origin_.serve("/a.tar", pack({{.name = "d/inside", .content = "x"}}));
  origin_.serve("/cached", "x");
  for (const char* container : {"c1", "c2"}) {
    EXPECT_EQ(fetch(container,
                    {{.value = origin_.url("/a.tar")},
                     {.value = origin_.url("/cached"), .cache = true, .output_file = "e/f"}},
                    "nobody"),
              "");
    for (const char* name : {"a.tar", "d", "d/inside", "e", "e/f"}) {
      struct stat status{};
      ASSERT_EQ(::lstat((sandbox(container) / name).c_str(), &status), 0) << name;
      EXPECT_EQ(status.st_uid, nobody) << name;
    }
  }
  EXPECT_TRUE(fetch("c3", {{.value = "file:///etc/shadow"}}, "nobody").contains("Permission denied"));
  EXPECT_TRUE(fetch("c4", {{.value = "file:///etc/shadow", .cache = true}}, "nobody").contains("Permission denied"));
  EXPECT_FALSE(fs::exists(sandbox("c3") / "shadow"));
  EXPECT_TRUE(fetch("c5", {{.value = origin_.url("/cached")}}, "no-such-user-here").contains("No such user"));
}

// AGT-118 SEC-116
TEST_F(FetcherTest, AnEntryOfTheCacheIsOneUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string path = (directory_.path / "secret").string();
  testing::write_text(path, "root's");
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(fetch("c1", {{.value = path, .cache = true}}, "root"), "");
  EXPECT_NE(fetch("c2", {{.value = path, .cache = true}}, "nobody"), "");
  EXPECT_FALSE(fs::exists(sandbox("c2") / "secret"));
  for (const auto& each : fs::recursive_directory_iterator(options_.cache_directory)) {
    EXPECT_EQ(each.status().permissions() & fs::perms(077), fs::perms::none) << each.path();
  }
}

// AGT-111
TEST_F(FetcherTest, OtherSchemesGoToTheHadoopClient) {
  fs::create_directories(directory_.path / "hadoop/bin");
  const fs::path client = directory_.path / "hadoop/bin/hadoop";
  testing::write_text(client,
                      "#!/bin/sh\ncase \"$3\" in */good) echo \"$@\";; *) echo no such file >&2; exit 1;; esac\n");
  ::chmod(client.c_str(), 0755);
  options_.settings.hadoop_home = (directory_.path / "hadoop").string();
  EXPECT_EQ(fetch("c1", {{.value = "hdfs://h/good"}}), "");
  EXPECT_EQ(read_text(sandbox("c1") / "good"), "fs -cat hdfs://h/good\n");
  EXPECT_NE(fetch("c2", {{.value = "hdfs://h/bad"}}), "");
  EXPECT_TRUE(log("c2").contains("no such file"));
}

TEST_F(FetcherTest, AProgramThatIsNotThereIsAFailureOfTheFetch) {
  options_.program = "/no/such/program";
  EXPECT_TRUE(fetch("c", {{.value = origin_.url("/a")}}).contains("/no/such/program"));
}

TEST_F(FetcherTest, StopsWhileFetchesAreUnderWay) {
  origin_.stall("/stall", "some");
  auto future = begin("c", {{.value = origin_.url("/stall")}});
  wait_until([&] { return origin_.asked("GET /stall") == 1; });
  fetcher_.reset();
  EXPECT_THROW(future.get(), std::future_error) << "its callback is dropped, not called";
}

}  // namespace
}  // namespace stoa::fetcher
