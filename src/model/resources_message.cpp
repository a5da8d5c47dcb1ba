// Collections from and to lists of messages, and the rules that only a whole list can break.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mesos/v1/mesos.pb.h"
#include "model/resources.h"

namespace stoa::model {
namespace {

using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

Result<> check_list(const std::vector<Resource>& parsed) {
  const auto named = [](const Resource& resource, const std::string& reason) {
    return invalid(fmt::format("Resource '{}' is invalid: {}", resource.to_text(), reason));
  };
  Scalar gpus;
  for (const Resource& resource : parsed) {
    if (resource.name() == "gpus") gpus += resource.scalar();
  }
  if (!gpus.is_whole()) {
    return invalid("Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer");
  }
  for (const Resource& resource : parsed) {
    if (auto valid = validate_disk(resource); !valid.has_value()) return named(resource, valid.error().message);
  }
  for (const Resource& resource : parsed) {
    if (resource.is_revocable() && resource.is_dynamically_reserved()) {
      return named(resource, "Dynamically reserved resources cannot be created from revocable resources");
    }
  }
  return {};
}

}  // namespace

Result<Resources> Resources::from_messages(const Messages& messages) {
  std::vector<Resource> parsed;
  parsed.reserve(static_cast<std::size_t>(messages.size()));
  for (const auto& message : messages) {
    auto resource = Resource::from_message(message);
    if (!resource.has_value()) {
      return invalid(fmt::format("Resource '{}' is invalid: {}", describe(message), resource.error().message));
    }
    parsed.push_back(*std::move(resource));
  }
  TRY(check_list(parsed));
  Resources result;
  result.members_.reserve(parsed.size());
  // As add() does, without a look at all members for each: an agent may have thousands of reservations (RES-180). What
  // adds up has one role.
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_role;
  for (const Resource& resource : parsed) {
    if (resource.is_empty()) continue;
    std::vector<std::size_t>& places = by_role[resource.reservation_role()];
    const auto found = std::ranges::find_if(
        places, [&](std::size_t place) { return resource.is_addable_to(result.members_[place].resource); });
    if (found == places.end()) {
      places.push_back(result.members_.size());
      result.members_.push_back({resource, 1});
    } else if (resource.is_shared()) {
      ++result.members_[*found].count;
    } else {
      result.members_[*found].resource += resource;
    }
  }
  return result;
}

void Resources::to_messages(WireForm form, Messages& messages) const {
  for (const Member& member : members_) {
    for (std::size_t i = 0; i < member.count; ++i) member.resource.to_message(form, *messages.Add());
  }
}

Result<> check_no_overlap(const std::vector<const Messages*>& lists) {
  std::map<std::string, std::vector<Range>> ranges_of;
  std::map<std::string, std::vector<std::string>> items_of;
  for (const Messages* list : lists) {
    for (const auto& message : *list) {
      for (const auto& range : message.ranges().range()) {
        ranges_of[message.name()].push_back({range.begin(), range.end()});
      }
      for (const auto& item : message.set().item()) items_of[message.name()].push_back(item);
    }
  }
  const auto overlapping = [](const std::string& name) {
    return invalid(
        fmt::format("There are overlapping resources in the task resources and executor resources: '{}'", name));
  };
  for (auto& [name, ranges] : ranges_of) {
    if (!Ranges::disjoint(std::move(ranges)).has_value()) return overlapping(name);
  }
  for (auto& [name, items] : items_of) {
    if (!ItemSet::distinct(std::move(items)).has_value()) return overlapping(name);
  }
  return {};
}

}  // namespace stoa::model
