#include "http/message.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Ordered by number.
constexpr std::pair<int, std::string_view> reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string> Headers::joined(std::string_view name) const {
  std::optional<std::string> out;
  for (const auto& [key, value] : fields_) {
    if (!equal_ignoring_case(key, name)) continue;
    out = out ? *out + ", " + value : value;
  }
  return out;
}

void Headers::set(std::string_view name, std::string_view value) {
  std::string copy(value);  // May point into a field that goes.
  remove(name);
  fields_.emplace_back(std::string(name), std::move(copy));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return equal_ignoring_case(field.first, name); });
}

bool Headers::lists(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : fields_) {
    if (!equal_ignoring_case(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (equal_ignoring_case(trimmed(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::string_view status_reason(int status) {
  const auto found = std::ranges::lower_bound(reasons, status, {}, &std::pair<int, std::string_view>::first);
  return found != std::end(reasons) && found->first == status ? found->second : "Unknown";
}

Response text(int status, std::string_view reason) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = reason.empty() ? fmt::format("{} {}.", status, status_reason(status)) : std::string(reason)};
}

Response json(std::string body, int status) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

Response empty(int status) { return {.status = status, .headers = {}, .body = {}}; }

Response method_not_allowed(std::span<const std::string_view> allowed, std::string_view received) {
  std::string quoted;
  for (const auto& method : allowed) quoted += fmt::format("{}'{}'", quoted.empty() ? "" : ", ", method);
  auto out =
      text(405, fmt::format("405 Method Not Allowed. Expecting one of {{ {} }}, but received '{}'.", quoted, received));
  out.headers.set("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  return out;
}

bool wants_upgrade(const Request& request, std::string_view protocol) {
  return request.version >= 11 && request.headers.lists("Connection", "upgrade") &&
         request.headers.lists("Upgrade", protocol);
}

Response shared(Response response) {
  if (!response.shared_body) response.shared_body = std::make_shared<const std::string>(std::move(response.body));
  response.body.clear();
  return response;
}

}  // namespace stoa::http
