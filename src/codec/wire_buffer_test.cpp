#include "codec/wire_buffer.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/protobuf.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::codec {
namespace {

// A container id with so many parents, the outermost value being `value`; written from the inside out by the library.
mesos::v1::ContainerID nested(int parents, const std::string& value) {
  mesos::v1::ContainerID id;
  id.set_value(value);
  for (int i = 0; i < parents; ++i) {
    mesos::v1::ContainerID child;
    child.set_value("c");
    *child.mutable_parent() = std::move(id);
    id = std::move(child);
  }
  return id;
}

void write(WireBuffer& out, const mesos::v1::ContainerID& id) {
  out.bytes(1 << 3 | 2, id.value());
  if (!id.has_parent()) return;
  const std::size_t start = out.open(2 << 3 | 2);
  write(out, id.parent());
  out.close(start);
}

TEST(WireBuffer, LengthsOfAnySizeAreThoseOfTheLibrary) {
  for (const std::size_t length : {0, 1, 120, 121, 127, 128, 16'000, 16'383, 16'384, 3'000'000}) {
    const mesos::v1::ContainerID id = nested(3, std::string(length, 'x'));
    WireBuffer out(0);
    write(out, id);
    EXPECT_EQ(out.view(), to_protobuf(id)) << length;
  }
}

TEST(WireBuffer, NumbersAreThoseOfTheLibrary) {
  WireBuffer out(0);
  mesos::v1::Value::Range range;
  range.set_begin(127);
  range.set_end(~std::uint64_t{0});
  out.varint(1 << 3, 127);
  out.varint(2 << 3, ~std::uint64_t{0});
  EXPECT_EQ(out.view(), to_protobuf(range));
  WireBuffer floating(0);
  mesos::v1::Value::Scalar scalar;
  scalar.set_value(-0.1);
  floating.fixed(1 << 3 | 1, -0.1);
  EXPECT_EQ(floating.view(), to_protobuf(scalar));
}

TEST(WireBuffer, ErasesFromTheMiddle) {
  WireBuffer out(4);
  out.append("abcdef");
  out.erase(1, 3);
  EXPECT_EQ(out.view(), "adef");
  out.erase(2, 4);
  out.append("g");
  EXPECT_EQ(out.view(), "adg");
}

}  // namespace
}  // namespace stoa::codec
