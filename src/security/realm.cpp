#include "security/realm.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/base64.h"

namespace stoa::security {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What follows the scheme, or nothing if it is another one.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
  value = trimmed(value);
  if (value.size() <= scheme.size() || (value[scheme.size()] != ' ' && value[scheme.size()] != '\t')) return {};
  if (!std::ranges::equal(value.substr(0, scheme.size()), scheme, {}, lower, lower)) return {};
  return trimmed(value.substr(scheme.size()));
}

}  // namespace

std::expected<Principal, std::string> BasicAuthenticator::authenticate(
    std::optional<std::string_view> authorization) const {
  const auto refused = std::unexpected(fmt::format("Basic realm=\"{}\"", realm_));
  if (!authorization) return refused;
  const auto encoded = after_scheme(*authorization, "basic");
  if (!encoded) return refused;
  const auto decoded = codec::from_base64(*encoded);
  if (!decoded) return refused;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return refused;
  const std::string_view name = std::string_view(*decoded).substr(0, colon);
  if (!credentials_->match(name, std::string_view(*decoded).substr(colon + 1))) return refused;
  return Principal{std::string(name)};
}

std::expected<std::optional<Principal>, std::string> Realm::admit(std::optional<std::string_view> authorization) const {
  if (is_open()) return std::nullopt;
  std::string challenges;
  for (const auto& authenticator : authenticators_) {
    auto outcome = authenticator->authenticate(authorization);
    if (outcome) return *std::move(outcome);
    if (!challenges.empty()) challenges += ",";
    challenges += outcome.error();
  }
  return std::unexpected(std::move(challenges));
}

}  // namespace stoa::security
