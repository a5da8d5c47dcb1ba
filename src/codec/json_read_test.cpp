#include <gtest/gtest.h>

#include "codec/json.h"
#include "mesos/v1/agent/agent.pb.h"
#include "mesos/v1/master/master.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::codec {
namespace {

using namespace mesos::v1;

// What the text reads as, written again; or `malformed`, or `misfit: ` and the detail.
template <typename Message>
std::string read(std::string_view text) {
  Message message;
  const Result<> status = read_json(text, message);
  if (status) return to_json(message);
  if (status.error().code == Code::malformed) return "malformed";
  return "misfit: " + status.error().message;
}

template <typename Message>
Message value(std::string_view text) {
  Message message;
  const Result<> status = read_json(text, message);
  EXPECT_TRUE(status.has_value()) << text << ": " << status.error().message;
  return message;
}

std::string range_end(std::string_view number) {
  return read<Value::Range>(R"({"begin":0,"end":)" + std::string(number) + "}");
}
std::string scalar(std::string_view number) { return read<Value::Scalar>(R"({"value":)" + std::string(number) + "}"); }

std::string nested(int levels) {
  return R"({"x":)" + std::string(static_cast<std::size_t>(levels - 1), '[') +
         std::string(static_cast<std::size_t>(levels - 1), ']') + "}";
}

// HTTP-126 HTTP-066
TEST(JsonRead, TheBodyIsOneObject) {
  EXPECT_EQ(read<scheduler::Call>(" \t\r\n{ } \n"), "{}");
  for (const char* text : {"[]", "1", "\"x\"", "true", "null", " [ {} ] "}) {
    EXPECT_EQ(read<scheduler::Call>(text), "misfit: Expecting a JSON object") << text;
  }
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{}{}",
                           "{} x",
                           "{},",
                           "[",
                           "[1,]",
                           "nul",
                           "\xef\xbb\xbf{}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[,]}",
                           "{\"a\":[1}",
                           "{\"a\":{]}",
                           "{/**/}"}) {
    EXPECT_EQ(read<scheduler::Call>(text), "malformed") << text;
  }
}

// HTTP-066
TEST(JsonRead, TextThatIsNotJsonIsMalformedWhereverItStands) {
  for (const char* piece :
       {"tru",  "TRUE", "nulll",    "01", "+1",      ".5",          "1.",     "1e",     "1e+", "-",
        "0x10", "NaN",  "Infinity", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "\"\\\"", "--1", "1..2"}) {
    EXPECT_EQ(read<scheduler::Call>("{\"unknown\":" + std::string(piece) + "}"), "malformed") << piece;
    EXPECT_EQ(read<scheduler::Call>("{\"unknown\":[" + std::string(piece) + "]}"), "malformed") << piece;
    EXPECT_EQ(read<scheduler::Call>(R"({"type":7,"unknown":)" + std::string(piece) + "}"), "malformed") << piece;
    EXPECT_EQ(read<scheduler::Call>("{\"type\":" + std::string(piece) + "}"), "malformed") << piece;
  }
}

// HTTP-127 HTTP-207
TEST(JsonRead, UnknownMembersAreIgnoredWhateverTheirValue) {
  EXPECT_EQ(read<FrameworkID>(R"({"a":[{"b":null}],"value":"f","c":{"value":"g"},"d":-0.0e-0})"), R"({"value":"f"})");
  EXPECT_EQ(read<FrameworkID>(R"({"n":1e400,"m":[123456789012345678901234567890,-1e-400],"value":"f"})"),
            R"({"value":"f"})");
  EXPECT_EQ(read<scheduler::Call>(R"({"frameworkId":{"value":"f"},"Type":"SUBSCRIBE"})"), "{}");
  EXPECT_EQ(read<FrameworkID>(R"({"\u0076alue":"f","val":1,"valuee":2,"":3})"), R"({"value":"f"})");
}

// HTTP-128 HTTP-207
TEST(JsonRead, NullIsAbsent) {
  EXPECT_EQ(read<CommandInfo>(R"({"shell":null,"value":null,"arguments":null,"environment":null})"),
            R"({"shell":true})");
  EXPECT_EQ(read<CommandInfo>(R"({"arguments":[null,"a",null]})"), R"({"shell":true,"arguments":["a"]})");
  EXPECT_EQ(read<FrameworkID>(R"({"value":null})"), "misfit: Missing required fields: value");
}

// HTTP-129
TEST(JsonRead, AllMissingRequiredFieldsAreNamedByPath) {
  EXPECT_EQ(read<scheduler::Call>(R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"name":"x"}}})"),
            "misfit: Missing required fields: subscribe.framework_info.user");
  EXPECT_EQ(read<scheduler::Call>(R"({"framework_id":{},"type":"SUBSCRIBE","subscribe":{"framework_info":{}}})"),
            "misfit: Missing required fields: framework_id.value, subscribe.framework_info.user, "
            "subscribe.framework_info.name");
  EXPECT_EQ(read<scheduler::Call>(R"({"accept":{"offer_ids":[{"value":"o"},{}]}})"),
            "misfit: Missing required fields: accept.offer_ids[1].value");
}

// HTTP-130 OPR-037
TEST(JsonRead, OfMembersOfOneNameTheLastCounts) {
  EXPECT_EQ(read<FrameworkID>(R"({"value":"a","value":"b"})"), R"({"value":"b"})");
  EXPECT_EQ(read<FrameworkID>(R"({"value":1,"value":"b"})"), R"({"value":"b"})");
  EXPECT_EQ(read<FrameworkID>(R"({"value":"b","value":1})"), "misfit: Not expecting a JSON number for field 'value'");
  EXPECT_EQ(read<FrameworkID>(R"({"value":"b","value":null})"), "misfit: Missing required fields: value");
  EXPECT_EQ(read<CommandInfo>(R"({"arguments":["a","b"],"arguments":["c"]})"), R"({"shell":true,"arguments":["c"]})");
  EXPECT_EQ(read<Credential>(R"({"principal":"p","secret":"s","secret":null})"), R"({"principal":"p"})");
  EXPECT_EQ(read<scheduler::Call>(R"({"framework_id":{"value":"a"},"framework_id":{}})"),
            "misfit: Missing required fields: framework_id.value");
  EXPECT_EQ(read<CommandInfo>(R"({"type":"NO","shell":"x","shell":false})"), R"({"shell":false})");
  EXPECT_EQ(read<quota::QuotaConfig>(R"({"role":"r","limits":{"a":1,"b":"x","b":2,"a":null}})"),
            R"({"role":"r","limits":{"b":{"value":2.0}}})");
}

// HTTP-130
TEST(JsonRead, AMemberThatIsReplacedLeavesTheOthersAlone) {
  const std::string long_text(300, 'x');
  EXPECT_EQ(read<FrameworkInfo>(R"({"user":"a","roles":["r1","r2"],"name":"n","user":")" + long_text +
                                R"(","roles":["r3"],"id":{"value":"i"},"name":"m","id":null,"hostname":"h"})"),
            R"({"user":")" + long_text + R"(","name":"m","failover_timeout":0.0,"checkpoint":false,"roles":["r3"],)" +
                R"("hostname":"h"})");
  // Inside, and behind a list that is longer than its first guess.
  EXPECT_EQ(read<scheduler::Call>(R"({"decline":{"offer_ids":[{"value":")" + long_text +
                                  R"("},{"value":"a","value":"b"}],"filters":{"refuse_seconds":1},)"
                                  R"("filters":{"refuse_seconds":2}},"type":"ACCEPT","type":"DECLINE"})"),
            R"({"type":"DECLINE","decline":{"offer_ids":[{"value":")" + long_text +
                R"("},{"value":"b"}],"filters":{"refuse_seconds":2.0}}})");
}

// HTTP-131 OPR-035 OPR-036
TEST(JsonRead, ASingleValueIsAListOfOneButAListIsNotAValue) {
  EXPECT_EQ(read<CommandInfo>(R"({"arguments":"a"})"), read<CommandInfo>(R"({"arguments":["a"]})"));
  EXPECT_EQ(read<Value::Ranges>(R"({"range":{"begin":1,"end":2}})"), R"({"range":[{"begin":1,"end":2}]})");
  EXPECT_EQ(read<FrameworkID>(R"({"value":["a"]})"), "misfit: Not expecting a JSON array for field 'value'");
  EXPECT_EQ(read<scheduler::Call>(R"({"subscribe":[]})"), "misfit: Not expecting a JSON array for field 'subscribe'");
  EXPECT_EQ(read<CommandInfo>(R"({"arguments":[["a"]]})"), "misfit: Not expecting a JSON array for field 'arguments'");
}

// HTTP-132 OPR-036
TEST(JsonRead, StringFieldsTakeStringsOnly) {
  EXPECT_EQ(read<FrameworkID>(R"({"value":5})"), "misfit: Not expecting a JSON number for field 'value'");
  EXPECT_EQ(read<FrameworkID>(R"({"value":true})"), "misfit: Not expecting a JSON boolean for field 'value'");
  EXPECT_EQ(read<FrameworkID>(R"({"value":{}})"), "misfit: Not expecting a JSON object for field 'value'");
  EXPECT_EQ(value<FrameworkID>(R"({"value":"\"\\\/\b\f\n\r\t\u0041\u00e9\u6f22\ud83d\ude00é"})").value(),
            "\"\\/\b\f\n\r\tAé漢😀é");
  EXPECT_EQ(value<FrameworkID>(R"({"value":"\u0000x"})").value(), std::string("\0x", 2));
}

// HTTP-133 OPR-035
TEST(JsonRead, NumbersMayBeStrings) {
  EXPECT_EQ(scalar("\"5.0\""), R"({"value":5.0})");
  EXPECT_EQ(scalar("\"-1e3\""), R"({"value":-1000.0})");
  EXPECT_EQ(range_end("\"17\""), R"({"begin":0,"end":17})");
  EXPECT_EQ(range_end("\"5.9\""), R"({"begin":0,"end":5})");
  for (const char* text : {"\"5x\"", "\"\"", "\"x\"", "\"5 \"", "\"0x10\"", "\"1,5\""}) {
    EXPECT_EQ(scalar(text), "misfit: Expecting a number for field 'value'") << text;
    EXPECT_EQ(range_end(text), "misfit: Expecting a number for field 'end'") << text;
  }
  EXPECT_EQ(scalar("true"), "misfit: Not expecting a JSON boolean for field 'value'");
  EXPECT_EQ(scalar("[1]"), "misfit: Not expecting a JSON array for field 'value'");
  EXPECT_EQ(range_end("{}"), "misfit: Not expecting a JSON object for field 'end'");
  EXPECT_EQ(range_end("false"), "misfit: Not expecting a JSON boolean for field 'end'");
}

// HTTP-133 SEC-218
TEST(JsonRead, DecimalNumbersAreReadToTheNearestDouble) {
  EXPECT_EQ(value<Value::Scalar>(R"({"value":0.30000000000000004})").value(), 0.1 + 0.2);
  EXPECT_EQ(value<Value::Scalar>(R"({"value":9007199254740993})").value(), 9007199254740992.0);
  EXPECT_EQ(value<Value::Scalar>(R"({"value":100000000000000000000})").value(), 1e20);
  EXPECT_EQ(value<Value::Scalar>(R"({"value":2.2250738585072011e-308})").value(), 2.2250738585072011e-308);
  EXPECT_EQ(scalar("1e-400"), R"({"value":0.0})");
  EXPECT_EQ(scalar("0." + std::string(400, '0') + "1"), R"({"value":0.0})");
  EXPECT_EQ(scalar("0e99999999999999999999"), R"({"value":0.0})");
  EXPECT_EQ(scalar("-0"), R"({"value":-0.0})");
}

// HTTP-134 SEC-218 OPR-037
TEST(JsonRead, FloatingFieldsTakeInfinityByNameOnly) {
  EXPECT_EQ(scalar("\"Infinity\""), R"({"value":"Infinity"})");
  EXPECT_EQ(scalar("\"-Infinity\""), R"({"value":"-Infinity"})");
  for (const char* text : {"\"NaN\"", "\"inf\"", "\"infinity\"", "\"+Infinity\""}) {
    EXPECT_EQ(scalar(text), "misfit: Expecting a number for field 'value'") << text;
  }
  EXPECT_EQ(scalar("1e400"), "misfit: Number out of range for field 'value'");
  EXPECT_EQ(scalar("-1e400"), "misfit: Number out of range for field 'value'");
  EXPECT_EQ(scalar("\"1e400\""), "misfit: Number out of range for field 'value'");
  EXPECT_EQ(scalar(std::string(400, '9')), "misfit: Number out of range for field 'value'");
  EXPECT_EQ(scalar("1e99999999999999999999"), "misfit: Number out of range for field 'value'");
}

// HTTP-135
TEST(JsonRead, FractionsAreTruncatedForIntegerFields) {
  EXPECT_EQ(range_end("1e3"), R"({"begin":0,"end":1000})");
  EXPECT_EQ(range_end("2.9"), R"({"begin":0,"end":2})");
  EXPECT_EQ(range_end("-0.5"), R"({"begin":0,"end":0})");
  EXPECT_EQ(read<TimeInfo>(R"({"nanoseconds":-2.9})"), R"({"nanoseconds":-2})");
}

// HTTP-136 SEC-218 OPR-037
TEST(JsonRead, IntegersOutOfRangeAreRefusedAndAllOthersExact) {
  EXPECT_EQ(range_end("18446744073709551615"), R"({"begin":0,"end":18446744073709551615})");
  EXPECT_EQ(range_end("9007199254740993"), R"({"begin":0,"end":9007199254740993})");
  for (const char* text : {"18446744073709551616", "-1", "1e20", "1e400", "-1.0", "1.8446744073709552e19"}) {
    EXPECT_EQ(range_end(text), "misfit: Number out of range for field 'end'") << text;
  }
  EXPECT_EQ(range_end(std::string(400, '9')), "misfit: Number out of range for field 'end'");
  EXPECT_EQ(read<TimeInfo>(R"({"nanoseconds":-9223372036854775808})"), R"({"nanoseconds":-9223372036854775808})");
  EXPECT_EQ(read<TimeInfo>(R"({"nanoseconds":9223372036854775808})"),
            "misfit: Number out of range for field 'nanoseconds'");
  EXPECT_EQ(read<KillPolicy>(R"({"grace_period":{"nanoseconds":9.3e18}})"),
            "misfit: Number out of range for field 'nanoseconds'");
  EXPECT_EQ(value<Port>(R"({"number":4294967295})").number(), 4294967295U);
  EXPECT_EQ(read<Port>(R"({"number":4294967296})"), "misfit: Number out of range for field 'number'");
  EXPECT_EQ(read<Port>(R"({"number":4294967296.5})"), "misfit: Number out of range for field 'number'");
}

// HTTP-137 OPR-035
TEST(JsonRead, BooleansMayBeStrings) {
  EXPECT_EQ(read<CommandInfo>(R"({"shell":false})"), R"({"shell":false})");
  EXPECT_EQ(read<CommandInfo>(R"({"shell":"false"})"), R"({"shell":false})");
  EXPECT_EQ(read<CommandInfo>(R"({"shell":"true"})"), R"({"shell":true})");
  EXPECT_EQ(read<CommandInfo>(R"({"shell":"True"})"), "misfit: Expecting true or false for field 'shell'");
  EXPECT_EQ(read<CommandInfo>(R"({"shell":1})"), "misfit: Not expecting a JSON number for field 'shell'");
  EXPECT_EQ(read<CommandInfo>(R"({"shell":[]})"), "misfit: Not expecting a JSON array for field 'shell'");
}

// HTTP-138 HTTP-069 OPR-036
TEST(JsonRead, UnknownEnumNamesAreAbsentUnlessRequired) {
  EXPECT_EQ(read<scheduler::Call>(R"({"type":"SUBSCRIBE"})"), R"({"type":"SUBSCRIBE"})");
  EXPECT_EQ(read<scheduler::Call>(R"({"type":"NO_SUCH_CALL"})"), "{}");
  EXPECT_EQ(read<scheduler::Call>(R"({"type":"subscribe"})"), "{}");
  EXPECT_EQ(read<scheduler::Call>(R"({"type":1})"), "misfit: Not expecting a JSON number for field 'type'");
  EXPECT_EQ(read<CapabilityInfo>(R"({"capabilities":["CHOWN","NO_SUCH","KILL"]})"),
            R"({"capabilities":["CHOWN","KILL"]})");
  EXPECT_EQ(read<Value>(R"({"type":"NO_SUCH"})"), "misfit: Unknown value 'NO_SUCH' for field 'type'");
}

// HTTP-139
TEST(JsonRead, BytesAreForgivingBase64) {
  const auto data = [](std::string_view text) {
    return value<UUID>(R"({"value":")" + std::string(text) + R"("})").value();
  };
  EXPECT_EQ(data("aGVsbG8="), "hello");
  EXPECT_EQ(data("aGVs bG8"), "hello");
  EXPECT_EQ(data("aGVs\\nbG8=ignored!"), "hello");
  EXPECT_EQ(data(""), "");
  EXPECT_EQ(read<UUID>(R"({"value":"-_8A"})"),
            "misfit: Expecting base64 for field 'value': invalid base64: a character outside the alphabet");
  EXPECT_EQ(read<UUID>(R"({"value":5})"), "misfit: Not expecting a JSON number for field 'value'");
}

// HTTP-140 HTTP-141 OPR-033
TEST(JsonRead, MapsAreObjectsAndScalarsInThemMayBeShort) {
  const std::string full = R"({"role":"r","limits":{"cpus":{"value":2.0},"mem":{"value":"Infinity"}}})";
  EXPECT_EQ(read<quota::QuotaConfig>(full), full);
  EXPECT_EQ(read<quota::QuotaConfig>(R"({"role":"r","limits":{"cpus":2.0,"mem":"Infinity","disk":null}})"), full);
  EXPECT_EQ(read<quota::QuotaConfig>(R"({"role":"r","limits":[]})"),
            "misfit: Not expecting a JSON array for field 'limits'");
  EXPECT_EQ(read<quota::QuotaConfig>(R"({"role":"r","limits":{"cpus":true}})"),
            "misfit: Not expecting a JSON boolean for field 'value'");
  EXPECT_EQ(read<Value>(R"({"type":"SCALAR","scalar":2.0})"), "misfit: Not expecting a JSON number for field 'scalar'");
}

// HTTP-142
TEST(JsonRead, TwoMembersOfAChoiceAreRefused) {
  using Selector = scheduler::AttributeConstraint::Selector;
  EXPECT_EQ(read<Selector>(R"({"attribute_name":"a"})"), R"({"attribute_name":"a"})");
  EXPECT_EQ(read<Selector>(R"({"pseudoattribute_type":"HOSTNAME","attribute_name":null})"),
            R"({"pseudoattribute_type":"HOSTNAME"})");
  EXPECT_EQ(read<Selector>(R"({"attribute_name":"a","pseudoattribute_type":"HOSTNAME"})"),
            "misfit: Not expecting 'pseudoattribute_type' beside another member of the same choice");
  EXPECT_EQ(read<Selector>(R"({"attribute_name":"a","attribute_name":null,"pseudoattribute_type":"HOSTNAME"})"),
            R"({"pseudoattribute_type":"HOSTNAME"})");
  EXPECT_EQ(read<Selector>(R"({"attribute_name":"a","attribute_name":"b"})"), R"({"attribute_name":"b"})");
}

// HTTP-143 SEC-218 OPR-037
TEST(JsonRead, HalfSurrogatesAndInvalidUtf8AreMalformed) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")", R"("\ud800\u0041")",
                           "\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", "\"\xe6\xbc\""}) {
    EXPECT_EQ(read<FrameworkID>(R"({"value":)" + std::string(text) + "}"), "malformed") << text;
    EXPECT_EQ(read<FrameworkID>(R"({"value":"f","unknown":)" + std::string(text) + "}"), "malformed") << text;
  }
}

// HTTP-112 OPR-038
TEST(JsonRead, NestingIsLimitedToTwoHundredLevels) {
  EXPECT_EQ(read<scheduler::Call>(nested(200)), "{}");
  EXPECT_EQ(read<scheduler::Call>(nested(201)), "malformed");
  const auto containers = [](int levels) {  // Each level is one object.
    std::string text = R"({"value":"x"})";
    for (int i = 1; i < levels; ++i) text = R"({"value":"x","parent":)" + text + "}";
    return text;
  };
  EXPECT_EQ(read<ContainerID>(containers(200)), containers(200));
  EXPECT_EQ(read<ContainerID>(containers(201)), "malformed");
}

// SEC-217 HTTP-112 HTTP-191
TEST(JsonRead, AMillionBracketsAreRefusedAtOnce) {
  EXPECT_EQ(read<scheduler::Call>(std::string(1'000'000, '[')), "malformed");
  EXPECT_EQ(read<scheduler::Call>(R"({"type":)" + std::string(1'000'000, '[')), "malformed");
}

// OPR-034
TEST(JsonRead, DurationsAreObjectsOrText) {
  const auto grace = [](std::string_view duration) {
    return read<master::Call::DrainAgent>(R"({"agent_id":{"value":"a"},"max_grace_period":)" + std::string(duration) +
                                          "}");
  };
  const auto expected = [](std::string_view duration) {
    return R"({"agent_id":{"value":"a"},"max_grace_period":)" + std::string(duration) + R"(,"mark_gone":false})";
  };
  EXPECT_EQ(grace(R"({"seconds":600})"), expected(R"({"seconds":600,"nanos":0})"));
  EXPECT_EQ(grace(R"({"nanos":5})"), expected(R"({"seconds":0,"nanos":5})"));
  EXPECT_EQ(grace("{}"), expected(R"({"seconds":0,"nanos":0})"));
  EXPECT_EQ(grace(R"("600s")"), expected(R"({"seconds":600,"nanos":0})"));
  EXPECT_EQ(grace(R"("10mins")"), expected(R"({"seconds":600,"nanos":0})"));
  EXPECT_EQ(grace(R"("1.5secs")"), expected(R"({"seconds":1,"nanos":500000000})"));
  EXPECT_EQ(grace(R"("soon")"), "misfit: Expecting a duration for field 'max_grace_period'");
  EXPECT_EQ(grace("600"), "misfit: Not expecting a JSON number for field 'max_grace_period'");
}

// HTTP-126
TEST(JsonRead, ReplacesWhatTheMessageHeld) {
  scheduler::Call call;
  call.mutable_framework_id()->set_value("old");
  ASSERT_TRUE(read_json(R"({"type":"REVIVE"})", call).has_value());
  EXPECT_EQ(to_json(call), R"({"type":"REVIVE"})");
}

}  // namespace
}  // namespace stoa::codec
