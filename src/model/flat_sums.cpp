#include "model/flat_sums.h"

#include <algorithm>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"

// The old form lives in fields that the wire's own tables call deprecated.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace stoa::model {
namespace {

using Message = mesos::v1::Resource;

constexpr std::size_t disk_index = 3;
static_assert(FlatSums::always[disk_index] == "disk");

// A scalar of which everything but name and value can be passed over.
bool is_plain_scalar(const Message& message) {
  return message.type() == mesos::v1::Value::SCALAR && message.has_scalar() && !message.has_ranges() &&
         !message.has_set() && message.role() == "*" && !message.has_reservation() && !message.has_disk() &&
         !message.has_revocable() && !message.has_shared();
}

struct Text {
  FlatSums::Shown operator()(Scalar sum) const { return sum.to_double(); }
  FlatSums::Shown operator()(const std::vector<Range>& ranges) const {
    return Ranges::coalesced(ranges).value().to_text();
  }
  FlatSums::Shown operator()(const ItemSet& set) const { return set.to_text(); }
};

}  // namespace

FlatSums::FlatSums(const google::protobuf::RepeatedPtrField<Message>& messages) {
  for (const Message& message : messages) {
    if (is_plain_scalar(message) && message.reservations_size() == 0 && !message.name().empty()) {
      const auto amount = Scalar::from_double(message.scalar().value(), message.name());
      if (amount && !amount->is_zero()) add(message.name(), *amount);
    } else if (const auto resource = Resource::from_message(message)) {
      add(*resource);
    }
  }
}

void FlatSums::add(const Resources& resources) {
  for (const auto& [resource, count] : resources) add(resource);
}

void FlatSums::add(const FlatSums& other) {
  for (std::size_t i = 0; i < always.size(); ++i) always_[i] += other.always_[i];
  for (const auto& [name, sum] : other.further_) add(name, sum);
  for (const Resource& resource : other.shared_) add_shared(resource);
}

void FlatSums::add(const Resource& resource) {
  if (resource.is_empty()) return;
  if (resource.is_shared()) return add_shared(resource);
  Sum amount;
  if (const auto* ranges = std::get_if<Ranges>(&resource.value())) {
    amount = ranges->intervals();
  } else if (const auto* set = std::get_if<ItemSet>(&resource.value())) {
    amount = *set;
  } else {
    amount = resource.scalar();
  }
  add(resource.is_revocable() ? resource.name() + "_revocable" : resource.name(), amount);
}

void FlatSums::add(std::string_view name, const Sum& amount) {
  if (const auto found = std::ranges::find(always, name); found != always.end()) {
    if (const auto* scalar = std::get_if<Scalar>(&amount)) always_[found - always.begin()] += *scalar;
    return;
  }
  const auto place = std::ranges::lower_bound(further_, name, {}, &Further::name);
  if (place == further_.end() || place->name != name) {
    further_.insert(place, {std::string(name), amount});
  } else if (place->sum.index() != amount.index()) {
    return;
  } else if (auto* scalar = std::get_if<Scalar>(&place->sum)) {
    *scalar += std::get<Scalar>(amount);
  } else if (auto* listed = std::get_if<Listed>(&place->sum)) {
    const auto& more = std::get<Listed>(amount);
    listed->insert(listed->end(), more.begin(), more.end());
  } else {
    std::get<ItemSet>(place->sum) += std::get<ItemSet>(amount);
  }
}

void FlatSums::add_shared(const Resource& resource) {
  CHECK(resource.name() == always[disk_index], "only volumes are shared");
  const bool is_known = std::ranges::any_of(shared_, [&](const Resource& one) { return resource.is_addable_to(one); });
  if (!is_known) shared_.push_back(resource);
}

double FlatSums::amount(std::size_t of_always) const {
  Scalar sum = always_[of_always];
  if (of_always == disk_index) {
    for (const Resource& resource : shared_) sum += resource.scalar();
  }
  return sum.to_double();
}

std::vector<std::pair<std::string, FlatSums::Shown>> FlatSums::further() const {
  std::vector<std::pair<std::string, Shown>> shown;
  shown.reserve(further_.size());
  for (const auto& [name, sum] : further_) shown.emplace_back(name, std::visit(Text{}, sum));
  return shown;
}

}  // namespace stoa::model
