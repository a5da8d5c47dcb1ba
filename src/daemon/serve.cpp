#include "daemon/serve.h"

#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "daemon/agent_daemon.h"
#include "daemon/master_daemon.h"
#include "daemon/version.h"

namespace stoa::daemon {
namespace {

// Of serve_master() alone: the process is to be replaced by a fresh image of its program.
constexpr int begin_again = -1;

// Waits on the main thread for what ends the process: a signal, or a part of it that cannot go on.
//
// Signals are blocked before any thread starts, so that all of them come here; a part that gives up sends one.
class Ending {
 public:
  Ending() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }

  // From any thread: the process must end with this code.
  void give_up(int code, const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (given_up_) return;
    given_up_ = true;
    code_ = code;
    if (code != exit_ok || !why.empty())
      log::error("stoa", "{}: {}", code == begin_again ? "stepping down" : "ending", why);
    kill(getpid(), SIGTERM);
  }

  // Blocks. `on_leave` is called for SIGUSR1, with who sent it. Returns the exit code.
  int wait(const std::function<void(const std::string&)>& on_leave) {
    for (;;) {
      siginfo_t info{};
      const int signal = sigwaitinfo(&signals_, &info);
      if (signal == SIGUSR1) {
        on_leave(fmt::format("SIGUSR1 from user {}", info.si_uid));
      } else if (signal == SIGTERM || signal == SIGINT) {
        const std::lock_guard lock(mutex_);
        return code_;
      }
    }
  }

 private:
  sigset_t signals_{};
  std::mutex mutex_;
  bool given_up_ = false;
  int code_ = exit_ok;
};

// The same program with the same words, as if it had just been started: nothing of what was stays in memory (HA-042).
// Returns only if that is impossible.
int replace_process() {
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  // Masters that all fail at the same thing do not do it without a pause.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  execv("/proc/self/exe", arguments.data());
  log::error("stoa", "cannot start anew: {}", std::strerror(errno));
  return exit_failed;
}

// What the end of a master means for its process.
int code_of(MasterDaemon::End end, const MasterOptions& options) {
  if (end == MasterDaemon::End::cannot_go_on) return exit_failed;
  if (!options.zk) return exit_needs_restart;
  return options.exit_on_lost_leadership ? exit_failed : begin_again;
}

std::size_t io_threads(const ServeOptions& serve) {
  if (serve.io_threads > 0) return serve.io_threads;
  return std::max(2u, std::thread::hardware_concurrency());
}

int failed(std::string_view what, const Error& error) {
  fmt::print(stderr, "stoa {}: {}\n", what, error.message);
  return exit_failed;
}

std::string listed(const std::vector<net::Endpoint>& endpoints) {
  std::string text;
  for (const net::Endpoint& endpoint : endpoints) text += (text.empty() ? "" : ", ") + endpoint.to_string();
  return text;
}

Result<> write_port(const std::string& path, std::uint16_t port) {
  if (path.empty()) return {};
  const std::string aside = path + ".new";
  {
    std::ofstream file(aside);
    file << port << '\n';
    if (!file.flush()) return fail(Code::unavailable, "cannot write --port_file " + path);
  }
  if (std::rename(aside.c_str(), path.c_str()) != 0) return fail(Code::unavailable, "cannot write --port_file " + path);
  return {};
}

void announce(std::string_view what, const std::vector<net::Endpoint>& endpoints, const std::string& work_dir) {
  log::info("stoa", "{} {} ({}) serves on {}; its memory is in {}", what, product_version, product_commit,
            listed(endpoints), work_dir.empty() ? "this process only" : work_dir);
}

}  // namespace

int serve_master(MasterOptions options, const ServeOptions& serve) {
  Ending ending;
  int code = exit_ok;
  {
    net::Loop loop(io_threads(serve));
    auto master = MasterDaemon::start(options, loop, [&](MasterDaemon::End end, const std::string& why) {
      ending.give_up(code_of(end, options), why);
    });
    if (!master) return failed("master", master.error());
    announce("master", (*master)->endpoints(), options.zk ? options.zk->to_string() : options.work_dir);
    if (auto written = write_port(serve.port_file, (*master)->identity().port); !written) {
      return failed("master", written.error());
    }
    code = ending.wait([](const std::string&) {});
    (*master)->stop();
  }
  return code == begin_again ? replace_process() : code;
}

int serve_agent(AgentOptions options, const ServeOptions& serve) {
  Ending ending;
  net::Loop loop(io_threads(serve));
  const std::string work_dir = options.work_dir;
  auto agent = AgentDaemon::start(std::move(options), loop,
                                  [&](int code, const std::string& why) { ending.give_up(code, why); });
  if (!agent) return failed("agent", agent.error());
  announce("agent", (*agent)->endpoints(), work_dir);
  if (auto written = write_port(serve.port_file, (*agent)->identity().port); !written) {
    return failed("agent", written.error());
  }
  const int code = ending.wait([&](const std::string& why) { (*agent)->leave(why); });
  (*agent)->stop();
  return code;
}

int serve_up(UpOptions options, const ServeOptions& serve) {
  Ending ending;
  net::Loop loop(io_threads(serve));
  options.master.work_dir = options.work_dir + "/master";
  auto master = MasterDaemon::start(options.master, loop, [&](MasterDaemon::End end, const std::string& why) {
    ending.give_up(code_of(end, options.master), why);
  });
  if (!master) return failed("up", master.error());
  announce("master", (*master)->endpoints(), options.master.work_dir);
  const std::uint16_t port = (*master)->identity().port;

  std::vector<std::unique_ptr<AgentDaemon>> agents;
  for (std::size_t number = 1; number <= options.agents; ++number) {
    AgentOptions each = options.agent;
    each.listen = options.master.listen;
    each.listen.advertise_port.reset();
    // Agents take the ports behind the master's, unless any would do.
    for (net::Endpoint& endpoint : each.listen.endpoints) {
      if (endpoint.port != 0) endpoint.port = static_cast<std::uint16_t>(port + number);
    }
    each.work_dir = fmt::format("{}/agent-{}", options.work_dir, number);
    each.runtime_dir = each.work_dir + "/run";
    // Each empties its cache at start.
    each.fetcher.cache_directory = fmt::format("{}/agent-{}", options.agent.fetcher.cache_directory, number);
    each.master = (*master)->identity().primary().to_string();
    // A cluster of one machine has no herd to spread: its agents register at once.
    each.registration_backoff_factor = std::chrono::milliseconds(10);
    auto agent =
        AgentDaemon::start(std::move(each), loop, [&](int code, const std::string& why) { ending.give_up(code, why); });
    if (!agent) return failed("up", agent.error());
    announce("agent", (*agent)->endpoints(), fmt::format("{}/agent-{}", options.work_dir, number));
    agents.push_back(*std::move(agent));
  }
  if (auto written = write_port(serve.port_file, port); !written) return failed("up", written.error());
  const int code = ending.wait([&](const std::string& why) {
    for (const auto& agent : agents) agent->leave(why);
  });
  for (const auto& agent : agents) agent->stop();
  (*master)->stop();
  return code;
}

}  // namespace stoa::daemon
