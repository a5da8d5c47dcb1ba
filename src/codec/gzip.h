// gzip for HTTP bodies, both ways, with a limit on what a small body may grow into.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::codec {

// The gzip form, at a level that favours speed: state documents are large and read often.
std::string gzip_compress(std::string_view data);

// Fails with malformed if `data` is damaged, truncated or followed by anything else, with resource_exhausted if the
// result would exceed `output_bytes_max` (HTTP-111, SEC-216): never more than that is held. Several gzip members one
// after another are one text (RFC 1952).
Result<std::string> gzip_decompress(std::string_view data, std::size_t output_bytes_max);

}  // namespace stoa::codec
