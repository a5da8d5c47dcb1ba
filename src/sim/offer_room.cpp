#include "sim/offer_room.h"

#include <cmath>
#include <string>

#include "mesos/v1/mesos.pb.h"

namespace stoa::sim {
namespace {

constexpr std::size_t ports_max = 32;  // More are not looked at.

}  // namespace

OfferRoom::OfferRoom(const Messages& offered) {
  for (const mesos::v1::Resource& resource : offered) {
    if (resource.disk().has_persistence()) {
      volumes_.push_back(resource);
      continue;
    }
    if (!resource.reservations().empty()) role_ = resource.reservations().rbegin()->role();
    Amounts& amounts = resource.reservations().empty() ? free_ : reserved_;
    if (resource.name() == "cpus") amounts.cpus += std::llround(resource.scalar().value() * 1000);
    if (resource.name() == "mem") amounts.mem += std::llround(std::floor(resource.scalar().value()));
    if (resource.name() == "disk") amounts.disk += std::llround(std::floor(resource.scalar().value()));
    if (resource.name() != "ports") continue;
    for (const auto& range : resource.ranges().range())
      for (std::uint64_t port = range.begin(); port <= range.end() && ports_.size() < ports_max; ++port)
        ports_.push_back(port);
  }
}

OfferRoom::~OfferRoom() = default;

bool OfferRoom::take(Amounts& from, const Need& need, Messages& resources) {
  if (need.cpus > from.cpus || need.mem > from.mem || need.disk > from.disk || need.ports > ports_.size()) return false;
  const auto add_scalar = [&](const char* name, double value) {
    if (value == 0) return;
    mesos::v1::Resource& resource = *resources.Add();
    resource.set_name(name);
    resource.set_type(mesos::v1::Value::SCALAR);
    resource.mutable_scalar()->set_value(value);
    if (&from == &free_) return;
    resource.add_reservations()->set_type(mesos::v1::Resource::ReservationInfo::DYNAMIC);
    resource.mutable_reservations(0)->set_role(role_);
  };
  from.cpus -= need.cpus;
  from.mem -= need.mem;
  from.disk -= need.disk;
  add_scalar("cpus", static_cast<double>(need.cpus) / 1000);
  add_scalar("mem", static_cast<double>(need.mem));
  add_scalar("disk", static_cast<double>(need.disk));
  if (need.ports == 0) return true;
  mesos::v1::Resource& resource = *resources.Add();
  resource.set_name("ports");
  resource.set_type(mesos::v1::Value::RANGES);
  for (std::size_t i = 0; i < need.ports; ++i) {
    auto& range = *resource.mutable_ranges()->add_range();
    range.set_begin(ports_.front());
    range.set_end(ports_.front());
    ports_.pop_front();
  }
  return true;
}

bool OfferRoom::take_volume(Messages& resources) {
  if (volumes_.empty()) return false;
  *resources.Add() = std::move(volumes_.back());
  volumes_.pop_back();
  return true;
}

}  // namespace stoa::sim
