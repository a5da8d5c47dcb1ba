#include "sdk/leaders.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/address.h"

namespace stoa::sdk {
namespace {

constexpr std::uint16_t master_port = 5050;

Result<net::Url> parse_master(std::string_view text) {
  if (text.starts_with("zk://")) {
    return fail(Code::unimplemented, "finding the master through ZooKeeper is not available: give host:port");
  }
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

Result<std::unique_ptr<Leaders>> make_leaders(std::string_view masters) {
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
