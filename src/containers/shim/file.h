// Small files and numbers for a program without the C++ library.
#pragma once

#include <stddef.h>

namespace stoa::containers::shim {

// Text in a fixed buffer; what does not fit is dropped, and `full` says so.
class Line {
 public:
  Line& add(const char* text);
  Line& add(unsigned long long number);
  const char* text() const { return text_; }
  size_t size() const { return size_; }
  bool full() const { return full_; }

 private:
  char text_[4352] = {};
  size_t size_ = 0;
  bool full_ = false;
};

// Reads at most `size` - 1 bytes and ends them with NUL. Returns the count, or -1.
long read_file(const char* path, char* buffer, size_t size);

// Writes `directory`/`name` aside and renames it, so that a reader sees all of it or none. Returns 0 or errno. Not
// synced: a runtime directory does not outlive the boot (AGT-075), and the page cache outlives every process.
int write_file(const char* directory, const char* name, const Line& line);

}  // namespace stoa::containers::shim
