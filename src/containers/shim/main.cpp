// stoa-shim: the parent of one container's processes, for as long as they live.
//
// It exists so that an agent may be restarted, upgraded or killed while containers run on: it alone reaps them, knows
// their exit status and writes it down. There is one beside every container, hence no C++ library, no heap and no
// thread: what is not here costs nothing a thousand times over.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "containers/shim/child.h"
#include "containers/shim/file.h"
#include "containers/shim/relay.h"
#include "containers/shim/tree.h"

namespace stoa::containers::shim {
namespace {

[[noreturn]] void fail(Step step, int error) {
  const Report report{.stage = Stage::failed, .step = step, .number = error};
  send(socket_descriptor, &report, sizeof report, MSG_NOSIGNAL);
  _exit(1);
}

void report(Stage stage, pid_t pid) {
  const Report message{.stage = stage, .number = pid};
  send(socket_descriptor, &message, sizeof message, MSG_NOSIGNAL);
}

// Cuts the shim off from the agent's terminal, session, signals and files.
void detach() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  setsid();
  if (syscall(SYS_close_range, static_cast<unsigned>(sandbox_descriptor) + 1, ~0u, 0u) != 0) {
    fail(Step::prepare, errno);
  }
  const int null = open("/dev/null", O_RDWR);
  for (int descriptor = 0; descriptor < 3; ++descriptor) {
    if (dup2(null, descriptor) != descriptor) fail(Step::prepare, errno);
  }
  if (null > 2) close(null);
  // Not dumpable: no task, of whatever user, may trace the shim or open its program through /proc (CON-192).
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) fail(Step::prepare, errno);
  umask(077);
  if (chdir("/") != 0) fail(Step::prepare, errno);
}

// Walks over the strings of the instructions.
class Strings {
 public:
  Strings(char* next, char* end) : next_(next), end_(end) {}
  char* take() {
    char* text = next_;
    auto* nul = static_cast<char*>(memchr(next_, '\0', static_cast<size_t>(end_ - next_)));
    if (nul == nullptr) fail(Step::prepare, EPROTO);
    next_ = nul + 1;
    return text;
  }
  // Points `array` at the next `count` strings; it must have room for one pointer more.
  char** take(unsigned count, char** array) {
    for (unsigned i = 0; i < count; ++i) array[i] = take();
    array[count] = nullptr;
    return array;
  }

 private:
  char* next_;
  char* end_;
};

struct Memory {
  void* address = nullptr;
  size_t size = 0;
};

// Maps the instructions, with room behind them for the arrays of pointers.
Program read_instructions(Memory& memory) {
  struct stat file;
  if (fstat(instructions_descriptor, &file) != 0) fail(Step::prepare, errno);
  const auto size = static_cast<size_t>(file.st_size);
  Instructions head;
  if (size < sizeof head || pread(instructions_descriptor, &head, sizeof head, 0) != sizeof head) {
    fail(Step::prepare, EPROTO);
  }
  const size_t groups_size = size_t{head.group_count} * sizeof(unsigned);
  if (head.magic != instructions_magic || head.version != instructions_version || head.argument_count > strings_max ||
      head.variable_count > strings_max || groups_size > size - sizeof head) {
    fail(Step::prepare, EPROTO);
  }
  const size_t arrays_at = (size + sizeof(void*) - 1) / sizeof(void*) * sizeof(void*);
  memory.size = arrays_at + (size_t{head.argument_count} + head.variable_count + 2) * sizeof(char*);
  memory.address = mmap(nullptr, memory.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory.address == MAP_FAILED) fail(Step::prepare, errno);
  auto* bytes = static_cast<char*>(memory.address);
  for (size_t count = 0; count < size;) {
    const ssize_t part = pread(instructions_descriptor, bytes + count, size - count, static_cast<off_t>(count));
    if (part <= 0) fail(Step::prepare, EPROTO);
    count += static_cast<size_t>(part);
  }
  close(instructions_descriptor);

  Program program;
  program.instructions = reinterpret_cast<const Instructions*>(bytes);
  program.groups = reinterpret_cast<const unsigned*>(bytes + sizeof head);
  Strings strings(bytes + sizeof head + groups_size, bytes + size);
  program.runtime_directory = strings.take();
  program.boot_id = strings.take();
  program.working_directory = strings.take();
  program.executable = strings.take();
  auto** arrays = reinterpret_cast<char**>(bytes + arrays_at);
  program.arguments = strings.take(head.argument_count, arrays);
  program.variables = strings.take(head.variable_count, arrays + head.argument_count + 1);
  return program;
}

int write_pids(const Program& program, pid_t child, pid_t relay) {
  Line line;
  line.add(program.boot_id).add(" ").add(static_cast<unsigned long long>(getpid())).add(" ").add(start_time(getpid()));
  line.add(" ").add(static_cast<unsigned long long>(child)).add(" ").add(start_time(child));
  if (relay > 0) line.add(" ").add(static_cast<unsigned long long>(relay)).add(" ").add(start_time(relay));
  line.add("\n");
  return write_file(program.runtime_directory, pid_file, line);
}

// Makes the process, lets it go when the runtime says so, and returns its pid when its program runs. Every other way
// out ends the shim, and with it the process, which is held by a pipe that closes.
pid_t start(const Program& program) {
  // Before the pipes below, whose ends it must not hold open.
  Outputs outputs;
  const pid_t relay = start_relay(program, outputs);
  if (relay < 0) fail(Step::prepare, errno);
  set_relay(relay);
  int hold[2];
  int result[2];
  if (pipe2(hold, O_CLOEXEC) != 0 || pipe2(result, O_CLOEXEC) != 0) fail(Step::prepare, errno);
  const pid_t shim = getpid();
  const pid_t child = fork();
  if (child < 0) fail(Step::prepare, errno);
  if (child == 0) {
    close(hold[1]);
    close(result[0]);
    close(socket_descriptor);
    run_program(program, shim, hold[0], result[1], outputs);
  }
  close(outputs.standard);
  close(outputs.error);
  close(hold[0]);
  close(result[1]);
  if (const int error = write_pids(program, child, relay); error != 0) fail(Step::prepare, error);
  report(Stage::held, child);
  char release = 0;
  if (read(socket_descriptor, &release, 1) != 1) {
    Line line;
    write_file(program.runtime_directory, status_file, line.add(never_ran).add("\n"));
    _exit(1);
  }
  if (write(hold[1], &release, 1) != 1) fail(Step::prepare, errno);
  close(hold[1]);
  Failure failure;
  if (read(result[0], &failure, sizeof failure) == sizeof failure) {
    int status = 0;
    kill_tree(child, status);
    fail(failure.step, failure.error);
  }
  close(result[0]);
  report(Stage::started, child);
  close(socket_descriptor);
  close(sandbox_descriptor);
  return child;
}

// Serves signals until the first process has ended, and returns its wait status when no process is left.
int supervise(pid_t main_process) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, forwarding_signal);
  int main_status = 0;
  for (;;) {
    siginfo_t info;
    const int number = sigwaitinfo(&signals, &info);
    if (number == forwarding_signal && info.si_code == SI_QUEUE && info.si_value.sival_int == SIGKILL) break;
    if (number == forwarding_signal && info.si_code == SI_QUEUE) signal_tree(info.si_value.sival_int);
    bool main_ended = false;
    for (;;) {
      int status = 0;
      const pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
      if (ended <= 0) break;
      on_reaped(ended);
      if (ended != main_process) continue;
      main_status = status;
      main_ended = true;
    }
    if (main_ended) break;
  }
  kill_tree(main_process, main_status);
  return main_status;
}

int run() {
  detach();
  Memory memory;
  const Program program = read_instructions(memory);
  const pid_t main_process = start(program);
  char runtime_directory[4096];
  const size_t length = strnlen(program.runtime_directory, sizeof runtime_directory - 1);
  memcpy(runtime_directory, program.runtime_directory, length);
  runtime_directory[length] = '\0';
  munmap(memory.address, memory.size);  // Held the environment, and with it secrets.

  const int status = supervise(main_process);
  Line line;
  line.add(static_cast<unsigned long long>(static_cast<unsigned>(status))).add("\n");
  return write_file(runtime_directory, status_file, line) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace stoa::containers::shim

int main() { return stoa::containers::shim::run(); }
