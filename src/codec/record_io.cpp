#include "codec/record_io.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace stoa::codec {
namespace {

constexpr int digits_max = 20;  // HTTP-085

}  // namespace

std::string frame_record(std::string_view data) {
  CHECK(!data.empty(), "a record is never empty");
  std::string out = std::to_string(data.size());
  out.reserve(out.size() + 1 + data.size());
  out.push_back('\n');
  out.append(data);
  return out;
}

Result<> RecordReader::broken(Code code, std::string message) {
  error_ = Error{code, "RecordIO: " + std::move(message)};
  return std::unexpected(*error_);
}

Result<> RecordReader::feed(std::string_view bytes) {
  if (error_) return std::unexpected(*error_);
  while (!bytes.empty()) {
    if (in_data_) {
      const std::size_t taken = std::min<std::size_t>(length_ - data_.size(), bytes.size());
      data_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (data_.size() < length_) break;
      complete_.push_back(std::exchange(data_, {}));
      in_data_ = false;
      length_ = 0;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n' && digits_ > 0) {
      digits_ = 0;
      in_data_ = length_ > 0;
    } else if (c < '0' || c > '9') {
      return broken(Code::malformed, "the length of a record is not a decimal number");
    } else if (++digits_ > digits_max) {
      return broken(Code::malformed, "the length of a record has more than 20 digits");
    } else {
      // Checked at each digit, so that it cannot wrap around.
      length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
      if (length_ > record_bytes_max_) {
        return broken(Code::resource_exhausted,
                      "a record is larger than the limit of " + std::to_string(record_bytes_max_) + " bytes");
      }
    }
  }
  return {};
}

std::optional<std::string> RecordReader::next() {
  if (complete_.empty()) return std::nullopt;
  std::string record = std::move(complete_.front());
  complete_.pop_front();
  return record;
}

}  // namespace stoa::codec
