#include "codec/protobuf.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::codec {
namespace {

using namespace std::string_literals;
using namespace mesos::v1;

// The message of the bytes as JSON, or the error.
template <typename Message>
std::string read(std::string_view bytes) {
  Message message;
  const Result<> status = read_protobuf(bytes, message);
  if (!status) return "error: " + status.error().message;
  return to_json(message);
}

// HTTP-144
TEST(Protobuf, UnknownFieldsAndEnumNumbersAreSkippedAndForgotten) {
  // type = 2 (TEARDOWN), then field 2047 and a type of 9999.
  const std::string known = "\x10\x02";
  scheduler::Call call;
  ASSERT_TRUE(read_protobuf(known + "\xf8\x7f\x01"s, call).has_value());
  EXPECT_EQ(to_json(call), R"({"type":"TEARDOWN"})");
  EXPECT_EQ(to_protobuf(call), known);
  ASSERT_TRUE(read_protobuf("\x10\x8f\x4e"s, call).has_value());
  EXPECT_FALSE(call.has_type());
  EXPECT_EQ(to_protobuf(call), "");
  // Inside members too: an unknown field of the framework id.
  ASSERT_TRUE(read_protobuf("\x0a\x06\x0a\x01"
                            "f\xf8\x7f\x01"s,
                            call)
                  .has_value());
  EXPECT_EQ(to_protobuf(call),
            "\x0a\x03\x0a\x01"
            "f"s);
}

// HTTP-145 HTTP-067
TEST(Protobuf, AMessageWithoutARequiredFieldIsRefused) {
  EXPECT_EQ(read<scheduler::Call>("\x10\x02\x0a\x00"s), "error: Missing required fields: framework_id.value");
}

// HTTP-146
TEST(Protobuf, DefaultsAreNotSent) {
  EXPECT_EQ(to_protobuf(CommandInfo()), "");
  CommandInfo command;
  ASSERT_TRUE(read_protobuf("", command).has_value());
  EXPECT_TRUE(command.shell());
}

// HTTP-147
TEST(Protobuf, FieldsComeInAnyOrderAndTheLastWinsOrMerges) {
  EXPECT_EQ(read<Value::Range>("\x10\x05\x08\x01"s), R"({"begin":1,"end":5})");
  EXPECT_EQ(read<Value::Range>("\x08\x01\x10\x05\x08\x03"s), R"({"begin":3,"end":5})");
  EXPECT_EQ(read<Credential>("\x0a\x01"
                             "a\x12\x01"
                             "s\x0a\x01"
                             "b"s),
            R"({"principal":"b","secret":"s"})");
  // Two occurrences of scalar, merged; of capabilities, unpacked and packed.
  EXPECT_EQ(read<CapabilityInfo>("\x08\xe8\x07\x0a\x04\xe9\x07\xea\x07"s),
            R"({"capabilities":["CHOWN","DAC_OVERRIDE","DAC_READ_SEARCH"]})");
}

// HTTP-112 SEC-219
TEST(Protobuf, NestingIsLimitedToAHundredLevels) {
  const auto containers = [](int levels) {
    ContainerID id;
    ContainerID* at = &id;
    at->set_value("x");
    for (int i = 1; i < levels; ++i) {
      at = at->mutable_parent();
      at->set_value("x");
    }
    return to_protobuf(id);
  };
  ContainerID id;
  EXPECT_TRUE(read_protobuf(containers(100), id).has_value());
  EXPECT_FALSE(read_protobuf(containers(101), id).has_value());
  EXPECT_FALSE(read_protobuf(containers(10'000), id).has_value());
}

// SEC-219 HTTP-067
TEST(Protobuf, DamagedBytesAreRefused) {
  for (const std::string& bytes : {"\x0a\x7f"s, "\x10"s, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, "\x07"s,
                                   "\x0c"s, "\x00\x00"s, "{\"type\":\"REVIVE\"}"s, "\x0a\xff\xff\xff\xff\x0f"s}) {
    scheduler::Call call;
    const Result<> status = read_protobuf(bytes, call);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, Code::invalid_argument);
  }
}

// HTTP-148
TEST(Protobuf, JsonAndProtobufAreEquivalent) {
  const std::string text =
      R"({"framework_id":{"value":"f"},"type":"ACCEPT","accept":{"offer_ids":[{"value":"o"}],"operations":[)"
      R"({"type":"LAUNCH","launch":{"task_infos":[{"name":"t","task_id":{"value":"1"},"agent_id":{"value":"s"},)"
      R"("resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.5}}],"data":"AP8=",)"
      R"("limits":{"mem":{"value":"Infinity"}}}]}}],"filters":{"refuse_seconds":5.0}}})";
  scheduler::Call call;
  ASSERT_TRUE(read_json(text, call).has_value());
  EXPECT_EQ(read<scheduler::Call>(to_protobuf(call)), text);
}

}  // namespace
}  // namespace stoa::codec
