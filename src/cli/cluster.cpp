#include "cli/cluster.h"

#include <fmt/format.h>

#include <fstream>
#include <future>

#include "base/text.h"
#include "cli/exit_code.h"
#include "codec/base64.h"
#include "coordination/find_leader.h"
#include "coordination/member_content.h"

namespace stoa::cli {
namespace {

constexpr std::uint16_t master_port = 5050;
constexpr int redirects_max = 5;

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

Result<net::Url> candidate(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return net::Url::parse(text);
  LET(const net::HostPort where, net::HostPort::parse(text, master_port));
  net::Url url;
  url.scheme = "http";
  url.host = where.host;
  url.port = where.port;
  return url;
}

Result<http::Response> await(http::Client& client, http::ClientRequest request) {
  std::promise<Result<http::Response>> promise;
  std::future<Result<http::Response>> answer = promise.get_future();
  client.request(std::move(request),
                 [&promise](Result<http::Response> response) { promise.set_value(std::move(response)); });
  return answer.get();
}

}  // namespace

Result<std::string> master_text(const std::string& given, const std::vector<std::string>& environment) {
  std::string text = given;
  if (text.empty()) text = variable(environment, "STOA_MASTER");
  if (text.empty()) text = variable(environment, "MESOS_MASTER");
  if (text.starts_with("file://")) {
    std::ifstream file(text.substr(7));
    std::string line;
    if (!std::getline(file, line)) return invalid(fmt::format("cannot read the master's address from {}", text));
    text = trim(line);
  }
  if (text.empty()) text = "127.0.0.1:5050,[::1]:5050";
  return text;
}

Result<std::vector<net::Url>> master_candidates(std::string_view text) {
  std::vector<net::Url> out;
  for (const std::string_view part : split(text, ',')) {
    LET(net::Url url, candidate(trim(part)));
    out.push_back(std::move(url));
  }
  return out;
}

Result<std::string> authorization(const std::string& principal, const std::string& secret_file,
                                  const std::vector<std::string>& environment) {
  const auto either = [&](std::string_view name) {
    std::string value = variable(environment, fmt::format("STOA_{}", name));
    return value.empty() ? variable(environment, fmt::format("MESOS_{}", name)) : value;
  };
  const std::string name = principal.empty() ? either("PRINCIPAL") : principal;
  if (name.empty()) {
    if (secret_file.empty()) return std::string();
    return invalid("--secret-file needs --principal");
  }
  if (name.find(':') != std::string::npos) return invalid(fmt::format("the principal '{}' has a colon", name));
  std::string secret = either("SECRET");
  if (!secret_file.empty()) {
    std::ifstream file(secret_file);
    if (!std::getline(file, secret)) return invalid(fmt::format("cannot read the secret from {}", secret_file));
  } else if (secret.empty()) {
    return invalid(fmt::format("principal '{}' has no secret: give --secret-file or STOA_SECRET", name));
  }
  return "Basic " + codec::to_base64(name + ":" + secret);
}

Result<> Cluster::connect(const Connection& connection) {
  timeout_ = connection.timeout;
  std::vector<std::string> environment;
  for (const char* prefix : {"STOA", "MESOS"}) {
    for (const char* word : {"MASTER", "PRINCIPAL", "SECRET"}) {
      const std::string name = fmt::format("{}_{}", prefix, word);
      if (const char* value = std::getenv(name.c_str()); value != nullptr) {
        environment.push_back(fmt::format("{}={}", name, value));
      }
    }
  }
  LET(std::string proof, authorization(connection.principal, connection.secret_file, environment));
  client_.set_authorization(proof);
  authorization_ = std::move(proof);
  LET(const std::string masters, master_text(connection.master, environment));
  if (zookeeper::is_url(masters)) {
    LET(const zookeeper::Url url, zookeeper::Url::parse(masters));
    LET(const election::Member leader, coordination::find_leader(url, timeout_));
    const net::HostPort where = coordination::endpoint_of(leader);
    master_ = net::Url{.scheme = "http", .host = where.host, .port = where.port};
    election_ = masters;
    return {};
  }
  LET(std::vector<net::Url> candidates, master_candidates(masters));
  if (candidates.size() == 1) {
    master_ = std::move(candidates.front());
    return {};
  }
  std::string tried;
  for (const net::Url& url : candidates) {
    http::ClientRequest request{.url = url, .timeout = timeout_};
    request.url.path = "/health";
    const Result<http::Response> answer = await(client_, std::move(request));
    if (answer) {
      master_ = url;
      others_ = std::move(candidates);
      std::erase(others_, master_);
      return {};
    }
    tried += fmt::format("{}{}", tried.empty() ? "" : ", ", url.authority());
  }
  return fail(Code::unavailable, fmt::format("no master answers at {}; start one with `stoa up`, or say where it is "
                                             "with --master or STOA_MASTER",
                                             tried));
}

scheduler::Options Cluster::driver_options() const {
  if (!election_.empty()) return {.masters = election_, .authorization = authorization_};
  std::string masters = master_.to_string();
  for (const net::Url& url : others_) masters += "," + url.to_string();
  return {.masters = std::move(masters), .authorization = authorization_};
}

Result<JsonValue> Cluster::get(std::string_view target) { return get(master_, target); }

Result<http::Response> Cluster::fetch(const net::Url& base, std::string_view target, const http::Headers& headers) {
  http::ClientRequest request{.url = base, .headers = headers, .timeout = timeout_, .redirects_max = redirects_max};
  const std::size_t question = target.find('?');
  request.url.path = target.substr(0, question);
  if (question != std::string_view::npos) request.url.query = target.substr(question + 1);
  Result<http::Response> answer = await(client_, std::move(request));
  if (answer) return answer;
  return fail(answer.error().code, fmt::format("{}: {}", base.authority(), answer.error().message));
}

Result<> Cluster::post(std::string_view target, std::string json) {
  http::ClientRequest request{.method = "POST",
                              .url = master_,
                              .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                              .body = std::move(json),
                              .timeout = timeout_,
                              .redirects_max = redirects_max};
  request.url.path = target;
  const Result<http::Response> answer = await(client_, std::move(request));
  if (!answer) {
    return fail(answer.error().code, fmt::format("{}: {}", master_.authority(), answer.error().message));
  }
  if (answer->status / 100 != 2) return std::unexpected(error_of_status(answer->status, answer->body));
  return {};
}

Result<JsonValue> Cluster::get(const net::Url& base, std::string_view target) {
  LET(const http::Response answer, fetch(base, target, {{"Accept", "application/json"}}));
  if (answer.status != 200) return std::unexpected(error_of_status(answer.status, answer.body));
  return JsonValue::parse(answer.body);
}

Result<net::Url> agent_url(std::string_view pid) {
  const std::size_t at = pid.find('@');
  if (at == std::string_view::npos) return fail(Code::malformed, fmt::format("'{}' is no agent's pid", pid));
  return candidate(pid.substr(at + 1));
}

}  // namespace stoa::cli
