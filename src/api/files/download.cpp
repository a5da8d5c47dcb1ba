#include "api/files/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/answers.h"
#include "base/text.h"
#include "net/url.h"

namespace stoa::api {
namespace {

constexpr std::uint64_t whole_bytes_max = 4 << 20;  // Answered in one piece.
constexpr std::size_t piece_bytes = 256 << 10;      // Of a longer one.
constexpr std::size_t unsent_bytes_max = 1 << 20;   // Then wait for the client.
constexpr Duration unsent_pause = std::chrono::milliseconds(5);
constexpr Duration idle_max = std::chrono::seconds(60);  // Without progress: cut (V0-162).

// Text may be shown by a browser; what could run there is always bytes.
std::string_view content_type(std::string_view name) {
  for (const std::string_view ending : {".txt", ".log", ".csv", ".conf", ".yaml", ".yml"}) {
    if (name.ends_with(ending)) return "text/plain; charset=utf-8";
  }
  if (name == "stdout" || name == "stderr" || name == "log") return "text/plain; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  return "application/octet-stream";
}

std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One download on its way. Lives in the timers that it sets, and in its stream's end.
class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(net::Loop& loop, OpenedFile file, ByteRange range, std::shared_ptr<http::Stream> stream)
      : loop_(loop), file_(std::move(file)), range_(range), stream_(std::move(stream)) {}

  void go_on() {
    loop_.post([self = shared_from_this()] { self->send(); });
  }

 private:
  void send() {
    while (range_.count > 0) {
      const std::size_t unsent = stream_->buffered();
      if (unsent >= unsent_bytes_max) return wait(unsent);
      const auto bytes = read_at(file_, range_.first, std::min<std::uint64_t>(range_.count, piece_bytes));
      // A file that shrank or a broken disk: the client must not take this for the end.
      if (!bytes || bytes->empty()) return stream_->abort();
      range_.first += bytes->size();
      range_.count -= bytes->size();
      if (!stream_->send(*bytes)) return;
    }
    stream_->close();
  }

  void wait(std::size_t unsent) {
    const TimePoint now = net::now();
    if (unsent != last_unsent_) {
      last_unsent_ = unsent;
      last_progress_ = now;
    } else if (now - last_progress_ > idle_max) {
      return stream_->abort();
    }
    timer_ = loop_.after(unsent_pause, [self = shared_from_this()] { self->send(); });
  }

  net::Loop& loop_;
  const OpenedFile file_;
  ByteRange range_;
  const std::shared_ptr<http::Stream> stream_;
  std::size_t last_unsent_ = 0;
  TimePoint last_progress_;
  net::Timer timer_;
};

http::Response head_of(const OpenedFile& file) {
  http::Response response;
  response.headers.set("Content-Type", content_type(file.name));
  response.headers.set("Content-Disposition", content_disposition(file.name));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Content-Security-Policy", "sandbox");
  response.headers.set("Accept-Ranges", "bytes");
  response.headers.set("ETag", fmt::format("\"{:x}-{:x}-{:x}\"", file.status.st_ino, file.status.st_size,
                                           file.status.st_mtim.tv_sec * 1'000'000'000 + file.status.st_mtim.tv_nsec));
  return response;
}

}  // namespace

std::string content_disposition(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool is_safe = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    plain.push_back(is_safe ? c : '_');
  }
  std::string value = "attachment; filename=\"" + plain + "\"";
  if (plain != name) value += "; filename*=UTF-8''" + net::percent_encode(name);
  return value;
}

Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!lower_case(header).starts_with(unit)) return std::nullopt;
  const std::string_view range = trim(header.substr(unit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return std::nullopt;
  const auto first = digits(range.substr(0, dash));
  const auto last = digits(range.substr(dash + 1));
  if (!first && !last) return std::nullopt;
  const bool open_end = dash + 1 == range.size();
  if ((!first && dash != 0) || (!last && !open_end)) return std::nullopt;
  if (!first) {  // The last N bytes.
    const std::uint64_t count = std::min(*last, size);
    if (count == 0) return invalid("Range outside of the file");
    return ByteRange{.first = size - count, .count = count};
  }
  if (last && *last < *first) return std::nullopt;
  if (*first >= size) return invalid("Range outside of the file");
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{.first = *first, .count = end - *first + 1};
}

void download_file(const FileSpace& files, const http::Request& request, http::Responder responder, net::Loop& loop) {
  const auto path = request.query.find("path");
  if (path == request.query.end() || path->second.empty()) {
    return responder.respond(refusal(400, "Expecting 'path=value' in query."));
  }
  auto file = files.open(path->second, "download");
  if (!file) return responder.respond(refusal(file.error()));
  const auto size = static_cast<std::uint64_t>(file->status.st_size);
  http::Response response = head_of(*file);
  ByteRange range{.first = 0, .count = size};
  if (const auto asked = header(request, "Range")) {
    const auto parsed = parse_range(*asked, size);
    if (!parsed) {
      http::Response outside = refusal(416, parsed.error().message);
      outside.headers.set("Content-Range", fmt::format("bytes */{}", size));
      return responder.respond(std::move(outside));
    }
    if (*parsed) {
      range = **parsed;
      response.status = 206;
      response.headers.set("Content-Range",
                           fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1, size));
    }
  }
  if (range.count > whole_bytes_max) {
    auto stream = responder.stream(std::move(response));
    return std::make_shared<Transfer>(loop, *std::move(file), range, std::move(stream))->go_on();
  }
  auto bytes = read_at(*file, range.first, static_cast<std::size_t>(range.count));
  if (!bytes) return responder.respond(refusal(bytes.error()));
  response.body = *std::move(bytes);
  responder.respond(std::move(response));
}

}  // namespace stoa::api
