#include "fetcher/program/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/log.h"
#include "base/system_error.h"
#include "base/text.h"
#include "fetcher/source.h"
#include "net/loop.h"
#include "net/sockaddr.h"

namespace stoa::fetcher {
namespace {

constexpr int redirects_max = 10;
constexpr std::size_t parallel_max = 8;
constexpr std::size_t tag_bytes_max = 512;

using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// A URL taken apart the way libcurl will use it: judging another reading of it would judge another URL.
struct Target {
  std::string url;  // Without credentials.
  std::string scheme;
  std::string host;
  std::string port;
  std::string user;
  std::string secret;

  bool same_place(const Target& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

// `text` may be relative to `base`, a URL; without one it must be whole.
Result<Target> parse_target(const std::string& text, const std::string& base = {}) {
  const UrlHandle url(curl_url(), &curl_url_cleanup);
  if (!base.empty()) curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0);
  // What libcurl does not know is parsed, too, so that it is refused by its name.
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return invalid(fmt::format("Malformed URI: {}", shown(text)));
  }
  Target target{.scheme = part_of(url.get(), CURLUPART_SCHEME),
                .host = part_of(url.get(), CURLUPART_HOST),
                .port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT),
                .user = part_of(url.get(), CURLUPART_USER, CURLU_URLDECODE),
                .secret = part_of(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE)};
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  target.url = part_of(url.get(), CURLUPART_URL);
  return target;
}

// One transfer, over all its redirects.
class Running {
 public:
  Running(const TransferSettings& settings, Transfer& transfer)
      : settings_(settings), transfer_(transfer), easy_(curl_easy_init(), &curl_easy_cleanup) {}

  CURL* easy() const { return easy_.get(); }
  Transfer& transfer() { return transfer_; }

  Result<> begin() {
    if (!easy_) return fail(Code::resource_exhausted, "cannot begin a transfer");
    LET(target_, parse_target(transfer_.uri));
    origin_ = target_;
    return aim();
  }

  // libcurl has ended this leg. True: there is another.
  Result<bool> on_ended(CURLcode code) {
    // Of a host with several addresses another one may have answered.
    if (unreachable_ && code == CURLE_COULDNT_CONNECT) return std::unexpected(*unreachable_);
    if (refusal_) return std::unexpected(*refusal_);
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
    const bool web = speaks_http();
    if (code != CURLE_OK && !body_is_ignored_) return std::unexpected(transfer_error(code));
    if (web && (status == 301 || status == 302 || status == 303 || status == 307 || status == 308)) {
      TRY(follow());
      return true;
    }
    if (web && status != 200) {
      // A no of the origin is its answer; anything else says nothing about the file.
      const Code why = status >= 400 && status < 500 ? Code::failed_precondition : Code::unavailable;
      return fail(why, fmt::format("HTTP status {}", status));
    }
    if (!web && !transfer_.head_only && status != 226)
      return fail(Code::unavailable, fmt::format("FTP status {}", status));
    note_version();
    return false;
  }

  // Called now and then; fails when the peer has been silent, or all but silent, for too long.
  Result<> check_progress(TimePoint now) {
    if (seen_ != seen_before_ || last_byte_ == TimePoint()) {
      seen_before_ = seen_;
      last_byte_ = now;
    }
    if (window_begin_ == TimePoint()) window_begin_ = now;
    bool stalled = now - last_byte_ >= settings_.stall_timeout;
    if (now - window_begin_ >= settings_.stall_timeout) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings_.stall_timeout).count();
      if (seen_ - seen_in_window_ < static_cast<std::uint64_t>(seconds)) stalled = true;
      window_begin_ = now;
      seen_in_window_ = seen_;
    }
    if (!stalled) return {};
    return fail(Code::timed_out,
                fmt::format("stalled: nothing to speak of came for {}", format_duration(settings_.stall_timeout)));
  }

 private:
  template <typename T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy(), option, value);
  }

  Result<> aim() {
    const std::string proxy = proxy_for(settings_.environment, target_.scheme, target_.host);
    has_proxy_ = !proxy.empty();
    if (has_proxy_) TRY(check_named_host());
    set(CURLOPT_URL, target_.url.c_str());
    // Credentials are for the host that they were given for.
    const bool own = target_.same_place(origin_);
    set(CURLOPT_USERNAME, own && !origin_.user.empty() ? origin_.user.c_str() : nullptr);
    set(CURLOPT_PASSWORD, own && !origin_.user.empty() ? origin_.secret.c_str() : nullptr);
    set(CURLOPT_PROXY, proxy.c_str());
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_PROTOCOLS_STR, "http,https,ftp,ftps");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "stoa-fetch");
    set(CURLOPT_NOBODY, transfer_.head_only ? 1L : 0L);
    set(CURLOPT_FILETIME, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, 0x7fffffffL);  // Ours counts.
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Running::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Running::take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Running::take_bytes);
    set(CURLOPT_WRITEDATA, this);
    if (const auto found = settings_.environment.find("SSL_CERT_FILE"); found != settings_.environment.end()) {
      set(CURLOPT_CAINFO, found->second.c_str());
    }
    error_[0] = '\0';
    body_is_ignored_ = false;
    unreachable_.reset();
    transfer_.version = {};
    return rewind_file();
  }

  Result<> rewind_file() {
    transfer_.bytes = 0;
    if (transfer_.head_only) return {};
    if (::ftruncate(transfer_.file, 0) != 0 || ::lseek(transfer_.file, 0, SEEK_SET) != 0) {
      return system_failure("write", errno);
    }
    return {};
  }

  // Behind a proxy nobody here sees the address; a literal one shows itself.
  Result<> check_named_host() const {
    std::string_view host = target_.host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const std::string name = lower_case(host);
    const bool local_name = name == "localhost" || name.ends_with(".localhost");
    const Result<net::Address> literal =
        local_name ? Result<net::Address>(net::Address::loopback_v4()) : net::Address::parse(name);
    if (literal && !settings_.policy.allows(*literal)) return std::unexpected(refused_address(*literal));
    return {};
  }

  static Error refused_address(const net::Address& address) {
    return {Code::permission_denied,
            fmt::format("connections to {} are not allowed (--fetcher_allowed_networks)", address.to_string())};
  }

  Result<> follow() {
    if (++redirects_ > redirects_max)
      return fail(Code::unavailable, fmt::format("more than {} redirects", redirects_max));
    if (location_.empty()) return fail(Code::unavailable, "a redirect without a Location");
    LET(Target next, parse_target(location_, target_.url));
    if (!redirect_is_allowed(target_.scheme, next.scheme)) {
      return fail(Code::permission_denied,
                  fmt::format("a redirect from {} to {} is not followed", target_.scheme, shown(next.url)));
    }
    target_ = std::move(next);
    return aim();
  }

  // Also of a URL of FTP that a proxy is asked for.
  bool speaks_http() const {
    const char* scheme = nullptr;
    curl_easy_getinfo(easy(), CURLINFO_SCHEME, &scheme);
    return lower_case(scheme != nullptr ? scheme : target_.scheme).starts_with("http");
  }

  Error transfer_error(CURLcode code) const {
    const char* why = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    return {Code::unavailable, log::one_line(why)};
  }

  void note_version() {
    curl_off_t length = -1;
    curl_easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    transfer_.version.bytes = length > 0 ? static_cast<std::uint64_t>(length) : 0;
    curl_off_t modified = -1;
    curl_easy_getinfo(easy(), CURLINFO_FILETIME_T, &modified);
    if (modified >= 0) transfer_.version.modified = fmt::format("{}", modified);
  }

  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* to) {
    auto& running = *static_cast<Running*>(self);
    sockaddr_storage storage{};
    std::memcpy(&storage, &to->addr, std::min<std::size_t>(to->addrlen, sizeof storage));
    const net::Endpoint endpoint = net::from_sockaddr(storage);
    const bool known = to->family == AF_INET || to->family == AF_INET6;
    if (!known || (!running.has_proxy_ && !running.settings_.policy.allows(endpoint.address))) {
      if (!running.unreachable_) running.unreachable_ = refused_address(endpoint.address);
      return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& running = *static_cast<Running*>(self);
    running.seen_ += size;
    const std::string_view line(bytes, size);
    // A new head, of the final answer or of one before it.
    if (line.starts_with("HTTP/")) {
      running.transfer_.version.tag.clear();
      running.location_.clear();
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    const std::string name = lower_case(line.substr(0, colon));
    if (name == "etag") running.transfer_.version.tag = trim(line.substr(colon + 1)).substr(0, tag_bytes_max);
    if (name == "location") running.location_ = trim(line.substr(colon + 1));
    return size;
  }

  static std::size_t take_bytes(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& running = *static_cast<Running*>(self);
    running.seen_ += size;
    return running.write(bytes, size) ? size : CURL_WRITEFUNC_ERROR;
  }

  bool write(const char* bytes, std::size_t size) {
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
    if (speaks_http() && status != 200) {
      // What an error or a redirect says beside its head is nobody's file, and may have no end.
      body_is_ignored_ = true;
      return false;
    }
    if (settings_.bytes_max != 0 && size > settings_.bytes_max - transfer_.bytes) {
      return refuse({Code::resource_exhausted, fmt::format("it has more than {} bytes", settings_.bytes_max)});
    }
    for (std::size_t done = 0; done < size;) {
      const ssize_t count = ::write(transfer_.file, bytes + done, size - done);
      if (count < 0) return refuse(system_failure("write", errno).error());
      done += static_cast<std::size_t>(count);
    }
    transfer_.bytes += size;
    return true;
  }

  bool refuse(Error error) {
    refusal_ = std::move(error);
    return false;
  }

  const TransferSettings& settings_;
  Transfer& transfer_;
  const Easy easy_;
  Target target_;
  Target origin_;
  std::string location_;  // Of the last head.
  int redirects_ = 0;
  bool has_proxy_ = false;
  bool body_is_ignored_ = false;
  std::optional<Error> unreachable_;  // An address that may not be connected to.
  std::optional<Error> refusal_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::uint64_t seen_ = 0;  // Bytes of any kind.
  std::uint64_t seen_before_ = 0;
  std::uint64_t seen_in_window_ = 0;
  TimePoint last_byte_;
  TimePoint window_begin_;
};

class Crowd {
 public:
  Crowd(const TransferSettings& settings, std::span<Transfer> transfers)
      : settings_(settings), waiting_(transfers), multi_(curl_multi_init(), &curl_multi_cleanup) {}
  ~Crowd() {
    for (const auto& each : running_) curl_multi_remove_handle(multi_.get(), each->easy());
  }

  void run() {
    const auto step =
        std::clamp<Duration>(settings_.stall_timeout / 4, std::chrono::milliseconds(5), std::chrono::seconds(1));
    const int step_ms = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(step).count());
    while (!failed_ && (!waiting_.empty() || !running_.empty())) {
      while (!waiting_.empty() && running_.size() < parallel_max && !failed_) begin_next();
      int still = 0;
      curl_multi_perform(multi_.get(), &still);
      take_ended();
      check_progress();
      if (!failed_ && !running_.empty()) curl_multi_poll(multi_.get(), nullptr, 0, step_ms, nullptr);
    }
  }

 private:
  void begin_next() {
    auto next = std::make_unique<Running>(settings_, waiting_.front());
    waiting_ = waiting_.subspan(1);
    if (Result<> begun = next->begin(); !begun) return end(next->transfer(), std::move(begun));
    curl_multi_add_handle(multi_.get(), next->easy());
    running_.push_back(std::move(next));
  }

  void end(Transfer& transfer, Result<> outcome) {
    if (!outcome) failed_ = true;
    transfer.outcome = std::move(outcome);
  }

  void take_ended() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      auto& running = *reinterpret_cast<Running*>(self);
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_.get(), running.easy());
      Result<bool> more = running.on_ended(code);
      if (more && *more) {
        curl_multi_add_handle(multi_.get(), running.easy());
        continue;
      }
      end(running.transfer(), more ? Result<>() : std::unexpected(std::move(more).error()));
      std::erase_if(running_, [&](const auto& each) { return each.get() == &running; });
    }
  }

  void check_progress() {
    const TimePoint now = net::now();
    for (const auto& each : running_) {
      if (Result<> progress = each->check_progress(now); !progress) end(each->transfer(), std::move(progress));
    }
  }

  const TransferSettings& settings_;
  std::span<Transfer> waiting_;
  const Multi multi_;
  std::vector<std::unique_ptr<Running>> running_;
  bool failed_ = false;
};

}  // namespace

void run_transfers(const TransferSettings& settings, std::span<Transfer> transfers) {
  Crowd(settings, transfers).run();
}

}  // namespace stoa::fetcher
