#include "daemon/probe_connections.h"

#include <fmt/format.h>

#include "http/client.h"
#include "net/knock.h"

namespace stoa::daemon {
namespace {

using agent::ProbeOutcome;

constexpr int redirects_max = 50;  // As many as curl follows.
constexpr std::uint32_t port_max = 65'535;

class HttpProbe final : public Probes::UnderWay {
 public:
  HttpProbe(net::Loop& loop, agent::ProbeHttp target, ProbeDone done)
      : target_(std::move(target)), done_(std::move(done)), client_(loop) {}

  void start() override { ask(); }

 private:
  // A callback may come before this returns, on another thread, and begin the next question: it is the last to touch
  // anything.
  void ask() {
    const std::string text = fmt::format("{}://{}:{}{}", target_.tls ? "https" : "http",
                                         net::bracketed(target_.hosts.at(next_++)), target_.port, target_.path);
    const Result<net::Url> url = net::Url::parse(text);
    http::ClientRequest request;
    request.timeout = Duration(0);
    request.redirects_max = redirects_max;
    request.discard_body = true;
    request.accept_any_certificate = true;
    request.headers = {{"Accept", "*/*"}, {"User-Agent", "stoa"}, {"Connection", "close"}};
    if (!url) return end({.kind = ProbeOutcome::Kind::failed, .message = url.error().message});
    request.url = *url;
    client_.request(std::move(request), [this](const Result<http::Response>& response) { on_answer(response); });
  }

  void on_answer(const Result<http::Response>& response) {
    if (response) return end({.kind = ProbeOutcome::Kind::answered, .value = response->status});
    if (next_ < target_.hosts.size()) return ask();
    end({.kind = ProbeOutcome::Kind::failed, .message = response.error().message});
  }

  void end(ProbeOutcome outcome) {
    const ProbeDone done = std::move(done_);  // What it destroys is this.
    done(std::move(outcome));
  }

  const agent::ProbeHttp target_;
  ProbeDone done_;
  std::size_t next_ = 0;
  http::Client client_;
};

class TcpProbe final : public Probes::UnderWay {
 public:
  TcpProbe(net::Loop& loop, agent::ProbeTcp target, ProbeDone done)
      : loop_(loop), target_(std::move(target)), done_(std::move(done)) {}

  void start() override {
    std::vector<net::Endpoint> endpoints;
    for (const std::string& host : target_.hosts) {
      if (const auto address = net::Address::parse(host))
        endpoints.push_back({*address, static_cast<std::uint16_t>(target_.port)});
    }
    knock_ = net::knock(loop_, std::move(endpoints), [done = done_](const Result<>& accepted) {
      done({.kind = ProbeOutcome::Kind::answered,
            .value = accepted ? 1 : 0,
            .message = accepted ? std::string() : accepted.error().message});
    });
  }

 private:
  net::Loop& loop_;
  const agent::ProbeTcp target_;
  const ProbeDone done_;
  net::Knock knock_;
};

// A probe that cannot even be tried.
class Impossible final : public Probes::UnderWay {
 public:
  Impossible(std::string why, ProbeDone done) : why_(std::move(why)), done_(std::move(done)) {}
  void start() override { done_({.kind = ProbeOutcome::Kind::failed, .message = why_}); }

 private:
  const std::string why_;
  const ProbeDone done_;
};

template <typename Kind, typename Target>
std::shared_ptr<Probes::UnderWay> make(net::Loop& loop, Target target, ProbeDone done) {
  if (target.port == 0 || target.port > port_max)
    return std::make_shared<Impossible>(fmt::format("there is no port {}", target.port), std::move(done));
  if (target.hosts.empty()) return std::make_shared<Impossible>("there is no address", std::move(done));
  return std::make_shared<Kind>(loop, std::move(target), std::move(done));
}

}  // namespace

std::shared_ptr<Probes::UnderWay> http_probe(net::Loop& loop, agent::ProbeHttp target, ProbeDone done) {
  return make<HttpProbe>(loop, std::move(target), std::move(done));
}

std::shared_ptr<Probes::UnderWay> tcp_probe(net::Loop& loop, agent::ProbeTcp target, ProbeDone done) {
  return make<TcpProbe>(loop, std::move(target), std::move(done));
}

}  // namespace stoa::daemon
