// Transfers: downloads over http, https, ftp and ftps, several at a time (AGT-112, AGT-117, SEC-114 to SEC-116).
//
// libcurl moves the bytes; every rule is ours: redirects are followed here, one by one, so that each target is judged
// like the first; the address of each connection is asked about when it is known; and time without bytes is measured
// here, from the first look-up on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fetcher/address_policy.h"
#include "fetcher/cache_index.h"

namespace stoa::fetcher {

using Environment = std::map<std::string, std::string, std::less<>>;

struct TransferSettings {
  AddressPolicy policy;
  Duration stall_timeout = std::chrono::minutes(1);  // > 0
  std::uint64_t bytes_max = 0;                       // Of one file; 0: any.
  Environment environment;  // For http_proxy, https_proxy, ftp_proxy, all_proxy, no_proxy, SSL_CERT_FILE.
};

struct Transfer {
  std::string uri;
  int file = -1;           // Where the bytes go; written from its start.
  bool head_only = false;  // Ask for `version` alone.

  // What came of it.
  Version version;  // Its `bytes` are 0 if they are not known beforehand.
  std::uint64_t bytes = 0;
  std::optional<Result<>> outcome;  // failed_precondition: the origin refused (HTTP 4xx).
};

// Runs all, and ends when all are done, or at the first that failed: then the others may be without an outcome.
// `libcurl` must have been initialized.
void run_transfers(const TransferSettings& settings, std::span<Transfer> transfers);

// Whether a redirect may lead from the first scheme to the second (SEC-115): within http and https, and not back from
// https.
bool redirect_is_allowed(std::string_view from, std::string_view to);

// The proxy for a host by the conventions of the environment; empty: none. Lower-case names win, and HTTP_PROXY in
// upper case is not looked at, since web servers set it from a request's header.
std::string proxy_for(const Environment& environment, std::string_view scheme, std::string_view host);

}  // namespace stoa::fetcher
