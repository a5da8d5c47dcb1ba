// Credentials: who may log in, and with what secret.
//
// Secrets are kept as digests, and a comparison takes the same time whatever is compared (SEC-006): neither the content
// nor the length of a secret, nor whether a principal exists, shows in the time of an answer.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/forward.h"

namespace mesos::v1 {
class Credentials;
}  // namespace mesos::v1

namespace stoa::security {

class Credentials {
 public:
  // Nobody can log in (SEC-034).
  Credentials() = default;
  // Fails with invalid_argument for an entry without principal or secret, and for a principal given twice (SEC-030).
  // The message names the principal or the entry's number, never a secret.
  static Result<Credentials> from(const mesos::v1::Credentials& message);
  // The same from the text of a file: `{"credentials":[{"principal":"ops","secret":"s3"}]}`.
  static Result<Credentials> parse(std::string_view json);

  bool match(std::string_view principal, std::string_view secret) const;
  std::size_t size() const { return digests_.size(); }

 private:
  using Digest = std::array<unsigned char, 32>;

  std::map<std::string, Digest, std::less<>> digests_;
};

}  // namespace stoa::security
