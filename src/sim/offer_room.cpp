#include "sim/offer_room.h"

#include <cmath>

#include "mesos/v1/mesos.pb.h"

namespace stoa::sim {
namespace {

constexpr std::size_t ports_max = 32;  // More are not looked at.

void add_scalar(mesos::v1::TaskInfo& task, const char* name, double value) {
  mesos::v1::Resource& resource = *task.add_resources();
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
}

}  // namespace

OfferRoom::OfferRoom(const mesos::v1::Offer& offer) {
  for (const mesos::v1::Resource& resource : offer.resources()) {
    if (resource.name() == "cpus") cpus_ += std::llround(resource.scalar().value() * 1000);
    if (resource.name() == "mem") mem_ += std::llround(std::floor(resource.scalar().value()));
    if (resource.name() != "ports") continue;
    for (const auto& range : resource.ranges().range())
      for (std::uint64_t port = range.begin(); port <= range.end() && ports_.size() < ports_max; ++port)
        ports_.push_back(port);
  }
}

bool OfferRoom::take(std::int64_t cpus, std::int64_t mem, std::size_t ports, mesos::v1::TaskInfo& task) {
  if (cpus > cpus_ || mem > mem_ || ports > ports_.size()) return false;
  cpus_ -= cpus;
  mem_ -= mem;
  add_scalar(task, "cpus", static_cast<double>(cpus) / 1000);
  add_scalar(task, "mem", static_cast<double>(mem));
  if (ports == 0) return true;
  mesos::v1::Resource& resource = *task.add_resources();
  resource.set_name("ports");
  resource.set_type(mesos::v1::Value::RANGES);
  for (; ports > 0; --ports) {
    auto& range = *resource.mutable_ranges()->add_range();
    range.set_begin(ports_.front());
    range.set_end(ports_.front());
    ports_.pop_front();
  }
  return true;
}

}  // namespace stoa::sim
