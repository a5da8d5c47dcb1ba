#include "daemon/authentication.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace stoa::daemon {
namespace {

Result<std::string> read_secret_file(const std::string& path, bool allow_insecure) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return invalid(fmt::format("cannot read credentials from {}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return invalid(fmt::format("cannot read credentials from {}: not a file", path));
  if ((status.st_mode & 0077) != 0 && !allow_insecure) {
    return invalid(
        fmt::format("credentials in {} can be read or written by others: run `chmod 600 {}`, or give "
                    "--allow_insecure_files",
                    path, path));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return invalid(fmt::format("cannot read credentials from {}", path));
  return text;
}

Result<std::shared_ptr<const security::Credentials>> read_credentials(const AuthenticationFlags& flags) {
  LET(const std::string text, read_secret_file(flags.credentials.value, flags.allow_insecure_files));
  auto parsed = security::Credentials::parse(text);
  if (!parsed) return invalid(fmt::format("credentials in {}: {}", flags.credentials.value, parsed.error().message));
  return std::make_shared<const security::Credentials>(*std::move(parsed));
}

}  // namespace

void add_authentication_flags(flags::Table& table, AuthenticationFlags& flags, const std::string& credentials_flag) {
  table.group("Security");
  table.add("authenticate_http_readonly", flags.readonly, "Whether endpoints that only read ask who calls.");
  table
      .add("authenticate_http_readwrite", flags.readwrite,
           "Whether the operator API and other endpoints that change things ask who calls.")
      .old_name("authenticate_http");
  table.add(credentials_flag, flags.credentials, "File of those who may call: JSON, readable by its owner only.")
      .example("/etc/stoa/credentials.json");
  table.add("http_authenticators", flags.authenticators, "How callers prove who they are.").one_of({"basic"});
  table.add("allow_insecure_files", flags.allow_insecure_files,
            "Takes files of secrets that others can read, with no more than a warning.");
}

Result<api::Realms> make_realms(const AuthenticationFlags& flags, api::Daemon daemon) {
  const bool is_master = daemon == api::Daemon::master;
  std::vector<std::string> wanted;
  const std::string prefix = is_master ? "mesos-master-" : "mesos-agent-";
  if (flags.readonly) wanted.push_back(prefix + "readonly");
  if (flags.readwrite) wanted.push_back(prefix + "readwrite");
  if (flags.frameworks && is_master) wanted.push_back(prefix + "scheduler");
  api::Realms realms;
  if (wanted.empty()) return realms;
  if (flags.credentials.empty()) {
    return invalid(fmt::format("authentication is on, and nobody could pass: give --{}",
                               is_master ? "credentials" : "http_credentials"));
  }
  LET(const auto credentials, read_credentials(flags));
  for (const std::string& name : wanted) {
    realms[name].add(std::make_unique<security::BasicAuthenticator>(name, credentials));
  }
  return realms;
}

}  // namespace stoa::daemon
