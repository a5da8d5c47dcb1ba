#include "containers/shim/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "containers/shim/file.h"
#include "containers/shim/protocol.h"

namespace stoa::containers::shim {
namespace {

constexpr size_t piece_bytes = 16 * 1024;

struct Stream {
  const char* name = nullptr;
  Rotation rotation{};
  int pipe = -1;
  int file = -1;
};

// `stdout.3`; `stdout` itself for 0.
Line numbered(const char* name, unsigned number) {
  Line line;
  line.add(name);
  if (number > 0) line.add(".").add(static_cast<unsigned long long>(number));
  return line;
}

bool open_file(Stream& stream) {
  stream.file = open_output_file(stream.name);
  return stream.file >= 0;
}

// The oldest goes, each of the others becomes one older. False if the newest stays where it is: the directory is the
// task's, who may have seen to that.
bool rotate(Stream& stream, const struct stat& newest) {
  close(stream.file);
  stream.file = -1;
  if (stream.rotation.files == 0) unlinkat(sandbox_descriptor, stream.name, 0);
  for (unsigned number = stream.rotation.files; number > 0; --number) {
    renameat(sandbox_descriptor, numbered(stream.name, number - 1).text(), sandbox_descriptor,
             numbered(stream.name, number).text());
  }
  struct stat now;
  return fstatat(sandbox_descriptor, stream.name, &now, AT_SYMLINK_NOFOLLOW) != 0 || now.st_ino != newest.st_ino ||
         now.st_dev != newest.st_dev;
}

// What the disk does not take is dropped: it is this container's own output (AGT-158).
void append(Stream& stream, const char* bytes, size_t size) {
  while (size > 0) {
    if (stream.file < 0 && !open_file(stream)) return;
    struct stat status;
    if (fstat(stream.file, &status) != 0) return;
    const auto length = static_cast<unsigned long long>(status.st_size);
    if (length > 0 && length + size > stream.rotation.bytes_max) {
      if (!rotate(stream, status)) return;
      continue;
    }
    const size_t part = size < stream.rotation.bytes_max ? size : stream.rotation.bytes_max;
    const ssize_t written = write(stream.file, bytes, part);
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

[[noreturn]] void relay(const Program& program, Stream* streams, unsigned count) {
  setsid();
  if (!switch_user(program)) _exit(1);
  // After the change of user, which sets it again: no task may trace the relay.
  prctl(PR_SET_DUMPABLE, 0);
  umask(022);
  static char piece[piece_bytes];
  for (;;) {
    pollfd waits[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}};
    unsigned open_count = 0;
    for (unsigned i = 0; i < count; ++i) {
      waits[i].fd = streams[i].pipe;
      if (streams[i].pipe >= 0) ++open_count;
    }
    if (open_count == 0) _exit(0);
    if (poll(waits, count, -1) < 0 && errno != EINTR) _exit(1);
    for (unsigned i = 0; i < count; ++i) {
      if (waits[i].fd < 0 || waits[i].revents == 0) continue;
      const ssize_t got = read(streams[i].pipe, piece, sizeof piece);
      if (got > 0) {
        append(streams[i], piece, static_cast<size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        close(streams[i].pipe);
        streams[i].pipe = -1;
      }
    }
  }
}

}  // namespace

pid_t start_relay(const Program& program, Outputs& outputs) {
  Stream streams[2];
  unsigned count = 0;
  int ends[2];
  const auto add = [&](const char* name, const Rotation& rotation, int& output) {
    if (rotation.bytes_max == 0) return true;
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    streams[count++] = {name, rotation, ends[0], -1};
    output = ends[1];
    return true;
  };
  if (!add("stdout", program.instructions->standard, outputs.standard) ||
      !add("stderr", program.instructions->error, outputs.error)) {
    return -1;
  }
  if (count == 0) return 0;
  const pid_t pid = fork();
  if (pid == 0) {
    close(outputs.standard);
    close(outputs.error);
    close(socket_descriptor);
    relay(program, streams, count);
  }
  for (unsigned i = 0; i < count; ++i) close(streams[i].pipe);
  return pid;
}

}  // namespace stoa::containers::shim
