#include "codec/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace stoa::codec {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // The largest window, with gzip header and checksum.
constexpr int level = 3;
constexpr std::size_t output_step = std::size_t{64} << 10;
constexpr std::size_t input_step = std::numeric_limits<uInt>::max();

Bytef* bytes_of(std::string_view text) {
  // zlib does not write to its input; its type only fails to say so.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

struct Inflater {
  z_stream stream{};
  Inflater() { CHECK(inflateInit2(&stream, gzip_window_bits) == Z_OK, "zlib: out of memory"); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::string gzip_compress(std::string_view data) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
        "zlib: out of memory");
  std::string out(deflateBound(&stream, data.size()), '\0');
  std::size_t written = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t taken = std::min(data.size(), input_step);
    const std::size_t room = std::min(out.size() - written, input_step);
    stream.next_in = bytes_of(data);
    stream.avail_in = static_cast<uInt>(taken);
    stream.next_out = bytes_of(std::string_view(out).substr(written));
    stream.avail_out = static_cast<uInt>(room);
    status = deflate(&stream, taken == data.size() ? Z_FINISH : Z_NO_FLUSH);
    data.remove_prefix(taken - stream.avail_in);
    written += room - stream.avail_out;
  }
  CHECK(status == Z_STREAM_END, "zlib: deflate");
  deflateEnd(&stream);
  out.resize(written);
  return out;
}

Result<std::string> gzip_decompress(std::string_view data, std::size_t output_bytes_max) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string out;
  while (true) {
    const std::size_t written = out.size();
    // One byte beyond the limit shows that the limit is exceeded.
    const std::size_t room = std::min(std::max(output_step, written), output_bytes_max - written + 1);
    const std::size_t taken = std::min(data.size(), input_step);
    out.resize(written + room);
    stream.next_in = bytes_of(data);
    stream.avail_in = static_cast<uInt>(taken);
    stream.next_out = bytes_of(std::string_view(out).substr(written));
    stream.avail_out = static_cast<uInt>(std::min(room, input_step));
    const uInt available = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    data.remove_prefix(taken - stream.avail_in);
    out.resize(written + (available - stream.avail_out));
    if (out.size() > output_bytes_max) {
      return fail(Code::resource_exhausted,
                  "gzip: inflates to more than the limit of " + std::to_string(output_bytes_max) + " bytes");
    }
    if (status == Z_STREAM_END) {
      if (data.empty()) return out;
      CHECK(inflateReset(&stream) == Z_OK);
    } else if (status != Z_OK) {
      return fail(Code::malformed, data.empty() ? "gzip: truncated" : "gzip: damaged");
    }
  }
}

}  // namespace stoa::codec
