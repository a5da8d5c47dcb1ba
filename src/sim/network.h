// Network: connections between clients (agents, schedulers) and the master. Order is kept within one direction of one
// connection and nowhere else. A connection that is lost loses what is on its way, and its ends hear of it at different
// times: until then each believes that it is there.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/id.h"
#include "base/random.h"
#include "sim/plan.h"
#include "sim/queue.h"

namespace stoa::sim {

using ConnectionNumber = Number<struct ConnectionTag>;

class Network {
 public:
  enum End { client = 0, server = 1 };
  using Closed = std::function<void()>;

  // All must outlive this.
  Network(const Plan& plan, Queue& queue, Random& random) : plan_(plan), queue_(queue), random_(random) {}

  // Each end is told once that the connection has ended, whoever ended it.
  ConnectionNumber open(Closed client_closed, Closed server_closed);

  // `arrives` runs at the other end after a delay, or never.
  template <typename Function>
  void send(ConnectionNumber connection, End from, Function arrives) {
    const auto arrival = arrival_of_next(connection, from);
    if (!arrival) return;
    queue_.at(*arrival, [this, connection, from, arrives = std::move(arrives)]() mutable {
      if (may_arrive(connection, from)) arrives();
    });
  }
  // An end closes in good order: what it has sent arrives, then the other end is told.
  void close(ConnectionNumber connection, End by);
  // The network fails.
  void cut(ConnectionNumber connection);
  // The process at one end dies: it hears nothing more, what it has sent may arrive or not.
  void crash(ConnectionNumber connection, End dead);

  // A delay of one message.
  Duration delay();
  std::size_t connections() const { return connections_.size(); }
  std::uint64_t messages() const { return messages_; }

 private:
  struct Connection {
    std::array<Closed, 2> closed;
    std::array<bool, 2> listens{true, true};  // The end takes messages.
    std::array<bool, 2> carries{true, true};  // What the end has sent arrives.
    std::array<TimePoint, 2> arrival;         // Of the last message that the end sent.
    std::array<bool, 2> told{};               // The end knows that it is over, or is dead.
  };

  // When what is sent now arrives; nothing: never.
  std::optional<TimePoint> arrival_of_next(ConnectionNumber number, End from);
  // Whether what arrives now was not lost meanwhile.
  bool may_arrive(ConnectionNumber number, End from);
  void tell(ConnectionNumber number, End end);
  Connection* find(ConnectionNumber number);

  const Plan& plan_;
  Queue& queue_;
  Random& random_;
  unsigned long long last_ = 0;
  std::uint64_t messages_ = 0;
  std::unordered_map<ConnectionNumber, Connection> connections_;
};

}  // namespace stoa::sim
