#include "http/server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "http/connection.h"
#include "net/interfaces.h"
#include "net/sockaddr.h"

namespace stoa::http {
namespace {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

struct Listener {
  Descriptor descriptor;
  net::Endpoint endpoint;  // Unspecified for unix sockets.
  std::string path;
  net::Watch watch;  // Below the descriptor: goes first.
};

std::unexpected<Error> bind_error(const std::string& where, int error) {
  const auto code = error == EADDRINUSE      ? Code::already_exists
                    : error == EACCES        ? Code::permission_denied
                    : error == EADDRNOTAVAIL ? Code::invalid_argument
                                             : Code::unavailable;
  return fail(code, fmt::format("listening on {}: {}", where, std::strerror(error)));
}

Result<Descriptor> open_listener(const net::Endpoint& endpoint) {
  sockaddr_storage storage;
  const auto length = net::to_sockaddr(endpoint, storage);
  if (!length) return invalid(fmt::format("listening on {}: no interface of that zone", endpoint.to_string()));
  Descriptor descriptor(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (descriptor.get() < 0) return bind_error(endpoint.to_string(), errno);
  setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), *length) != 0 ||
      ::listen(descriptor.get(), SOMAXCONN) != 0)
    return bind_error(endpoint.to_string(), errno);
  return descriptor;
}

// Opens all or none. Ports of 0 become the one that the first of them got.
Result<std::vector<Listener>> open_listeners(const std::vector<net::Endpoint>& endpoints) {
  std::vector<Listener> out;
  std::uint16_t shared_port = 0;
  for (auto endpoint : endpoints) {
    if (endpoint.port == 0) endpoint.port = shared_port;
    LET(Descriptor descriptor, open_listener(endpoint));
    const auto local = net::local_of(descriptor.get());
    if (shared_port == 0) shared_port = local.port;
    endpoint.port = local.port;
    out.push_back({.descriptor = std::move(descriptor), .endpoint = endpoint, .path = {}, .watch = {}});
  }
  return out;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  net::Loop& loop;
  std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();  // Shared with connections.

  mutable std::mutex mutex;
  std::condition_variable gone;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<net::Endpoint> endpoints;
  std::map<Connection*, std::shared_ptr<Connection>> connections;  // Kept alive until they close.
  std::unordered_map<net::Address, std::size_t> per_address;
  bool is_paused = false;
  bool is_stopping = false;
  net::Timer retry;     // Of accepting.
  net::Timer deadline;  // Of stopping.

  explicit Impl(net::Loop& from) : loop(from) {}

  // All under the lock.
  void watch(Listener& listener);
  void accept_from(Listener& listener);
  void accepted(Descriptor descriptor, const sockaddr_storage& storage);
  void pause();
  void resume();

  void on_gone(const std::shared_ptr<Connection>& connection);
  void stop();
  void abort_all();
};

void Server::Impl::watch(Listener& listener) {
  listener.watch = loop.watch_readable(listener.descriptor.get(), [weak = weak_from_this(), raw = &listener] {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard lock(self->mutex);
    // The listener may have gone while this call was on its way.
    for (const auto& known : self->listeners)
      if (known.get() == raw && !self->is_paused) return self->accept_from(*raw);
  });
}

void Server::Impl::accept_from(Listener& listener) {
  constexpr int batch_max = 64;
  for (int i = 0; i < batch_max; ++i) {
    if (connections.size() >= shared->options.connections_max) return pause();
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    Descriptor descriptor(accept4(listener.descriptor.get(), reinterpret_cast<sockaddr*>(&storage), &length,
                                  SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (descriptor.get() >= 0) {
      accepted(std::move(descriptor), storage);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    // Out of descriptors or memory: others will free some; asking at once would only spin.
    log::warning("http", "accepting on {}: {}", listener.endpoint.to_string(), std::strerror(errno));
    pause();
    retry = loop.after(std::chrono::milliseconds(100), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        const std::lock_guard lock(self->mutex);
        self->resume();
      }
    });
    return;
  }
}

void Server::Impl::accepted(Descriptor descriptor, const sockaddr_storage& storage) {
  const bool is_local = storage.ss_family == AF_UNIX;
  const auto peer = net::from_sockaddr(storage);
  if (!is_local) set_tcp_options(descriptor.get(), shared->options.dead_peer_time);
  Strand strand(loop.impl().context.get_executor());
  RawSocket socket(strand);
  boost::system::error_code error;
  socket.assign({storage.ss_family, is_local ? 0 : IPPROTO_TCP}, descriptor.get(), error);
  if (error) return;
  descriptor.release();
  const auto connection = std::make_shared<Connection>(shared, std::move(socket), peer, is_local);
  connections.emplace(connection.get(), connection);
  auto& count = per_address[peer.address];
  ++count;
  if (is_local || count <= shared->options.connections_per_address_max)
    connection->start();
  else
    connection->start_refused();
}

void Server::Impl::pause() {
  is_paused = true;
  for (const auto& listener : listeners) listener->watch.cancel();
}

void Server::Impl::resume() {
  if (!is_paused || is_stopping) return;
  is_paused = false;
  for (const auto& listener : listeners) watch(*listener);
}

void Server::Impl::on_gone(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex);
  if (connections.erase(connection.get()) == 0) return;
  const auto count = per_address.find(connection->peer().address);
  if (count != per_address.end() && --count->second == 0) per_address.erase(count);
  resume();
  gone.notify_all();
}

void Server::Impl::stop() {
  std::vector<std::unique_ptr<Listener>> closing;
  std::vector<std::shared_ptr<Connection>> open;
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(is_stopping, true)) return;
    closing = std::move(listeners);
    listeners.clear();
    for (const auto& [key, connection] : connections) open.push_back(connection);
    deadline = loop.after(shared->options.shutdown_time_max, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->abort_all();
    });
  }
  for (const auto& listener : closing)
    if (!listener->path.empty()) ::unlink(listener->path.c_str());
  for (const auto& connection : open) connection->shut_down(false);
}

void Server::Impl::abort_all() {
  const std::lock_guard lock(mutex);
  for (const auto& [key, connection] : connections) connection->shut_down(true);
}

Server::Server(net::Loop& loop, ServerOptions options, Router router) : impl_(std::make_shared<Impl>(loop)) {
  impl_->shared->options = std::move(options);
  impl_->shared->router = std::move(router);
  impl_->shared->on_gone = [weak = std::weak_ptr(impl_)](const std::shared_ptr<Connection>& connection) {
    if (const auto impl = weak.lock()) impl->on_gone(connection);
  };
}

Server::~Server() {
  CHECK(!impl_->loop.is_current(), "a server cannot be destroyed by a thread of its loop");
  impl_->stop();
  std::map<Connection*, std::shared_ptr<Connection>> left;
  std::unique_lock lock(impl_->mutex);
  // A loop that was stopped closes nothing any more: then there is nothing to wait for either.
  while (!impl_->connections.empty() && !impl_->loop.impl().context.stopped())
    impl_->gone.wait_for(lock, std::chrono::milliseconds(20));
  left.swap(impl_->connections);
  impl_->deadline.cancel();
  impl_->retry.cancel();
}

Result<> Server::listen(const std::vector<net::Endpoint>& endpoints) {
  TRY(reserve(endpoints));
  accept();
  return {};
}

Result<> Server::reserve(const std::vector<net::Endpoint>& endpoints) {
  auto wanted = endpoints;
  if (wanted.empty())
    for (const auto& address : net::loopback_addresses()) wanted.push_back({address, 0});
  auto opened = open_listeners(wanted);
  // The port that one family gave may be taken in the other: another one will be free in both.
  for (int i = 0; i < 20 && !opened && opened.error().code == Code::already_exists && wanted.front().port == 0; ++i)
    opened = open_listeners(wanted);
  // One that was killed while it started a program leaves its port taken until that is loaded.
  for (int i = 0; i < 50 && !opened && opened.error().code == Code::already_exists && wanted.front().port != 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    opened = open_listeners(wanted);
  }
  if (!opened) return std::unexpected(std::move(opened).error());
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_stopping) return fail(Code::failed_precondition, "the server is stopped");
  for (auto& listener : *opened) {
    impl_->endpoints.push_back(listener.endpoint);
    impl_->listeners.push_back(std::make_unique<Listener>(std::move(listener)));
  }
  return {};
}

void Server::accept() {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& listener : impl_->listeners) impl_->watch(*listener);
}

Result<> Server::listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return invalid(
        fmt::format("listening on {}: the path is empty or longer than {}", path, sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (descriptor.get() < 0) return bind_error(path, errno);
  ::unlink(path.c_str());
  // The mode is that of the socket before bind(2) makes the file: nobody else gets in between.
  fchmod(descriptor.get(), 0600);
  if (bind(descriptor.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(descriptor.get(), SOMAXCONN) != 0)
    return bind_error(path, errno);
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_stopping) return fail(Code::failed_precondition, "the server is stopped");
  impl_->listeners.push_back(std::make_unique<Listener>(
      Listener{.descriptor = std::move(descriptor), .endpoint = {}, .path = path, .watch = {}}));
  impl_->watch(*impl_->listeners.back());
  return {};
}

std::vector<net::Endpoint> Server::endpoints() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->endpoints;
}

std::size_t Server::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections.size();
}

void Server::stop() { impl_->stop(); }

std::vector<net::Endpoint> any_endpoints(std::uint16_t port) {
  std::vector<net::Endpoint> out;
  for (const auto& address : {net::Address::any_v4(), net::Address::any_v6()})
    if (open_listener({address, 0})) out.push_back({address, port});
  return out;
}

}  // namespace stoa::http
