#include "allocator/twin_testing.h"

#include <algorithm>

#include "allocator/filters.h"
#include "model/role.h"

namespace stoa::allocator::testing {
namespace {

bool is_within(const std::string& role, const std::string& subtree) {
  return role == subtree || model::is_strict_subrole(role, subtree);
}

model::Quantities unreserved(const model::Resources& resources) { return resources.unreserved().scalar_quantities(); }

std::int64_t amount(const model::Quantities& quantities, const model::Symbol& name) {
  return quantities.get(name.text()).thousandths();
}

bool is_worth(const model::Resources& resources) {
  return resources.scalar("cpus").thousandths() >= 10 || resources.scalar("mem").thousandths() >= 32'000;
}

}  // namespace

model::Resources Twin::free(const std::string& agent) const {
  model::Resources rest = agents.at(agent);
  model::Resources all;
  for (const Holding& holding : held) {
    if (holding.agent == agent) all += holding.resources;
  }
  rest.subtract_floored(all);
  return rest;
}

model::Quantities Twin::consumed(const std::string& role) const {
  model::Quantities sum;
  for (const auto& [id, total] : agents) {
    for (const auto& [resource, count] : total) {
      if (!resource.is_reserved() || !is_within(resource.reservation_role(), role)) continue;
      sum.add(resource.name_symbol(), resource.scalar());
    }
  }
  for (const Holding& holding : held) {
    if (is_within(holding.role, role)) sum += unreserved(holding.resources);
  }
  return sum;
}

// Of what is held in the role and below; in exactly the role for `role/.`; by one framework if it is named.
double Twin::share(const std::string& path, const std::string& framework) const {
  model::Quantities total;
  for (const auto& [id, resources] : agents) total += resources.scalar_quantities();
  model::Quantities sum;
  for (const Holding& holding : held) {
    const bool is_virtual = path.ends_with("/.");
    const bool counts = is_virtual ? holding.role + "/." == path : is_within(holding.role, path);
    if (counts && (framework.empty() || holding.framework == framework)) sum += holding.resources.scalar_quantities();
  }
  double share = 0;
  for (const auto& [name, held_amount] : sum) {
    const std::int64_t of = amount(total, name);
    if (of > 0) share = std::max(share, static_cast<double>(held_amount.thousandths()) / static_cast<double>(of));
  }
  const auto weight = weights.find(path);
  return share / (weight == weights.end() || !framework.empty() ? 1 : weight->second);
}

std::uint64_t Twin::times(const std::string& path, const std::string& framework) const {
  std::uint64_t sum = 0;
  for (const auto& [client, count] : times_) {
    const bool counts = path.ends_with("/.") ? client.first + "/." == path : is_within(client.first, path);
    if (counts && (framework.empty() || client.second == framework)) sum += count;
  }
  return sum;
}

// The clients at and below a path, in their order.
void Twin::walk(const std::string& path, const std::set<Client>& clients, std::vector<Client>& result) const {
  std::set<std::string> children;  // Their last parts.
  for (const Client& client : clients) {
    if (!path.empty() && client.first == path) {
      children.insert(".");
    } else if (path.empty() || model::is_strict_subrole(client.first, path)) {
      const std::string below = path.empty() ? client.first : client.first.substr(path.size() + 1);
      children.insert(below.substr(0, below.find('/')));
    }
  }
  const auto key = [&](const std::string& child) {
    const std::string whole = path.empty() ? child : path + "/" + child;
    return std::tuple(share(whole, ""), times(whole, ""), child);
  };
  std::vector<std::string> ordered(children.begin(), children.end());
  std::ranges::sort(ordered, {}, key);
  for (const std::string& child : ordered) {
    if (child != ".") {
      walk(path.empty() ? child : path + "/" + child, clients, result);
      continue;
    }
    std::vector<Client> own;
    for (const Client& client : clients) {
      if (client.first == path) own.push_back(client);
    }
    std::ranges::sort(own, {}, [&](const Client& client) {
      return std::tuple(share(path + "/.", client.second), times(path + "/.", client.second), client.second);
    });
    result.insert(result.end(), own.begin(), own.end());
  }
}

int Twin::priority_of(const std::string& role) const {
  for (std::string path = role;; path.resize(path.rfind('/'))) {
    if (const auto own = priorities.find(path); own != priorities.end()) return own->second;
    if (!path.contains('/')) return 0;
  }
}

std::vector<Twin::Client> Twin::order() const {
  std::set<Client> clients;
  for (const auto& [id, framework] : frameworks) {
    for (const std::string& role : framework.roles) {
      if (framework.is_active && !framework.suppressed.contains(role)) clients.emplace(role, id);
    }
  }
  std::vector<Client> result;
  walk("", clients, result);
  if (by_priority) {
    std::ranges::stable_sort(result, std::greater<>(), [&](const Client& client) { return priority_of(client.first); });
  }
  return result;
}

bool Twin::is_promised(const std::string& role) const {
  const auto quota = quotas.find(std::string(model::top_level(role)));
  return quota != quotas.end() && !consumed(quota->first).contains(quota->second.guarantees);
}

model::Resources Twin::allowed(const std::string& role, const model::Resources& wanted, bool promised_only) const {
  const std::string top(model::top_level(role));
  const Quota quota = quotas.contains(top) ? quotas.at(top) : Quota();
  const model::Quantities used = consumed(top);
  model::Quantities required;
  model::Quantities available;
  for (const auto& [name, other] : quotas) required += other.guarantees - consumed(name);
  for (const auto& [id, total] : agents) {
    if (!agents_inactive.contains(id)) available += unreserved(free(id));
  }
  model::Resources result;
  bool any_promise = false;
  for (const auto& [resource, count] : wanted) {
    if (resource.is_reserved()) {
      result.add(resource, count);
      continue;
    }
    const model::Symbol& name = resource.name_symbol();
    std::int64_t room = resource.scalar().thousandths();
    if (const auto limit = quota.limits.get(name.text())) {
      room = std::min(room, std::max(limit->thousandths() - amount(used, name), std::int64_t{0}));
    }
    if (amount(required, name) > 0) {
      const std::int64_t promised = std::min(room, amount(quota.guarantees - used, name));
      any_promise = any_promise || promised > 0;
      room = std::min(room, promised + std::max(amount(available, name) - amount(required, name), std::int64_t{0}));
    }
    if (room > 0) result.add(resource.with_value(model::Scalar::from_thousandths(room)));
  }
  return promised_only && !any_promise ? model::Resources() : result;
}

bool Twin::is_filtered(const Client& client, const std::string& agent, const model::Resources& wanted,
                       TimePoint now) const {
  return std::ranges::any_of(filters_, [&](const Filter& filter) {
    return filter.client == client && filter.agent == agent && now < filter.expires && filter.refused.contains(wanted);
  });
}

void Twin::visit(const std::string& agent, bool promised_only, TimePoint now, std::vector<Holding>& grants) {
  for (const Client& client : order()) {
    if (promised_only && !is_promised(client.first)) continue;
    const model::Resources usable = free(agent).usable_by(client.first);
    if (usable.empty() || !is_worth(usable)) continue;
    const model::Resources given = allowed(client.first, usable, promised_only);
    if (given.empty() || !is_worth(given) || is_filtered(client, agent, given, now)) continue;
    ++times_[client];
    held.push_back({agent, client.second, client.first, given});
    const auto known = std::ranges::find_if(grants, [&](const Holding& grant) {
      return grant.agent == agent && grant.framework == client.second && grant.role == client.first;
    });
    if (known == grants.end()) {
      grants.push_back(held.back());
    } else {
      known->resources += given;
    }
  }
}

std::vector<Twin::Holding> Twin::run(TimePoint now) {
  std::vector<Holding> grants;
  for (const bool promised_only : {true, false}) {
    for (const auto& [id, total] : agents) {
      if (!agents_inactive.contains(id)) visit(id, promised_only, now, grants);
    }
  }
  return grants;
}

void Twin::decline(const Holding& offer, const model::Resources& rest, double refuse_seconds, TimePoint now) {
  model::Resources back = rest;
  for (Holding& holding : held) {
    if (holding.agent != offer.agent || holding.framework != offer.framework || holding.role != offer.role) continue;
    const model::Resources before = back;
    back.subtract_floored(holding.resources);
    holding.resources -= before - back;
  }
  std::erase_if(held, [](const Holding& holding) { return holding.resources.empty(); });
  const Duration length = refusal_length(refuse_seconds);
  if (length == Duration(0)) return;
  const Duration least = std::chrono::seconds(1) + Duration(1);
  filters_.push_back({{offer.role, offer.framework}, offer.agent, rest, now + std::max(length, least)});
}

void Twin::forget_filters(const std::string& framework) {
  std::erase_if(filters_, [&](const Filter& filter) { return filter.client.second == framework; });
}

void Twin::revive(const std::string& framework) {
  frameworks.at(framework).suppressed.clear();
  forget_filters(framework);
}

}  // namespace stoa::allocator::testing
