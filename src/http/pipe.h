// Pipe: the bytes that other threads hand to a connection, and the limit on them. It is the Stream or the Channel that
// a handler sees, while the connection behind it may already be gone.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/stream.h"
#include "net/pch.h"

namespace stoa::http {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

// Bytes that are sent from where they lie: some of our own, or a text that other connections send as well.
struct Piece {
  std::string own;
  std::shared_ptr<const std::string> shared;

  std::string_view bytes() const { return shared ? std::string_view(*shared) : std::string_view(own); }
};

// Bytes in order, in few pieces, without copying big ones.
class OutQueue {
 public:
  void append(std::string_view bytes);
  void append(std::string&& bytes);
  void append(std::shared_ptr<const std::string> bytes);
  bool empty() const { return pieces_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::vector<Piece> take();
  void clear();

 private:
  std::vector<Piece> pieces_;
  std::size_t bytes_ = 0;
};

// What a Pipe asks of its connection. Every call may come from any thread, and is carried out on the strand.
class PipeOwner {
 public:
  virtual ~PipeOwner() = default;
  virtual void pipe_has_output() = 0;
  virtual void pipe_wants_input() = 0;
  virtual void pipe_aborts() = 0;
};

class Pipe final : public Stream, public Channel {
 public:
  enum class Form { raw, chunked };
  struct Options {
    Form form = Form::raw;
    std::size_t bytes_max = 0;
    net::Endpoint peer;
  };
  // `bytes_max` of unsent bytes; the owner is told through `owner` as long as it lives.
  Pipe(Strand strand, std::weak_ptr<PipeOwner> owner, Options options);

  bool send(std::string data) override;
  void close() override;
  void abort() override;
  void on_closed(std::function<void()> callback) override;
  void on_data(std::function<void(std::string_view)> callback) override;
  void pause(bool paused) override;
  std::size_t buffered() const override;
  net::Endpoint peer() const override { return options_.peer; }

  // The side of the connection; on its strand.

  // Moves what is to be written next. `ended`: nothing will follow it, the zero chunk included.
  std::vector<Piece> take(bool& ended);
  void on_written(std::size_t bytes);
  bool wants_input() const;
  void deliver(std::string_view data);
  // Nothing can be sent any more.
  void mark_closed();

 private:
  void notify(std::unique_lock<std::mutex>& lock);

  const Strand strand_;
  const std::weak_ptr<PipeOwner> owner_;
  const Options options_;
  mutable std::mutex mutex_;
  OutQueue pending_;
  std::size_t unsent_ = 0;
  bool notified_ = false;  // The owner knows that there is output.
  bool ending_ = false;    // close() was called.
  bool closed_ = false;    // Gone, or about to go.
  bool paused_ = false;
  bool told_closed_ = false;
  std::function<void()> on_closed_;
  std::shared_ptr<std::function<void(std::string_view)>> on_data_;  // Shared with a call under way.
};

}  // namespace stoa::http
