#include "allocator/filters.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stoa::allocator {
namespace {

constexpr double seconds_default = 5;
constexpr double seconds_max = 31'536'000;  // 365 days.

}  // namespace

Duration refusal_length(double refuse_seconds) {
  double seconds = refuse_seconds;
  if (std::isnan(seconds) || seconds < 0) seconds = seconds_default;
  seconds = std::min(seconds, seconds_max);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::vector<Filters::Entry>::iterator Filters::first_of(ClientIndex client) {
  return std::ranges::lower_bound(entries_, client, {}, &Entry::client);
}

void Filters::add(ClientIndex client, std::uint64_t epoch, TimePoint expires, model::Resources refused) {
  auto at = first_of(client);
  while (at != entries_.end() && at->client == client && at->epoch != epoch) at = entries_.erase(at);
  entries_.insert(at, {client, epoch, expires, 0, std::move(refused)});
}

bool Filters::withholds(ClientIndex client, std::uint64_t epoch, const model::Resources& offered, Content content) {
  for (auto at = first_of(client); at != entries_.end() && at->client == client; ++at) {
    if (at->epoch != epoch) continue;
    if (content != 0 && at->withheld == content) return true;
    if (!at->refused.contains(offered)) continue;
    at->withheld = content;
    return true;
  }
  return false;
}

bool Filters::expire(ClientIndex client, TimePoint now) {
  const auto first = first_of(client);
  auto last = first;
  while (last != entries_.end() && last->client == client) ++last;
  const auto kept = std::remove_if(first, last, [now](const Entry& entry) { return entry.expires <= now; });
  const bool any = kept != last;
  entries_.erase(kept, last);
  return any;
}

std::size_t Filters::count(ClientIndex client, std::uint64_t epoch) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& entry) { return entry.client == client && entry.epoch == epoch; }));
}

}  // namespace stoa::allocator
