#include "api/admission.h"

#include <algorithm>
#include <memory>

#include "api/answers.h"
#include "net/address.h"

namespace stoa::api {
namespace {

constexpr std::string_view component_prefix = "/master";
constexpr std::string_view agent_link = "/agent-link";  // Has no prefix.

// A line speaks for its path and all below it.
struct Guard {
  std::string_view path;
  std::string_view realm;  // Behind `mesos-master-` or `mesos-agent-`; empty: none.
};

constexpr Guard master_guards[] = {
    {"/", ""},
    {"/health", ""},
    {"/version", ""},
    {"/redirect", ""},
    {"/help", ""},
    {"/agent-link", ""},  // Agents prove themselves in their own way (SEC-043).
    {"/state", "readonly"},
    {"/state-summary", "readonly"},
    {"/slaves", "readonly"},
    {"/frameworks", "readonly"},
    {"/tasks", "readonly"},
    {"/roles", "readonly"},
    {"/flags", "readonly"},
    {"/maintenance/status", "readonly"},
    {"/files", "readonly"},
    {"/metrics", "readonly"},
    {"/allocator", "readonly"},
    {"/preemptions", "readonly"},
    {"/registrar(1)/registry", "readonly"},
    {"/api/v1/scheduler", "scheduler"},
};

constexpr Guard agent_guards[] = {
    {"/", ""},
    {"/health", ""},
    {"/version", ""},
    {"/help", ""},
    {"/state", "readonly"},
    {"/flags", "readonly"},
    {"/monitor/statistics", "readonly"},
    {"/containers", "readonly"},
    {"/containerizer/debug", "readonly"},
    {"/files", "readonly"},
    {"/metrics", "readonly"},
    {"/api/v1/executor", "executor"},
    {"/api/v1/resource_provider", "resource-provider"},
};

// What a master says of its own process, whoever leads.
constexpr std::string_view own_routes[] = {"/",      "/health",  "/version", "/flags",  "/metrics",
                                           "/files", "/logging", "/help",    "/system", "/redirect"};

std::string_view without_json(std::string_view route) {
  if (route.ends_with(".json")) route.remove_suffix(5);
  return route;
}

bool covers(std::string_view path, std::string_view route) {
  if (path == "/" || route == path) return route == path;
  return route.starts_with(path) && route[path.size()] == '/';
}

}  // namespace

std::string realm_of(Daemon daemon, std::string_view route) {
  route = without_json(route);
  const std::string prefix = daemon == Daemon::master ? "mesos-master-" : "mesos-agent-";
  const auto look_up = [&](const auto& guards) -> std::string {
    for (const Guard& guard : guards) {
      if (covers(guard.path, route)) return guard.realm.empty() ? std::string() : prefix + std::string(guard.realm);
    }
    return prefix + "readwrite";
  };
  return daemon == Daemon::master ? look_up(master_guards) : look_up(agent_guards);
}

bool needs_leader(std::string_view route) {
  route = without_json(route);
  return std::ranges::none_of(own_routes, [&](std::string_view own) { return covers(own, route); });
}

http::Response redirect_to(const election::Leadership& leadership, std::string_view target) {
  if (!leadership.leader) return refusal(503, "No leader elected");
  http::Response response = http::empty(307);
  std::string location = "//" + net::HostPort{leadership.leader->host, leadership.leader->port}.to_string();
  if (!target.empty() && target != agent_link &&
      !(target.starts_with(component_prefix) &&
        (target.size() == component_prefix.size() || target[component_prefix.size()] == '/'))) {
    location += component_prefix;
  }
  location += target;
  response.headers.set("Location", location);
  return response;
}

http::Admit admission(AdmissionOptions given) {
  // Shared with every copy of the function.
  const auto options = std::make_shared<const AdmissionOptions>(std::move(given));
  return [options](http::Request& request, const std::string& route) -> std::optional<http::Response> {
    if (const auto realm = options->realms.find(realm_of(options->daemon, route)); realm != options->realms.end()) {
      auto admitted = realm->second.admit(header(request, "Authorization"));
      if (!admitted) {
        http::Response response = refusal(401, "401 Unauthorized.");
        response.headers.set("WWW-Authenticate", admitted.error());
        return response;
      }
      if (*admitted) request.principal = std::move(**admitted).name;
    }
    if (!options->leadership || !needs_leader(route)) return std::nullopt;
    const election::Leadership leadership = options->leadership();
    if (leadership.mine) return std::nullopt;
    return redirect_to(leadership, request.target);
  };
}

}  // namespace stoa::api
