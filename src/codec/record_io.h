// RecordIO frames the records of every event stream: decimal length, LF, that many bytes.
//
// The writer is strict, for clients parse this sloppily (HTTP-084); the reader takes bytes in whatever pieces the
// network cuts them into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::codec {

// One record, framed. `data` must not be empty (HTTP-085). O(data).
std::string frame_record(std::string_view data);

// Cuts a stream of bytes into records. Keeps at most one unfinished record and what was fed but not yet taken.
class RecordReader {
 public:
  explicit RecordReader(std::size_t record_bytes_max) : record_bytes_max_(record_bytes_max) {}

  // Takes the next bytes of the stream. Fails with malformed if a length is not a decimal number of at most 20 digits,
  // with resource_exhausted if it exceeds the limit. The stream is then broken for ever: every later feed() fails in
  // the same way. Records that were complete before the fault can still be taken.
  Result<> feed(std::string_view bytes);

  // The next complete record; empty records are passed over (HTTP-097).
  std::optional<std::string> next();

  // Whether the bytes so far end inside a record: a body that ends here was cut off.
  bool in_record() const { return in_data_ || digits_ > 0; }

 private:
  Result<> broken(Code code, std::string message);

  std::size_t record_bytes_max_;
  std::deque<std::string> complete_;
  std::string data_;          // Of the record under way.
  std::uint64_t length_ = 0;  // Of the record under way, as far as its digits were seen.
  int digits_ = 0;            // How many digits were seen.
  bool in_data_ = false;      // Whether its length is complete.
  std::optional<Error> error_;
};

}  // namespace stoa::codec
