// What a Connection sends: answers, streams and upgraded channels, and the end in order.
#include <fmt/format.h>

#include "http/compress.h"
#include "http/connection.h"

namespace stoa::http {
namespace {

// How long, and how much of, what a refused client still sends is thrown away, so that it reads the answer before it
// sees a reset.
constexpr Duration drain_time_max = std::chrono::seconds(2);
// Bytes given to the kernel at once: other connections wait for no more than that.
constexpr std::size_t write_step = 64 * 1024;

}  // namespace

void Connection::respond(Response response) {
  boost::asio::dispatch(socket_.get_executor(), [self = shared_from_this(), response = std::move(response)]() mutable {
    if (self->phase_ == Phase::handling) self->answer(std::move(response));
  });
}

std::shared_ptr<Stream> Connection::stream(Response head) {
  const auto pipe =
      std::make_shared<Pipe>(socket_.get_executor(), weak_from_this(),
                             Pipe::Options{.form = head_.version < 11 ? Pipe::Form::raw : Pipe::Form::chunked,
                                           .bytes_max = options_.stream_bytes_max,
                                           .peer = peer_});
  boost::asio::post(socket_.get_executor(), [self = shared_from_this(), head = std::move(head), pipe]() mutable {
    self->open_stream(std::move(head), pipe);
  });
  return pipe;
}

void Connection::upgrade(std::string protocol, Headers headers, std::function<void(std::shared_ptr<Channel>)> on_open) {
  const auto pipe = std::make_shared<Pipe>(
      socket_.get_executor(), weak_from_this(),
      Pipe::Options{.form = Pipe::Form::raw, .bytes_max = options_.stream_bytes_max, .peer = peer_});
  boost::asio::post(
      socket_.get_executor(),
      [self = shared_from_this(), protocol = std::move(protocol), headers = std::move(headers), pipe,
       on_open = std::move(on_open)]() mutable { self->open_channel(protocol, std::move(headers), pipe, on_open); });
}

void Connection::refuse(const Refusal& refusal) {
  keep_alive_ = false;
  disarm();
  begun_ = net::now();
  if (phase_ == Phase::head) head_ = {}, match_ = {}, is_head_request_ = false;
  answer(text(refusal.status, refusal.reason));
}

bool Connection::wants_gzip(std::size_t bytes) const {
  return options_.compress && bytes >= options_.compress_bytes_min && accepts_gzip_;
}

void Connection::compress(Response& response) const {
  const std::size_t bytes = response.content().size();
  if (!options_.compress || bytes < options_.compress_bytes_min || response.headers.has("Content-Encoding")) return;
  if (wants_gzip(bytes)) {
    response = gzipped(response);
  } else {
    vary_by_encoding(response);
  }
}

// What every head has.
void Connection::complete_head(Response& head) {
  static thread_local std::pair<std::int64_t, std::string> date{-1, {}};
  const auto seconds = static_cast<std::int64_t>(net::wall());
  if (date.first != seconds) date = {seconds, format_http_date(seconds)};
  if (!head.headers.has("Date")) head.headers.add("Date", date.second);
  if (head.headers.lists("Connection", "close")) keep_alive_ = false;
  if (head.status != 101 && !keep_alive_) head.headers.set("Connection", "close");
  if (keep_alive_ && head_.version < 11) head.headers.set("Connection", "keep-alive");
}

void Connection::note_access(int status, std::size_t bytes) {
  if (!options_.on_access) return;
  options_.on_access({.peer = peer_,
                      .method = head_.method,
                      .target = head_.target,
                      .route = match_.route ? std::string_view(match_.route->path) : std::string_view(),
                      .user_agent = user_agent_,
                      .forwarded_for = forwarded_for_,
                      .status = status,
                      .bytes = bytes,
                      .duration = net::now() - begun_});
}

void Connection::answer(Response response) {
  phase_ = Phase::handling;
  // Bytes of a body that nobody read would be taken for the next request.
  if (is_upload_ && !body_.is_done()) keep_alive_ = false;
  compress(response);
  response.headers.remove("Transfer-Encoding");
  const bool has_body = response.status != 204 && response.status != 304;
  const std::size_t length = response.content().size();
  if (has_body) response.headers.set("Content-Length", std::to_string(length));
  complete_head(response);
  note_access(response.status, length);
  out_.append(format_response_head(response.status, response.headers));
  if (has_body && !is_head_request_ && response.shared_body) {
    out_.append(std::move(response.shared_body));
  } else if (has_body && !is_head_request_) {
    out_.append(std::move(response.body));
  }
  answered_ = true;
  write();
}

void Connection::open_stream(Response head, const std::shared_ptr<Pipe>& pipe) {
  if (phase_ != Phase::handling || ended_) {
    if (phase_ == Phase::handling) close();
    return pipe->mark_closed();
  }
  if (is_upload_ && !body_.is_done()) keep_alive_ = false;
  if (head_.version < 11) keep_alive_ = false;
  head.headers.remove("Content-Length");
  if (head_.version >= 11) head.headers.set("Transfer-Encoding", "chunked");
  complete_head(head);
  note_access(head.status, 0);
  out_.append(format_response_head(head.status, head.headers));
  if (is_head_request_) {
    pipe->mark_closed();
    answered_ = true;
    return write();
  }
  phase_ = Phase::streaming;
  pipe_ = pipe;
  pipe_ended_ = false;
  if (stopping_) pipe_->close();
  write();
  watch();
}

void Connection::open_channel(const std::string& protocol, Headers headers, const std::shared_ptr<Pipe>& pipe,
                              const std::function<void(std::shared_ptr<Channel>)>& on_open) {
  if (phase_ != Phase::handling || ended_ || stopping_) {
    if (phase_ == Phase::handling) close();
    return pipe->mark_closed();
  }
  Response head{.status = 101, .headers = std::move(headers), .body = {}};
  head.headers.set("Connection", "Upgrade");
  head.headers.set("Upgrade", protocol);
  keep_alive_ = false;
  complete_head(head);
  note_access(101, 0);
  out_.append(format_response_head(101, head.headers));
  phase_ = Phase::channel;
  pipe_ = pipe;
  pipe_ended_ = false;
  write();
  on_open(pipe);
  pipe_wants_input();
}

void Connection::pipe_has_output() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->write(); });
}

void Connection::pipe_wants_input() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->phase_ != Phase::channel || !self->pipe_->wants_input()) return;
    if (!self->in_.empty()) {
      const auto early = std::exchange(self->in_, {});
      self->pipe_->deliver(early);
    }
    self->watch();
  });
}

void Connection::pipe_aborts() {
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->pipe_) self->close();
  });
}

void Connection::write() {
  if (writing_ || phase_ == Phase::closed) return;
  auto pieces = out_.take();
  flight_of_pipe_ = 0;
  if (pipe_ && !pipe_ended_) {
    auto more = pipe_->take(pipe_ended_);
    for (const auto& piece : more) flight_of_pipe_ += piece.bytes().size();
    std::ranges::move(more, std::back_inserter(pieces));
  }
  if (pieces.empty()) {
    if (pipe_ && pipe_ended_) on_answered();
    return;
  }
  flight_.assign(std::move(pieces));
  writing_ = true;
  // The reader of an answer must go on reading (V0-162); a stream has its own limit.
  const bool is_answer = phase_ == Phase::handling && answered_;
  if (is_answer) arm(options_.write_progress_max);
  const auto how_much_more = [this, is_answer](boost::system::error_code error, std::size_t) -> std::size_t {
    if (error) return 0;
    if (is_answer && deadline_) deadline_ = net::now() + options_.write_progress_max;
    return write_step;
  };
  const auto on_done = [self = shared_from_this()](boost::system::error_code error, std::size_t) {
    self->on_written(!error);
  };
  if (flight_.pieces.size() == 1) {
    const auto bytes = flight_.pieces.front().bytes();
    boost::asio::async_write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), how_much_more, on_done);
  } else {
    boost::asio::async_write(socket_, flight_.buffers(), how_much_more, on_done);
  }
}

void Connection::on_written(bool ok) {
  writing_ = false;
  flight_.pieces.clear();
  if (phase_ == Phase::closed) return;
  if (!ok) return close();
  if (pipe_) {
    pipe_->on_written(flight_of_pipe_);
    return write();
  }
  if (!out_.empty()) return write();
  // 100 Continue is no answer: the request is then still being read, or handled.
  if (phase_ == Phase::handling && answered_) {
    disarm();
    on_answered();
  }
}

void Connection::on_answered() {
  if (pipe_) std::exchange(pipe_, nullptr)->mark_closed();
  if (phase_ == Phase::closed) return;
  answered_ = false;
  if (!keep_alive_) return drain();
  phase_ = Phase::head;
  advance();
}

// Closes in order: FIN, then wait for that of the peer. Closing with unread bytes would send a reset, which takes the
// answer away from a client that has not read it yet.
void Connection::drain() {
  boost::system::error_code error;
  socket_.shutdown(RawSocket::shutdown_send, error);
  if (error || ended_) return close();
  phase_ = Phase::draining;
  std::string().swap(in_);
  arm(drain_time_max);
  watch();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::closed;
  disarm();
  timer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  out_.clear();
  std::string().swap(in_);
  advance_upload();
  if (pipe_) std::exchange(pipe_, nullptr)->mark_closed();
  shared_->on_gone(self);
}

}  // namespace stoa::http
