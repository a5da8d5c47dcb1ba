#include "net/entropy.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/random.h"

namespace stoa::net {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = getrandom(out.data() + done, count - done, 0);
    CHECK(got > 0 || errno == EINTR, "getrandom failed");
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return out;
}

std::uint64_t random_number() {
  std::uint64_t out;
  std::memcpy(&out, random_bytes(sizeof out).data(), sizeof out);
  return out;
}

std::string random_uuid() {
  auto bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return uuid_text(bytes);
}

}  // namespace stoa::net
