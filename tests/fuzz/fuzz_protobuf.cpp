// What was read from bytes reads back the same from its own bytes, and its JSON is JSON.
#include <string>

#include "codec/json.h"
#include "codec/protobuf.h"
#include "fuzz.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoa::codec;
  mesos::v1::scheduler::Call call;
  if (!read_protobuf({reinterpret_cast<const char*>(data), size}, call)) return 0;
  mesos::v1::scheduler::Call again;
  CHECK(read_protobuf(to_protobuf(call), again).has_value());
  const std::string written = to_json(call);
  CHECK(to_json(again) == written, written);
  mesos::v1::scheduler::Call from_json;
  const auto status = read_json(written, from_json);
  // NaN is written but not taken (HTTP-122, HTTP-134).
  CHECK(status || status.error().code == stoa::Code::invalid_argument, written);
  if (status) CHECK(to_json(from_json) == written, written);
  return 0;
}
