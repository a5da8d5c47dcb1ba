// /logging/toggle of both daemons (V0-085, AGT-259).
#include <algorithm>
#include <charconv>
#include <optional>

#include "api/answers.h"
#include "api/v0/routes.h"
#include "base/time.h"
#include "net/loop.h"

namespace stoa::api::v0 {
namespace {

std::optional<std::uint32_t> level_of(const std::string& text) {
  std::uint32_t level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return level;
}

http::Response toggle(const http::Request& request, log::Verbosity& verbosity) {
  const auto level = request.query.find("level");
  const auto duration = request.query.find("duration");
  const bool has_level = level != request.query.end();
  const bool has_duration = duration != request.query.end();
  if (!has_level && !has_duration) return http::text(200, std::to_string(verbosity.level(net::now())) + "\n");
  // What changes something is no GET: a link or an image of a foreign page could do it.
  if (request.method != "POST") return only_post(request.method);
  if (!has_level) return refusal(400, "Expecting 'level=value' in query.");
  if (!has_duration) return refusal(400, "Expecting 'duration=value' in query.");
  const auto wanted = level_of(level->second);
  if (!wanted) return refusal(400, "Invalid level '" + level->second.substr(0, 64) + "'.");
  const auto time = parse_duration(duration->second);
  if (!time || *time < Duration(0)) {
    return refusal(400, "Invalid duration '" + duration->second.substr(0, 64) + "'.");
  }
  verbosity.set(*wanted, net::now() + std::min(*time, TimePoint::max() - net::now()));
  return done();
}

}  // namespace

void add_logging_route(http::Router& router, const ContextSource& context) {
  router.add("/logging/toggle", {"GET", "POST"}, [context](const http::Request& request, http::Responder responder) {
    responder.respond(toggle(request, *context().verbosity));
  });
}

}  // namespace stoa::api::v0
