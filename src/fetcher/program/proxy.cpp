#include "base/text.h"
#include "fetcher/program/transfer.h"

namespace stoa::fetcher {
namespace {

std::string variable(const Environment& environment, const std::string& name, bool upper_too = true) {
  if (const auto found = environment.find(name); found != environment.end()) return found->second;
  if (!upper_too) return {};
  std::string upper = name;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const auto found = environment.find(upper);
  return found == environment.end() ? std::string() : found->second;
}

// `example.org` and `.example.org` stand for the name and all below it.
bool is_exempt(std::string_view list, std::string_view host) {
  for (std::string_view entry : split(list, ',')) {
    entry = trim(entry);
    if (entry == "*") return true;
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty()) continue;
    const std::string name = lower_case(entry);
    if (host == name || (host.ends_with(name) && host[host.size() - name.size() - 1] == '.')) return true;
  }
  return false;
}

}  // namespace

std::string proxy_for(const Environment& environment, std::string_view scheme, std::string_view host) {
  if (is_exempt(variable(environment, "no_proxy"), lower_case(host))) return {};
  const std::string name = std::string(scheme == "ftps" ? "ftp" : scheme) + "_proxy";
  const std::string proxy = variable(environment, name, name != "http_proxy");
  return proxy.empty() ? variable(environment, "all_proxy") : proxy;
}

bool redirect_is_allowed(std::string_view from, std::string_view to) {
  if (to == "https") return from == "http" || from == "https";
  return to == "http" && from == "http";
}

}  // namespace stoa::fetcher
