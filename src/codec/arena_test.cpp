#include "codec/arena.h"

#include <gtest/gtest.h>

#include "codec/json.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::codec {
namespace {

using mesos::v1::scheduler::Call;

TEST(Arena, ThePartsOfAMessageLiveAsLongAsAnyPointerIntoIt) {
  std::shared_ptr<const mesos::v1::FrameworkInfo> info;
  {
    const auto call = make_in_arena<Call>();
    ASSERT_NE(call->GetArena(), nullptr);
    const std::string text =
        R"({"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"a name that is longer than most"}}})";
    ASSERT_TRUE(read_json(text, *call).has_value());
    info = {call, &call->subscribe().framework_info()};
  }
  EXPECT_EQ(info->name(), "a name that is longer than most");
}

TEST(Arena, EachMessageHasItsOwn) { EXPECT_NE(make_in_arena<Call>()->GetArena(), make_in_arena<Call>()->GetArena()); }

}  // namespace
}  // namespace stoa::codec
