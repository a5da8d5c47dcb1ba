#include "http/tls_tunnel.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace stoa::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(const Strand& strand, RawSocket socket, std::function<void(Result<RawSocket>)> done)
      : context_(asio::ssl::context::tls_client),
        tls_(std::move(socket), context_),
        local_(strand),
        plain_(strand),
        done_(std::move(done)) {}

  void start(const std::string& host) {
    if (!net::Address::parse(host)) ::SSL_set_tlsext_host_name(tls_.native_handle(), host.c_str());
    tls_.set_verify_mode(asio::ssl::verify_none);
    tls_.async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this(), host](error_code error) { self->on_handshake(host, error); });
  }

  void abandon() {
    done_ = nullptr;
    close();
  }

 private:
  void on_handshake(const std::string& host, error_code error) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;
    if (error) {
      close();
      return done(fail(Code::unavailable, fmt::format("TLS with {}: {}", host, error.message())));
    }
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
      close();
      return done(fail(Code::resource_exhausted, "TLS: no descriptors left"));
    }
    const asio::generic::stream_protocol protocol(AF_UNIX, 0);
    local_.assign(protocol, pair[0]);
    plain_.assign(protocol, pair[1]);
    read_local();
    read_tls();
    done(std::move(plain_));
  }

  void read_local() {
    local_.async_read_some(asio::buffer(outgoing_), [self = shared_from_this()](error_code error, std::size_t size) {
      if (error) return self->close();
      asio::async_write(self->tls_, asio::buffer(self->outgoing_.data(), size), [self](error_code failed, std::size_t) {
        if (failed) return self->close();
        self->read_local();
      });
    });
  }

  void read_tls() {
    tls_.async_read_some(asio::buffer(incoming_), [self = shared_from_this()](error_code error, std::size_t size) {
      if (error) return self->close();
      asio::async_write(self->local_, asio::buffer(self->incoming_.data(), size),
                        [self](error_code failed, std::size_t) {
                          if (failed) return self->close();
                          self->read_tls();
                        });
    });
  }

  void close() {
    error_code ignored;
    tls_.lowest_layer().close(ignored);
    local_.close(ignored);
  }

  asio::ssl::context context_;
  asio::ssl::stream<RawSocket> tls_;
  RawSocket local_;
  RawSocket plain_;
  std::function<void(Result<RawSocket>)> done_;
  std::array<char, 16 * 1024> outgoing_{};
  std::array<char, 16 * 1024> incoming_{};
};

}  // namespace

std::function<void()> open_tls_tunnel(const Strand& strand, RawSocket socket, const std::string& host,
                                      std::function<void(Result<RawSocket>)> done) {
  const auto tunnel = std::make_shared<Tunnel>(strand, std::move(socket), std::move(done));
  tunnel->start(host);
  return [weak = std::weak_ptr(tunnel)] {
    if (const auto open = weak.lock()) open->abandon();
  };
}

}  // namespace stoa::http
