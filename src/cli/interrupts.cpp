#include "cli/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <memory>

namespace stoa::cli {
namespace {

sigset_t interrupt_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

class Source {
 public:
  explicit Source(std::function<void(int)> signalled) : on_signal(std::move(signalled)) {
    const sigset_t set = interrupt_set();
    descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Source() {
    if (descriptor >= 0) close(descriptor);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void read_all() {
    signalfd_siginfo info{};
    while (read(descriptor, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      const int number = static_cast<int>(info.ssi_signo);
      if (++count > 1) _exit(128 + number);
      on_signal(number);
    }
  }

  int descriptor = -1;

 private:
  int count = 0;
  std::function<void(int)> on_signal;
};

}  // namespace

void block_interrupts() {
  const sigset_t set = interrupt_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Interrupts::Interrupts(net::Loop& loop, std::function<void(int)> on_signal) {
  // Shared with the watch, whose last call may run while this object goes.
  auto source = std::make_shared<Source>(std::move(on_signal));
  if (source->descriptor < 0) return;
  watch_ = loop.watch_readable(source->descriptor, [source] { source->read_all(); });
}

}  // namespace stoa::cli
