#include "codec/link_frame.h"

#include <cstdint>
#include <limits>

#include "base/check.h"

namespace stoa::codec {
namespace {

constexpr std::size_t header_bytes = 4;

std::size_t length_at(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < header_bytes; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

}  // namespace

std::string frame_link(std::string_view data) {
  CHECK(data.size() <= std::numeric_limits<std::uint32_t>::max());
  const auto length = static_cast<std::uint32_t>(data.size());
  std::string out;
  out.reserve(header_bytes + data.size());
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(length >> shift));
  out.append(data);
  return out;
}

Result<> LinkFrameReader::feed(std::string_view bytes) {
  if (!broken_) {
    if (position_ > buffer_.size() / 2) {
      buffer_.erase(0, position_);
      scanned_ -= position_;
      position_ = 0;
    }
    buffer_.append(bytes);
    while (scanned_ + header_bytes <= buffer_.size()) {
      const std::size_t length = length_at(std::string_view(buffer_).substr(scanned_));
      if (length > frame_bytes_max_) {
        broken_ = true;
        buffer_.resize(scanned_);
        break;
      }
      scanned_ += header_bytes + length;
    }
  }
  if (broken_) {
    return fail(Code::resource_exhausted,
                "link: a frame is larger than the limit of " + std::to_string(frame_bytes_max_) + " bytes");
  }
  return {};
}

std::optional<std::string> LinkFrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  if (rest.size() < header_bytes) return std::nullopt;
  const std::size_t length = length_at(rest);
  if (rest.size() - header_bytes < length) return std::nullopt;
  position_ += header_bytes + length;
  std::string frame(rest.substr(header_bytes, length));
  if (position_ == buffer_.size()) {
    buffer_.clear();
    scanned_ -= position_;
    position_ = 0;
  }
  return frame;
}

}  // namespace stoa::codec
