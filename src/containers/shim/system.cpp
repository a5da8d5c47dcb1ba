// What the shim uses of the C library, over the kernel's own calls; the headers are the library's.
//
// The library itself is left out because it asks the processor about itself each time a program starts. On a virtual
// machine every such question goes to the hypervisor, and together they cost half a millisecond of processor time,
// which is more than all the shim does, once for each container.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>

int main();

namespace {

constexpr std::size_t kernel_signals_size = 8;  // The library's sets are larger.
int error_number = 0;                           // One thread only.

long raw(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result = 0;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

long word(long value) { return value; }
long word(int value) { return value; }
long word(unsigned value) { return static_cast<long>(value); }
long word(unsigned long value) { return static_cast<long>(value); }
long word(std::nullptr_t) { return 0; }
long word(const void* value) { return reinterpret_cast<long>(value); }

template <typename... Arguments>
long call(long number, Arguments... arguments) {
  const long given[6] = {word(arguments)...};
  const long result = raw(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (result >= 0 || result < -4095) return result;
  error_number = static_cast<int>(-result);
  return -1;
}

int number_of(long result) { return static_cast<int>(result); }

unsigned long bit_of(int signal) { return 1ul << (signal - 1); }

}  // namespace

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call shim_start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  bl shim_start\n");
#endif

extern "C" {

[[noreturn, gnu::used]] void shim_start() { _exit(main()); }

int* __errno_location() noexcept { return &error_number; }

void _exit(int status) {
  for (;;) call(SYS_exit_group, status);
}

long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long given[6];
  for (long& each : given) each = va_arg(list, long);
  va_end(list);
  return call(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

// ---- Files

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return number_of(call(SYS_openat, AT_FDCWD, path, flags, mode));
}

int openat(int directory, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return number_of(call(SYS_openat, directory, path, flags, mode));
}

int fcntl(int file, int command, ...) {
  va_list list;
  va_start(list, command);
  const long argument = va_arg(list, long);
  va_end(list);
  return number_of(call(SYS_fcntl, file, command, argument));
}

int close(int file) { return number_of(call(SYS_close, file)); }
ssize_t read(int file, void* buffer, std::size_t size) { return call(SYS_read, file, buffer, size); }
ssize_t write(int file, const void* bytes, std::size_t size) { return call(SYS_write, file, bytes, size); }
ssize_t pread(int file, void* buffer, std::size_t size, off_t at) { return call(SYS_pread64, file, buffer, size, at); }
int dup2(int from, int to) noexcept {
  return from == to ? number_of(call(SYS_fcntl, from, F_GETFD)) < 0 ? -1 : to : number_of(call(SYS_dup3, from, to, 0));
}
int pipe2(int* ends, int flags) noexcept { return number_of(call(SYS_pipe2, ends, flags)); }
int fstat(int file, struct stat* status) noexcept { return number_of(call(SYS_fstat, file, status)); }
int rename(const char* from, const char* to) noexcept {
  return number_of(call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int chdir(const char* path) noexcept { return number_of(call(SYS_chdir, path)); }
int fchdir(int directory) noexcept { return number_of(call(SYS_fchdir, directory)); }
mode_t umask(mode_t mask) noexcept { return static_cast<mode_t>(call(SYS_umask, mask)); }
ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  return call(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}
void* mmap(void* address, std::size_t size, int protection, int flags, int file, off_t at) noexcept {
  return reinterpret_cast<void*>(call(SYS_mmap, address, size, protection, flags, file, at));
}
int munmap(void* address, std::size_t size) noexcept { return number_of(call(SYS_munmap, address, size)); }

// ---- Processes

pid_t fork() noexcept { return number_of(call(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
int execve(const char* path, char* const* arguments, char* const* variables) noexcept {
  return number_of(call(SYS_execve, path, arguments, variables));
}
pid_t waitpid(pid_t pid, int* status, int flags) { return number_of(call(SYS_wait4, pid, status, flags, nullptr)); }
pid_t getpid() noexcept { return number_of(call(SYS_getpid)); }
pid_t getppid() noexcept { return number_of(call(SYS_getppid)); }
pid_t setsid() noexcept { return number_of(call(SYS_setsid)); }
int kill(pid_t pid, int signal) noexcept { return number_of(call(SYS_kill, pid, signal)); }
int prctl(int option, ...) noexcept {
  va_list list;
  va_start(list, option);
  const long argument = va_arg(list, long);
  va_end(list);
  return number_of(call(SYS_prctl, option, argument, 0, 0, 0));
}

// ---- Signals

int sigemptyset(sigset_t* set) noexcept {
  *set = {};
  return 0;
}
int sigfillset(sigset_t* set) noexcept {
  for (unsigned long& each : set->__val) each = ~0ul;
  return 0;
}
int sigaddset(sigset_t* set, int signal) noexcept {
  set->__val[0] |= bit_of(signal);
  return 0;
}
int sigprocmask(int how, const sigset_t* set, sigset_t* before) noexcept {
  return number_of(call(SYS_rt_sigprocmask, how, set, before, kernel_signals_size));
}
int sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* time) {
  return number_of(call(SYS_rt_sigtimedwait, set, info, time, kernel_signals_size));
}
int sigwaitinfo(const sigset_t* set, siginfo_t* info) { return sigtimedwait(set, info, nullptr); }

// ---- Memory and text; the first two the compiler, too, calls as it likes.

void* memcpy(void* to, const void* from, std::size_t size) noexcept {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (std::size_t i = 0; i < size; ++i) out[i] = in[i];
  return to;
}
void* memset(void* to, int value, std::size_t size) noexcept {
  auto* out = static_cast<char*>(to);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(value);
  return to;
}
std::size_t strnlen(const char* text, std::size_t most) noexcept {
  std::size_t size = 0;
  while (size < most && text[size] != '\0') ++size;
  return size;
}
std::size_t strlen(const char* text) noexcept { return strnlen(text, ~std::size_t{0}); }
int strncmp(const char* a, const char* b, std::size_t most) noexcept {
  for (std::size_t i = 0; i < most; ++i) {
    if (a[i] != b[i]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]) ? -1 : 1;
    if (a[i] == '\0') break;
  }
  return 0;
}

// These have several declarations in the header, for texts that may be changed and texts that may not.
char* find_end(const char* text, int character) noexcept __asm__("strchrnul");
char* find_first(const char* text, int character) noexcept __asm__("strchr");
char* find_last(const char* text, int character) noexcept __asm__("strrchr");
void* find_byte(const void* bytes, int value, std::size_t size) noexcept __asm__("memchr");

char* find_end(const char* text, int character) noexcept {
  while (*text != '\0' && *text != static_cast<char>(character)) ++text;
  return const_cast<char*>(text);
}
char* find_first(const char* text, int character) noexcept {
  char* found = find_end(text, character);
  return *found == static_cast<char>(character) ? found : nullptr;
}
char* find_last(const char* text, int character) noexcept {
  char* last = nullptr;
  for (char* found = find_first(text, character); found != nullptr; found = find_first(found + 1, character)) {
    last = found;
    if (*found == '\0') break;
  }
  return last;
}
void* find_byte(const void* bytes, int value, std::size_t size) noexcept {
  const auto* in = static_cast<const char*>(bytes);
  for (std::size_t i = 0; i < size; ++i)
    if (in[i] == static_cast<char>(value)) return const_cast<char*>(in + i);
  return nullptr;
}

}  // extern "C"
