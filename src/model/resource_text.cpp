#include "model/resource_text.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "mesos/v1/mesos.pb.h"
#include "model/role.h"
#include "model/value_text.h"

namespace stoa::model {
namespace {

struct Key {
  std::string name;
  std::string role;
};

Result<Key> parse_key(std::string_view item, std::string_view key, std::string_view default_role) {
  const auto mismatched = [item] {
    return invalid(fmt::format("Bad value for resources, mismatched parentheses in {}", item));
  };
  const auto open = key.find('(');
  const auto close = key.find(')');
  if (open == std::string_view::npos && close == std::string_view::npos) {
    return Key{std::string(key), std::string(default_role)};
  }
  if (open == std::string_view::npos || close != key.size() - 1 || key.find('(', open + 1) != std::string_view::npos) {
    return mismatched();
  }
  std::string role(trim(key.substr(open + 1, close - open - 1)));
  TRY(validate_role(role));
  if (role == "*") role = default_role;
  return Key{std::string(trim(key.substr(0, open))), std::move(role)};
}

Result<Value> parse_resource_value(std::string_view name, std::string_view text) {
  LET(TextValue parsed, parse_value(text));
  if (const auto* number = std::get_if<double>(&parsed); number != nullptr) {
    LET(const Scalar scalar, Scalar::from_double(*number, name));
    return scalar;
  }
  if (auto* ranges = std::get_if<Ranges>(&parsed); ranges != nullptr) return std::move(*ranges);
  if (auto* set = std::get_if<ItemSet>(&parsed); set != nullptr) return std::move(*set);
  return invalid(fmt::format("Bad type for resource {} value {} type TEXT", name, trim(text)));
}

Resource statically_reserved(Resource resource, std::string_view role) {
  if (role == "*") return resource;
  Identity identity = resource.identity();
  identity.reservations = {{Reservation::Type::static_reservation, std::string(role), std::nullopt, std::nullopt}};
  return resource.with_identity(std::move(identity));
}

Result<> check_flag_resource(const Resource& resource) {
  if (resource.is_persistent_volume()) {
    return invalid("Persistent volumes cannot be specified at the command line");
  }
  if (resource.is_revocable()) {
    return invalid("Revocable resources cannot be specified at the command line; use a resource estimator");
  }
  if (resource.is_dynamically_reserved()) {
    return invalid("Dynamic reservations cannot be specified at the command line; reserve through the API");
  }
  if (resource.is_shared()) return invalid("Shared resources cannot be specified at the command line");
  const auto& disk = resource.disk();
  if (disk.has_value() && (disk->is(Disk::Source::Type::block) || disk->is(Disk::Source::Type::raw))) {
    return invalid("BLOCK and RAW disks cannot be specified at the command line; they come from resource providers");
  }
  return validate_disk(resource);
}

// Empty resources vanish from the collection, but their type counts for RES-007.
Result<FlagResources> collect(const std::vector<Resource>& list) {
  FlagResources result;
  std::map<std::string_view, Kind> kind_of;
  Scalar gpus;
  for (const Resource& resource : list) {
    const auto [seen, added] = kind_of.try_emplace(resource.name(), resource.kind());
    if (!added && seen->second != resource.kind()) {
      return invalid(
          fmt::format("Resources with the same name ('{}') but different types are not allowed", resource.name()));
    }
    if (resource.name() == "gpus") gpus += resource.scalar();
    result.names.insert(resource.name());
    result.resources.add(resource);
  }
  if (!gpus.is_whole()) {
    return invalid("Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer");
  }
  return result;
}

}  // namespace

Result<FlagResources> parse_simple(std::string_view text, std::string_view default_role) {
  std::vector<Resource> list;
  for (std::string_view item : split(text, ';')) {
    item = trim(item);
    if (item.empty()) continue;
    const auto colon = item.find(':');
    if (colon == std::string_view::npos || item.find(':', colon + 1) != std::string_view::npos) {
      return invalid(fmt::format("Bad value for resources, missing or extra ':' in {}", item));
    }
    LET(const Key key, parse_key(item, trim(item.substr(0, colon)), default_role));
    if (key.name.empty()) return invalid("Empty resource name");
    auto value = parse_resource_value(key.name, item.substr(colon + 1));
    if (!value.has_value()) {
      return invalid(fmt::format("Invalid value for resource '{}': {}", key.name, value.error().message));
    }
    list.push_back(statically_reserved(Resource(Symbol(key.name), *std::move(value)), key.role));
  }
  return collect(list);
}

Result<FlagResources> from_flag_messages(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages,
                                         std::string_view default_role) {
  std::vector<Resource> list;
  for (const auto& message : messages) {
    const auto refused = [&message](const std::string& reason) {
      return invalid(fmt::format("Resource '{}' is invalid: {}", describe(message), reason));
    };
    auto resource = Resource::from_message(message);
    if (!resource.has_value()) return refused(resource.error().message);
    if (auto valid = check_flag_resource(*resource); !valid.has_value()) return refused(valid.error().message);
    // Unlike on the wire, an entry that names no role has the default one (RES-064).
    list.push_back(resource->is_reserved() ? *std::move(resource)
                                           : statically_reserved(*std::move(resource), default_role));
  }
  return collect(list);
}

}  // namespace stoa::model
