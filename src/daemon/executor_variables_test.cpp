#include "daemon/executor_variables.h"

#include <gtest/gtest.h>

#include "daemon/agent_flags.h"

namespace stoa::daemon {
namespace {

using Variables = std::map<std::string, std::string>;

// EXE-091
TEST(ExecutorVariables, AreAJsonObjectOfStrings) {
  EXPECT_EQ(parse_executor_variables("").value(), Variables());
  EXPECT_EQ(parse_executor_variables(" {} ").value(), Variables());
  EXPECT_EQ(parse_executor_variables(R"({"PATH":"/bin","LANG":"C\u00fc"})").value(),
            (Variables{{"PATH", "/bin"}, {"LANG", "Cü"}}));
}

// EXE-091
TEST(ExecutorVariables, AnyOtherKindOfValueIsRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "expecting a JSON object of strings"},
      {"PATH=/bin", "expecting a JSON object of strings"},
      {R"({"A":1})", "the value of 'A' is not a string"},
      {R"({"A":{"value":"x"}})", "the value of 'A' is not a string"},
      {R"({"A":null})", "the value of 'A' is not a string"},
      {R"({"A=B":"x"})", "'A=B' cannot be the name of a variable"},
      {R"({"":"x"})", "'' cannot be the name of a variable"},
      {R"({"A":"x","A":"y"})", "'A' is there twice"},
      {R"({"A":"\u0000"})", "the value of 'A' holds a NUL"},
      {R"({"A":"x"} more)", "there is something behind the JSON object"},
  };
  for (const auto& [text, why] : cases) {
    const auto parsed = parse_executor_variables(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message, why);
  }
  EXPECT_FALSE(parse_executor_variables(R"({"A":"x")").has_value());
}

// EXE-091 AGT-005
TEST(ExecutorVariables, ABadFlagStopsTheAgentNamingItself) {
  AgentFlags flags;
  const auto outcome = flags::parse(
      agent_table(flags), {.arguments = std::vector<std::string>{"--master=[::1]:5050", "--work_dir=/w",
                                                                 R"(--executor_environment_variables={"A":1})"}});
  ASSERT_EQ(outcome.problems.size(), 1U);
  EXPECT_EQ(outcome.problems[0],
            R"(invalid value '{"A":1}' of --executor_environment_variables: the value of 'A' is not a string)");
}

}  // namespace
}  // namespace stoa::daemon
