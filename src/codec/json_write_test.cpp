#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "codec/json.h"
#include "codec/json_text.h"
#include "mesos/v1/agent/agent.pb.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/master/master.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::codec {
namespace {

using namespace mesos::v1;

std::string text_of(double value) {
  std::string out;
  {
    TextBuffer buffer(out);
    append_double(value, buffer);
  }
  return out;
}

std::string text_of(std::string_view value) {
  std::string out;
  {
    TextBuffer buffer(out);
    append_string(value, buffer);
  }
  return out;
}

// HTTP-114 HTTP-115 HTTP-116 OPR-031 OPR-032
TEST(JsonWrite, FieldsStandInSchemaOrderUnsetOnesAreLeftOutDefaultsAreWritten) {
  FrameworkInfo info;
  info.set_hostname("h");
  info.set_name("n");
  info.set_user("root");
  EXPECT_EQ(to_json(info), R"({"user":"root","name":"n","failover_timeout":0.0,"checkpoint":false,"hostname":"h"})");
  EXPECT_EQ(to_json(CommandInfo()), R"({"shell":true})");
  CommandInfo::URI uri;
  uri.set_value("http://x/");
  EXPECT_EQ(to_json(uri), R"({"value":"http://x/","extract":true})");
}

// HTTP-116 OPR-032
TEST(JsonWrite, DeprecatedFieldsWithDefaultsAreWrittenOnlyWhenSet) {
  Resource resource;
  resource.set_name("cpus");
  resource.set_type(Value::SCALAR);
  resource.mutable_scalar()->set_value(1);
  EXPECT_EQ(to_json(resource), R"({"name":"cpus","type":"SCALAR","scalar":{"value":1.0}})");
  ASSERT_TRUE(read_json(to_json(resource).insert(1, R"("role":"*",)"), resource).has_value());
  EXPECT_EQ(to_json(resource), R"({"name":"cpus","type":"SCALAR","scalar":{"value":1.0},"role":"*"})");
}

// HTTP-117 HTTP-155
TEST(JsonWrite, EmptyListsAndMapsAreLeftOutButASetEmptyMessageIsWritten) {
  Resource resource;
  resource.set_name("ports");
  resource.set_type(Value::RANGES);
  resource.mutable_ranges();
  resource.mutable_shared();
  resource.mutable_revocable();
  EXPECT_EQ(to_json(resource), R"({"name":"ports","type":"RANGES","ranges":{},"revocable":{},"shared":{}})");
}

// HTTP-117 OPR-069 OPR-070
TEST(JsonWrite, TheListsOfStateAreAlwaysThere) {
  master::Response response;
  response.set_type(master::Response::GET_STATE);
  auto& state = *response.mutable_get_state();
  state.mutable_get_tasks();
  state.mutable_get_executors();
  state.mutable_get_frameworks();
  state.mutable_get_agents();
  EXPECT_EQ(to_json(response),
            R"({"type":"GET_STATE","get_state":{"get_tasks":{"tasks":[],"unreachable_tasks":[],"completed_tasks":[]},)"
            R"("get_executors":{"executors":[]},"get_frameworks":{"frameworks":[],"completed_frameworks":[]},)"
            R"("get_agents":{"agents":[],"recovered_agents":[]}}})");
  master::Response other;
  other.set_type(master::Response::GET_WEIGHTS);
  other.mutable_get_weights();
  other.mutable_get_operations();
  other.mutable_get_roles();
  EXPECT_EQ(to_json(other), R"({"type":"GET_WEIGHTS","get_operations":{},"get_roles":{},"get_weights":{}})");
}

// HTTP-118 OPR-030
TEST(JsonWrite, EnumsAreWrittenByName) {
  TaskStatus status;
  status.mutable_task_id()->set_value("t");
  status.set_state(TASK_RUNNING);
  status.set_source(TaskStatus::SOURCE_AGENT);
  status.set_reason(TaskStatus::REASON_AGENT_REMOVED);
  EXPECT_EQ(
      to_json(status),
      R"({"task_id":{"value":"t"},"state":"TASK_RUNNING","source":"SOURCE_AGENT","reason":"REASON_AGENT_REMOVED"})");
}

// HTTP-119 HTTP-180 HTTP-181
TEST(JsonWrite, BytesAreBase64WithPadding) {
  TaskStatus status;
  status.mutable_task_id()->set_value("t");
  status.set_state(TASK_RUNNING);
  status.set_data(std::string("\xfb\xff\x00", 3));
  status.set_uuid(std::string(16, '\0'));
  EXPECT_EQ(to_json(status),
            R"({"task_id":{"value":"t"},"state":"TASK_RUNNING","data":"+/8A","uuid":"AAAAAAAAAAAAAAAAAAAAAA=="})");
  OperationStatus operation;
  operation.set_state(OPERATION_FINISHED);
  operation.mutable_uuid()->set_value("a");
  EXPECT_EQ(to_json(operation), R"({"state":"OPERATION_FINISHED","uuid":{"value":"YQ=="}})");
}

// HTTP-120 HTTP-182
TEST(JsonWrite, IntegersAreBareNumbers) {
  TimeInfo time;
  time.set_nanoseconds(1443830400000000000);
  EXPECT_EQ(to_json(time), R"({"nanoseconds":1443830400000000000})");
  time.set_nanoseconds(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(to_json(time), R"({"nanoseconds":-9223372036854775808})");
  Value::Range range;
  range.set_begin(0);
  range.set_end(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(to_json(range), R"({"begin":0,"end":18446744073709551615})");
}

// HTTP-121 OPR-030
TEST(JsonWrite, DoublesAreShortestWithAFractionInTheLayoutOfEcmaScript) {
  const std::vector<std::pair<double, std::string>> cases = {
      {15, "15.0"},
      {0, "0.0"},
      {-0.0, "-0.0"},
      {-3, "-3.0"},
      {0.1, "0.1"},
      {0.5, "0.5"},
      {32.25, "32.25"},
      {1e9, "1000000000.0"},
      {1443830400.123456, "1443830400.123456"},
      {0.00001, "0.00001"},
      {0.000001, "0.000001"},
      {0.0000015, "0.0000015"},
      {1e-7, "1e-7"},
      {1.25e-7, "1.25e-7"},
      {-1.25e-7, "-1.25e-7"},
      {1e15, "1000000000000000.0"},
      {123456789012345680, "123456789012345680.0"},
      {1e20, "100000000000000000000.0"},
      {1e21, "1e21"},
      {1.5e300, "1.5e300"},
      {1e300, "1e300"},
      {0.1 + 0.2, "0.30000000000000004"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e308"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(text_of(value), text);
}

// HTTP-121
TEST(JsonWrite, EveryDoubleReadsBackToItself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = text_of(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)), std::bit_cast<std::uint64_t>(value));
    ASSERT_NE(text.find_first_of(".e"), std::string::npos) << text;
  }
}

// HTTP-122
TEST(JsonWrite, InfinityAndNaNAreStrings) {
  EXPECT_EQ(text_of(std::numeric_limits<double>::infinity()), R"("Infinity")");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), R"("-Infinity")");
  EXPECT_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), R"("NaN")");
}

// HTTP-123 HTTP-087
TEST(JsonWrite, OnlyTheMandatoryEscapesAreWritten) {
  EXPECT_EQ(text_of("a\"b\\c/<>&'\x7f"), "\"a\\\"b\\\\c/<>&'\x7f\"");
  EXPECT_EQ(text_of("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(text_of(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(text_of("Grüße 漢字 😀"), "\"Grüße 漢字 😀\"");
}

// HTTP-123
TEST(JsonWrite, EscapesAreFoundAtEveryPlaceOfALongText) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t i = 0; i < size; ++i) {
      for (const std::string_view odd : {"\"", "\\", "\n", "\x1f", "\xff"}) {
        std::string text(size, 'x');
        text.replace(i, 1, odd);
        const std::string_view written = odd == "\""     ? R"(\")"
                                         : odd == "\\"   ? R"(\\)"
                                         : odd == "\n"   ? R"(\n)"
                                         : odd == "\x1f" ? R"(\u001f)"
                                                         : "\xef\xbf\xbd";
        std::string expected = '"' + std::string(size, 'x') + '"';
        expected.replace(i + 1, 1, written);
        ASSERT_EQ(text_of(text), expected);
      }
    }
  }
}

// HTTP-123 V0-034
TEST(JsonWrite, InvalidUtf8IsReplaced) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(text_of("a\xff"
                    "b"),
            "\"a" + r + "b\"");
  EXPECT_EQ(text_of("\xc3"), '"' + r + '"');
  EXPECT_EQ(text_of("\xc0\xaf"), '"' + r + r + '"');                  // Overlong.
  EXPECT_EQ(text_of("\xed\xa0\x80"), '"' + r + r + r + '"');          // Half a pair of surrogates.
  EXPECT_EQ(text_of("\xe6\xbc"), '"' + r + '"');                      // Cut off.
  EXPECT_EQ(text_of("\xf4\x90\x80\x80"), '"' + r + r + r + r + '"');  // Beyond Unicode.
  EXPECT_EQ(text_of("\xff\"ü\n"), '"' + r + "\\\"ü\\n\"");
}

// HTTP-124 OPR-033
TEST(JsonWrite, MapsAreObjectsInOrderOfTheirKeys) {
  TaskInfo task;
  task.set_name("t");
  task.mutable_task_id()->set_value("1");
  task.mutable_agent_id()->set_value("s");
  (*task.mutable_limits())["mem"].set_value(std::numeric_limits<double>::infinity());
  (*task.mutable_limits())["cpus"].set_value(2);
  EXPECT_EQ(to_json(task), R"({"name":"t","task_id":{"value":"1"},"agent_id":{"value":"s"},)"
                           R"("limits":{"cpus":{"value":2.0},"mem":{"value":"Infinity"}}})");
}

// HTTP-125
TEST(JsonWrite, AMemberOfAChoiceIsAnOrdinaryField) {
  scheduler::AttributeConstraint constraint;
  constraint.mutable_selector()->set_attribute_name("rack");
  constraint.mutable_predicate()->mutable_exists();
  EXPECT_EQ(to_json(constraint), R"({"selector":{"attribute_name":"rack"},"predicate":{"exists":{}}})");
}

// HTTP-114 HTTP-144
TEST(JsonWrite, FieldsAndEnumNumbersThatAreUnknownAreLeftOut) {
  // Field 2047, then types beyond all known ones, as the library keeps them.
  CapabilityInfo info;
  ASSERT_TRUE(info.ParseFromString(std::string("\xf8\x7f\x01\x08\xe8\x07\x08\xff\x7f", 9)));
  EXPECT_EQ(to_json(info), R"({"capabilities":["CHOWN"]})");
  ASSERT_TRUE(info.ParseFromString(std::string("\x08\xff\x7f", 3)));
  EXPECT_EQ(to_json(info), "{}");
  scheduler::Call call;
  ASSERT_TRUE(call.ParseFromString(std::string("\x10\x8f\x4e", 3)));
  EXPECT_EQ(to_json(call), "{}");
}

// HTTP-084 HTTP-087
TEST(JsonWrite, TheHeartbeatIsTwentyBytes) {
  scheduler::Event event;
  event.set_type(scheduler::Event::HEARTBEAT);
  EXPECT_EQ(to_json(event), R"({"type":"HEARTBEAT"})");
  EXPECT_EQ(to_json(event).size(), 20U);
}

TEST(JsonWrite, AppendsToWhatIsThere) {
  std::string out = "x";
  write_json(scheduler::Event(), out);
  write_json(scheduler::Event(), out);
  EXPECT_EQ(out, "x{}{}");
}

}  // namespace
}  // namespace stoa::codec
