#include "cli/demand.h"

#include <gtest/gtest.h>
#include <mesos/v1/mesos.pb.h>

namespace stoa::cli {
namespace {

using Pieces = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

void add_scalar(Pieces& pieces, const std::string& name, double value, const std::string& role = "") {
  auto& piece = *pieces.Add();
  piece.set_name(name);
  piece.set_type(mesos::v1::Value::SCALAR);
  piece.mutable_scalar()->set_value(value);
  if (!role.empty()) piece.add_reservations()->set_role(role);
}

void add_ports(Pieces& pieces, std::uint64_t begin, std::uint64_t end) {
  auto& piece = *pieces.Add();
  piece.set_name("ports");
  piece.set_type(mesos::v1::Value::RANGES);
  auto& range = *piece.mutable_ranges()->add_range();
  range.set_begin(begin);
  range.set_end(end);
}

TEST(Take, CutsExactlyTheDemandOutOfAnOfferInItsOwnPieces) {
  Pieces left, taken;
  std::vector<std::uint64_t> ports;
  add_scalar(left, "cpus", 0.3, "eng");
  add_scalar(left, "cpus", 1);
  add_scalar(left, "mem", 100);
  add_ports(left, 10, 11);
  ASSERT_TRUE(take({.cpus = 0.4, .mem = 64, .ports = 1}, left, taken, ports));
  EXPECT_EQ(taken[0].scalar().value(), 0.3);
  EXPECT_EQ(taken[0].reservations(0).role(), "eng");
  EXPECT_EQ(taken[1].scalar().value(), 0.1);
  EXPECT_EQ(taken[2].scalar().value(), 64);
  EXPECT_EQ(taken[3].ranges().range(0).end(), 10u);
  EXPECT_EQ(ports, std::vector<std::uint64_t>{10});
  EXPECT_EQ(left[1].scalar().value(), 0.9);
  EXPECT_EQ(left[3].ranges().range(0).begin(), 11u);
}

TEST(Take, ChangesNothingIfTheDemandDoesNotFit) {
  Pieces left, taken;
  std::vector<std::uint64_t> ports;
  add_scalar(left, "cpus", 1);
  add_scalar(left, "mem", 10);
  EXPECT_FALSE(take({.cpus = 0.5, .mem = 64}, left, taken, ports));
  EXPECT_EQ(left[0].scalar().value(), 1);
  EXPECT_TRUE(taken.empty());
}

TEST(Take, LeavesRevocableAndSharedResourcesAlone) {
  Pieces left, taken;
  std::vector<std::uint64_t> ports;
  add_scalar(left, "cpus", 1);
  left[0].mutable_revocable();
  add_scalar(left, "mem", 100);
  EXPECT_FALSE(take({}, left, taken, ports));
}

}  // namespace
}  // namespace stoa::cli
