#include "containers/shim/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "containers/shim/file.h"

namespace stoa::containers::shim {
namespace {

constexpr const char* path_default = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";  // EXE-091
constexpr int signal_max = 64;

// The file is opened even where a pipe takes its place: what is wrong with it must fail the launch.
bool open_output(const char* name, int pipe, int descriptor) {
  const int file = open_output_file(name);
  if (file < 0) return false;
  return dup2(pipe >= 0 ? pipe : file, descriptor) == descriptor;
}

// The raw call: the C library's refuses the two signals that it keeps for threads, and those may be ignored, too.
void reset_signals() {
  struct {
    unsigned long handler, flags, restorer, mask;
  } const standard{};
  for (int number = 1; number <= signal_max; ++number) {
    syscall(SYS_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// A text file without an interpreter line is a shell script, as execvp(3) has it.
void execute(const char* path, const Program& program) {
  execve(path, program.arguments, program.variables);
  if (errno != ENOEXEC) return;
  unsigned count = 0;
  while (program.arguments[count] != nullptr) ++count;
  auto** script = static_cast<const char**>(__builtin_alloca((size_t{count} + 3) * sizeof(char*)));
  script[0] = "sh";
  script[1] = path;
  for (unsigned i = 1; i <= count; ++i) script[i + 1] = program.arguments[i];
  if (count == 0) script[2] = nullptr;  // Else the null pointer was copied with the arguments.
  execve("/bin/sh", const_cast<char**>(script), program.variables);
  errno = ENOEXEC;
}

// Tries the directories of the container's own PATH. Leaves EACCES rather than ENOENT in errno if any of them holds the
// file but it may not be run.
void execute_found_in_path(const Program& program) {
  if (strchr(program.executable, '/') != nullptr) return execute(program.executable, program);
  const char* path = path_default;
  for (char** variable = program.variables; *variable != nullptr; ++variable) {
    if (strncmp(*variable, "PATH=", 5) == 0) path = *variable + 5;
  }
  bool denied = false;
  while (path != nullptr) {
    const char* end = strchrnul(path, ':');
    char directory[4096];
    const auto length = static_cast<size_t>(end - path);
    if (length < sizeof directory) {
      memcpy(directory, path, length);
      directory[length] = '\0';
      Line file;
      file.add(length == 0 ? "." : directory).add("/").add(program.executable);
      errno = ENOENT;
      if (!file.full()) execute(file.text(), program);
      if (errno == EACCES) denied = true;
      if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return;
    }
    path = *end == '\0' ? nullptr : end + 1;
  }
  errno = denied ? EACCES : ENOENT;
}

// Returns the step that failed, with errno.
Step become(const Program& program, pid_t shim, const Outputs& outputs) {
  if (!switch_user(program)) return Step::user;
  // If the shim is killed, nobody can reap this process or answer for it: it goes too. Set after the change of user,
  // which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Step::prepare;
  if (getppid() != shim) _exit(1);
  umask(022);
  if (fchdir(sandbox_descriptor) != 0) return Step::sandbox;
  const bool merged = program.instructions->output_to_stderr != 0;
  if (!open_output(merged ? "stderr" : "stdout", merged ? outputs.error : outputs.standard, STDOUT_FILENO) ||
      !open_output("stderr", outputs.error, STDERR_FILENO)) {
    return Step::output;
  }
  if (*program.working_directory != '\0' && chdir(program.working_directory) != 0) return Step::working_directory;
  reset_signals();
  if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return Step::prepare;
  execute_found_in_path(program);
  return Step::executable;
}

}  // namespace

// The raw calls: those of the C library would tell other threads, of which there are none.
bool switch_user(const Program& program) {
  const Instructions& to = *program.instructions;
  if (to.switch_user == 0) return true;
  return syscall(SYS_setgroups, to.group_count, program.groups) == 0 &&
         syscall(SYS_setresgid, to.group, to.group, to.group) == 0 &&
         syscall(SYS_setresuid, to.user, to.user, to.user) == 0;
}

int open_output_file(const char* name) {
  const int file =
      openat(sandbox_descriptor, name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
  if (file < 0) return -1;
  struct stat status;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && fcntl(file, F_SETFL, O_APPEND) == 0) return file;
  close(file);
  errno = EINVAL;
  return -1;
}

void run_program(const Program& program, pid_t shim, int hold, int result, const Outputs& outputs) {
  char release = 0;
  if (read(hold, &release, 1) != 1) _exit(1);
  setsid();
  const Step step = become(program, shim, outputs);
  const Failure failure{step, errno};
  const ssize_t written = write(result, &failure, sizeof failure);
  _exit(written == sizeof failure ? 127 : 126);
}

}  // namespace stoa::containers::shim
