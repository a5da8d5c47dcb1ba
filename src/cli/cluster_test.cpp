#include "cli/cluster.h"

#include <gtest/gtest.h>

namespace stoa::cli {
namespace {

std::vector<std::string> candidates(const std::string& given, const std::vector<std::string>& environment = {}) {
  const auto text = master_text(given, environment);
  if (!text) return {text.error().message};
  const auto urls = master_candidates(*text);
  if (!urls) return {urls.error().message};
  std::vector<std::string> out;
  for (const net::Url& url : *urls) out.push_back(url.to_string());
  return out;
}

using Strings = std::vector<std::string>;

TEST(MasterCandidates, OptionThenVariablesThenLoopbackOfBothFamilies) {
  EXPECT_EQ(candidates("a:1", {"STOA_MASTER=b:2", "MESOS_MASTER=c:3"}), Strings{"http://a:1/"});
  EXPECT_EQ(candidates("", {"MESOS_MASTER=c:3", "STOA_MASTER=b:2"}), Strings{"http://b:2/"});
  EXPECT_EQ(candidates("", {"MESOS_MASTER=c:3"}), Strings{"http://c:3/"});
  EXPECT_EQ(candidates(""), (Strings{"http://127.0.0.1:5050/", "http://[::1]:5050/"}));
}

TEST(MasterCandidates, AreHostsAddressesUrlsAndLists) {
  EXPECT_EQ(candidates("m1, [fd00::1]:7,http://h:8"),
            (Strings{"http://m1:5050/", "http://[fd00::1]:7/", "http://h:8/"}));
  EXPECT_EQ(*master_text("", {"STOA_MASTER=zk://a,b/x"}), "zk://a,b/x");
  EXPECT_FALSE(master_candidates("a:b:c"));
}

// FE-074
TEST(Authorization, IsThePrincipalOfTheOptionsElseOfTheEnvironment) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(*authorization("", "", {}), "");
  EXPECT_EQ(*authorization("", "", Strings{"STOA_PRINCIPAL=ops", "STOA_SECRET=a:b"}), "Basic b3BzOmE6Yg==");
  EXPECT_EQ(*authorization("", "", Strings{"MESOS_PRINCIPAL=ops", "MESOS_SECRET=a:b"}), "Basic b3BzOmE6Yg==");
  EXPECT_EQ(*authorization("ops", "", Strings{"STOA_PRINCIPAL=x", "STOA_SECRET=a:b"}), "Basic b3BzOmE6Yg==");
  EXPECT_FALSE(authorization("ops", "", {}));
  EXPECT_FALSE(authorization("", "/some/file", {}));
  EXPECT_FALSE(authorization("o:ps", "", Strings{"STOA_SECRET=x"}));
  EXPECT_FALSE(authorization("ops", "/no/such/file", {}));
}

TEST(AgentUrl, IsTheAddressInItsPid) {
  EXPECT_EQ(agent_url("slave(1)@[::1]:5051")->to_string(), "http://[::1]:5051/");
  EXPECT_EQ(agent_url("slave(1)@10.0.0.1:5051")->to_string(), "http://10.0.0.1:5051/");
  EXPECT_FALSE(agent_url("nonsense"));
}

}  // namespace
}  // namespace stoa::cli
