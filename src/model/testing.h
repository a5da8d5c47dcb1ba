// Short ways to write resources in tests. Not part of any program.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "model/resource_text.h"
#include "model/resources.h"

namespace stoa::model::testing {

// `cpus:2;mem(ads):512` in the simple form, which must be valid.
inline Resources resources(std::string_view text) {
  auto parsed = parse_simple(text);
  CHECK(parsed.has_value(), parsed.has_value() ? "" : parsed.error().message);
  return std::move(parsed->resources);
}

inline Resource resource(std::string_view text) {
  const Resources parsed = resources(text);
  CHECK(parsed.size() == 1);
  return parsed.begin()->resource;
}

inline Reservation dynamic_reservation(std::string role, std::optional<std::string> principal = std::nullopt,
                                       std::optional<Labels> labels = std::nullopt) {
  return {Reservation::Type::dynamic_reservation, std::move(role), std::move(principal), std::move(labels)};
}

// Pushes one element on the stack.
inline Resource reserved(const Resource& resource, Reservation reservation) {
  Identity identity = resource.identity();
  identity.reservations.push_back(std::move(reservation));
  return resource.with_identity(std::move(identity));
}

inline Resource with_source(const Resource& resource, Disk::Source::Type type, std::string root) {
  Identity identity = resource.identity();
  identity.disk.emplace();
  identity.disk->source = Disk::Source{type, {}, {}, {}, {}, {}, {}};
  if (type == Disk::Source::Type::path) identity.disk->source->path = Disk::Root{std::move(root)};
  if (type == Disk::Source::Type::mount) identity.disk->source->mount = Disk::Root{std::move(root)};
  return resource.with_identity(std::move(identity));
}

inline Resource volume(const Resource& resource, std::string id, std::string container_path = "data") {
  Identity identity = resource.identity();
  if (!identity.disk.has_value()) identity.disk.emplace();
  identity.disk->persistence = Disk::Persistence{std::move(id), std::nullopt};
  identity.disk->volume = Disk::Volume{std::move(container_path), false, false, ""};
  return resource.with_identity(std::move(identity));
}

inline Resource revocable(const Resource& resource) {
  Identity identity = resource.identity();
  identity.revocable = true;
  return resource.with_identity(std::move(identity));
}

inline Resource shared(const Resource& resource) {
  Identity identity = resource.identity();
  identity.shared = true;
  return resource.with_identity(std::move(identity));
}

}  // namespace stoa::model::testing
