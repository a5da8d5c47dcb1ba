// A TLS server for tests: a certificate that nobody signed but itself, and one answer to whatever is asked.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "base/check.h"
#include "net/sockaddr.h"

namespace stoa::http::testing {

// Serves one connection after the other on 127.0.0.1. Each request is read up to its blank line and answered with
// `answer`, verbatim; then the connection is closed.
class TlsServer {
 public:
  explicit TlsServer(std::string answer) : answer_(std::move(answer)), context_(SSL_CTX_new(TLS_server_method())) {
    sign();
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage storage;
    const auto length = net::to_sockaddr({net::Address::loopback_v4(), 0}, storage);
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&storage), *length) == 0 && ::listen(listener_, 8) == 0);
    endpoint = net::local_of(listener_);
    thread_ = std::thread([this] { serve(); });
  }
  TlsServer(const TlsServer&) = delete;
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }

  net::Endpoint endpoint;
  std::string request() const { return request_; }  // The last one; once its answer was read.

 private:
  void sign() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    CHECK(SSL_CTX_use_certificate(context_, certificate) == 1 && SSL_CTX_use_PrivateKey(context_, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  void serve() {
    for (;;) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, peer);
      if (SSL_accept(tls) == 1) talk(tls);
      SSL_free(tls);
      ::close(peer);
    }
  }

  void talk(SSL* tls) {
    std::string request;
    char bytes[4096];
    while (!request.contains("\r\n\r\n")) {
      const int count = SSL_read(tls, bytes, sizeof bytes);
      if (count <= 0) return;
      request.append(bytes, static_cast<std::size_t>(count));
    }
    request_ = request;
    SSL_write(tls, answer_.data(), static_cast<int>(answer_.size()));
    SSL_shutdown(tls);
  }

  const std::string answer_;
  std::string request_;
  SSL_CTX* context_;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace stoa::http::testing
