#include "daemon/message_flags.h"

#include <fmt/format.h>

#include <set>

#include "codec/json.h"
#include "codec/json_scanner.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::daemon {
namespace {

using Capability = mesos::v1::AgentInfo::Capability;

constexpr int depth_max = 8;

constexpr Capability::Type needed[] = {
    Capability::MULTI_ROLE,        Capability::HIERARCHICAL_ROLE, Capability::RESERVATION_REFINEMENT,
    Capability::RESOURCE_PROVIDER, Capability::RESIZE_VOLUME,     Capability::AGENT_OPERATION_FEEDBACK,
    Capability::AGENT_DRAINING};

// One object `{"type":NAME}`.
Result<> read_capability(codec::JsonScanner& scanner, std::set<int>& given) {
  if (scanner.peek() != '{' || !scanner.enter()) return invalid("a capability is no object");
  bool is_first = true;
  std::string_view name;
  while (scanner.next_member(is_first, name)) {
    if (name != "type") {
      if (!scanner.skip()) break;
      continue;
    }
    std::string_view type;
    if (!scanner.string(type)) break;
    Capability::Type known = Capability::UNKNOWN;
    if (!Capability::Type_Parse(std::string(type), &known) || known == Capability::UNKNOWN) {
      return invalid(fmt::format("capability '{}' is unknown", type));
    }
    given.insert(known);
  }
  return {};
}

// There is no message that holds nothing but capabilities, so they are read by hand.
Result<std::set<int>> read_capabilities(const std::string& text) {
  std::set<int> given;
  codec::JsonScanner scanner(text, depth_max);
  if (scanner.peek() != '{' || !scanner.enter()) return invalid("expecting a JSON object with 'capabilities'");
  bool is_first = true;
  std::string_view name;
  while (scanner.next_member(is_first, name)) {
    if (name != "capabilities") {
      if (!scanner.skip()) break;
      continue;
    }
    if (scanner.peek() != '[' || !scanner.enter()) return invalid("expecting 'capabilities' to be an array");
    bool is_first_element = true;
    while (scanner.next_element(is_first_element)) TRY(read_capability(scanner, given));
    if (scanner.failed()) break;
  }
  if (scanner.failed()) return invalid(scanner.failure());
  if (!scanner.at_end()) return invalid("there is something behind the JSON object");
  return given;
}

}  // namespace

Result<> parse_domain(const std::string& text, mesos::v1::DomainInfo& domain) {
  TRY(codec::read_json(text, domain));
  const auto& fault = domain.fault_domain();
  if (!domain.has_fault_domain()) return invalid("expecting 'fault_domain'");
  if (fault.region().name().empty()) return invalid("expecting the name of a region");
  if (fault.zone().name().empty()) return invalid("expecting the name of a zone");
  return {};
}

Result<bool> parse_agent_features(const std::string& text) {
  LET(const std::set<int> given, read_capabilities(text));
  for (const Capability::Type type : needed) {
    if (!given.contains(type)) return invalid(fmt::format("capability {} is needed", Capability::Type_Name(type)));
  }
  return given.contains(Capability::TASK_RESOURCE_LIMITS);
}

}  // namespace stoa::daemon
