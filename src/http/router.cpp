#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/url.h"

namespace stoa::http {
namespace {

// Methods that ask for something at a path; others are unknown here and answered 501 where no route speaks for them.
constexpr std::array<std::string_view, 5> common_methods{"GET", "HEAD", "POST", "DELETE", "OPTIONS"};

// Whether `path` is `prefix` or below it.
bool is_below(std::string_view path, std::string_view prefix) {
  return prefix == "/" || (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/'));
}

}  // namespace

bool Methods::has(std::string_view method) const { return std::ranges::find(names_, method) != names_.end(); }

std::optional<std::string> normalise_path(std::string_view raw_path) {
  if (raw_path.find("/..") != std::string_view::npos) return std::nullopt;
  std::string out;
  while (!raw_path.empty()) {
    const auto end = std::min(raw_path.find('/'), raw_path.size());
    const auto segment = raw_path.substr(0, end);
    raw_path.remove_prefix(std::min(end + 1, raw_path.size()));
    if (segment.empty()) continue;
    if (!out.empty()) {
      out.append("/").append(segment);
      continue;
    }
    const auto decoded = net::percent_decode(segment);
    if (!decoded || decoded->find('/') != std::string::npos || decoded->find('\0') != std::string::npos ||
        decoded->starts_with(".."))
      return std::nullopt;
    out = "/" + *decoded;
  }
  return out.empty() ? "/" : out;
}

void Router::add(std::string path, Methods methods, Handler handler, RouteOptions options) {
  if (options_.admit) {
    handler = [admit = options_.admit, path, handler = std::move(handler)](Request request, Responder responder) {
      if (auto refused = admit(request, path)) return responder.respond(*std::move(refused));
      handler(std::move(request), std::move(responder));
    };
  }
  auto key = path;
  routes_.insert_or_assign(std::move(key),
                           Route{std::move(path), std::move(methods), std::move(handler), std::move(options)});
}

bool Router::is_exempt(std::string_view path) const {
  return std::ranges::any_of(options_.exempt_from_prefix, [&](const auto& exempt) { return is_below(path, exempt); });
}

std::variant<Router::Match, Response> Router::find(std::string_view method, std::string_view raw_path) const {
  const auto not_found = [&]() -> Response {
    return text(std::ranges::find(common_methods, method) != common_methods.end() ? 404 : 501);
  };
  auto path = normalise_path(raw_path);
  if (!path) return not_found();
  const auto& prefix = options_.component_prefix;
  if (!prefix.empty() && is_below(*path, prefix)) {
    path = path->size() == prefix.size() ? "/" : path->substr(prefix.size());
    if (is_exempt(*path)) return not_found();
  }
  if (std::ranges::find(options_.disabled, *path) != options_.disabled.end())
    return text(403, fmt::format("Endpoint '{}' is disabled", *path));

  std::string_view candidate = *path;
  auto found = routes_.find(candidate);
  while (found == routes_.end() && candidate != "/") {
    candidate = candidate.substr(0, std::max<std::size_t>(candidate.rfind('/'), 1));
    found = routes_.find(candidate);
    if (found != routes_.end() && !found->second.options.takes_deeper_paths) return not_found();
  }
  if (found == routes_.end()) return not_found();
  const Route& route = found->second;
  const bool as_get = method == "HEAD" && route.methods.has("GET");
  if (!route.methods.is_any() && !as_get && !route.methods.has(method))
    return method_not_allowed(route.methods.names(), method);
  return Match{&route, *std::move(path)};
}

}  // namespace stoa::http
