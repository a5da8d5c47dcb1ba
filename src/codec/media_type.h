// Which encoding a request has and which one its answer gets: pure functions on the values of headers.
//
// Header values come as std::optional<std::string_view>: a header that is present but empty means something else than
// an absent one (HTTP-072). Wording of refusals that differs from endpoint to endpoint is the endpoint's.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace stoa::codec {

enum class MediaType { json, protobuf, record_io };

// `application/json`, `application/x-protobuf`, `application/recordio`, exactly as an answer carries it (HTTP-078).
std::string_view media_type_name(MediaType type);

// The type named by a Content-Type, without regard to case and parameters (HTTP-065); nothing if it is another one.
std::optional<MediaType> parse_media_type(std::string_view content_type);

struct ContentTypeOptions {
  bool record_io_allowed = false;  // On the agent's operator endpoint only (HTTP-064, HTTP-071).
};
// Fails with invalid_argument if the header is absent (HTTP-063: 400), with unimplemented if the type is not taken
// here (HTTP-064: 415). The messages are those of the specification.
Result<MediaType> parse_content_type(std::optional<std::string_view> header, ContentTypeOptions options = {});

// Whether an Accept header allows `type` (`application/json`): an exact entry decides, else `application/*`, else
// `*/*`; q=0 refuses (HTTP-074). An absent header allows everything, an empty one nothing (HTTP-072).
bool accepts(std::optional<std::string_view> header, std::string_view type);

struct AcceptOptions {
  bool record_io_allowed = false;  // For streaming answers (HTTP-079).
};
// The first of JSON, protobuf and, where allowed, RecordIO that the client accepts (HTTP-073); nothing: 406.
std::optional<MediaType> negotiate_accept(std::optional<std::string_view> header, AcceptOptions options = {});

// Whether an Accept-Encoding header allows gzip: listed, or else `*`, with q above 0 (HTTP-108, HTTP-109).
bool accepts_gzip(std::optional<std::string_view> accept_encoding);

}  // namespace stoa::codec
