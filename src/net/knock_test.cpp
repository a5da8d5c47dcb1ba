#include "net/knock.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "net/sockaddr.h"

namespace stoa::net {
namespace {

// A socket that listens, or one that only holds its port: connections to it are refused.
class Holder {
 public:
  Holder(const Address& address, bool listens) {
    sockaddr_storage storage;
    const auto length = to_sockaddr({address, 0}, storage);
    descriptor_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    if (storage.ss_family == AF_INET6) ::setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&storage), *length), 0);
    if (listens) EXPECT_EQ(::listen(descriptor_, 8), 0);
    socklen_t size = sizeof storage;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&storage), &size);
    endpoint = from_sockaddr(storage);
  }
  ~Holder() { ::close(descriptor_); }

  Endpoint endpoint;

 private:
  int descriptor_ = -1;
};

Result<> ask(Loop& loop, std::vector<Endpoint> endpoints) {
  std::promise<Result<>> answer;
  const Knock under_way =
      knock(loop, std::move(endpoints), [&](Result<> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

TEST(Knock, TellsWhetherAnybodyAcceptsInBothFamilies) {
  Loop loop(2);
  for (const Address& address : {Address::loopback_v4(), Address::loopback_v6()}) {
    const Holder open(address, true);
    EXPECT_TRUE(ask(loop, {open.endpoint}));
    const Holder deaf(address, false);
    const auto refused = ask(loop, {deaf.endpoint});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("refused"), std::string::npos) << refused.error().message;
  }
}

TEST(Knock, TriesOneAfterTheOther) {
  Loop loop(2);
  const Holder deaf(Address::loopback_v4(), false);
  const Holder open(Address::loopback_v6(), true);
  EXPECT_TRUE(ask(loop, {deaf.endpoint, open.endpoint}));
  EXPECT_FALSE(ask(loop, {deaf.endpoint, deaf.endpoint}));
  EXPECT_FALSE(ask(loop, {}));
}

TEST(Knock, WhatIsDroppedDoesNotAnswer) {
  Loop loop(1);
  const Holder open(Address::loopback_v4(), true);
  std::promise<void> held;
  std::promise<void> released;
  loop.post([&] {
    held.set_value();
    released.get_future().wait();
  });
  held.get_future().wait();
  bool answered = false;
  {
    const Knock dropped = knock(loop, {open.endpoint}, [&](Result<>) { answered = true; });
  }
  released.set_value();
  ask(loop, {open.endpoint});
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace stoa::net
