#include "fetcher/workers.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/log.h"
#include "base/system_error.h"
#include "fetcher/channel.h"

namespace stoa::fetcher {
namespace {

// Above all numbers that the program expects, so that placing one there does not overwrite another.
constexpr int descriptor_min = 16;

constexpr std::chrono::milliseconds refill_delay{20};

class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, socket_descriptor);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, socket_descriptor + 1);
    ::posix_spawnattr_init(&attributes_);
    // A session of its own, so that what it starts is killed with it.
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  int spawn(pid_t& pid, std::string program, std::vector<std::string> environment) const {
    std::array<char*, 2> arguments{program.data(), nullptr};
    std::vector<char*> variables;
    for (std::string& each : environment) variables.push_back(each.data());
    variables.push_back(nullptr);
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), variables.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Workers::~Workers() {
  waiting_.clear();
  while (!running_.empty()) end(running_.begin()->first);
  for (Process& spare : spares_) let_go(std::move(spare));
  for (auto& [pid, ending] : ending_) {
    ending.watch.cancel();
    ::kill(-pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

Result<Workers::Process> Workers::spawn() const {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return system_failure("start the fetch program: socket", errno);
  }
  Process process{.socket = Descriptor(pair[0])};
  const Descriptor theirs(pair[1]);
  ::fcntl(process.socket.get(), F_SETFL, O_NONBLOCK);
  const Descriptor lifted(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, descriptor_min));
  if (!lifted) return system_failure("start the fetch program: socket", errno);
  const int error = SpawnPlan(lifted.get()).spawn(process.pid, options_.program, options_.environment);
  if (error != 0) return system_failure("start '" + options_.program + "'", error);
  process.process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (process.process) return process;
  const int number = errno;
  ::kill(process.pid, SIGKILL);
  ::waitpid(process.pid, nullptr, 0);
  return system_failure("start the fetch program: process descriptor", number);
}

Result<Workers::Process> Workers::take_spare() {
  if (spares_.empty()) return spawn();
  Process spare = std::move(spares_.front());
  spares_.pop_front();
  return spare;
}

WorkerNumber Workers::begin(const Job& job, std::vector<Descriptor> descriptors, ReplyFunction on_reply) {
  const WorkerNumber number{next_++};
  waiting_.emplace(number,
                   Worker{.job = encode(job), .descriptors = std::move(descriptors), .on_reply = std::move(on_reply)});
  run_waiting();
  return number;
}

void Workers::run_waiting() {
  while (!waiting_.empty() && running_.size() < options_.running_max) {
    auto node = waiting_.extract(waiting_.begin());
    const WorkerNumber number = node.key();
    Worker& worker = running_.insert(std::move(node)).position->second;
    Result<> started = start(number, worker);
    // A spare may have been killed by somebody; a fresh one was not.
    if (!started) started = start(number, worker);
    if (started) continue;
    worker.failure = loop_.after(Duration(0), [this, number, error = started.error()] {
      finish(number, {.kind = Reply::Kind::failed, .text = error.message});
    });
  }
}

Result<> Workers::start(WorkerNumber number, Worker& worker) {
  LET(const Descriptor job, memory_file(worker.job));
  LET(worker.process, take_spare());
  std::vector<int> descriptors{job.get()};
  for (const Descriptor& each : worker.descriptors) descriptors.push_back(each.get());
  if (Result<> sent = send_message(worker.process.socket.get(), "job", descriptors); !sent) {
    let_go(std::move(worker.process));
    return sent;
  }
  worker.job.clear();
  worker.descriptors.clear();
  worker.watch = loop_.watch_readable(worker.process.socket.get(), [this, number] { on_readable(number); });
  // When the burst is over: a start holds this thread up until the program is loaded, and slows down those that work.
  refill_ = loop_.after(refill_delay, [this] { fill_spares(); });
  return {};
}

void Workers::on_readable(WorkerNumber number) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const Result<Message> message = receive_message(found->second.process.socket.get());
  if (!message && message.error().code == Code::unavailable) return;
  if (!message || message->bytes.empty()) {
    return finish(number, {.kind = Reply::Kind::failed, .text = "the fetch program ended before its work was done"});
  }
  Result<Reply> reply = decode_reply(message->bytes);
  if (!reply) return finish(number, {.kind = Reply::Kind::failed, .text = reply.error().message});
  if (reply->kind != Reply::Kind::sized) return finish(number, *std::move(reply));
  const ReplyFunction on_reply = found->second.on_reply;
  on_reply(*std::move(reply));
}

void Workers::finish(WorkerNumber number, Reply reply) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const ReplyFunction on_reply = std::move(found->second.on_reply);
  end(number);
  on_reply(std::move(reply));
}

void Workers::answer(WorkerNumber number, Answer answer, const Descriptor& file) {
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  const char text = static_cast<char>(answer);
  const int descriptor = file.get();
  const std::span<const int> descriptors(&descriptor, answer == Answer::go ? 1 : 0);
  // If it fails the program has ended, and that is noticed.
  (void)send_message(found->second.process.socket.get(), {&text, 1}, descriptors);
}

void Workers::end(WorkerNumber number) {
  waiting_.erase(number);
  const auto found = running_.find(number);
  if (found == running_.end()) return;
  Process process = std::move(found->second.process);
  running_.erase(found);
  if (process.process) let_go(std::move(process));
  run_waiting();
}

// Also of one that has done its work: it has nothing left to do.
void Workers::let_go(Process process) {
  const pid_t pid = process.pid;
  ::kill(-pid, SIGKILL);
  Ending& ending = ending_[pid];
  ending.process = std::move(process);
  ending.watch = loop_.watch_readable(ending.process.process.get(), [this, pid] {
    ::waitpid(pid, nullptr, WNOHANG);
    ending_.erase(pid);
  });
}

void Workers::fill_spares() {
  while (spares_.size() < options_.spares_max && spares_.size() + running_.size() < options_.running_max) {
    Result<Process> spare = spawn();
    if (!spare) return log::warning("fetcher", "{}", spare.error().message);
    spares_.push_back(*std::move(spare));
  }
}

}  // namespace stoa::fetcher
