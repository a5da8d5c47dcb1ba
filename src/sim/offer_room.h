// OfferRoom: what is left of an offer while a scheduler fills it with tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "model/resources.h"
#include "proto/forward.h"

namespace google::protobuf {
template <typename Element>
class RepeatedPtrField;
}

namespace stoa::sim {

class OfferRoom {
 public:
  using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;
  struct Need {
    std::int64_t cpus = 0;  // Thousandths.
    std::int64_t mem = 0;   // MB.
    std::int64_t disk = 0;  // MB.
    std::size_t ports = 0;  // Single ones.
  };

  explicit OfferRoom(const Messages& offered);
  ~OfferRoom();

  // Takes it and adds it to the list; reserved resources first. False, and nothing is taken, if it does not fit.
  bool take(const Need& need, Messages& resources) {
    return take(reserved_, need, resources) || take_free(need, resources);
  }
  // The same of what is not reserved.
  bool take_free(const Need& need, Messages& resources) { return take(free_, need, resources); }
  // A persistent volume, if there is one.
  bool take_volume(Messages& resources);

 private:
  struct Amounts {
    std::int64_t cpus = 0;
    std::int64_t mem = 0;
    std::int64_t disk = 0;
  };
  bool take(Amounts& from, const Need& need, Messages& resources);

  Amounts free_;
  Amounts reserved_;
  std::string role_;  // Of what is reserved.
  std::deque<std::uint64_t> ports_;
  std::vector<mesos::v1::Resource> volumes_;
};

}  // namespace stoa::sim
