#include "fetcher/channel.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/system_error.h"
#include "fetcher/protocol.h"

namespace stoa::fetcher {
namespace {

constexpr std::size_t descriptors_max = sources_max + 8;

}  // namespace

Result<> send_message(int socket, std::string_view bytes, std::span<const int> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))> control{};
  if (descriptors.size() > descriptors_max) return invalid("too many descriptors for one message");
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  if (!descriptors.empty()) {
    head.msg_control = control.data();
    head.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  if (::sendmsg(socket, &head, MSG_NOSIGNAL) < 0) {
    return fail(Code::unavailable, "the fetch program: " + system_failure("send", errno).error().message);
  }
  return {};
}

Result<Message> receive_message(int socket) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))> control{};
  std::array<char, message_bytes_max> bytes;
  iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = control.data();
  head.msg_controllen = control.size();
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail(Code::unavailable, system_failure("receive", errno).error().message);
  Message message{.bytes = std::string(bytes.data(), static_cast<std::size_t>(count))};
  for (cmsghdr* rights = CMSG_FIRSTHDR(&head); rights != nullptr; rights = CMSG_NXTHDR(&head, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + sizeof(int) <= rights->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(rights) + at, sizeof descriptor);
      message.descriptors.emplace_back(descriptor);
    }
  }
  if ((head.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0) return fail(Code::malformed, "a message was cut");
  return message;
}

Result<Descriptor> memory_file(std::string_view bytes) {
  Descriptor file(::memfd_create("fetch", MFD_CLOEXEC));
  if (!file) return system_failure("memory file", errno);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0) return system_failure("memory file", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return file;
}

Result<std::string> read_file(int file, std::size_t bytes_max) {
  std::string bytes;
  std::array<char, 16 * 1024> part;
  for (;;) {
    const ssize_t count = ::pread(file, part.data(), part.size(), static_cast<off_t>(bytes.size()));
    if (count < 0) return system_failure("read", errno);
    if (count == 0) return bytes;
    bytes.append(part.data(), static_cast<std::size_t>(count));
    if (bytes.size() > bytes_max) return fail(Code::resource_exhausted, "file too big");
  }
}

}  // namespace stoa::fetcher
