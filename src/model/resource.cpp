#include "model/resource.h"

#include <fmt/format.h>

#include <functional>

#include "base/check.h"

namespace stoa::model {
namespace {

std::size_t mix(std::size_t seed, std::size_t value) { return (seed ^ value) * 0x9e3779b97f4a7c15ULL + (seed >> 29); }
std::size_t mix(std::size_t seed, std::string_view text) { return mix(seed, std::hash<std::string_view>{}(text)); }
std::size_t mix(std::size_t seed, const std::optional<std::string>& text) {
  return text.has_value() ? mix(seed, std::string_view(*text)) : mix(seed, 1);
}

// Labels are unordered: their hashes are summed.
std::size_t label_hash(const Labels& labels) {
  std::size_t sum = 0;
  for (const Label& label : labels.labels) sum += mix(mix(7, std::string_view(label.key)), label.value);
  return sum;
}

std::size_t disk_hash(const Disk& disk) {
  std::size_t hash = 3;
  if (disk.persistence.has_value()) hash = mix(hash, std::string_view(disk.persistence->id));
  if (!disk.source.has_value()) return hash;
  const Disk::Source& source = *disk.source;
  hash = mix(hash, static_cast<std::size_t>(source.type));
  if (source.path.has_value()) hash = mix(hash, source.path->path);
  if (source.mount.has_value()) hash = mix(hash, source.mount->path);
  return mix(mix(hash, source.id), source.profile);
}

std::size_t fingerprint_of(const Identity& identity) {
  std::size_t hash = identity.revocable ? 11 : 5;
  for (const Reservation& reservation : identity.reservations) {
    hash = mix(mix(hash, reservation.is_dynamic() ? 2 : 1), std::string_view(reservation.role));
    hash = mix(hash, reservation.principal);
    if (reservation.labels.has_value()) hash = mix(hash, label_hash(*reservation.labels));
  }
  if (identity.disk.has_value()) hash = mix(hash, disk_hash(*identity.disk));
  return mix(mix(hash, identity.provider_id), identity.shared ? 2 : 1);
}

bool is_plain(const Identity& identity) {
  return identity.reservations.empty() && !identity.disk.has_value() && !identity.provider_id.has_value() &&
         !identity.revocable && !identity.shared;
}

}  // namespace

const Identity& Resource::identity() const {
  static const Identity plain;
  return identity_ == nullptr ? plain : *identity_;
}

const std::string& Resource::reservation_role() const {
  static const std::string everyone = "*";
  return is_reserved() ? identity_->reservations.back().role : everyone;
}

bool Resource::is_empty() const {
  switch (kind()) {
    case Kind::scalar:
      return std::get<Scalar>(value_).is_zero();
    case Kind::ranges:
      return std::get<Ranges>(value_).empty();
    case Kind::set:
      return std::get<ItemSet>(value_).empty();
  }
  return true;
}

Scalar Resource::quantity() const {
  constexpr std::int64_t whole_max = 1'000'000'000'000;  // As for scalars, RES-013.
  switch (kind()) {
    case Kind::scalar:
      return std::get<Scalar>(value_);
    case Kind::ranges:
      return Scalar::from_whole(std::min(std::get<Ranges>(value_).count(), whole_max));
    case Kind::set:
      return Scalar::from_whole(static_cast<std::int64_t>(std::get<ItemSet>(value_).items().size()));
  }
  return {};
}

Resource Resource::with_value(Value value) const {
  Resource result(name_, std::move(value), allocation_role_);
  result.identity_ = identity_;
  return result;
}

Resource Resource::with_identity(Identity identity) const {
  Resource result(name_, value_, allocation_role_);
  if (!is_plain(identity)) {
    identity.fingerprint = fingerprint_of(identity);
    result.identity_ = std::make_shared<const Identity>(std::move(identity));
  }
  return result;
}

Resource Resource::with_allocation_role(Symbol role) const {
  Resource result = *this;
  result.allocation_role_ = std::move(role);
  return result;
}

bool Resource::marked_is_addable_to(const Resource& other) const {
  return is_shared() ? value_ == other.value_ : !is_whole_only();
}

bool Resource::covers(const Resource& other) const {
  switch (kind()) {
    case Kind::scalar:
      return std::get<Scalar>(other.value_) <= std::get<Scalar>(value_);
    case Kind::ranges:
      return std::get<Ranges>(value_).contains(std::get<Ranges>(other.value_));
    case Kind::set:
      return std::get<ItemSet>(value_).contains(std::get<ItemSet>(other.value_));
  }
  return false;
}

Resource& Resource::operator+=(const Resource& other) {
  CHECK(kind() == other.kind());
  switch (kind()) {
    case Kind::scalar:
      *std::get_if<Scalar>(&value_) += *std::get_if<Scalar>(&other.value_);
      break;
    case Kind::ranges:
      *std::get_if<Ranges>(&value_) += *std::get_if<Ranges>(&other.value_);
      break;
    case Kind::set:
      *std::get_if<ItemSet>(&value_) += *std::get_if<ItemSet>(&other.value_);
      break;
  }
  return *this;
}

Resource& Resource::operator-=(const Resource& other) {
  CHECK(kind() == other.kind());
  switch (kind()) {
    case Kind::scalar:
      *std::get_if<Scalar>(&value_) -= *std::get_if<Scalar>(&other.value_);
      break;
    case Kind::ranges:
      *std::get_if<Ranges>(&value_) -= *std::get_if<Ranges>(&other.value_);
      break;
    case Kind::set:
      *std::get_if<ItemSet>(&value_) -= *std::get_if<ItemSet>(&other.value_);
      break;
  }
  return *this;
}

std::string Resource::to_text() const {
  std::string text = name();
  if (!allocation_role_.empty()) text += fmt::format("(allocated: {})", allocation_role_.text());
  if (is_reserved()) {
    text += "(reservations: [";
    for (std::size_t i = 0; i < identity_->reservations.size(); ++i) {
      text += (i > 0 ? "," : "") + identity_->reservations[i].to_text();
    }
    text += "])";
  }
  if (disk().has_value()) text += "[" + disk()->to_text() + "]";
  if (is_revocable()) text += "{REV}";
  if (is_shared()) text += "<SHARED>";
  text += ":";
  return text + std::visit([](const auto& value) { return value.to_text(); }, value_);
}

}  // namespace stoa::model
