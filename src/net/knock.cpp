#include "net/knock.h"

#include "net/loop_impl.h"
#include "net/sockaddr.h"

namespace stoa::net {

namespace asio = boost::asio;

// The mutex makes "dropped before it began" exact for callers on other threads, and guards the Asio object.
struct Knock::State : std::enable_shared_from_this<Knock::State> {
  using Protocol = asio::generic::stream_protocol;

  std::mutex mutex;
  Protocol::socket socket;
  std::vector<Endpoint> endpoints;
  std::size_t next = 0;
  std::string error = "no address";
  std::function<void(Result<>)> answered;

  explicit State(asio::io_context& context) : socket(context) {}

  // Under the lock.
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  // Under the lock. False if there is no further endpoint.
  bool try_next() {
    while (next < endpoints.size()) {
      const Endpoint& endpoint = endpoints[next++];
      sockaddr_storage storage;
      const auto length = to_sockaddr(endpoint, storage);
      if (!length) {
        error = endpoint.to_string() + ": no interface of that zone";
        continue;
      }
      close();
      socket.async_connect(Protocol::endpoint(&storage, *length, IPPROTO_TCP),
                           [self = shared_from_this(), name = endpoint.to_string()](boost::system::error_code result) {
                             self->on_connected(name, result);
                           });
      return true;
    }
    return false;
  }

  void on_connected(const std::string& name, boost::system::error_code result) {
    std::function<void(Result<>)> call;
    {
      const std::lock_guard lock(mutex);
      if (!answered) return;
      if (result) {
        if (!name.empty()) error = name + ": " + result.message();
        if (try_next()) return;
      }
      close();
      call = std::exchange(answered, nullptr);
    }
    if (result) return call(fail(Code::unavailable, error));
    call({});
  }
};

Knock& Knock::operator=(Knock&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Knock::cancel() {
  if (!state_) return;
  std::function<void(Result<>)> call;  // Destroyed outside the lock: it may own this very knock.
  {
    const std::lock_guard lock(state_->mutex);
    call = std::exchange(state_->answered, nullptr);
    state_->close();
  }
  state_.reset();
}

Knock knock(Loop& loop, std::vector<Endpoint> endpoints, std::function<void(Result<>)> answered) {
  auto state = std::make_shared<Knock::State>(loop.impl().context);
  state->endpoints = std::move(endpoints);
  state->answered = std::move(answered);
  const std::lock_guard lock(state->mutex);
  if (!state->try_next())
    asio::post(loop.impl().context, [state] { state->on_connected("", asio::error::host_not_found); });
  return Knock(state);
}

}  // namespace stoa::net
