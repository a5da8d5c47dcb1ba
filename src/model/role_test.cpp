#include "model/role.h"

#include <gtest/gtest.h>

#include "model/identifier.h"

namespace stoa::model {
namespace {

using namespace std::string_view_literals;

std::string refusal(std::string_view role) {
  const auto valid = validate_role(role);
  return valid.has_value() ? "accepted" : valid.error().message;
}

// RES-080 HTTP-171
TEST(Role, RefusalsSayWhy) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/a", "cannot start with a slash"},
      {"a/", "cannot end with a slash"},
      {"a//b", "cannot contain two adjacent slashes"},
      {"", "Role names cannot be the empty string"},
      {".", "cannot include '.' as a component"},
      {"a/../b", "cannot include '..' as a component"},
      {"a/*", "cannot include '*' as a component"},
      {"*/a", "cannot include '*' as a component"},
      {"a/-b", "starts with a dash"},
      {"-a", "starts with a dash"},
      {"a b", "contains backspace or whitespace"},
      {"a\tb", "contains backspace or whitespace"},
      {"a\nb", "contains backspace or whitespace"},
      {"a\vb", "contains backspace or whitespace"},
      {"a\fb", "contains backspace or whitespace"},
      {"a\rb", "contains backspace or whitespace"},
      {"a\x7f", "contains backspace or whitespace"},
  };
  for (const auto& [role, gist] : cases) EXPECT_TRUE(refusal(role).contains(gist)) << role << ": " << refusal(role);
}

// RES-080 RES-081
TEST(Role, EverythingElseIsLegal) {
  for (const auto role : {"*"sv, "a"sv, "a/b/c"sv, "A:b%=,"sv, "r\xc3\xb6le"sv, "a\bb"sv, "a-b"sv, "..."sv, "a*"sv}) {
    EXPECT_EQ(refusal(role), "accepted") << role;
  }
}

// RES-082
TEST(Role, LengthIsBounded) {
  EXPECT_EQ(refusal(std::string(1024, 'a')), "accepted");
  EXPECT_NE(refusal(std::string(1025, 'a')), "accepted");
}

// RES-083
TEST(Role, SubrolesLieBelowASlash) {
  EXPECT_TRUE(is_strict_subrole("a/b", "a"));
  EXPECT_TRUE(is_strict_subrole("a/b/c", "a"));
  EXPECT_FALSE(is_strict_subrole("a", "a"));
  EXPECT_FALSE(is_strict_subrole("ab", "a"));
  EXPECT_FALSE(is_strict_subrole("a", "*"));
  EXPECT_EQ(top_level("a/b/c"), "a");
}

// HTTP-178
TEST(Identifier, RefusalsSayWhy) {
  const auto refused = [](std::string_view id) {
    const auto valid = validate_identifier(id);
    return valid.has_value() ? "accepted" : valid.error().message;
  };
  EXPECT_EQ(refused(""), "ID must not be empty");
  EXPECT_EQ(refused(std::string(256, 'a')), "ID must not be greater than 255 characters");
  EXPECT_EQ(refused("."), "'.' is disallowed");
  EXPECT_EQ(refused(".."), "'..' is disallowed");
  for (const auto id : {"a/b"sv, "a\\b"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv}) {
    EXPECT_TRUE(refused(id).ends_with("contains invalid characters")) << id;
  }
  for (const auto id : {"a b"sv, "r\xc3\xb6"sv, "..."sv, "a:b"sv}) EXPECT_EQ(refused(id), "accepted") << id;
  EXPECT_EQ(refused(std::string(255, 'a')), "accepted");
}

}  // namespace
}  // namespace stoa::model
