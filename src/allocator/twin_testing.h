// Twin: the allocator again, as the specification reads: no tree, no books, no memory of what was looked at; every sum
// is made anew from what is held. Slow, and small enough to be seen to be right. Only for scalars on agents that differ
// in nothing else. Not part of any program.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "allocator/allocator.h"

namespace stoa::allocator::testing {

class Twin {
 public:
  struct Framework {
    std::set<std::string> roles;
    std::set<std::string> suppressed;
    bool is_active = true;
  };
  struct Holding {
    std::string agent;
    std::string framework;
    std::string role;
    model::Resources resources;
  };

  // What the allocator's calls of these names do.
  void decline(const Holding& offer, const model::Resources& rest, double refuse_seconds, TimePoint now);
  void revive(const std::string& framework);
  void forget_filters(const std::string& framework);
  // The grants in the order in which they were first made.
  std::vector<Holding> run(TimePoint now);

  model::Resources free(const std::string& agent) const;
  // Of a role with all below it; reserved or not (ALC-071).
  model::Quantities consumed(const std::string& role) const;

  bool by_priority = false;
  std::map<std::string, model::Resources> agents;
  std::set<std::string> agents_inactive;
  std::map<std::string, Framework> frameworks;
  std::map<std::string, double> weights;
  std::map<std::string, int> priorities;
  std::map<std::string, Quota> quotas;  // Of top-level roles.
  std::vector<Holding> held;

 private:
  using Client = std::pair<std::string, std::string>;  // Role, framework.

  std::vector<Client> order() const;
  void walk(const std::string& path, const std::set<Client>& clients, std::vector<Client>& result) const;
  double share(const std::string& path, const std::string& framework) const;
  std::uint64_t times(const std::string& path, const std::string& framework) const;
  int priority_of(const std::string& role) const;
  bool is_promised(const std::string& role) const;
  model::Resources allowed(const std::string& role, const model::Resources& wanted, bool promised_only) const;
  bool is_filtered(const Client& client, const std::string& agent, const model::Resources& wanted, TimePoint now) const;
  void visit(const std::string& agent, bool promised_only, TimePoint now, std::vector<Holding>& grants);

  struct Filter {
    Client client;
    std::string agent;
    model::Resources refused;
    TimePoint expires;
  };
  std::vector<Filter> filters_;
  std::map<Client, std::uint64_t> times_;
};

}  // namespace stoa::allocator::testing
