// Router: which handler serves a path.
//
// The longest registered prefix wins, on whole segments (HTTP-007). A component prefix (`/master`, `/slave(1)`) is an
// alias of the root for every route but those that live beside the component (HTTP-003, HTTP-004, HTTP-011).
// A route names its methods, and the router answers 405 for others; or it takes any method, where authentication and
// leadership must come before the method check (HTTP-046). Routes are added before the server starts, then only read.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/message.h"
#include "http/responder.h"

namespace stoa::http {

using Handler = std::function<void(Request, Responder)>;

// The methods of a route, in the order in which a 405 lists them; empty is any method. GET includes HEAD, unless the
// route takes any method: then its handler sees HEAD.
class Methods {
 public:
  Methods(std::initializer_list<std::string_view> names) : names_(names.begin(), names.end()) {}
  static Methods any() { return {}; }

  bool is_any() const { return names_.empty(); }
  bool has(std::string_view method) const;
  std::vector<std::string_view> names() const { return {names_.begin(), names_.end()}; }

 private:
  std::vector<std::string> names_;
};

struct RouteOptions {
  // Requests of this content type are handled as soon as their head is read, with Request::upload in place of a body.
  // Empty: none are.
  std::string streaming_content_type;
  // Whether deeper paths are served too. False: `/redirect/x` is 404 (HTTP-057).
  bool takes_deeper_paths = true;
};

// Decides whether a request may reach the handler of the route with this path, and may note in it who asks. The
// response is the answer instead. Called for every request that matched, on an I/O thread, before anything of the body
// is looked at.
using Admit = std::function<std::optional<Response>(Request&, const std::string& route)>;

struct RouterOptions {
  // `/master`; empty for none.
  std::string component_prefix;
  // Paths, with everything below, that exist without the component prefix only.
  std::vector<std::string> exempt_from_prefix;
  // Paths that answer 403 before anything else is looked at (HTTP-013, SEC-124). Exact, after normalisation.
  std::vector<std::string> disabled;
  // Null: every request is admitted.
  Admit admit;
};

class Router {
 public:
  explicit Router(RouterOptions options = {}) : options_(std::move(options)) {}

  // path begins with a slash and has no trailing one; "/" serves whatever nothing else serves. Adding a path twice
  // replaces the route.
  void add(std::string path, Methods methods, Handler handler, RouteOptions options = {});

  struct Route {
    std::string path;
    Methods methods;
    Handler handler;
    RouteOptions options;
  };
  struct Match {
    const Route* route = nullptr;
    std::string path;  // Normalised, without component prefix.
  };
  // raw_path: as sent, without the query. The error is the answer to give: 403, 404, 405 or 501. Until the router
  // changes, the match may be used from any thread.
  std::variant<Match, Response> find(std::string_view method, std::string_view raw_path) const;

 private:
  bool is_exempt(std::string_view path) const;

  RouterOptions options_;
  std::map<std::string, Route, std::less<>> routes_;
};

// First segment percent-decoded, without trailing slash and empty segments. Nothing for a malformed escape, for
// `/..` anywhere, and where the first segment decodes to one with a slash or NUL: such a path matches no route.
std::optional<std::string> normalise_path(std::string_view raw_path);

}  // namespace stoa::http
