// Which changes of its configuration an agent survives with its id (AGT-083..085).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/checkpoint.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

namespace v1 = mesos::v1;

namespace {

std::unexpected<Error> refuse(std::string message) { return fail(Code::failed_precondition, std::move(message)); }

template <typename Messages>
std::multiset<std::string> texts(const Messages& messages) {
  std::multiset<std::string> result;
  for (const auto& message : messages) result.insert(message.SerializeAsString());
  return result;
}

Result<> check_equal(const v1::AgentInfo& before, const v1::AgentInfo& now) {
  const char* what = nullptr;
  if (before.hostname() != now.hostname()) what = "hostname";
  if (before.port() != now.port()) what = "port";
  if (texts(before.resources()) != texts(now.resources())) what = "resources";
  if (texts(before.attributes()) != texts(now.attributes())) what = "attributes";
  if (before.domain().SerializeAsString() != now.domain().SerializeAsString()) what = "domain";
  if (what == nullptr) return {};
  return refuse(fmt::format("Incompatible agent info detected: {} changed. Old: {}; new: {}", what,
                            before.ShortDebugString(), now.ShortDebugString()));
}

std::unexpected<Error> not_additive(std::string what) {
  return refuse("Configuration change not permitted under 'additive' policy: " + std::move(what));
}

bool covers(const v1::Value::Ranges& ranges, const v1::Value::Range& range) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted;
  for (const auto& item : ranges.range()) sorted.emplace_back(item.begin(), item.end());
  std::ranges::sort(sorted);
  std::uint64_t next = range.begin();
  for (const auto& [begin, end] : sorted) {
    if (begin > next) break;
    if (end >= range.end()) return true;
    next = std::max(next, end + 1);
  }
  return false;
}

// One kind of resource: everything but the amount.
std::string kind_of(v1::Resource resource) {
  resource.clear_scalar();
  resource.clear_ranges();
  resource.clear_set();
  return resource.SerializeAsString();
}

std::map<std::string, v1::Resource> by_kind(const v1::AgentInfo& info) {
  std::map<std::string, v1::Resource> result;
  for (const auto& resource : info.resources()) {
    const auto [found, is_new] = result.emplace(kind_of(resource), resource);
    if (is_new) continue;
    found->second.mutable_scalar()->set_value(found->second.scalar().value() + resource.scalar().value());
    found->second.mutable_ranges()->MergeFrom(resource.ranges());
    found->second.mutable_set()->MergeFrom(resource.set());
  }
  return result;
}

Result<> check_covered(const v1::Resource& before, const v1::Resource& now) {
  if (before.scalar().value() > now.scalar().value())
    return not_additive(fmt::format("Value of scalar resource '{}' decreased from {} to {}", before.name(),
                                    before.scalar().value(), now.scalar().value()));
  for (const auto& range : before.ranges().range())
    if (!covers(now.ranges(), range))
      return not_additive(
          fmt::format("Range resource '{}' no longer has [{}-{}]", before.name(), range.begin(), range.end()));
  for (const auto& item : before.set().item())
    if (std::ranges::find(now.set().item(), item) == now.set().item().end())
      return not_additive(fmt::format("Set resource '{}' no longer has '{}'", before.name(), item));
  return {};
}

Result<> check_attributes(const v1::AgentInfo& before, const v1::AgentInfo& now) {
  for (const auto& attribute : before.attributes()) {
    const auto kept = std::ranges::any_of(now.attributes(), [&](const v1::Attribute& other) {
      if (other.name() != attribute.name() || other.type() != attribute.type()) return false;
      if (attribute.type() != v1::Value::RANGES) return other.SerializeAsString() == attribute.SerializeAsString();
      return std::ranges::all_of(attribute.ranges().range(),
                                 [&](const v1::Value::Range& range) { return covers(other.ranges(), range); });
    });
    if (!kept) return not_additive(fmt::format("Attribute '{}' was removed or changed", attribute.name()));
  }
  return {};
}

}  // namespace

Result<> check_reconfiguration(const v1::AgentInfo& before, const v1::AgentInfo& now, bool additive) {
  if (!additive) return check_equal(before, now);
  if (before.hostname() != now.hostname())
    return not_additive(fmt::format("hostname changed from {} to {}", before.hostname(), now.hostname()));
  if (before.port() != now.port())
    return not_additive(fmt::format("port changed from {} to {}", before.port(), now.port()));
  if (before.has_domain() && before.domain().SerializeAsString() != now.domain().SerializeAsString())
    return not_additive("domain changed");
  const auto present = by_kind(now);
  for (const auto& [kind, resource] : by_kind(before)) {
    const auto found = present.find(kind);
    if (found == present.end()) return not_additive(fmt::format("Resource '{}' was removed", resource.name()));
    TRY(check_covered(resource, found->second));
  }
  return check_attributes(before, now);
}

}  // namespace stoa::agent
