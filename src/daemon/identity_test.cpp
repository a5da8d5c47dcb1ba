#include "daemon/identity.h"

#include <gtest/gtest.h>

#include "net/interfaces.h"

namespace stoa::daemon {
namespace {

// AGT-036
TEST(Identity, TheHostnameIsWhatIsGivenElseLookedUpElseTheAddress) {
  const std::vector<net::Endpoint> bound{{net::Address::parse("127.0.0.1").value(), 5051}};
  EXPECT_EQ(identity_of({.hostname = "node7.example"}, bound)->hostname, "node7.example");
  EXPECT_EQ(identity_of({.hostname_lookup = false}, bound)->hostname, "127.0.0.1");
  const auto name = net::reverse_lookup(bound.front().address, std::chrono::seconds(5));
  EXPECT_EQ(identity_of({}, bound)->hostname, name.value_or("127.0.0.1"));
  const std::vector<net::Endpoint> unnamed{{net::Address::parse("2001:db8::7").value(), 5051}};
  EXPECT_EQ(identity_of({.hostname_lookup = false}, unnamed)->hostname, "2001:db8::7");
}

}  // namespace
}  // namespace stoa::daemon
