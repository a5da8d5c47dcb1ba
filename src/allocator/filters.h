// Filters decides whether a framework would rather not be asked: the resources of one agent that it refused lately.
//
// A filter withholds any set contained in the refused one (ALC-120). Checking that is the innermost loop of a busy
// cluster in which everybody has declined everything, so a filter remembers the last content of the agent that it was
// compared with. Filters are forgotten by age, or all those of a client at once by raising its epoch, without a scan
// (ALC-127).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/resources.h"

namespace stoa::allocator {

// A framework in one role.
using ClientIndex = std::uint32_t;
inline constexpr ClientIndex no_client = ~0U;
// Names one state of an agent's free resources; equal numbers mean equal resources.
using Content = std::uint64_t;

// The time a filter holds for `refuse_seconds` as clients send it (ALC-122): nothing for 0, 5 s for what is negative or
// not a number, at most 365 days.
Duration refusal_length(double refuse_seconds);

class Filters {
 public:
  // Refuses `refused` (without allocation role) until `expires`. Earlier refusals of the client that this one covers,
  // in what they refuse and for how long, are dropped: whoever declines an agent again and again while it grows has
  // one. Returns how many were dropped that were in force.
  std::size_t add(ClientIndex client, std::uint64_t epoch, TimePoint expires, model::Resources refused);
  // Is `offered` withheld from the client? `content` names the free resources from which `offered` was taken; pass 0
  // if the client sees only a part of them.
  bool withholds(ClientIndex client, std::uint64_t epoch, const model::Resources& offered, Content content);
  // Until when `offered` is withheld, by the filter that ends last; nothing if it is not.
  std::optional<TimePoint> withheld_until(ClientIndex client, std::uint64_t epoch,
                                          const model::Resources& offered) const;
  // Removes those of the client that end before or at `now`.
  struct Expired {
    std::size_t all = 0;
    std::size_t in_force = 0;  // Of these.
  };
  Expired expire(ClientIndex client, std::uint64_t epoch, TimePoint now);
  // Removes all, and calls function(client, epoch) for each.
  template <typename Function>
  void clear(Function function) {
    for (std::size_t i = 0; i < clients_.size(); ++i) function(clients_[i], matches_[i].epoch);
    *this = {};
  }
  bool empty() const { return clients_.empty(); }

 private:
  struct Match {
    std::uint64_t epoch;
    Content withheld;  // The last content found to be withheld; 0 for none.
  };
  struct Refusal {
    TimePoint expires;
    model::Resources refused;
  };

  std::size_t first_of(ClientIndex client) const;
  void erase(std::size_t index);

  // Three columns of one table, sorted by client: the search touches the first only, a repeated answer two.
  std::vector<ClientIndex> clients_;
  std::vector<Match> matches_;
  std::vector<Refusal> refusals_;
};

}  // namespace stoa::allocator
