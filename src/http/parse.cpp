#include "http/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace stoa::http {
namespace {

std::unexpected<Refusal> refuse(int status, std::string_view reason) {
  return std::unexpected(Refusal{status, fmt::format("{} {}: {}.", status, status_reason(status), reason)});
}

// tchar of RFC 9110.
constexpr auto token_table = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();
bool is_token_char(char c) { return token_table[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The first line of the head, and what is behind its CRLF.
std::pair<std::string_view, std::string_view> first_line(std::string_view head) {
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  const auto end = head.find("\r\n");
  return {head.substr(0, end), head.substr(end + 2)};
}

std::expected<Headers, Refusal> parse_fields(std::string_view lines) {
  Headers out;
  while (!lines.starts_with("\r\n")) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return refuse(400, "a header line without a colon");
    const auto name = line.substr(0, colon);
    if (!is_token(name)) return refuse(400, "a header name that is not a token");
    auto value = line.substr(colon + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    out.add(std::string(name), std::string(value));
  }
  return out;
}

std::size_t count_of(const Headers& headers, std::string_view name) {
  return std::ranges::count_if(headers.fields(), [&](const auto& f) { return equal_ignoring_case(f.first, name); });
}

// Nothing where no header names a framing.
std::expected<std::optional<Framing>, Refusal> parse_framing(const Headers& headers, int version) {
  const auto lengths = count_of(headers, "Content-Length");
  const auto codings = count_of(headers, "Transfer-Encoding");
  if (lengths + codings > 1) return refuse(400, "more than one Content-Length or Transfer-Encoding");
  if (codings == 1) {
    if (version < 11) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (!equal_ignoring_case(*headers.get("Transfer-Encoding"), "chunked"))
      return refuse(501, "a Transfer-Encoding other than chunked");
    return Framing{Framing::Kind::chunked, 0};
  }
  if (lengths == 0) return std::nullopt;
  const auto digits = *headers.get("Content-Length");
  std::uint64_t length = 0;
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return refuse(400, "Content-Length is not a number");
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || length > (1ull << 60)) return refuse(413, "Content-Length is too large");
  return Framing{Framing::Kind::length, length};
}

bool parse_keep_alive(const Headers& headers, int version) {
  if (headers.lists("Connection", "close")) return false;
  return version >= 11 || headers.lists("Connection", "keep-alive");
}

// Absolute form becomes origin form. Nothing if the target is neither.
std::optional<std::string> origin_form(std::string_view target) {
  if (target.starts_with('/')) return std::string(target);
  const auto scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const auto scheme = target.substr(0, scheme_end);
  if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return std::nullopt;
  const auto rest = target.substr(scheme_end + 3);
  const auto path = rest.find_first_of("/?");
  if (path == 0) return std::nullopt;
  if (path == std::string_view::npos) return "/";
  return rest[path] == '?' ? "/" + std::string(rest.substr(path)) : std::string(rest.substr(path));
}

}  // namespace

void HeadScanner::reset() { position_ = line_begin_ = lines_ = 0; }

std::expected<std::size_t, Refusal> HeadScanner::scan(std::string_view bytes) {
  for (; position_ < bytes.size(); ++position_) {
    if (position_ >= limits_.bytes_max) return refuse(431, fmt::format("at most {} bytes", limits_.bytes_max));
    const char c = bytes[position_];
    const bool after_cr = position_ > 0 && bytes[position_ - 1] == '\r';
    if (c == '\n') {
      if (!after_cr) return refuse(400, "a line that does not end in CR LF");
      const bool is_empty = position_ - line_begin_ == 1;
      line_begin_ = position_ + 1;
      if (is_empty && lines_ > 0) return position_ + 1;
      // Blank lines before a request are left over from sloppy senders (RFC 9112, 2.2).
      if (is_empty && position_ > 8) return refuse(400, "no request line");
      if (!is_empty && ++lines_ > limits_.headers_max + 1)
        return refuse(431, fmt::format("at most {} headers", limits_.headers_max));
      continue;
    }
    if (after_cr) return refuse(400, "CR without LF");
    if (c == '\r') continue;
    if (is_control(c)) return refuse(400, "a control character");
    if (lines_ == 0) {
      // A request line begins with a method: anything else is not HTTP at all, and shows early (HTTP-025).
      const auto in_line = position_ - line_begin_;
      if (in_line == 0 && !is_token_char(c)) return refuse(400, "not an HTTP request");
      if (in_line > limits_.url_bytes_max + 64)
        return refuse(414, fmt::format("at most {} bytes", limits_.url_bytes_max));
    } else if (position_ == line_begin_ && is_blank(c)) {
      return refuse(400, "a folded header line");
    }
  }
  return 0;
}

std::expected<RequestHead, Refusal> parse_request_head(std::string_view head) {
  const auto [line, lines] = first_line(head);
  const auto method_end = line.find(' ');
  const auto target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return refuse(400, "not an HTTP request line");
  RequestHead out;
  out.method = line.substr(0, method_end);
  const auto target = line.substr(method_end + 1, target_end - method_end - 1);
  const auto version = line.substr(target_end + 1);
  if (!is_token(out.method) || out.method.size() > 64) return refuse(400, "a malformed method");
  if (target.empty() || std::ranges::any_of(target, is_blank)) return refuse(400, "a malformed request target");
  if (version == "HTTP/1.0")
    out.version = 10;
  else if (version.size() == 8 && version.starts_with("HTTP/") && version != "HTTP/1.1" && is_digit(version[5]) &&
           version[6] == '.' && is_digit(version[7]))
    return refuse(505, "HTTP/1.1 is spoken here");
  else if (version != "HTTP/1.1")
    return refuse(400, "not an HTTP request line");
  auto headers = parse_fields(lines);
  if (!headers) return std::unexpected(std::move(headers).error());
  out.headers = *std::move(headers);
  if (count_of(out.headers, "Host") > 1) return refuse(400, "more than one Host");
  auto framing = parse_framing(out.headers, out.version);
  if (!framing) return std::unexpected(std::move(framing).error());
  out.framing = framing->value_or(Framing{});
  out.keep_alive = parse_keep_alive(out.headers, out.version);
  out.expects_continue = out.version >= 11 && out.headers.lists("Expect", "100-continue");
  if (out.method == "CONNECT") return refuse(501, "no tunnels here");
  auto origin = origin_form(target);
  if (!origin) return refuse(400, "the request target is neither a path nor in absolute form");
  out.target = *std::move(origin);
  return out;
}

std::expected<ResponseHead, Refusal> parse_response_head(std::string_view head, bool is_head_request) {
  const auto [line, lines] = first_line(head);
  int status = 0;
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ' ||
      std::from_chars(line.data() + 9, line.data() + 12, status).ptr != line.data() + 12 || status < 100)
    return refuse(400, "not an HTTP answer");
  const int version = line[7] == '0' ? 10 : 11;
  ResponseHead out;
  out.response.status = status;
  auto headers = parse_fields(lines);
  if (!headers) return std::unexpected(std::move(headers).error());
  out.response.headers = *std::move(headers);
  out.keep_alive = parse_keep_alive(out.response.headers, version);
  if (is_head_request || status < 200 || status == 204 || status == 304) return out;
  auto framing = parse_framing(out.response.headers, version);
  if (!framing) return std::unexpected(std::move(framing).error());
  out.framing = framing->value_or(Framing{Framing::Kind::until_close, 0});
  if (out.framing.kind == Framing::Kind::until_close) out.keep_alive = false;
  return out;
}

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t bytes_max) : left_(framing.length), bytes_max_(bytes_max) {
  switch (framing.kind) {
    case Framing::Kind::none:
      state_ = State::done;
      break;
    case Framing::Kind::length:
      state_ = framing.length == 0 ? State::done : State::length;
      break;
    case Framing::Kind::chunked:
      state_ = State::size;
      break;
    case Framing::Kind::until_close:
      state_ = State::until_close;
      break;
  }
}

bool BodyDecoder::on_end() {
  if (state_ == State::until_close) state_ = State::done;
  return is_done();
}

std::expected<void, Refusal> BodyDecoder::count(std::uint64_t bytes) {
  if (bytes > bytes_max_ - total_) return refuse(413, fmt::format("at most {} bytes", bytes_max_));
  total_ += bytes;
  return {};
}

std::expected<std::size_t, Refusal> BodyDecoder::feed(std::string_view in, std::string& out) {
  std::size_t used = 0;
  while (used < in.size() && state_ != State::done) {
    if (state_ != State::length && state_ != State::data && state_ != State::until_close) {
      if (auto stepped = step(in[used++]); !stepped) return std::unexpected(std::move(stepped).error());
      continue;
    }
    auto piece = in.substr(used);
    if (state_ != State::until_close) piece = piece.substr(0, left_);
    // Chunks are counted when announced.
    if (state_ != State::data)
      if (auto counted = count(piece.size()); !counted) return std::unexpected(std::move(counted).error());
    out += piece;
    used += piece.size();
    if (state_ == State::until_close) continue;
    left_ -= piece.size();
    if (left_ == 0) state_ = state_ == State::data ? State::data_cr : State::done;
  }
  return used;
}

std::expected<void, Refusal> BodyDecoder::step(char c) {
  constexpr std::size_t extra_max = 16 * 1024;
  const auto expect = [&](char wanted, State next) -> std::expected<void, Refusal> {
    if (c != wanted) return refuse(400, "a malformed chunk");
    state_ = next;
    return {};
  };
  switch (state_) {
    case State::size:
      if (const int digit = hex_value(c); digit >= 0) {
        if (++digits_ > 12) return refuse(400, "a chunk size that is too large");
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return {};
      }
      if (digits_ == 0) return refuse(400, "a malformed chunk size");
      if (c == ';' || is_blank(c)) return expect(c, State::extension);
      return expect('\r', State::size_lf);
    case State::extension:
      if (++extra_ > extra_max) return refuse(431, "chunk extensions that are too long");
      if (c == '\r') return expect('\r', State::size_lf);
      if (is_control(c)) return refuse(400, "a control character in a chunk extension");
      return {};
    case State::size_lf:
      digits_ = line_ = 0;
      if (left_ > 0)
        if (auto counted = count(left_); !counted) return counted;
      return expect('\n', left_ == 0 ? State::trailer : State::data);
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      left_ = 0;
      return expect('\n', State::size);
    case State::trailer:
      if (++extra_ > extra_max) return refuse(431, "trailers that are too long");
      if (c == '\r') return expect('\r', State::trailer_lf);
      if (is_control(c)) return refuse(400, "a control character in a trailer");
      ++line_;
      return {};
    case State::trailer_lf: {
      const bool is_last = line_ == 0;
      line_ = 0;
      return expect('\n', is_last ? State::done : State::trailer);
    }
    case State::done:
    case State::length:
    case State::until_close:
    case State::data:
      break;
  }
  return {};
}

std::string format_request_head(std::string_view method, std::string_view target, const Headers& headers) {
  auto out = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  for (const auto& [name, value] : headers.fields()) fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  return out += "\r\n";
}

std::string format_response_head(int status, const Headers& headers) {
  std::string out;
  out.reserve(256);
  out.append("HTTP/1.1 ")
      .append(fmt::format_int(status).c_str())
      .append(" ")
      .append(status_reason(status))
      .append("\r\n");
  for (const auto& [name, value] : headers.fields()) {
    out.append(name).append(": ");
    // A handler may put what a client sent into a value: it must not end the line (SEC-208).
    for (const char c : value) out += is_control(c) ? ' ' : c;
    out.append("\r\n");
  }
  return out += "\r\n";
}

std::string format_http_date(std::int64_t seconds_since_epoch) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(seconds_since_epoch);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

}  // namespace stoa::http
