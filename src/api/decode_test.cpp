// Hostile bodies at the scheduler endpoint: each is answered, nothing comes of it, and the next sound call works.
#include "api/decode.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "api/scheduler_testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::scheduler::Call;
using testing::Answer;
using testing::call_of;
using testing::SchedulerBench;
using testing::subscribe_body;
using testing::Subscription;
using Lines = std::vector<std::string>;

// A subscriber with one offer.
class HostileCall : public ::testing::Test {
 protected:
  HostileCall() {
    bench_.add_agent();
    client_.emplace(bench_.subscribe());
    bench_.round();
  }
  ~HostileCall() override {
    const Answer answer = bench_.call(*client_, R"({"type":"TEARDOWN","framework_id":{"value":"$F"}})");
    EXPECT_EQ(answer.status(), 202) << answer.body();
  }
  Answer post(const std::string& json) { return bench_.call(*client_, json); }
  Answer post_protobuf(const std::string& bytes) {
    return bench_.post({{"Content-Type", "application/x-protobuf"}, {"Mesos-Stream-Id", client_->stream_id}}, bytes);
  }
  // Launches one task with this id and these resources; returns the events that came of it.
  Lines launch(const std::string& id, const mesos::v1::Resource& resource) {
    bench_.round();
    const std::size_t before = client_->events().size();
    Call call = call_of(bench_.filled_in(*client_, R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":
        {"offer_ids":[{"value":"$O"}],"filters":{"refuse_seconds":0},"operations":[{"type":"LAUNCH","launch":
        {"task_infos":[{"name":"n","task_id":{"value":"t"},"agent_id":{"value":"$A"},"command":{"value":"true"}}]}}]}})"));
    auto& task = *call.mutable_accept()->mutable_operations(0)->mutable_launch()->mutable_task_infos(0);
    task.mutable_task_id()->set_value(id);
    *task.add_resources() = resource;
    EXPECT_EQ(bench_.call_protobuf(*client_, call).status(), 202);
    Lines lines = client_->lines();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(before));
    return lines;
  }
  bool anything_runs() const {
    for (const auto& message : bench_.master.to_agents) {
      if (message->has_run()) return true;
    }
    return false;
  }

  SchedulerBench bench_;
  std::optional<Subscription> client_;
};

mesos::v1::Resource cpus(double value) {
  mesos::v1::Resource resource;
  resource.set_name("cpus");
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
  return resource;
}

// SEC-217
TEST_F(HostileCall, AMillionBracketsAreNoCall) {
  EXPECT_EQ(post(std::string(1'000'000, '[')).status(), 400);
  EXPECT_EQ(post(R"({"type":"REVIVE","x":)" + std::string(1'000'000, '[')).status(), 400);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(post(objects).status(), 400);
}

// SEC-218
TEST_F(HostileCall, NumbersAndTextsThatFitNowhereAreRefused) {
  const auto decline = [&](const std::string& seconds) {
    return post(R"({"type":"DECLINE","framework_id":{"value":"$F"},"decline":{"filters":{"refuse_seconds":)" + seconds +
                "}}}")
        .status();
  };
  EXPECT_EQ(decline("1e400"), 400);
  EXPECT_EQ(decline("NaN"), 400);
  EXPECT_EQ(decline("-0"), 202);
  const std::string digits(400, '9');
  EXPECT_EQ(decline(digits), 400);
  EXPECT_EQ(post(R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"\ud800"}}})").status(), 400);
}

// SEC-219
TEST_F(HostileCall, BrokenProtobufIsRefused) {
  EXPECT_EQ(post_protobuf(std::string(10'000, '\x0b') + std::string(10'000, '\x0c')).status(), 400);  // Groups.
  EXPECT_EQ(post_protobuf(std::string("\x0a\x7f") + "abc").status(), 400);  // Length past the end.
  EXPECT_EQ(post_protobuf("\x10" + std::string(11, '\xff') + std::string(1, '\0')).status(), 400);  // Overlong varint.
  EXPECT_EQ(post_protobuf("\x0a\xff\xff\xff\xff\x0f").status(), 400);
}

// SEC-223
TEST_F(HostileCall, TaskIdsThatAreNoNamesEndAsErrors) {
  for (const std::string& id : {std::string("../../x"), std::string(), std::string(256, 'a'), std::string("a\0b", 3),
                                std::string("."), std::string("..")}) {
    const Lines lines = launch(id, cpus(1));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0], "UPDATE " + id + " TASK_ERROR");
  }
  EXPECT_FALSE(anything_runs());
}

// SEC-254
TEST_F(HostileCall, ATextResourceEndsAsAnError) {
  mesos::v1::Resource text;
  text.set_name("os");
  text.set_type(mesos::v1::Value::TEXT);
  EXPECT_EQ(launch("t1", text), Lines{"UPDATE t1 TASK_ERROR"});
  Call call = call_of(bench_.filled_in(*client_, R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":
      {"offer_ids":[{"value":"$O"}],"operations":[{"type":"RESERVE","id":{"value":"o1"},"reserve":{}}]}})"));
  bench_.round();
  *call.mutable_accept()->mutable_operations(0)->mutable_reserve()->add_resources() = text;
  EXPECT_EQ(bench_.call_protobuf(*client_, call).status(), 202);
  const auto events = client_->events();
  ASSERT_TRUE(events.back().has_update_operation_status());
  EXPECT_EQ(events.back().update_operation_status().status().state(), mesos::v1::OPERATION_ERROR);
  EXPECT_FALSE(anything_runs());
}

// SEC-255
TEST_F(HostileCall, QuantitiesBeyondAllMeasureDoNoHarm) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {1e16, 1e308, nan, infinity, -infinity, -1.0}) {
    EXPECT_EQ(launch("t1", cpus(value)), Lines{"UPDATE t1 TASK_ERROR"}) << value;
    Call update = call_of(bench_.filled_in(*client_, R"({"type":"UPDATE_FRAMEWORK","framework_id":{"value":"$F"},
        "update_framework":{"framework_info":{"id":{"value":"$F"},"user":"svc","name":"web","roles":["eng"],
        "failover_timeout":3600,"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"}]}}})"));
    auto& filters = (*update.mutable_update_framework()->mutable_framework_info()->mutable_offer_filters())["eng"];
    auto& set = *filters.mutable_min_allocatable_resources()->add_quantities();
    (*set.mutable_quantities())["cpus"].set_value(value);
    EXPECT_EQ(bench_.call_protobuf(*client_, update).status(), 400) << value;
  }
  EXPECT_FALSE(anything_runs());
  for (const double value : {1e16, 1e308, nan, infinity, -infinity, -1.0, -0.0}) {
    Call decline = call_of(bench_.filled_in(*client_, R"({"type":"DECLINE","framework_id":{"value":"$F"},
        "decline":{"offer_ids":[{"value":"$O"}]}})"));
    decline.mutable_decline()->mutable_filters()->set_refuse_seconds(value);
    EXPECT_EQ(bench_.call_protobuf(*client_, decline).status(), 202) << value;
    EXPECT_EQ(bench_.call(*client_, R"({"type":"REVIVE","framework_id":{"value":"$F"}})").status(), 202);
    bench_.round();
    EXPECT_EQ(client_->lines().back(), "OFFERS") << value;
  }
}

}  // namespace
}  // namespace stoa::api
