#include "containers/shim/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

namespace stoa::containers::shim {

Line& Line::add(const char* text) {
  const size_t length = strlen(text);
  if (length >= sizeof text_ - size_) {
    full_ = true;
    return *this;
  }
  memcpy(text_ + size_, text, length + 1);
  size_ += length;
  return *this;
}

Line& Line::add(unsigned long long number) {
  char digits[24];
  char* first = digits + sizeof digits - 1;
  *first = '\0';
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return add(first);
}

long read_file(const char* path, char* buffer, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t count = 0;
  while (count < size - 1) {
    const ssize_t part = read(file, buffer + count, size - 1 - count);
    if (part <= 0) break;
    count += static_cast<size_t>(part);
  }
  close(file);
  buffer[count] = '\0';
  return static_cast<long>(count);
}

int write_file(const char* directory, const char* name, const Line& line) {
  Line path;
  path.add(directory).add("/").add(name);
  Line aside;
  aside.add(path.text()).add(".new");
  if (line.full() || path.full() || aside.full()) return ENAMETOOLONG;
  const int file = open(aside.text(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  const ssize_t written = write(file, line.text(), line.size());
  const int error = written < 0 ? errno : ENOSPC;
  close(file);
  if (written != static_cast<ssize_t>(line.size())) return error;
  return rename(aside.text(), path.text()) == 0 ? 0 : errno;
}

}  // namespace stoa::containers::shim
