#include "containers/posix/shim_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "containers/posix/system_error.h"
#include "containers/shim/protocol.h"

namespace stoa::containers {
namespace {

// Above all numbers that the shim expects, so that placing one there does not overwrite another.
constexpr int descriptor_min = 16;

Descriptor lift(int descriptor) { return Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, descriptor_min)); }

Result<Descriptor> memory_file(const std::string& bytes) {
  Descriptor file(::memfd_create("instructions", MFD_CLOEXEC));
  if (!file) return system_failure("start shim: memory file", errno);
  if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return system_failure("start shim: write instructions", errno);
  }
  return file;
}

// What posix_spawn is to do with descriptors and signals in the child.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &all);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  void place(const Descriptor& descriptor, int number) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), number);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<ShimProcess> spawn_shim(const std::string& path, const std::string& runtime_directory,
                               const std::string& instructions, int sandbox) {
  LET(const Descriptor memory, memory_file(instructions));
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return system_failure("start shim: socket", errno);
  }
  ShimProcess shim{.socket = Descriptor(pair[0])};
  const Descriptor theirs(pair[1]);
  const Descriptor lifted_socket = lift(theirs.get());
  const Descriptor lifted_memory = lift(memory.get());
  const Descriptor lifted_sandbox = lift(sandbox);
  if (!lifted_socket || !lifted_memory || !lifted_sandbox) return system_failure("start shim: descriptors", errno);

  SpawnPlan plan;
  plan.place(lifted_socket, shim::socket_descriptor);
  plan.place(lifted_memory, shim::instructions_descriptor);
  plan.place(lifted_sandbox, shim::sandbox_descriptor);
  std::string name = shim::program_name;
  std::string argument = runtime_directory;
  std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  const int error =
      ::posix_spawn(&shim.pid, path.c_str(), plan.actions(), plan.attributes(), arguments.data(), environment.data());
  if (error != 0) return system_failure("start shim '" + path + "'", error);
  shim.process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, shim.pid, 0)));
  if (!shim.process) return system_failure("start shim: process descriptor", errno);
  return shim;
}

bool signal_container(int shim_process, int signal) {
  // A task of the agent's own user can stop its shim; that must not save it.
  if (signal == SIGKILL) ::syscall(SYS_pidfd_send_signal, shim_process, SIGCONT, nullptr, 0);
  siginfo_t info{};
  info.si_signo = shim::forwarding_signal;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = signal;
  return ::syscall(SYS_pidfd_send_signal, shim_process, shim::forwarding_signal, &info, 0) == 0 || errno != EAGAIN;
}

}  // namespace stoa::containers
