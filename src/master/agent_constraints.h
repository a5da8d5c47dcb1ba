// AgentConstraints: which agents a framework wants to be offered at all, role by role (SCH-050 to SCH-054): the offer
// constraints of its subscription, checked once and ready to be asked of every agent.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "master/pattern.h"
#include "proto/forward.h"

namespace mesos::v1::scheduler {
class OfferConstraints;
}  // namespace mesos::v1::scheduler

namespace stoa::master {

class AgentConstraints {
 public:
  // Of one subscription: each is asked of every agent, and all are read within one step of the core.
  static constexpr std::size_t count_max = 1000;

  AgentConstraints() = default;  // Every agent is admitted.
  // `roles` are the framework's. Fails with invalid_argument and a text that names the role (SCH-051).
  static Result<AgentConstraints> parse(const mesos::v1::scheduler::OfferConstraints& constraints,
                                        const std::set<std::string>& roles, const Pattern::Limits& limits = {});

  // Whether all constraints of at least one group hold; true for roles without an entry.
  bool admits(const std::string& role, const mesos::v1::AgentInfo& agent) const;

  // What is looked at: an attribute of this name, or something that every agent may have.
  enum class Fact { attribute, hostname, region, zone };
  // What is asked of it.
  enum class Test { exists, text_equals, text_matches };
  struct Constraint {
    Fact fact = Fact::attribute;
    std::string attribute;
    Test test = Test::exists;
    bool negated = false;
    std::string text;
    std::optional<Pattern> pattern;  // Of text_matches.
  };

 private:
  using Group = std::vector<Constraint>;
  std::map<std::string, std::vector<Group>> groups_;
};

}  // namespace stoa::master
