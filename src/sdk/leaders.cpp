#include "sdk/leaders.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordination/member_content.h"
#include "net/address.h"

namespace stoa::sdk {
namespace {

constexpr std::uint16_t master_port = 5050;
// So long is a leader waited for before it is said that there is none.
constexpr Duration leader_patience = std::chrono::seconds(3);

Result<net::Url> parse_master(std::string_view text) {
  net::Url url{.scheme = "http"};
  if (text.find("://") == std::string_view::npos) {
    LET(const net::HostPort where, net::HostPort::parse(text, master_port));
    url.host = where.host;
    url.port = where.port;
    return url;
  }
  LET(url, net::Url::parse(text));
  if (url.scheme != "http") return fail(Code::unimplemented, fmt::format("{}: only http is spoken", url.to_string()));
  return url;
}

}  // namespace

void MasterList::find(std::function<void(Result<net::Url>)> on_found) {
  if (known_) {
    const net::Url url = *std::exchange(known_, std::nullopt);
    return on_found(url);
  }
  const std::size_t index = next_;
  next_ = (next_ + 1) % urls_.size();
  on_found(urls_[index]);
}

// Of the driver's thread.
struct ElectedLeader::State {
  std::optional<net::Url> leader;
  std::string trouble = "ZooKeeper does not answer";
  bool is_final = false;
  std::function<void(Result<net::Url>)> waiting;

  void tell(Result<net::Url> found) {
    if (const auto call = std::exchange(waiting, nullptr)) call(std::move(found));
  }
};

ElectedLeader::ElectedLeader(zookeeper::Url url, net::Loop& loop) : loop_(loop), state_(std::make_shared<State>()) {
  const auto post = [this](std::function<void(State&)> call) {
    loop_.post([weak = std::weak_ptr(state_), call = std::move(call)] {
      if (const auto state = weak.lock()) call(*state);
    });
  };
  coordination::Group::Callbacks callbacks{
      .on_leader =
          [post](const election::LeaderSeen& seen) {
            post([seen](State& state) {
              state.leader.reset();
              state.trouble = seen.trouble.empty() ? "no master leads" : seen.trouble;
              if (!seen.leader) return;
              const net::HostPort where = coordination::endpoint_of(*seen.leader);
              state.leader = net::Url{.scheme = "http", .host = where.host, .port = where.port};
              state.tell(*state.leader);
            });
          },
      .on_member = {},
      .on_lost = {},
      .on_failed =
          [post](const std::string& why) {
            post([why](State& state) {
              state.trouble = why;
              state.is_final = true;
              state.tell(fail(Code::unavailable, why));
            });
          },
      .on_alive = {}};
  group_ =
      std::make_unique<coordination::Group>(coordination::Group::Options{.url = std::move(url)}, std::move(callbacks));
  group_->begin();
}

ElectedLeader::~ElectedLeader() = default;

void ElectedLeader::find(std::function<void(Result<net::Url>)> on_found) {
  if (state_->leader) return on_found(*state_->leader);
  state_->waiting = std::move(on_found);
  patience_ = loop_.after(state_->is_final ? Duration(0) : leader_patience, [weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->tell(fail(Code::unavailable, state->trouble));
  });
}

Result<std::unique_ptr<Leaders>> make_leaders(std::string_view masters, net::Loop& loop) {
  if (zookeeper::is_url(masters)) {
    LET(zookeeper::Url url, zookeeper::Url::parse(masters));
    return std::make_unique<ElectedLeader>(std::move(url), loop);
  }
  std::vector<net::Url> urls;
  for (const std::string_view part : split(masters, ',')) {
    const std::string_view text = trim(part);
    if (text.empty()) return invalid(fmt::format("'{}': expecting host:port, separated by commas", masters));
    LET(net::Url url, parse_master(text));
    urls.push_back(std::move(url));
  }
  return std::make_unique<MasterList>(std::move(urls));
}

}  // namespace stoa::sdk
