// The bytes of HTTP/1.x <-> heads and bodies. Pure: no socket, no clock; fed in pieces of any size.
//
// Strict where leniency lets two parsers on one connection disagree (request smuggling, RFC 9112 section 11.2): bare
// LF, folded lines, blanks before a colon, control characters, two framings. What is refused is refused at the first
// byte that shows it, so no limit is ever passed in memory (SEC-120).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace stoa::http {

// Why bytes are refused, as the answer to them. For responses, only the reason counts.
struct Refusal {
  int status = 400;
  std::string reason;
};

struct HeadLimits {
  std::size_t bytes_max = 32 * 1024;
  std::size_t headers_max = 100;
  std::size_t url_bytes_max = 16 * 1024;
};

// Finds the end of a head, and refuses what cannot become one.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits) : limits_(limits) {}

  // bytes: everything received since the last reset(). Returns the length of the head with its blank line, 0 if more is
  // needed. O(new bytes).
  std::expected<std::size_t, Refusal> scan(std::string_view bytes);
  void reset();

 private:
  HeadLimits limits_;
  std::size_t position_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t lines_ = 0;
};

// How the length of a body is known.
struct Framing {
  enum class Kind { none, length, chunked, until_close } kind = Kind::none;
  std::uint64_t length = 0;
};

struct RequestHead {
  std::string method;
  std::string target;  // Origin form: an absolute one is reduced to it (HTTP-205).
  int version = 11;
  Headers headers;
  Framing framing;
  bool keep_alive = true;
  bool expects_continue = false;
};

// head: what HeadScanner found.
std::expected<RequestHead, Refusal> parse_request_head(std::string_view head);

struct ResponseHead {
  Response response;  // No body yet.
  Framing framing;
  bool keep_alive = true;
};

// is_head_request: the answer has no body whatever its headers say. Reasons of a refusal are for logs.
std::expected<ResponseHead, Refusal> parse_response_head(std::string_view head, bool is_head_request);

// Takes the framing off a body.
class BodyDecoder {
 public:
  BodyDecoder() = default;
  // bytes_max: of the decoded body; more is refused with 413.
  BodyDecoder(Framing framing, std::uint64_t bytes_max);

  // Appends decoded bytes to `out` and returns how much of `in` was used: all of it, or less if is_done().
  std::expected<std::size_t, Refusal> feed(std::string_view in, std::string& out);
  bool is_done() const { return state_ == State::done; }
  // The sender closed: whether the body is whole.
  bool on_end();

 private:
  enum class State { done, length, until_close, size, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf };

  std::expected<void, Refusal> step(char c);
  std::expected<void, Refusal> count(std::uint64_t bytes);

  State state_ = State::done;
  std::uint64_t left_ = 0;  // Of the body, or of the chunk.
  std::uint64_t bytes_max_ = 0;
  std::uint64_t total_ = 0;
  std::size_t digits_ = 0;
  std::size_t line_ = 0;   // Bytes of the trailer line.
  std::size_t extra_ = 0;  // Bytes of extensions and trailers together.
};

// The head of a message, with its blank line. `Date` and framing are the caller's.
std::string format_request_head(std::string_view method, std::string_view target, const Headers& headers);
std::string format_response_head(int status, const Headers& headers);

// IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (HTTP-022).
std::string format_http_date(std::int64_t seconds_since_epoch);

}  // namespace stoa::http
