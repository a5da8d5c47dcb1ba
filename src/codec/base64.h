// Base64 as the JSON mapping of bytes fields wants it: strict on output, forgiving on input, for clients pad and wrap
// as they like.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::codec {

// Appends the standard alphabet with padding and without line breaks (HTTP-119). O(bytes).
void append_base64(std::string_view bytes, std::string& out);
std::string to_base64(std::string_view bytes);

// White space is skipped, padding may be missing, and reading stops at the first `=` (HTTP-139). Fails with
// invalid_argument on a character outside the standard alphabet (`-` and `_` too), or if one character is left over.
Result<std::string> from_base64(std::string_view text);

}  // namespace stoa::codec
