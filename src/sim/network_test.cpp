#include "sim/network.h"

#include <gtest/gtest.h>

namespace stoa::sim {
namespace {

struct Wire {
  Plan plan{.message_delay = std::chrono::milliseconds(100)};
  Random random{7};
  Queue queue;
  Network network{plan, queue, random};
  std::vector<int> arrived;
  int client_told = 0;
  int server_told = 0;
  ConnectionNumber connection = network.open([this] { ++client_told; }, [this] { ++server_told; });

  void send(int message) {
    network.send(connection, Network::client, [this, message] { arrived.push_back(message); });
  }
  void settle() {
    while (queue.step(queue.now().steady + std::chrono::hours(1)) || !queue.empty()) {
    }
  }
};

TEST(Network, OneDirectionOfOneConnectionKeepsItsOrder) {
  Wire wire;
  std::vector<int> sent;
  for (int i = 0; i < 100; ++i) {
    wire.send(i);
    sent.push_back(i);
  }
  wire.settle();
  EXPECT_EQ(wire.arrived, sent);
}

TEST(Network, WhatWasSentBeforeAnOrderlyCloseArrivesAndBothEndsAreToldOnce) {
  Wire wire;
  wire.send(1);
  wire.network.close(wire.connection, Network::client);
  wire.settle();
  EXPECT_EQ(wire.arrived, std::vector{1});
  EXPECT_EQ(wire.client_told, 1);
  EXPECT_EQ(wire.server_told, 1);
  EXPECT_EQ(wire.network.connections(), 0u);
}

TEST(Network, ACutLosesWhatIsOnItsWayAndBothEndsAreToldOnce) {
  Wire wire;
  wire.send(1);
  wire.network.cut(wire.connection);
  wire.send(2);
  wire.settle();
  EXPECT_TRUE(wire.arrived.empty());
  EXPECT_EQ(wire.client_told, 1);
  EXPECT_EQ(wire.server_told, 1);
}

TEST(Network, TheDeadAreToldNothing) {
  Wire wire;
  wire.network.crash(wire.connection, Network::client);
  wire.settle();
  EXPECT_EQ(wire.client_told, 0);
  EXPECT_EQ(wire.server_told, 1);
  EXPECT_EQ(wire.network.connections(), 0u);
}

}  // namespace
}  // namespace stoa::sim
