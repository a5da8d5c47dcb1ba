// Realm: a group of endpoints with the authenticators that guard it (HTTP-149..154, SEC-010..015).
//
// A realm without authenticators lets everybody pass as nobody. With several, they are asked in order, and the first
// that knows the caller decides; if none does, the answer names all their challenges.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "security/credentials.h"

namespace stoa::security {

struct Principal {
  std::string name;

  bool operator==(const Principal&) const = default;
};

// Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // `authorization` is the header's value, nothing if there is none. The error is the challenge, as it is to stand in
  // `WWW-Authenticate`.
  virtual std::expected<Principal, std::string> authenticate(std::optional<std::string_view> authorization) const = 0;
};

// HTTP Basic: `Basic base64(name:password)`. The scheme is matched without regard to case, blanks around the value do
// not count, and the password is all behind the first colon (SEC-013).
class BasicAuthenticator final : public Authenticator {
 public:
  BasicAuthenticator(std::string realm, std::shared_ptr<const Credentials> credentials)
      : realm_(std::move(realm)), credentials_(std::move(credentials)) {}

  std::expected<Principal, std::string> authenticate(std::optional<std::string_view> authorization) const override;

 private:
  std::string realm_;
  std::shared_ptr<const Credentials> credentials_;  // Shared by realms.
};

class Realm {
 public:
  void add(std::unique_ptr<Authenticator> authenticator) { authenticators_.push_back(std::move(authenticator)); }
  bool is_open() const { return authenticators_.empty(); }

  // Who asks; nobody in an open realm, whatever the header says (HTTP-153). The error is the value of
  // `WWW-Authenticate`.
  std::expected<std::optional<Principal>, std::string> admit(std::optional<std::string_view> authorization) const;

 private:
  std::vector<std::unique_ptr<Authenticator>> authenticators_;
};

}  // namespace stoa::security
