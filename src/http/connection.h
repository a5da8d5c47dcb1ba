// Connection: one accepted socket, from its first byte to its last. A state machine on a strand of its own; pieces of
// requests go in, handlers are called, answers go out.
//
// One request at a time: the next one is looked at when the answer to the one before is written (HTTP-016, HTTP-017).
// Reading goes on meanwhile, within a bound, because that is how the end of a client is noticed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/parse.h"
#include "http/router.h"
#include "http/server.h"
#include "http/socket.h"
#include "net/loop_impl.h"

namespace stoa::http {

// What all connections of a server share.
struct ServerShared {
  ServerOptions options;
  Router router;
  std::function<void(const std::shared_ptr<class Connection>&)> on_gone;  // On the strand of the connection.
};

class Connection final : public Exchange, public PipeOwner, public std::enable_shared_from_this<Connection> {
 public:
  // The shared part outlives the connection.
  Connection(std::shared_ptr<ServerShared> shared, RawSocket socket, net::Endpoint peer, bool is_local);

  // Any thread.
  void start();
  // Answers 429 and closes.
  void start_refused();
  // As Server::stop(): in order, or (`now`) at once.
  void shut_down(bool now);

  const net::Endpoint& peer() const { return peer_; }

  // Exchange; any thread.
  void respond(Response response) override;
  bool wants_gzip(std::size_t bytes) const override;
  std::shared_ptr<Stream> stream(Response head) override;
  void upgrade(std::string protocol, Headers headers, std::function<void(std::shared_ptr<Channel>)> on_open) override;

  // PipeOwner; any thread.
  void pipe_has_output() override;
  void pipe_wants_input() override;
  void pipe_aborts() override;

 private:
  class UploadReader;
  enum class Phase { head, body, handling, streaming, channel, draining, closed };

  // Reading.
  void watch();
  void on_readable();
  bool takes_bytes() const;
  void on_peer_ended();
  void advance();
  bool advance_head();
  bool advance_body();
  void begin_request(RequestHead head);
  std::optional<Response> early_answer();
  bool is_misdirected() const;
  void dispatch();
  std::optional<Response> decode_body();
  void read_upload(std::function<void(Result<std::string>)> on_bytes);
  void advance_upload();
  void consume(std::size_t bytes);

  // Answering.
  void refuse(const Refusal& refusal);
  void answer(Response response);
  void open_stream(Response head, const std::shared_ptr<Pipe>& pipe);
  void open_channel(const std::string& protocol, Headers headers, const std::shared_ptr<Pipe>& pipe,
                    const std::function<void(std::shared_ptr<Channel>)>& on_open);
  void compress(Response& response) const;
  void complete_head(Response& head);
  void note_access(int status, std::size_t bytes);
  void write();
  void on_written(bool ok);
  void on_answered();
  void drain();
  void close();

  // Timers.
  void arm(Duration delay);
  void disarm() { deadline_.reset(); }
  void wait_for_deadline();
  void on_deadline();

  const std::shared_ptr<ServerShared> shared_;
  const ServerOptions& options_;
  RawSocket socket_;
  const net::Endpoint peer_;
  const bool is_local_;
  Phase phase_ = Phase::head;

  std::string in_;
  bool watching_ = false;
  bool ended_ = false;  // The peer will send nothing more.
  HeadScanner scanner_;
  RequestHead head_;
  BodyDecoder body_;
  Request request_;
  Router::Match match_;
  std::optional<Response> early_;
  bool is_head_request_ = false;
  bool is_upload_ = false;
  std::uint64_t requests_ = 0;
  std::function<void(Result<std::string>)> upload_callback_;
  // Copies for the access record: the handler owns the request.
  std::string user_agent_, forwarded_for_;
  bool accepts_gzip_ = false;
  TimePoint begun_;

  OutQueue out_;
  Flight flight_;
  bool writing_ = false;
  std::size_t flight_of_pipe_ = 0;  // Bytes of the flight that the pipe counts.
  std::shared_ptr<Pipe> pipe_;      // Shared with the handler.
  bool pipe_ended_ = false;
  bool answered_ = false;  // The answer is in `out_` or in flight, whole.
  bool keep_alive_ = true;
  bool stopping_ = false;

  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Strand>
      timer_;
  std::optional<TimePoint> deadline_;
  bool timer_waiting_ = false;
};

}  // namespace stoa::http
