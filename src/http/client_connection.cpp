#include "http/client_connection.h"

#include <fmt/format.h>

#include "http/compress.h"

namespace stoa::http {

// ---- Operation

std::string Operation::host_key() const {
  if (!request.unix_socket.empty()) return "unix:" + request.unix_socket;
  return fmt::format("{}{}:{}", request.url.scheme == "https" ? "tls:" : "", request.url.host, request.url.port);
}

void Operation::fail_with(Error error) {
  if (std::exchange(is_done, true)) return;
  timer.reset();
  const auto self = shared_from_this();
  if (pipe) pipe->mark_closed();
  if (const auto open = std::exchange(connection, {}).lock()) open->close();
  if (const auto call = std::exchange(abandon, nullptr)) call();
  if (is_cancelled) return;
  gate->run([&] {
    if (mode == Mode::upgrade) {
      if (!head_seen) on_channel(std::unexpected(std::move(error)));
    } else if (mode == Mode::whole || !head_seen) {
      on_head(std::unexpected(std::move(error)));
    } else {
      on_end(std::unexpected(std::move(error)));
    }
  });
}

void Operation::head_arrived(Response head) {
  head_seen = true;
  response = std::move(head);
  if (mode != Mode::stream || is_cancelled) return;
  timer.reset();
  gate->run([&] { on_head(response); });
}

void Operation::data_arrived(std::string_view data) {
  if (mode == Mode::stream) {
    if (!is_cancelled) gate->run([&] { on_data(data); });
    return;
  }
  if (!request.discard_body) response.body += data;
}

void Operation::finished() {
  if (is_done) return;
  timer.reset();
  const auto self = shared_from_this();
  connection.reset();
  if (mode != Mode::stream && on_redirect(self)) return;
  is_done = true;
  if (pipe) pipe->mark_closed();
  if (is_cancelled) return;
  if (mode == Mode::upgrade) {
    gate->run([&] {
      on_channel(fail(Code::failed_precondition, fmt::format("upgrade to {} refused: {} {}", protocol, response.status,
                                                             response.body.substr(0, 4096))));
    });
    return;
  }
  if (mode == Mode::stream) return gate->run([&] { on_end({}); });
  if (!request.discard_body && response.headers.get("Content-Encoding") == "gzip") {
    auto inflated = gunzip(response.body, request.body_bytes_max);
    if (!inflated) return gate->run([&] { on_head(std::unexpected(std::move(inflated).error())); });
    response.body = *std::move(inflated);
    response.headers.remove("Content-Encoding");
  }
  gate->run([&] { on_head(std::move(response)); });
}

void Operation::channel_opened() {
  head_seen = true;
  timer.reset();
  if (!is_cancelled) gate->run([&] { on_channel(std::shared_ptr<Channel>(pipe)); });
}

void Operation::pipe_has_output() {
  boost::asio::post(strand, [self = shared_from_this()] {
    if (const auto open = self->connection.lock()) open->write();
  });
}

void Operation::pipe_wants_input() {
  boost::asio::post(strand, [self = shared_from_this()] {
    if (const auto open = self->connection.lock()) open->deliver_early();
  });
}

void Operation::pipe_aborts() {
  boost::asio::post(strand, [self = shared_from_this()] {
    if (const auto open = self->connection.lock()) open->close();
  });
}

// ---- ClientConnection

ClientConnection::ClientConnection(RawSocket socket, std::string host_key, Hooks hooks)
    : socket_(std::move(socket)),
      host_key_(std::move(host_key)),
      hooks_(std::move(hooks)),
      scanner_({.bytes_max = 256 * 1024, .headers_max = 1000, .url_bytes_max = 16 * 1024}) {}

void ClientConnection::send(std::shared_ptr<Operation> operation) {
  operation_ = std::move(operation);
  operation_->connection = weak_from_this();
  const auto& request = operation_->request;
  auto headers = request.headers;
  headers.set("Host", request.url.authority());
  headers.remove("Content-Length");
  headers.remove("Transfer-Encoding");
  if (operation_->mode == Operation::Mode::upgrade) {
    headers.set("Connection", "Upgrade");
    headers.set("Upgrade", operation_->protocol);
  }
  pipe_ended_ = false;
  flight_of_pipe_ = 0;
  if (request.chunked_upload)
    headers.set("Transfer-Encoding", "chunked");
  else if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    headers.set("Content-Length", std::to_string(request.body.size()));
  out_.append(format_request_head(request.method, request.url.target(), headers));
  if (!request.chunked_upload) out_.append(std::string_view(request.body));
  phase_ = Phase::head;
  scanner_.reset();
  write();
  watch();
}

void ClientConnection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::closed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  out_.clear();
  if (const auto operation = std::exchange(operation_, nullptr)) {
    operation->connection.reset();
    if (operation->pipe) operation->pipe->mark_closed();
    operation->fail_with({Code::unavailable, fmt::format("{}: the connection was closed", host_key_)});
  }
  hooks_.on_gone(self);
}

// Gives the operation its error, or another connection.
void ClientConnection::broken(Error error) {
  const auto operation = std::exchange(operation_, nullptr);
  close();
  if (!operation) return;
  operation->connection.reset();
  if (!operation->head_seen && in_.empty() && operation->on_broken(operation)) return;
  operation->fail_with(std::move(error));
}

bool ClientConnection::takes_bytes() const {
  if (phase_ == Phase::channel) return operation_->pipe->wants_input();
  return !operation_ || !operation_->is_paused;
}

void ClientConnection::watch() {
  if (watching_ || phase_ == Phase::closed || !takes_bytes()) return;
  watching_ = true;
  socket_.async_wait(RawSocket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->watching_ = false;
    if (self->phase_ == Phase::closed) return;
    if (error) return self->broken({Code::unavailable, fmt::format("{}: {}", self->host_key_, error.message())});
    self->on_readable();
  });
}

void ClientConnection::on_readable() {
  const auto read = read_now(socket_.native_handle());
  if (read.broken) return broken({Code::unavailable, fmt::format("{}: the connection broke", host_key_)});
  if (read.ended) return on_ended();
  // A wait may end without anything to read.
  if (read.would_block) return watch();
  // Bytes that nobody asked for: out of step.
  if (phase_ == Phase::idle) return close();
  if (phase_ == Phase::channel) {
    operation_->pipe->deliver(read.bytes);
  } else {
    in_.append(read.bytes);
    advance();
  }
  watch();
}

void ClientConnection::on_ended() {
  if (phase_ == Phase::body && body_.on_end()) {
    on_complete();
    return close();
  }
  if (phase_ == Phase::channel) {
    const auto operation = std::exchange(operation_, nullptr);
    close();
    operation->connection.reset();
    operation->is_done = true;
    operation->pipe->mark_closed();
    return;
  }
  broken({Code::unavailable, fmt::format("{}: closed before the answer was complete", host_key_)});
}

void ClientConnection::advance() {
  while ((phase_ == Phase::head && advance_head()) || (phase_ == Phase::body && advance_body())) {
  }
}

bool ClientConnection::advance_head() {
  const auto length = scanner_.scan(in_);
  if (!length) return broken({Code::malformed, length.error().reason}), false;
  if (*length == 0) return false;
  auto head = parse_response_head(std::string_view(in_).substr(0, *length), operation_->request.method == "HEAD");
  in_.erase(0, *length);
  scanner_.reset();
  if (!head) return broken({Code::malformed, head.error().reason}), false;
  head_ = *std::move(head);
  const int status = head_.response.status;
  if (status == 101 && operation_->mode == Operation::Mode::upgrade) {
    phase_ = Phase::channel;
    operation_->channel_opened();
    if (phase_ == Phase::channel) deliver_early();
    return false;
  }
  if (status < 200) return true;
  const bool is_kept = operation_->mode != Operation::Mode::stream && !operation_->request.discard_body;
  const auto limit = is_kept ? operation_->request.body_bytes_max : ~0ull;
  body_ = BodyDecoder(head_.framing, limit);
  phase_ = Phase::body;
  operation_->head_arrived(head_.response);
  return phase_ == Phase::body;
}

bool ClientConnection::advance_body() {
  std::string data;
  const auto used = body_.feed(in_, data);
  if (!used)
    return broken({used.error().status == 413 ? Code::resource_exhausted : Code::malformed, used.error().reason}),
           false;
  in_.erase(0, *used);
  if (!data.empty()) operation_->data_arrived(data);
  if (phase_ == Phase::body && body_.is_done()) on_complete();
  return false;
}

void ClientConnection::on_complete() {
  const auto operation = std::exchange(operation_, nullptr);
  // The end of a write may be reported after the answer to it: what is written next simply queues behind.
  const bool is_reusable =
      head_.keep_alive && in_.empty() && out_.empty() && (!operation->request.chunked_upload || pipe_ended_);
  phase_ = Phase::idle;
  operation->connection.reset();
  if (is_reusable)
    hooks_.on_idle(shared_from_this());
  else
    close();
  operation->finished();
}

void ClientConnection::deliver_early() {
  if (phase_ == Phase::channel && operation_->pipe->wants_input() && !in_.empty()) {
    const auto early = std::exchange(in_, {});
    operation_->pipe->deliver(early);
  }
  watch();
}

void ClientConnection::write() {
  if (writing_ || phase_ == Phase::closed || phase_ == Phase::idle) return;
  auto pieces = out_.take();
  flight_of_pipe_ = 0;
  if (operation_->pipe && !pipe_ended_ && (phase_ == Phase::channel || operation_->request.chunked_upload)) {
    auto more = operation_->pipe->take(pipe_ended_);
    for (const auto& piece : more) flight_of_pipe_ += piece.bytes().size();
    std::ranges::move(more, std::back_inserter(pieces));
  }
  if (pieces.empty()) {
    if (phase_ == Phase::channel && pipe_ended_) {
      boost::system::error_code ignored;
      socket_.shutdown(RawSocket::shutdown_send, ignored);
      on_ended();
    }
    return;
  }
  flight_.assign(std::move(pieces));
  writing_ = true;
  boost::asio::async_write(
      socket_, flight_.buffers(),
      [self = shared_from_this()](boost::system::error_code error, std::size_t) { self->on_written(!error); });
}

void ClientConnection::on_written(bool ok) {
  writing_ = false;
  flight_.pieces.clear();
  if (phase_ == Phase::closed || !operation_) return;
  // A server may refuse a body early and close: its answer is still to be read.
  if (!ok) {
    out_.clear();
    pipe_ended_ = true;
    return;
  }
  if (operation_->pipe) operation_->pipe->on_written(flight_of_pipe_);
  write();
}

}  // namespace stoa::http
