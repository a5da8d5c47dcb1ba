#include "daemon/authentication.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "daemon/master_flags.h"

namespace stoa::daemon {
namespace {

// A file of credentials that goes with the test.
class SecretFile {
 public:
  explicit SecretFile(const std::string& text, mode_t mode = 0600) {
    char name[] = "/tmp/stoa-credentials-XXXXXX";
    close(mkstemp(name));
    path_ = name;
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  ~SecretFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::string one = R"({"credentials":[{"principal":"ops","secret":"topsecret"}]})";

std::string problem(const AuthenticationFlags& flags, api::Daemon daemon = api::Daemon::master) {
  const auto realms = make_realms(flags, daemon);
  return realms ? std::string() : realms.error().message;
}

// SEC-011
TEST(Authentication, EachFlagSwitchesItsRealmOn) {
  const SecretFile file(one);
  const auto names = [&](AuthenticationFlags flags, api::Daemon daemon) {
    flags.credentials.value = file.path();
    std::vector<std::string> out;
    for (const auto& [name, realm] : make_realms(flags, daemon).value()) {
      EXPECT_FALSE(realm.is_open());
      out.push_back(name);
    }
    return out;
  };
  using Strings = std::vector<std::string>;
  EXPECT_EQ(names({}, api::Daemon::master), Strings{});
  EXPECT_EQ(names({.readonly = true}, api::Daemon::master), Strings{"mesos-master-readonly"});
  EXPECT_EQ(names({.readwrite = true}, api::Daemon::agent), Strings{"mesos-agent-readwrite"});
  EXPECT_EQ(names({.frameworks = true}, api::Daemon::master), Strings{"mesos-master-scheduler"});
}

// SEC-011
TEST(Authentication, WithoutUsableCredentialsTheDaemonDoesNotStart) {
  EXPECT_EQ(problem({.readonly = true}), "authentication is on, and nobody could pass: give --credentials");
  EXPECT_EQ(problem({.readwrite = true}, api::Daemon::agent),
            "authentication is on, and nobody could pass: give --http_credentials");
  EXPECT_NE(problem({.readonly = true, .credentials = {"/no/such/file"}}).find("/no/such/file"), std::string::npos);
  EXPECT_NE(problem({.readonly = true, .credentials = {"/"}}).find("not a file"), std::string::npos);
}

// SEC-030 SEC-005
TEST(Authentication, AWrongFileIsNamedAndItsSecretsAreNot) {
  const SecretFile file("ops topsecret");
  const std::string why = problem({.readonly = true, .credentials = {file.path()}});
  EXPECT_NE(why.find(file.path()), std::string::npos);
  EXPECT_EQ(why.find("topsecret"), std::string::npos);
}

// SEC-033
TEST(Authentication, AFileThatOthersCanReadIsRefusedWithTheCommandThatMendsIt) {
  const SecretFile file(one, 0640);
  EXPECT_NE(problem({.readonly = true, .credentials = {file.path()}}).find("chmod 600 " + file.path()),
            std::string::npos);
  EXPECT_EQ(problem({.readonly = true, .credentials = {file.path()}, .allow_insecure_files = true}), "");
}

// SEC-042
TEST(Authentication, TheOlderFlagOfFrameworksIsTaken) {
  MasterFlags flags;
  const flags::Table table = master_table(flags);
  const std::vector<std::string> words{"--work_dir=/w", "--authenticate", "--credentials=/c"};
  EXPECT_TRUE(flags::parse(table, {.arguments = words, .environment = {}, .read_file = {}}).problems.empty());
  EXPECT_TRUE(flags.authenticate_frameworks);
}

}  // namespace
}  // namespace stoa::daemon
