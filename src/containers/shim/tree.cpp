#include "containers/shim/tree.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "containers/shim/file.h"

namespace stoa::containers::shim {
namespace {

constexpr int tree_processes_max = 32'768;

// Not on the stack, and only the pages in use become resident.
pid_t tree[tree_processes_max];
int tree_size = 0;

pid_t relay = 0;
constexpr int relay_rounds_max = 2'500;  // Of 2 ms each.

struct DirectoryEntry {
  unsigned long long inode;
  long long offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

// Appends the children that one thread has made and that still are its own.
void append_children(pid_t process, const char* thread) {
  Line path;
  path.add("/proc/").add(static_cast<unsigned long long>(process)).add("/task/").add(thread).add("/children");
  const int file = open(path.text(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char buffer[4096];
  pid_t child = 0;
  for (;;) {
    const ssize_t count = read(file, buffer, sizeof buffer);
    if (count <= 0) break;
    for (ssize_t i = 0; i < count; ++i) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        child = child * 10 + (buffer[i] - '0');
      } else if (child != 0) {
        if (tree_size < tree_processes_max && child != relay) tree[tree_size++] = child;
        child = 0;
      }
    }
  }
  close(file);
}

void append_children(pid_t process) {
  Line path;
  path.add("/proc/").add(static_cast<unsigned long long>(process)).add("/task");
  const int directory = open(path.text(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  alignas(DirectoryEntry) char buffer[2048];
  for (;;) {
    const long count = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (count <= 0) break;
    for (long at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      if (entry->name[0] != '.') append_children(process, entry->name);
      at += entry->length;
    }
  }
  close(directory);
}

// Fills `tree` with every process below the shim, parents before children.
void find_tree() {
  tree_size = 0;
  append_children(getpid());
  for (int i = 0; i < tree_size; ++i) append_children(tree[i]);
}

}  // namespace

unsigned long long start_time(pid_t pid) {
  Line path;
  path.add("/proc/").add(static_cast<unsigned long long>(pid)).add("/stat");
  char text[1024];
  if (read_file(path.text(), text, sizeof text) <= 0) return 0;
  // The second field is the program's name in parentheses and may hold anything, so count from its end.
  const char* field = strrchr(text, ')');
  for (int number = 2; field != nullptr && number < 22; ++number) field = strchr(field + 1, ' ');
  unsigned long long result = 0;
  for (const char* digit = field; digit != nullptr && *++digit >= '0' && *digit <= '9';) {
    result = result * 10 + static_cast<unsigned long long>(*digit - '0');
  }
  return result;
}

void set_relay(pid_t pid) { relay = pid; }

void on_reaped(pid_t pid) {
  if (pid == relay) relay = 0;
}

void signal_tree(int signal) {
  find_tree();
  for (int i = 0; i < tree_size; ++i) kill(tree[i], signal);
}

void kill_tree(pid_t main_process, int& main_status) {
  sigset_t child_signals;
  sigemptyset(&child_signals);
  sigaddset(&child_signals, SIGCHLD);
  for (int rounds_alone = 0;;) {
    for (;;) {
      int status = 0;
      const pid_t ended = waitpid(-1, &status, WNOHANG | __WALL);
      if (ended < 0) return;  // No child: nothing is left.
      if (ended == 0) break;
      if (ended == main_process) main_status = status;
      on_reaped(ended);
    }
    // A process with SIGKILL pending cannot complete a fork, so each round leaves only children that were born before
    // their parent was reached.
    signal_tree(SIGKILL);
    // What the relay still holds it may write; but a dead disk must not keep the container's end from being known.
    if (tree_size == 0 && relay != 0 && ++rounds_alone > relay_rounds_max) {
      kill(relay, SIGKILL);
      return;
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 2'000'000};
    sigtimedwait(&child_signals, nullptr, &pause);
  }
}

}  // namespace stoa::containers::shim
