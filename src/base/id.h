// Id<Tag>: identifiers of different things are different types, so that two of them cannot change places in a call.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace stoa {

template <typename Tag>
struct Id {
  std::string value;

  Id() = default;
  explicit Id(std::string v) : value(std::move(v)) {}

  bool empty() const { return value.empty(); }
  auto operator<=>(const Id&) const = default;
};

using AgentId = Id<struct AgentIdTag>;
using FrameworkId = Id<struct FrameworkIdTag>;
using OfferId = Id<struct OfferIdTag>;
using TaskId = Id<struct TaskIdTag>;
using ExecutorId = Id<struct ExecutorIdTag>;
using ContainerId = Id<struct ContainerIdTag>;
using OperationId = Id<struct OperationIdTag>;

// Numbers that a shell hands out for things of one process life: connections, pending replies, writes in flight.
template <typename Tag>
struct Number {
  unsigned long long value = 0;
  auto operator<=>(const Number&) const = default;
};

using StreamNumber = Number<struct StreamNumberTag>;  // One event stream to a scheduler, executor or operator.
using LinkNumber = Number<struct LinkNumberTag>;      // One connection between an agent and a master.
using ReplyNumber = Number<struct ReplyNumberTag>;    // One request that waits for its answer.
using WriteNumber = Number<struct WriteNumberTag>;    // One durable write in flight.

}  // namespace stoa

template <typename Tag>
struct std::hash<stoa::Id<Tag>> {
  std::size_t operator()(const stoa::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
template <typename Tag>
struct std::hash<stoa::Number<Tag>> {
  std::size_t operator()(const stoa::Number<Tag>& n) const noexcept { return std::hash<unsigned long long>{}(n.value); }
};
