#include "cli/demand.h"

#include <fmt/format.h>
#include <mesos/v1/mesos.pb.h>

#include <cmath>

namespace stoa::cli {
namespace {

using mesos::v1::Resource;
using Pieces = google::protobuf::RepeatedPtrField<Resource>;

bool is_plain(const Resource& piece, std::string_view name) {
  return piece.name() == name && !piece.has_revocable() && !piece.has_shared() && !piece.has_disk() &&
         !piece.has_provider_id();
}

// Amounts are counted in thousandths, as the wire's scalars are (RES-001).
long thousandths(double value) { return std::lround(value * 1000); }

bool take_scalar(std::string_view name, double wanted, Pieces& left, Pieces& taken) {
  long missing = thousandths(wanted);
  for (Resource& piece : left) {
    if (missing <= 0) break;
    if (!is_plain(piece, name) || piece.type() != mesos::v1::Value::SCALAR) continue;
    const long there = thousandths(piece.scalar().value());
    const long used = std::min(there, missing);
    if (used <= 0) continue;
    Resource& part = *taken.Add();
    part = piece;
    part.mutable_scalar()->set_value(static_cast<double>(used) / 1000);
    piece.mutable_scalar()->set_value(static_cast<double>(there - used) / 1000);
    missing -= used;
  }
  return missing <= 0;
}

bool take_ports(std::uint32_t wanted, Pieces& left, Pieces& taken, std::vector<std::uint64_t>& ports) {
  for (Resource& piece : left) {
    if (wanted == 0) break;
    if (!is_plain(piece, "ports") || piece.type() != mesos::v1::Value::RANGES) continue;
    Resource part = piece;
    part.mutable_ranges()->clear_range();
    auto& ranges = *piece.mutable_ranges()->mutable_range();
    while (wanted > 0 && !ranges.empty()) {
      auto& range = ranges[0];
      const std::uint64_t end = std::min<std::uint64_t>(range.end(), range.begin() + wanted - 1);
      auto& used = *part.mutable_ranges()->add_range();
      used.set_begin(range.begin());
      used.set_end(end);
      for (std::uint64_t port = range.begin(); port <= end; ++port, --wanted) ports.push_back(port);
      if (end == range.end()) {
        ranges.DeleteSubrange(0, 1);
      } else {
        range.set_begin(end + 1);
      }
    }
    if (part.ranges().range_size() > 0) *taken.Add() = std::move(part);
  }
  return wanted == 0;
}

}  // namespace

std::string Demand::to_text() const {
  std::string out = fmt::format("cpus:{};mem:{}", cpus, mem);
  if (disk > 0) out += fmt::format(";disk:{}", disk);
  if (ports > 0) out += fmt::format(";{} ports", ports);
  return out;
}

bool take(const Demand& demand, Pieces& left, Pieces& taken, std::vector<std::uint64_t>& ports) {
  Pieces remaining = left;
  Pieces used;
  std::vector<std::uint64_t> numbers;
  const bool fits =
      take_scalar("cpus", demand.cpus, remaining, used) && take_scalar("mem", demand.mem, remaining, used) &&
      take_scalar("disk", demand.disk, remaining, used) && take_ports(demand.ports, remaining, used, numbers);
  if (!fits) return false;
  left.Swap(&remaining);
  taken.MergeFrom(used);
  ports.insert(ports.end(), numbers.begin(), numbers.end());
  return true;
}

}  // namespace stoa::cli
