#include "security/credentials.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "codec/json.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::security {
namespace {

std::array<unsigned char, 32> digest_of(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

Result<Credentials> Credentials::from(const mesos::v1::Credentials& message) {
  Credentials made;
  int number = 0;
  for (const auto& entry : message.credentials()) {
    ++number;
    if (entry.principal().empty()) return invalid(fmt::format("credential {} has no principal", number));
    if (!entry.has_secret()) return invalid(fmt::format("the credential of '{}' has no secret", entry.principal()));
    if (!made.digests_.emplace(entry.principal(), digest_of(entry.secret())).second) {
      return invalid(fmt::format("principal '{}' is given twice", entry.principal()));
    }
  }
  return made;
}

Result<Credentials> Credentials::parse(std::string_view json) {
  mesos::v1::Credentials message;
  // The reader's own words may quote what it read: a secret, perhaps.
  if (!codec::read_json(json, message)) {
    return invalid(R"(expecting JSON of the form {"credentials":[{"principal":"NAME","secret":"SECRET"}]})");
  }
  return from(message);
}

bool Credentials::match(std::string_view principal, std::string_view secret) const {
  static constexpr std::array<unsigned char, 32> nobody{};
  const auto known = digests_.find(principal);
  const auto& expected = known == digests_.end() ? nobody : known->second;
  const auto given = digest_of(secret);
  const bool same = CRYPTO_memcmp(expected.data(), given.data(), given.size()) == 0;
  return same && known != digests_.end();
}

}  // namespace stoa::security
