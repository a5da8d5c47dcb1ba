#include "http/compress.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace stoa::http {
namespace {

constexpr int gzip_window = MAX_WBITS + 16;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether the parameters of an entry say q=0 (also 0.0, 0.00, 0.000).
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    const auto parameter = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
    return std::ranges::all_of(parameter.substr(2), [](char c) { return c == '0' || c == '.'; });
  }
  return false;
}

}  // namespace

std::string gzip(std::string_view data) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2");
  std::string out;
  out.resize_and_overwrite(deflateBound(&stream, data.size()), [&](char* to, std::size_t room) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(to);
    stream.avail_out = static_cast<uInt>(room);
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
    return stream.total_out;
  });
  deflateEnd(&stream);
  // The room is that of a text which does not compress.
  out.shrink_to_fit();
  return out;
}

Result<std::string> gunzip(std::string_view data, std::size_t bytes_max) {
  z_stream stream{};
  CHECK(inflateInit2(&stream, gzip_window) == Z_OK, "inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  std::string out;
  Result<> outcome;
  while (true) {
    char buffer[64 * 1024];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = sizeof buffer - stream.avail_out;
    if (out.size() + got > bytes_max) {
      outcome = fail(Code::resource_exhausted, fmt::format("more than {} bytes after decompression", bytes_max));
      break;
    }
    out.append(buffer, got);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      inflateReset(&stream);
      continue;
    }
    // Z_BUF_ERROR: no progress, for want of input.
    if (code != Z_OK || (got == 0 && stream.avail_in == 0)) {
      outcome = fail(Code::malformed, "damaged or truncated gzip data");
      break;
    }
  }
  inflateEnd(&stream);
  TRY(std::move(outcome));
  return out;
}

Response gzipped(const Response& response) {
  Response out = shared({.status = response.status,
                         .headers = response.headers,
                         .body = gzip(response.content()),
                         .shared_body = nullptr});
  vary_by_encoding(out);
  out.headers.set("Content-Encoding", "gzip");
  return out;
}

void vary_by_encoding(Response& response) {
  if (!response.headers.lists("Vary", "Accept-Encoding")) response.headers.add("Vary", "Accept-Encoding");
}

bool accepts_gzip(const Headers& headers) {
  const auto list = headers.joined("Accept-Encoding");
  if (!list) return false;
  std::optional<bool> any;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto semicolon = std::min(entry.find(';'), entry.size());
    const auto name = trimmed(entry.substr(0, semicolon));
    const bool allowed = !is_refused(entry.substr(std::min(semicolon + 1, entry.size())));
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) return allowed;
    if (name == "*") any = allowed;
  }
  return any.value_or(false);
}

}  // namespace stoa::http
