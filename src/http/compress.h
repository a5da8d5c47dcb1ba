// gzip for bodies (HTTP-108 to HTTP-110).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace stoa::http {

// At the fastest level: the peers are near, and a big answer must not hold a thread for long.
std::string gzip(std::string_view data);

// Fails with malformed for damaged or truncated data, resource_exhausted if there are more than bytes_max; at most that
// much is allocated. Several members behind each other are one text.
Result<std::string> gunzip(std::string_view data, std::size_t bytes_max);

// The answer with its body compressed, with the headers that go with that. Its copies share the body.
Response gzipped(const Response& response);
// Tells caches that the answer depends on Accept-Encoding (HTTP-108).
void vary_by_encoding(Response& response);

// Whether Accept-Encoding allows gzip: listed, or `*`, with q above 0. Without the header it does not (HTTP-109).
bool accepts_gzip(const Headers& headers);

}  // namespace stoa::http
