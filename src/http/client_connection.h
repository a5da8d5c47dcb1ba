// ClientConnection: one socket to one server, and the Operation that it carries out at the moment. Everything here
// runs on the strand of the client, unless said otherwise.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "http/client.h"
#include "http/parse.h"
#include "http/socket.h"
#include "net/loop_impl.h"

namespace stoa::http {

class ClientConnection;

// Runs callbacks of users, unless the client has gone. Its destructor waits on the mutex, so that none runs afterwards.
struct CallbackGate {
  std::recursive_mutex mutex;  // Recursive: a callback may destroy the client.
  bool is_closed = false;

  template <typename Call>
  void run(Call&& call) {
    const std::lock_guard lock(mutex);
    if (!is_closed) call();
  }
};

// One request from its start to its last callback.
struct Operation final : PipeOwner, std::enable_shared_from_this<Operation> {
  enum class Mode { whole, stream, upgrade };

  Operation(Strand on, std::shared_ptr<CallbackGate> through) : strand(std::move(on)), gate(std::move(through)) {}

  Strand strand;
  std::shared_ptr<CallbackGate> gate;  // Shared with the client and its other operations.
  Mode mode = Mode::whole;
  ClientRequest request;
  std::string protocol;  // To upgrade to.
  bool is_reused = false;
  bool is_done = false;
  std::atomic<bool> is_cancelled = false;
  std::atomic<bool> is_paused = false;
  Response response;
  std::shared_ptr<Pipe> pipe;                  // Of an upload or a channel. Shared with the user.
  std::weak_ptr<ClientConnection> connection;  // Owned by the client.
  std::optional<net::Timer> timer;
  bool head_seen = false;
  std::function<void()> abandon;  // Ends a handshake that is under way to a connection.

  std::function<void(Result<Response>)> on_head;  // For Mode::whole: the whole answer.
  std::function<void(std::string_view)> on_data;
  std::function<void(Result<>)> on_end;
  std::function<void(Result<std::shared_ptr<Channel>>)> on_channel;
  // Takes a whole answer first; true if it will be followed elsewhere.
  std::function<bool(const std::shared_ptr<Operation>&)> on_redirect;
  // Whether a broken connection is worth another try.
  std::function<bool(const std::shared_ptr<Operation>&)> on_broken;

  std::string host_key() const;
  void fail_with(Error error);
  void head_arrived(Response head);
  void data_arrived(std::string_view data);
  void finished();
  void channel_opened();

  void pipe_has_output() override;
  void pipe_wants_input() override;
  void pipe_aborts() override;
};

class ClientConnection final : public std::enable_shared_from_this<ClientConnection> {
 public:
  struct Hooks {
    std::function<void(const std::shared_ptr<ClientConnection>&)> on_idle;
    std::function<void(const std::shared_ptr<ClientConnection>&)> on_gone;
  };
  ClientConnection(RawSocket socket, std::string host_key, Hooks hooks);

  void send(std::shared_ptr<Operation> operation);
  void close();
  bool is_open() const { return phase_ != Phase::closed; }
  const std::string& host_key() const { return host_key_; }

  void watch();
  void write();
  void deliver_early();

 private:
  enum class Phase { idle, head, body, channel, closed };

  bool takes_bytes() const;
  void on_readable();
  void on_ended();
  void advance();
  bool advance_head();
  bool advance_body();
  void broken(Error error);
  void on_written(bool ok);
  void on_complete();

  RawSocket socket_;
  const std::string host_key_;
  Hooks hooks_;
  Phase phase_ = Phase::idle;
  std::shared_ptr<Operation> operation_;  // Shared with the client until it is done.
  std::string in_;
  bool watching_ = false;
  HeadScanner scanner_;
  ResponseHead head_;
  BodyDecoder body_;
  OutQueue out_;
  Flight flight_;
  std::size_t flight_of_pipe_ = 0;
  bool writing_ = false;
  bool pipe_ended_ = false;
};

}  // namespace stoa::http
