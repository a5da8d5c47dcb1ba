#include "codec/json.h"

#include <gtest/gtest.h>

#include "mesos/v1/master/master.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::codec {
namespace {

template <typename M>
std::string rewritten(std::string_view text) {
  M message;
  const auto status = read_json(text, message);
  return status ? to_json(message) : "error: " + status.error().message;
}

// HTTP-114 HTTP-116 HTTP-120
TEST(JsonWrite, FieldsStandInSchemaOrderWithDefaults) {
  mesos::v1::FrameworkInfo info;
  info.set_user("root");
  info.set_name("n");
  EXPECT_EQ(to_json(info), R"({"user":"root","name":"n","failover_timeout":0.0,"checkpoint":false})");
}

TEST(JsonRead, RoundTrip) {
  EXPECT_EQ(rewritten<mesos::v1::Resource>(R"({"name":"cpus","type":"SCALAR","scalar":{"value":0.5},"x":[1e999]})"),
            R"({"name":"cpus","type":"SCALAR","scalar":{"value":0.5}})");
  EXPECT_EQ(
      rewritten<mesos::v1::scheduler::Call>(R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"name":"x"}}})"),
      "error: Missing required fields: subscribe.framework_info.user");
  EXPECT_EQ(rewritten<mesos::v1::master::Call>(
                R"({"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"a"},"max_grace_period":"10mins"}})"),
            R"({"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"a"},)"
            R"("max_grace_period":{"seconds":600,"nanos":0},"mark_gone":false}})");
}

}  // namespace
}  // namespace stoa::codec
