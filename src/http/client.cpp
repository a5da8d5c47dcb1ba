#include "http/client.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <cstring>
#include <future>
#include <set>

#include "http/client_connection.h"
#include "http/tls_tunnel.h"
#include "net/sockaddr.h"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t idle_max = 16;          // Kept connections per host.
constexpr std::size_t remembered_max = 1024;  // Hosts whose working address is known.
constexpr std::size_t upload_bytes_max = 64 << 20;
constexpr std::chrono::milliseconds next_address_after{250};  // RFC 8305, 5.

using Address = net::Address;
using GenericEndpoint = asio::generic::stream_protocol::endpoint;

std::optional<GenericEndpoint> to_asio(const net::Endpoint& endpoint) {
  sockaddr_storage storage;
  const auto length = net::to_sockaddr(endpoint, storage);
  if (!length) return std::nullopt;
  return GenericEndpoint(&storage, *length, IPPROTO_TCP);
}

// One family, then the other, beginning with the family of the first (RFC 8305, 4); `best` before all.
std::vector<net::Endpoint> in_order_of_trial(const std::vector<Address>& addresses, std::uint16_t port,
                                             const std::optional<Address>& best) {
  std::deque<Address> first, second;
  for (const auto& address : addresses) {
    if (best == address) continue;
    (address.is_v4() == addresses.front().is_v4() ? first : second).push_back(address);
  }
  std::vector<net::Endpoint> out;
  if (best && std::ranges::find(addresses, *best) != addresses.end()) out.push_back({*best, port});
  while (!first.empty() || !second.empty()) {
    for (auto* queue : {&first, &second}) {
      if (queue->empty()) continue;
      out.push_back({queue->front(), port});
      queue->pop_front();
    }
  }
  return out;
}

bool is_spoken(const ClientRequest& request, const net::Url& url) {
  return url.scheme == "http" || (url.scheme == "https" && request.accept_any_certificate);
}

// Tries addresses until one accepts; on a strand.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  using Done = std::function<void(Result<RawSocket>, const std::optional<Address>&)>;
  Connector(Strand strand, std::string name, Done done)
      : strand_(std::move(strand)), name_(std::move(name)), done_(std::move(done)), timer_(strand_) {}

  void start(std::vector<net::Endpoint> endpoints) {
    endpoints_ = std::move(endpoints);
    try_next();
  }
  void start_unix(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) return finish(invalid(name_ + ": the path is too long"), {});
    attempt(asio::local::stream_protocol::endpoint(path), std::nullopt);
  }

 private:
  void try_next() {
    timer_.cancel();
    if (!done_) return;
    while (next_ < endpoints_.size()) {
      const auto& endpoint = endpoints_[next_++];
      if (const auto target = to_asio(endpoint)) {
        attempt(*target, endpoint.address);
        if (next_ < endpoints_.size()) {
          timer_.expires_after(next_address_after);
          timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
            if (!error) self->try_next();
          });
        }
        return;
      }
      error_ = fmt::format("{}: no interface of that zone", endpoint.to_string());
    }
    if (pending_ == 0) finish(fail(Code::unavailable, fmt::format("connecting to {}: {}", name_, error_)), {});
  }

  void attempt(const GenericEndpoint& target, std::optional<Address> address) {
    auto socket = std::make_shared<RawSocket>(strand_);  // Shared with the other attempts, which cancel it.
    sockets_.push_back(socket);
    ++pending_;
    socket->async_connect(target, [self = shared_from_this(), socket, address](boost::system::error_code error) {
      --self->pending_;
      if (!self->done_) return;
      if (!error) return self->finish(std::move(*socket), address);
      self->error_ = address ? fmt::format("{}: {}", address->to_string(), error.message()) : error.message();
      self->try_next();
    });
  }

  void finish(Result<RawSocket> outcome, const std::optional<Address>& address) {
    timer_.cancel();
    boost::system::error_code ignored;
    for (const auto& socket : sockets_) socket->close(ignored);
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome), address);
  }

  Strand strand_;
  std::string name_;
  Done done_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Strand> timer_;
  std::vector<net::Endpoint> endpoints_;
  std::vector<std::shared_ptr<RawSocket>> sockets_;
  std::size_t next_ = 0;
  std::size_t pending_ = 0;
  std::string error_ = "no address";
};

class OperationStream final : public ClientStream {
 public:
  explicit OperationStream(std::shared_ptr<Operation> operation) : operation_(std::move(operation)) {}
  void close() override {
    operation_->is_cancelled = true;
    asio::post(operation_->strand, [operation = operation_] { operation->fail_with({Code::unavailable, "closed"}); });
  }
  bool send(std::string data) override { return operation_->pipe && operation_->pipe->send(std::move(data)); }
  void finish() override {
    if (operation_->pipe) operation_->pipe->close();
  }
  void pause(bool paused) override {
    operation_->is_paused = paused;
    if (!paused) operation_->pipe_wants_input();
  }

 private:
  std::shared_ptr<Operation> operation_;
};

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  net::Loop& loop;
  Strand strand;
  std::shared_ptr<CallbackGate> gate = std::make_shared<CallbackGate>();
  asio::ip::basic_resolver<asio::ip::tcp, Strand> resolver;
  std::map<std::string, std::vector<std::shared_ptr<ClientConnection>>> idle;
  std::map<ClientConnection*, std::shared_ptr<ClientConnection>> connections;  // All, until they close.
  std::map<std::string, Address> remembered;
  std::set<std::shared_ptr<Operation>> operations;  // Those that wait for a connection.
  bool is_closed = false;
  std::string authorization;

  explicit Impl(net::Loop& from) : loop(from), strand(loop.impl().context.get_executor()), resolver(strand) {}

  std::shared_ptr<Operation> make(ClientRequest request, Operation::Mode mode);
  void submit(const std::shared_ptr<Operation>& operation);
  void start(const std::shared_ptr<Operation>& operation, bool may_reuse);
  void connect(const std::shared_ptr<Operation>& operation);
  void resolved(const std::shared_ptr<Operation>& operation, std::vector<Address> addresses);
  std::shared_ptr<Connector> connector(const std::shared_ptr<Operation>& operation);
  void connected(const std::shared_ptr<Operation>& operation, RawSocket socket);
  void encrypt(const std::shared_ptr<Operation>& operation, RawSocket socket);
  void ready(const std::shared_ptr<Operation>& operation, RawSocket socket);
  bool follow(const std::shared_ptr<Operation>& operation);
  void close_all();
};

std::shared_ptr<Operation> Client::Impl::make(ClientRequest request, Operation::Mode mode) {
  auto out = std::make_shared<Operation>(strand, gate);
  out->mode = mode;
  out->request = std::move(request);
  if (!authorization.empty() && !out->request.headers.has("Authorization")) {
    out->request.headers.set("Authorization", authorization);
  }
  if (out->request.chunked_upload) {
    out->pipe =
        std::make_shared<Pipe>(strand, out->weak_from_this(),
                               Pipe::Options{.form = Pipe::Form::chunked, .bytes_max = upload_bytes_max, .peer = {}});
    out->pipe->send(std::exchange(out->request.body, {}));
  }
  out->on_redirect = [weak = weak_from_this()](const std::shared_ptr<Operation>& operation) {
    const auto self = weak.lock();
    return self && self->follow(operation);
  };
  out->on_broken = [weak = weak_from_this()](const std::shared_ptr<Operation>& operation) {
    const auto self = weak.lock();
    const auto& method = operation->request.method;
    if (!self || self->is_closed || !operation->is_reused || (method != "GET" && method != "HEAD")) return false;
    self->start(operation, false);
    return true;
  };
  return out;
}

void Client::Impl::submit(const std::shared_ptr<Operation>& operation) {
  asio::post(strand, [self = shared_from_this(), operation] {
    if (self->is_closed) return;
    if (!is_spoken(operation->request, operation->request.url))
      return operation->fail_with(
          {Code::unimplemented, fmt::format("{}: only http is spoken", operation->request.url.to_string())});
    if (operation->request.timeout > Duration::zero())
      operation->timer = self->loop.after(operation->request.timeout, [weak = std::weak_ptr(operation)] {
        const auto late = weak.lock();
        if (!late) return;
        asio::post(late->strand, [late] {
          if (late->timer) late->fail_with({Code::timed_out, late->request.url.to_string() + ": no answer in time"});
        });
      });
    self->start(operation, operation->mode != Operation::Mode::upgrade);
  });
}

void Client::Impl::start(const std::shared_ptr<Operation>& operation, bool may_reuse) {
  auto& kept = idle[operation->host_key()];
  while (may_reuse && !kept.empty()) {
    const auto connection = kept.back();
    kept.pop_back();
    if (!connection->is_open()) continue;
    operation->is_reused = true;
    return connection->send(operation);
  }
  operation->is_reused = false;
  operations.insert(operation);
  connect(operation);
}

std::shared_ptr<Connector> Client::Impl::connector(const std::shared_ptr<Operation>& operation) {
  return std::make_shared<Connector>(
      strand, operation->host_key(),
      [weak = weak_from_this(), operation](Result<RawSocket> socket, const std::optional<Address>& address) {
        const auto self = weak.lock();
        if (!self || !self->operations.contains(operation)) return;
        if (!socket || operation->is_done) self->operations.erase(operation);
        if (operation->is_done) return;
        if (!socket) return operation->fail_with(std::move(socket).error());
        if (address && self->remembered.size() < remembered_max)
          self->remembered.insert_or_assign(operation->host_key(), *address);
        self->connected(operation, *std::move(socket));
      });
}

void Client::Impl::connect(const std::shared_ptr<Operation>& operation) {
  const auto& request = operation->request;
  if (!request.unix_socket.empty()) return connector(operation)->start_unix(request.unix_socket);
  if (auto literal = Address::parse(request.url.host)) return resolved(operation, {*std::move(literal)});
  resolver.async_resolve(
      request.url.host, std::to_string(request.url.port), asio::ip::resolver_base::numeric_service,
      [weak = weak_from_this(), operation](boost::system::error_code error, const auto& results) {
        const auto self = weak.lock();
        if (!self || self->is_closed || operation->is_done) return;
        std::vector<Address> addresses;
        for (const auto& entry : results) {
          sockaddr_storage storage{};
          std::memcpy(&storage, entry.endpoint().data(), entry.endpoint().size());
          addresses.push_back(net::from_sockaddr(storage).address);
        }
        if (!error && !addresses.empty()) return self->resolved(operation, std::move(addresses));
        self->operations.erase(operation);
        operation->fail_with({Code::unavailable, fmt::format("resolving '{}': {}", operation->request.url.host,
                                                             error ? error.message() : "it has no address")});
      });
}

void Client::Impl::resolved(const std::shared_ptr<Operation>& operation, std::vector<Address> addresses) {
  const auto best = remembered.find(operation->host_key());
  connector(operation)->start(in_order_of_trial(addresses, operation->request.url.port,
                                                best == remembered.end() ? std::nullopt : std::optional(best->second)));
}

void Client::Impl::connected(const std::shared_ptr<Operation>& operation, RawSocket socket) {
  if (operation->request.unix_socket.empty()) set_tcp_options(socket.native_handle(), std::chrono::seconds(75));
  if (operation->request.url.scheme == "https") return encrypt(operation, std::move(socket));
  ready(operation, std::move(socket));
}

void Client::Impl::encrypt(const std::shared_ptr<Operation>& operation, RawSocket socket) {
  auto abandon = open_tls_tunnel(strand, std::move(socket), operation->request.url.host,
                                 [weak = weak_from_this(), operation](Result<RawSocket> plain) {
                                   operation->abandon = nullptr;
                                   const auto self = weak.lock();
                                   if (!self || operation->is_done) return;
                                   if (plain) return self->ready(operation, *std::move(plain));
                                   self->operations.erase(operation);
                                   operation->fail_with(std::move(plain).error());
                                 });
  operation->abandon = [weak = weak_from_this(), key = std::weak_ptr(operation), abandon = std::move(abandon)] {
    abandon();
    const auto self = weak.lock();
    if (const auto abandoned = key.lock(); self && abandoned) self->operations.erase(abandoned);
  };
}

void Client::Impl::ready(const std::shared_ptr<Operation>& operation, RawSocket socket) {
  operations.erase(operation);
  boost::system::error_code ignored;
  socket.native_non_blocking(true, ignored);
  if (operation->mode == Operation::Mode::upgrade)
    operation->pipe = std::make_shared<Pipe>(
        strand, operation->weak_from_this(),
        Pipe::Options{
            .form = Pipe::Form::raw, .bytes_max = upload_bytes_max, .peer = net::peer_of(socket.native_handle())});
  const auto connection = std::make_shared<ClientConnection>(
      std::move(socket), operation->host_key(),
      ClientConnection::Hooks{.on_idle =
                                  [weak = weak_from_this()](const std::shared_ptr<ClientConnection>& idle_one) {
                                    const auto self = weak.lock();
                                    if (!self || self->is_closed || self->idle[idle_one->host_key()].size() >= idle_max)
                                      return idle_one->close();
                                    self->idle[idle_one->host_key()].push_back(idle_one);
                                    idle_one->watch();
                                  },
                              .on_gone =
                                  [weak = weak_from_this()](const std::shared_ptr<ClientConnection>& gone) {
                                    const auto self = weak.lock();
                                    if (!self) return;
                                    const auto kept = self->idle.find(gone->host_key());
                                    if (kept != self->idle.end()) {
                                      std::erase(kept->second, gone);
                                      if (kept->second.empty()) self->idle.erase(kept);
                                    }
                                    self->connections.erase(gone.get());
                                  }});
  connections.emplace(connection.get(), connection);
  connection->send(operation);
}

bool Client::Impl::follow(const std::shared_ptr<Operation>& operation) {
  const int status = operation->response.status;
  const auto location = operation->response.headers.get("Location");
  const bool is_redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (!is_redirect || !location || operation->request.redirects_max <= 0 || is_closed) return false;
  auto url = net::Url::resolve(operation->request.url, *location);
  if (!url || !is_spoken(operation->request, *url)) return false;
  // `/redirect` of a master names a host without a path.
  operation->request.url = *std::move(url);
  --operation->request.redirects_max;
  if (status == 303) {
    operation->request.method = "GET";
    operation->request.body.clear();
  }
  operation->response = {};
  operation->head_seen = false;
  // One timeout covers all hops.
  if (operation->request.timeout > Duration::zero())
    operation->timer = loop.after(operation->request.timeout, [weak = std::weak_ptr(operation)] {
      if (const auto late = weak.lock())
        asio::post(late->strand, [late] {
          if (late->timer) late->fail_with({Code::timed_out, late->request.url.to_string() + ": no answer in time"});
        });
    });
  start(operation, true);
  return true;
}

void Client::Impl::close_all() {
  is_closed = true;
  resolver.cancel();
  auto open = std::exchange(connections, {});
  for (const auto& [key, connection] : open) connection->close();
  for (const auto& operation : std::exchange(operations, {})) operation->fail_with({Code::unavailable, "closed"});
  idle.clear();
}

Client::Client(net::Loop& loop) : impl_(std::make_shared<Impl>(loop)) {}

Client::~Client() {
  {
    const std::lock_guard lock(impl_->gate->mutex);
    impl_->gate->is_closed = true;
  }
  asio::post(impl_->strand, [impl = impl_] { impl->close_all(); });
}

void Client::set_authorization(std::string value) { impl_->authorization = std::move(value); }

void Client::request(ClientRequest request, std::function<void(Result<Response>)> done) {
  auto operation = impl_->make(std::move(request), Operation::Mode::whole);
  operation->on_head = std::move(done);
  impl_->submit(operation);
}

std::shared_ptr<ClientStream> Client::stream(ClientRequest request, std::function<void(Result<Response>)> on_head,
                                             std::function<void(std::string_view)> on_data,
                                             std::function<void(Result<>)> on_end) {
  auto operation = impl_->make(std::move(request), Operation::Mode::stream);
  operation->on_head = std::move(on_head);
  operation->on_data = std::move(on_data);
  operation->on_end = std::move(on_end);
  impl_->submit(operation);
  return std::make_shared<OperationStream>(operation);
}

void Client::upgrade(ClientRequest request, std::string protocol,
                     std::function<void(Result<std::shared_ptr<Channel>>)> done) {
  auto operation = impl_->make(std::move(request), Operation::Mode::upgrade);
  operation->protocol = std::move(protocol);
  operation->on_channel = std::move(done);
  impl_->submit(operation);
}

Result<Response> fetch(ClientRequest request) {
  net::Loop loop(1);
  Client client(loop);
  std::promise<Result<Response>> promise;
  auto future = promise.get_future();
  client.request(std::move(request), [&](Result<Response> response) { promise.set_value(std::move(response)); });
  return future.get();
}

}  // namespace stoa::http
