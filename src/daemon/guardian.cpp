#include "daemon/guardian.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/log.h"
#include "base/text.h"
#include "daemon/daemon.h"
#include "daemon/serve.h"

namespace stoa::daemon {
namespace {

// So long it tries to reach ZooKeeper; a session without a client has ended long before.
constexpr Duration patience = std::chrono::minutes(10);
constexpr std::size_t order_bytes_max = 64 << 10;

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char c : bytes) text += fmt::format("{:02x}", c);
  return text;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

// One line that tells the guardian all it needs; it never shows up among the words of a process.
std::string order_of(const zookeeper::Url& url, Duration session_timeout, const zookeeper::SessionId& session) {
  std::string servers;
  for (const net::HostPort& server : url.servers) servers += (servers.empty() ? "" : ",") + server.to_string();
  return fmt::format("{} {} {} {}\n", servers, session.id, to_hex(session.password), session_timeout.count());
}

Result<zookeeper::Session::Options> parse_order(std::string_view line) {
  const std::vector<std::string_view> words = split(line, ' ');
  if (words.size() != 4) return invalid("the guardian is started by a master, not by hand");
  LET(zookeeper::Url url, zookeeper::Url::parse(fmt::format("zk://{}", words[0])));
  zookeeper::Session::Options options{.servers = std::move(url.servers)};
  zookeeper::SessionId session{.password = from_hex(words[2])};
  Duration::rep timeout = 0;
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), session.id);
  std::from_chars(words[3].data(), words[3].data() + words[3].size(), timeout);
  options.resumed = std::move(session);
  options.timeout = Duration(timeout);
  return options;
}

// Takes the session over and ends it; gives up when it has expired by itself.
void end_session(const zookeeper::Session::Options& options) {
  net::Loop loop(1);
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  auto session = zookeeper::Session::open(options, loop,
                                          {.on_state =
                                               [&](zookeeper::Session::State state) {
                                                 if (state == zookeeper::Session::State::disconnected) return;
                                                 const std::lock_guard lock(mutex);
                                                 is_done = true;
                                                 changed.notify_all();
                                               },
                                           .on_change = [] {},
                                           .on_answer = {}});
  if (!session) return;
  {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, patience, [&] { return is_done; });
  }
  session->reset();  // Tells the servers.
}

// The process that is started by posix_spawn with nothing but standard streams, in a session of its own, so that what
// is sent to the master's group does not reach it.
Result<pid_t> spawn(int input) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  char program[] = "stoa";
  char command[] = "guardian";
  char* words[] = {program, command, nullptr};
  char* environment[] = {nullptr};
  pid_t process = 0;
  const int error = posix_spawn(&process, "/proc/self/exe", &files, &attributes, words, environment);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail(Code::unavailable, fmt::format("cannot start the guardian: {}", std::strerror(error)));
  return process;
}

}  // namespace

Result<std::unique_ptr<Guardian>> Guardian::start(const zookeeper::Url& url, Duration session_timeout,
                                                  const zookeeper::SessionId& session, net::Loop& loop,
                                                  std::function<void()> on_death) {
  // Those of earlier sessions, and of an earlier image of this process, have done their work.
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(Code::unavailable, fmt::format("pipe: {}", std::strerror(errno)));
  auto process = spawn(ends[0]);
  close(ends[0]);
  if (!process) {
    close(ends[1]);
    return std::unexpected(process.error());
  }
  std::unique_ptr<Guardian> guardian(new Guardian(ends[1]));
  const std::string order = order_of(url, session_timeout, session);
  if (write(ends[1], order.data(), order.size()) != static_cast<ssize_t>(order.size())) {
    return fail(Code::unavailable, fmt::format("cannot tell the guardian: {}", std::strerror(errno)));
  }
  guardian->handle_ = static_cast<int>(syscall(SYS_pidfd_open, *process, 0));
  if (guardian->handle_ < 0) {
    return fail(Code::unavailable, fmt::format("cannot watch the guardian: {}", std::strerror(errno)));
  }
  guardian->watch_ = std::make_shared<net::Watch>();
  const auto tell = [watch = std::weak_ptr(guardian->watch_), on_death = std::move(on_death)] {
    const auto watched = watch.lock();
    if (!watched) return;
    const auto call = on_death;
    *watched = {};
    call();
  };
  *guardian->watch_ = loop.watch_readable(guardian->handle_, tell);
  return guardian;
}

Guardian::~Guardian() {
  watch_.reset();
  close(pipe_);
  if (handle_ >= 0) close(handle_);
}

int run_guardian(std::span<const std::string>) {
  std::string order;
  for (;;) {
    char buffer[4096];
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || order.size() > order_bytes_max) break;
    order.append(buffer, static_cast<std::size_t>(count));
  }
  const auto options = parse_order(std::string_view(order).substr(0, order.find('\n')));
  if (!options) {
    fmt::print(stderr, "stoa guardian: {}\n", options.error().message);
    return exit_failed;
  }
  end_session(*options);
  return exit_ok;
}

}  // namespace stoa::daemon
