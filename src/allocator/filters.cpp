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

std::size_t Filters::first_of(ClientIndex client) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(clients_, client) - clients_.begin());
}

void Filters::erase(std::size_t index) {
  const auto at = static_cast<std::ptrdiff_t>(index);
  clients_.erase(clients_.begin() + at);
  matches_.erase(matches_.begin() + at);
  refusals_.erase(refusals_.begin() + at);
}

std::size_t Filters::add(ClientIndex client, std::uint64_t epoch, TimePoint expires, model::Resources refused) {
  const std::size_t index = first_of(client);
  std::size_t dropped = 0;
  for (std::size_t i = index; i < clients_.size() && clients_[i] == client;) {
    const bool is_void = matches_[i].epoch != epoch;
    if (is_void || (refusals_[i].expires <= expires && refused.contains(refusals_[i].refused))) {
      dropped += is_void ? 0 : 1;
      erase(i);
    } else {
      ++i;
    }
  }
  const auto at = static_cast<std::ptrdiff_t>(index);
  clients_.insert(clients_.begin() + at, client);
  matches_.insert(matches_.begin() + at, {epoch, 0});
  refusals_.insert(refusals_.begin() + at, {expires, std::move(refused)});
  return dropped;
}

bool Filters::withholds(ClientIndex client, std::uint64_t epoch, const model::Resources& offered, Content content) {
  for (std::size_t i = first_of(client); i < clients_.size() && clients_[i] == client; ++i) {
    if (matches_[i].epoch != epoch) continue;
    if (content != 0 && matches_[i].withheld == content) return true;
    if (!refusals_[i].refused.contains(offered)) continue;
    matches_[i].withheld = content;
    return true;
  }
  return false;
}

std::optional<TimePoint> Filters::withheld_until(ClientIndex client, std::uint64_t epoch,
                                                 const model::Resources& offered) const {
  std::optional<TimePoint> until;
  for (std::size_t i = first_of(client); i < clients_.size() && clients_[i] == client; ++i) {
    if (matches_[i].epoch != epoch || !refusals_[i].refused.contains(offered)) continue;
    if (!until.has_value() || *until < refusals_[i].expires) until = refusals_[i].expires;
  }
  return until;
}

Filters::Expired Filters::expire(ClientIndex client, std::uint64_t epoch, TimePoint now) {
  Expired expired;
  for (std::size_t i = first_of(client); i < clients_.size() && clients_[i] == client;) {
    if (refusals_[i].expires <= now) {
      ++expired.all;
      expired.in_force += matches_[i].epoch == epoch ? 1 : 0;
      erase(i);
    } else {
      ++i;
    }
  }
  return expired;
}

}  // namespace stoa::allocator
