#include "cli/output.h"

#include <gtest/gtest.h>

namespace stoa::cli {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({"ID", "STATE"});
  table.add({"a", "TASK_RUNNING"});
  table.add({"böse", "x"});
  EXPECT_EQ(table.to_text(true), "ID    STATE\na     TASK_RUNNING\nböse  x\n");
  EXPECT_EQ(table.to_text(false), "a     TASK_RUNNING\nböse  x\n");
}

TEST(FindId, TakesAUniquePrefixOrSuffixAndListsCandidates) {
  const std::vector<std::string> ids{"web-1", "web-12", "db-7"};
  EXPECT_EQ(find_id("task", "web-1", ids), 0u);
  EXPECT_EQ(find_id("task", "db", ids), 2u);
  EXPECT_EQ(find_id("task", "12", ids), 1u);
  const auto many = find_id("task", "web", ids);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Code::invalid_argument);
  EXPECT_EQ(many.error().message, "'web' may be any of these tasks:\n  web-1\n  web-12");
  EXPECT_EQ(find_id("task", "x", ids).error().code, Code::not_found);
}

TEST(Output, NumbersAreShort) {
  EXPECT_EQ(amount(0.1), "0.1");
  EXPECT_EQ(amount(2), "2");
  EXPECT_EQ(amount(0.00001), "0");
  EXPECT_EQ(megabytes(512), "512 MB");
  EXPECT_EQ(megabytes(1536), "1.5 GB");
  EXPECT_EQ(age(59.9), "59s");
  EXPECT_EQ(age(3 * 86400 + 4 * 3600 + 5), "3d 4h");
}

TEST(JsonValue, ReadsAnyDocumentAndMissingMembersAsBlanks) {
  const auto value = JsonValue::parse(R"({"a":[1,{"b":"x\n"}],"c":true,"d":null,"e":1.50})");
  ASSERT_TRUE(value);
  EXPECT_EQ((*value)["a"].elements()[1]["b"].text(), "x\n");
  EXPECT_TRUE((*value)["c"].boolean());
  EXPECT_TRUE((*value)["d"].is_null());
  EXPECT_EQ((*value)["e"].number(), 1.5);
  EXPECT_EQ((*value)["none"]["such"].text(), "");
  EXPECT_TRUE((*value)["none"].elements().empty());
  EXPECT_EQ(value->to_json(), R"({"a":[1,{"b":"x\n"}],"c":true,"d":null,"e":1.50})");
  EXPECT_EQ(json_lines({&(*value)["c"], &(*value)["e"]}), "[\ntrue,\n1.50\n]\n");
  EXPECT_FALSE(JsonValue::parse("{} x"));
  EXPECT_FALSE(JsonValue::parse("{\"a\":}"));
}

}  // namespace
}  // namespace stoa::cli
