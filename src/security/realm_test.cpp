#include "security/realm.h"

#include <gtest/gtest.h>

#include "codec/base64.h"

namespace stoa::security {
namespace {

std::shared_ptr<const Credentials> known() {
  auto parsed =
      Credentials::parse(R"({"credentials":[{"principal":"ops","secret":"s3"},{"principal":"dev","secret":"a:b:c"}]})");
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::make_shared<const Credentials>(*std::move(parsed));
}

std::string basic(const std::string& pair) { return "Basic " + codec::to_base64(pair); }

// SEC-013 SEC-006
TEST(BasicAuthenticator, KnowsAPrincipalByTheSecretBehindTheFirstColon) {
  const BasicAuthenticator authenticator("r", known());
  const auto name = [&](const std::string& header) {
    const auto outcome = authenticator.authenticate(header);
    return outcome ? outcome->name : outcome.error();
  };
  EXPECT_EQ(name(basic("ops:s3")), "ops");
  EXPECT_EQ(name(basic("dev:a:b:c")), "dev");
  EXPECT_EQ(name("  bAsIc \t " + codec::to_base64("ops:s3") + " "), "ops");
  const std::string challenge = "Basic realm=\"r\"";
  for (const std::string& wrong : {basic("ops:s4"), basic("ops:"), basic("ops"), basic("nobody:s3"), basic(":s3"),
                                   basic("dev:a"), std::string(""), std::string("Basic"), std::string("Basic !!"),
                                   std::string("Bearer x"), std::string("Basics ") + "b3BzOnMz", basic("ops:s3\n")}) {
    EXPECT_EQ(name(wrong), challenge) << wrong;
  }
  EXPECT_EQ(authenticator.authenticate(std::nullopt).error(), challenge);
}

// SEC-010 SEC-014
TEST(Realm, AsksItsAuthenticatorsInOrderAndNamesAllTheirChallenges) {
  Realm realm;
  EXPECT_EQ(realm.admit("Basic nonsense").value(), std::nullopt);  // Open: nobody.
  realm.add(std::make_unique<BasicAuthenticator>("one", std::make_shared<const Credentials>()));
  realm.add(std::make_unique<BasicAuthenticator>("two", known()));
  EXPECT_EQ(realm.admit(basic("ops:s3")).value(), Principal{"ops"});
  EXPECT_EQ(realm.admit(std::nullopt).error(), R"(Basic realm="one",Basic realm="two")");
}

// SEC-030 SEC-005
TEST(Credentials, AreRefusedWithTheReasonAndWithoutASecret) {
  const auto problem = [](std::string_view json) {
    const auto parsed = Credentials::parse(json);
    return parsed ? std::string("none") : parsed.error().message;
  };
  EXPECT_EQ(problem(R"({"credentials":[{"principal":"a","secret":"topsecret"},{"principal":"a","secret":"x"}]})"),
            "principal 'a' is given twice");
  EXPECT_EQ(problem(R"({"credentials":[{"principal":"a"}]})"), "the credential of 'a' has no secret");
  EXPECT_EQ(problem(R"({"credentials":[{"principal":"","secret":"topsecret"}]})"), "credential 1 has no principal");
  for (const char* broken : {"ops topsecret", R"({"credentials":[{"secret":"topsecret"}]})",
                             R"({"credentials":[{"principal":"a","secret":topsecret}]})", ""}) {
    EXPECT_EQ(problem(broken).find("topsecret"), std::string::npos) << broken;
    EXPECT_NE(problem(broken).find("expecting JSON"), std::string::npos) << broken;
  }
  EXPECT_EQ(problem("{}"), "none");
}

// SEC-034
TEST(Credentials, OfAnEmptyFileLetNobodyIn) {
  const auto empty = Credentials::parse("{}");
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->match("", ""));
  EXPECT_FALSE(empty->match("ops", "s3"));
}

}  // namespace
}  // namespace stoa::security
