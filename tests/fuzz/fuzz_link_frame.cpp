// Frames do not depend on how the stream was cut, and framed again they read back the same.
#include <algorithm>
#include <string>
#include <vector>

#include "codec/link_frame.h"
#include "fuzz.h"

namespace {

constexpr std::size_t frame_bytes_max = 4096;

struct Seen {
  std::vector<std::string> frames;
  bool is_broken = false;
  bool operator==(const Seen&) const = default;
};

Seen read(std::string_view stream, std::size_t piece) {
  stoa::codec::LinkFrameReader reader(frame_bytes_max);
  Seen seen;
  for (; !stream.empty() && !seen.is_broken; stream.remove_prefix(std::min(piece, stream.size()))) {
    seen.is_broken = !reader.feed(stream.substr(0, piece)).has_value();
    while (auto frame = reader.next()) seen.frames.push_back(*std::move(frame));
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const Seen whole = read(stream, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {1, 3, 64}) CHECK(read(stream, piece) == whole);
  std::string framed;
  for (const auto& frame : whole.frames) framed += stoa::codec::frame_link(frame);
  CHECK((read(framed, std::max<std::size_t>(framed.size(), 1)) == Seen{.frames = whole.frames}));
  return 0;
}
