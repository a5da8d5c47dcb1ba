#include "cli/agent_word.h"

#include <gtest/gtest.h>

namespace stoa::cli {
namespace {

const JsonValue& state() {
  static const JsonValue value =
      *JsonValue::parse(R"({"slaves":[{"id":"M-S1","hostname":"a","pid":"slave(1)@10.0.0.1:5051"},)"
                        R"({"id":"M-S11","hostname":"b","pid":"slave(1)@[2001:db8::7]:5051"},)"
                        R"({"id":"M-S12","hostname":"b","pid":"slave(1)@10.0.0.3:5051"}]})");
  return value;
}

std::string found(const std::string& word) {
  const auto agent = find_agent(state(), word);
  return agent ? (**agent)["id"].text() : agent.error().message;
}

// FE-091
TEST(AgentWord, AnAgentIsNamedByIdNameOrAddress) {
  EXPECT_EQ(found("M-S1"), "M-S1");
  EXPECT_EQ(found("S1"), "M-S1");
  EXPECT_EQ(found("S11"), "M-S11");
  EXPECT_EQ(found("a"), "M-S1");
  EXPECT_EQ(found("2001:db8::7"), "M-S11");
  EXPECT_EQ(found("b"), "'b' fits agents M-S11 and M-S12: give the id");
  EXPECT_EQ(found("c"), "there is no agent 'c'; see stoa agents");
}

}  // namespace
}  // namespace stoa::cli
