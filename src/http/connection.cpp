// From bytes to a call of the handler. What goes out is in connection_answer.cpp.
#include "http/connection.h"

#include <fmt/format.h>

#include "base/log.h"
#include "http/compress.h"

namespace stoa::http {
namespace {

// How much is read ahead of a request that is being handled.
constexpr std::size_t read_ahead_max = 64 * 1024;

std::size_t requests_in(std::string_view bytes) {
  std::size_t out = 0;
  for (auto at = bytes.find("\r\n\r\n"); at != std::string_view::npos; at = bytes.find("\r\n\r\n", at + 4)) ++out;
  return out;
}

// For logs: no control characters, and cut (SEC-250).
std::string printable(std::optional<std::string> value) {
  constexpr std::size_t bytes_max = 256;
  std::string out;
  for (const char c : value.value_or("")) {
    if (out.size() >= bytes_max) break;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

}  // namespace

// Hands a handler the body while it comes. Holds the connection: that is what a read waits for.
class Connection::UploadReader final : public Upload {
 public:
  UploadReader(std::shared_ptr<Connection> connection, std::uint64_t request)
      : connection_(std::move(connection)), request_(request) {}
  void read(std::function<void(Result<std::string>)> on_bytes) override {
    boost::asio::post(connection_->socket_.get_executor(),
                      [connection = connection_, request = request_, on_bytes = std::move(on_bytes)]() mutable {
                        // The connection may serve another request by now.
                        if (request != connection->requests_) return on_bytes(fail(Code::unavailable, "answered"));
                        connection->read_upload(std::move(on_bytes));
                      });
  }

 private:
  std::shared_ptr<Connection> connection_;
  const std::uint64_t request_;
};

Connection::Connection(std::shared_ptr<ServerShared> shared, RawSocket socket, net::Endpoint peer, bool is_local)
    : shared_(std::move(shared)),
      options_(shared_->options),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      is_local_(is_local),
      scanner_({.bytes_max = options_.head_bytes_max,
                .headers_max = options_.headers_max,
                .url_bytes_max = options_.url_bytes_max}),
      timer_(socket_.get_executor()) {}

void Connection::start() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->advance(); });
}

void Connection::start_refused() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    auto response = text(429, "429 Too Many Requests: too many connections from this address.");
    response.headers.set("Retry-After", "1");
    self->keep_alive_ = false;
    self->begun_ = net::now();
    self->answer(std::move(response));
  });
}

void Connection::shut_down(bool now) {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this(), now] {
    self->stopping_ = true;
    self->keep_alive_ = false;
    if (now || (self->phase_ == Phase::head && self->in_.empty())) return self->close();
    // In a channel nobody expects a zero chunk; close() of a pipe knows the difference.
    if (self->pipe_) self->pipe_->close();
  });
}

void Connection::watch() {
  if (watching_ || ended_ || phase_ == Phase::closed || !takes_bytes()) return;
  watching_ = true;
  socket_.async_wait(RawSocket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->watching_ = false;
    if (self->phase_ == Phase::closed) return;
    if (error) return self->close();
    self->on_readable();
  });
}

// Whether more input is wanted: always, to notice the end of the peer, unless too much waits already.
bool Connection::takes_bytes() const {
  switch (phase_) {
    case Phase::handling:
      if (is_upload_) return upload_callback_ != nullptr || in_.empty();
      [[fallthrough]];
    case Phase::streaming:
      return in_.size() < read_ahead_max &&
             (in_.size() < 2 * options_.pipelined_max || requests_in(in_) < options_.pipelined_max);
    case Phase::channel:
      return pipe_->wants_input();
    default:
      return true;
  }
}

void Connection::on_readable() {
  const auto read = read_now(socket_.native_handle());
  if (read.broken) return close();
  if (read.ended) {
    ended_ = true;
    return on_peer_ended();
  }
  if (phase_ == Phase::channel && !read.bytes.empty())
    pipe_->deliver(read.bytes);
  else if (phase_ != Phase::draining)
    in_.append(read.bytes);
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::head || phase_ == Phase::body) return advance();
  if (is_upload_) advance_upload();
  watch();
}

void Connection::on_peer_ended() {
  switch (phase_) {
    case Phase::handling:
      // A client may close its half behind the last request and still wait for the answer.
      if (is_upload_) advance_upload();
      return;
    default:
      close();
  }
}

void Connection::consume(std::size_t bytes) {
  in_.erase(0, bytes);
  if (in_.empty() && in_.capacity() > 4096) std::string().swap(in_);
}

void Connection::advance() {
  while ((phase_ == Phase::head && advance_head()) || (phase_ == Phase::body && advance_body())) {
  }
  if (ended_ && (phase_ == Phase::head || phase_ == Phase::body)) return close();
  watch();
}

// True if the phase was finished, so that there may be more to do with the bytes at hand.
bool Connection::advance_head() {
  const auto length = scanner_.scan(in_);
  if (!length) return refuse(length.error()), false;
  if (*length == 0) {
    if (in_.empty())
      disarm();
    else if (!deadline_)
      arm(options_.head_time_max);
    return false;
  }
  disarm();
  auto head = parse_request_head(std::string_view(in_).substr(0, *length));
  consume(*length);
  scanner_.reset();
  if (!head) return refuse(head.error()), false;
  begin_request(*std::move(head));
  return phase_ != Phase::closed;
}

void Connection::begin_request(RequestHead head) {
  head_ = std::move(head);
  keep_alive_ = head_.keep_alive && !stopping_;
  is_head_request_ = head_.method == "HEAD";
  is_upload_ = false;
  user_agent_ = printable(head_.headers.joined("User-Agent"));
  forwarded_for_ = printable(head_.headers.joined("X-Forwarded-For"));
  request_ = Request{.method = head_.method,
                     .path = {},
                     .target = head_.target,
                     .query = {},
                     .headers = std::move(head_.headers),
                     .body = {},
                     .upload = nullptr,
                     .peer = peer_,
                     .version = head_.version,
                     .local = is_local_};
  accepts_gzip_ = accepts_gzip(request_.headers);
  match_ = {};
  ++requests_;
  early_ = early_answer();
  phase_ = Phase::body;
  body_ = BodyDecoder(head_.framing, options_.body_bytes_max);
  if (is_upload_) body_ = BodyDecoder(head_.framing, ~0ull);
  const bool is_too_long = !is_upload_ && head_.framing.length > options_.body_bytes_max;
  const bool waits_for_continue = head_.expects_continue && !body_.is_done() && in_.empty();
  // The client has not sent the body, or it is not worth reading: then only a new connection is in step again.
  if (is_too_long && !early_)
    early_ = text(413, fmt::format("413 {}: at most {} bytes.", status_reason(413), options_.body_bytes_max));
  if (early_ && (is_too_long || waits_for_continue)) {
    keep_alive_ = false;
    body_ = {};
  } else if (waits_for_continue) {
    out_.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    write();
  }
  if (is_upload_) dispatch();
}

// What can be said without the body. Sets the route where there is one.
std::optional<Response> Connection::early_answer() {
  const std::string_view target = request_.target;
  const auto question = target.find('?');
  auto found = shared_->router.find(request_.method, target.substr(0, question));
  if (is_misdirected()) return text(421, "421 Misdirected Request: this host name is not served here.");
  if (auto* response = std::get_if<Response>(&found)) return std::move(*response);
  match_ = std::get<Router::Match>(std::move(found));
  if (question != std::string_view::npos) {
    auto query = net::parse_query(target.substr(question + 1));
    if (!query) return text(400, fmt::format("400 Bad Request: query: {}.", query.error().message));
    request_.query = *std::move(query);
  }
  const auto coding = request_.headers.joined("Content-Encoding").value_or("identity");
  const bool is_gzip = equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip");
  const auto& streaming_type = match_.route->options.streaming_content_type;
  const auto type = request_.headers.get("Content-Type").value_or("");
  const bool is_streaming =
      !streaming_type.empty() && equal_ignoring_case(type.substr(0, type.find_first_of("; ")), streaming_type);
  if (!equal_ignoring_case(coding, "identity") && !coding.empty() && (!is_gzip || is_streaming))
    return text(415, "415 Unsupported Media Type: Expecting 'Content-Encoding' of gzip or identity.");
  is_upload_ = is_streaming;
  if (request_.method == "HEAD" && match_.route->methods.has("GET")) request_.method = "GET";
  request_.path = std::move(match_.path);
  return std::nullopt;
}

bool Connection::is_misdirected() const {
  if (options_.hosts.empty() || is_local_) return false;
  const auto host = net::HostPort::parse(request_.headers.get("Host").value_or(""), 80);
  if (!host) return true;
  if (net::Address::parse(host->host)) return false;
  return std::ranges::none_of(options_.hosts, [&](const auto& name) { return equal_ignoring_case(name, host->host); });
}

bool Connection::advance_body() {
  const auto used = body_.feed(in_, request_.body);
  if (!used) return refuse(used.error()), false;
  const bool progress = *used > 0;
  consume(*used);
  if (!body_.is_done()) {
    if (progress || !deadline_) arm(options_.body_progress_max);
    return false;
  }
  disarm();
  dispatch();
  return phase_ == Phase::head;
}

// Inflates. The error is the answer.
std::optional<Response> Connection::decode_body() {
  const auto coding = request_.headers.get("Content-Encoding");
  if (!coding || coding->empty() || equal_ignoring_case(*coding, "identity")) return std::nullopt;
  auto inflated = gunzip(request_.body, options_.body_bytes_max);
  if (!inflated) {
    const int status = inflated.error().code == Code::resource_exhausted ? 413 : 400;
    return text(status, fmt::format("{} {}: {}.", status, status_reason(status), inflated.error().message));
  }
  request_.body = *std::move(inflated);
  return std::nullopt;
}

void Connection::dispatch() {
  phase_ = Phase::handling;
  begun_ = net::now();
  if (!early_ && !is_upload_) early_ = decode_body();
  if (early_) return answer(*std::exchange(early_, std::nullopt));
  if (is_upload_) request_.upload = std::make_shared<UploadReader>(shared_from_this(), requests_);
  Responder responder(shared_from_this());
  try {
    match_.route->handler(std::exchange(request_, {}), std::move(responder));
  } catch (const std::exception& error) {
    // Memory of one request that cannot be had (SEC-126). The responder answers 500 as it goes.
    log::error("http", "{} {}: {}", head_.method, head_.target, error.what());
  }
}

void Connection::read_upload(std::function<void(Result<std::string>)> on_bytes) {
  upload_callback_ = std::move(on_bytes);
  advance_upload();
  watch();
}

void Connection::advance_upload() {
  if (!upload_callback_) return;
  std::string bytes;
  Result<std::string> outcome;
  if (phase_ == Phase::closed) {
    outcome = fail(Code::unavailable, "the connection has gone");
  } else {
    const auto used = body_.feed(in_, bytes);
    if (used) consume(*used);
    if (!used) {
      outcome = fail(Code::malformed, used.error().reason);
      keep_alive_ = false;
    } else if (bytes.empty() && !body_.is_done()) {
      if (!ended_) return;
      outcome = fail(Code::unavailable, "the request broke off");
    } else {
      outcome = std::move(bytes);
    }
  }
  std::exchange(upload_callback_, nullptr)(std::move(outcome));
}

// ---- Timers

void Connection::arm(Duration delay) {
  deadline_ = net::now() + delay;
  // A wait for an earlier moment that is under way comes back and looks again; one for a later moment is cut short.
  if (timer_waiting_ && timer_.expiry() > std::chrono::steady_clock::now() + delay) timer_.cancel();
  if (!timer_waiting_) wait_for_deadline();
}

void Connection::wait_for_deadline() {
  timer_waiting_ = true;
  timer_.expires_after(*deadline_ - net::now());
  timer_.async_wait([self = shared_from_this()](boost::system::error_code) { self->on_deadline(); });
}

void Connection::on_deadline() {
  timer_waiting_ = false;
  if (phase_ == Phase::closed || !deadline_) return;
  if (net::now() < *deadline_) return wait_for_deadline();
  deadline_.reset();
  if (phase_ == Phase::head || phase_ == Phase::body)
    refuse({408, "408 Request Timeout: the request did not arrive in time."});
  else if (phase_ == Phase::draining || writing_)
    close();
}

}  // namespace stoa::http
