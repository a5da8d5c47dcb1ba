#include "sim/network.h"

#include <algorithm>
#include <utility>

namespace stoa::sim {
namespace {

Network::End other(Network::End end) { return end == Network::client ? Network::server : Network::client; }

}  // namespace

ConnectionNumber Network::open(Closed client_closed, Closed server_closed) {
  const ConnectionNumber number{++last_};
  connections_[number].closed = {std::move(client_closed), std::move(server_closed)};
  return number;
}

std::optional<TimePoint> Network::arrival_of_next(ConnectionNumber number, End from) {
  Connection* connection = find(number);
  if (connection == nullptr || !connection->carries[from] || connection->told[from]) return std::nullopt;
  ++messages_;
  TimePoint& arrival = connection->arrival[from];
  arrival = std::max(arrival, queue_.now().steady + delay());
  return arrival;
}

bool Network::may_arrive(ConnectionNumber number, End from) {
  const Connection* connection = find(number);
  return connection != nullptr && connection->carries[from] && connection->listens[other(from)];
}

void Network::close(ConnectionNumber number, End by) {
  Connection* connection = find(number);
  if (connection == nullptr || connection->told[by]) return;
  connection->listens[by] = false;
  const TimePoint end = std::max(connection->arrival[by], queue_.now().steady + delay());
  queue_.at(end, [this, number, by] { tell(number, other(by)); });
  queue_.after(delay(), [this, number, by] { tell(number, by); });
}

void Network::cut(ConnectionNumber number) {
  Connection* connection = find(number);
  if (connection == nullptr) return;
  connection->carries = {false, false};
  for (const End end : {client, server}) {
    // Mostly a reset, which is quick; sometimes silence, which is noticed late.
    const Duration wait = random_.chance(0.7) ? draw_upto(std::chrono::seconds(1), random_)
                                              : draw_upto(std::chrono::seconds(40), random_);
    queue_.after(wait, [this, number, end] { tell(number, end); });
  }
}

void Network::crash(ConnectionNumber number, End dead) {
  Connection* connection = find(number);
  if (connection == nullptr) return;
  connection->told[dead] = true;
  connection->listens[dead] = false;
  connection->closed[dead] = nullptr;
  if (random_.chance(0.5)) connection->carries[dead] = false;
  const TimePoint end = std::max(connection->arrival[dead], queue_.now().steady + delay());
  queue_.at(end, [this, number, dead] { tell(number, other(dead)); });
}

Duration Network::delay() {
  if (plan_.faults.slow_message > 0 && random_.chance(plan_.faults.slow_message))
    return draw_upto(plan_.slow_message_delay, random_);
  return draw_wait(plan_.message_delay, random_);
}

void Network::tell(ConnectionNumber number, End end) {
  Connection* connection = find(number);
  if (connection == nullptr) return;
  const bool known = std::exchange(connection->told[end], true);
  connection->listens[end] = false;
  const Closed closed = std::exchange(connection->closed[end], nullptr);
  if (connection->told[other(end)]) connections_.erase(number);
  if (!known && closed) closed();
}

Network::Connection* Network::find(ConnectionNumber number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : &found->second;
}

}  // namespace stoa::sim
