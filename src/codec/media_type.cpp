#include "codec/media_type.h"

#include <string>
#include <utility>

namespace stoa::codec {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// Splits at `separator`: the part before it is returned and removed from `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return trim(part);
}

// Whether a q-value is zero in any of its spellings: 0, 0., 0.000.
bool is_zero(std::string_view value) {
  return !value.empty() && value.front() == '0' && value.find_first_not_of("0.") == std::string_view::npos;
}

// What a list header says of `name`: allowed, refused (q=0), or nothing.
std::optional<bool> entry_allows(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view parameters = next_part(header, ',');
    if (!equals_ignoring_case(next_part(parameters, ';'), name)) continue;
    while (!parameters.empty()) {
      std::string_view value = next_part(parameters, ';');
      if (equals_ignoring_case(next_part(value, '='), "q") && is_zero(trim(value))) return false;
    }
    return true;
  }
  return std::nullopt;
}

}  // namespace

std::string_view media_type_name(MediaType type) {
  switch (type) {
    case MediaType::json:
      return "application/json";
    case MediaType::protobuf:
      return "application/x-protobuf";
    case MediaType::record_io:
      return "application/recordio";
  }
  std::unreachable();
}

std::optional<MediaType> parse_media_type(std::string_view content_type) {
  const std::string_view name = next_part(content_type, ';');
  for (const MediaType type : {MediaType::json, MediaType::protobuf, MediaType::record_io}) {
    if (equals_ignoring_case(name, media_type_name(type))) return type;
  }
  return std::nullopt;
}

Result<MediaType> parse_content_type(std::optional<std::string_view> header, ContentTypeOptions options) {
  if (!header) return invalid("Expecting 'Content-Type' to be present");
  const std::optional<MediaType> type = parse_media_type(*header);
  if (type && (*type != MediaType::record_io || options.record_io_allowed)) return *type;
  std::string message = "Expecting 'Content-Type' of application/json or application/x-protobuf";
  if (options.record_io_allowed) message += " or application/recordio";
  return fail(Code::unimplemented, std::move(message));
}

bool accepts(std::optional<std::string_view> header, std::string_view type) {
  if (!header) return true;
  if (const auto exact = entry_allows(*header, type)) return *exact;
  const std::string family = std::string(type.substr(0, type.find('/'))) + "/*";
  if (const auto any_of_family = entry_allows(*header, family)) return *any_of_family;
  return entry_allows(*header, "*/*").value_or(false);
}

std::optional<MediaType> negotiate_accept(std::optional<std::string_view> header, AcceptOptions options) {
  for (const MediaType type : {MediaType::json, MediaType::protobuf, MediaType::record_io}) {
    if (type == MediaType::record_io && !options.record_io_allowed) continue;
    if (accepts(header, media_type_name(type))) return type;
  }
  return std::nullopt;
}

bool accepts_gzip(std::optional<std::string_view> accept_encoding) {
  if (!accept_encoding) return false;
  if (const auto listed = entry_allows(*accept_encoding, "gzip")) return *listed;
  return entry_allows(*accept_encoding, "*").value_or(false);
}

}  // namespace stoa::codec
