#include "model/resource_text.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "model/testing.h"

namespace stoa::model {
namespace {

std::string text(std::string_view flag, std::string_view default_role = "*") {
  const auto parsed = parse_simple(flag, default_role);
  return parsed.has_value() ? parsed->resources.to_text() : parsed.error().message;
}

// RES-060 RES-061 AGT-010 AGT-011
TEST(ResourceText, SimpleForm) {
  EXPECT_EQ(text("cpus:24;gpus:2;mem:24576;disk:409600;ports:[21000-24000,30000-34000];bugs(debug_role):{a,b,c}"),
            "cpus:24; gpus:2; mem:24576; disk:409600; ports:[21000-24000, 30000-34000]; "
            "bugs(reservations: [(STATIC,debug_role)]):{a, b, c}");
  EXPECT_EQ(text(" cpus : 1 ;; mem ( ads ) : 5 1 2 ; "), "cpus:1; mem(reservations: [(STATIC,ads)]):512");
  EXPECT_EQ(text("ports:[ 3-5, 1 - 2,4-8 ]"), "ports:[1-8]");
  EXPECT_EQ(text(""), "{}");
}

// RES-062 AGT-011 AGT-015 AGT-016
TEST(ResourceText, RefusalsSayWhy) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"cpus", "Bad value for resources, missing or extra ':' in cpus"},
      {"a:1;cpus:1:2", "Bad value for resources, missing or extra ':' in cpus:1:2"},
      {"cpus(ads:1", "Bad value for resources, mismatched parentheses in cpus(ads:1"},
      {"cpus)ads(:1", "Bad value for resources, mismatched parentheses in cpus)ads(:1"},
      {"cpus(a)b:1", "Bad value for resources, mismatched parentheses in cpus(a)b:1"},
      {"ports:[1-2", "Mismatched brackets"},
      {"ports:[1-2}", "Mismatched brackets"},
      {"ports:[1-2,3]", "Expecting one or more \"ranges\""},
      {"ports:[1-x]", "Expecting non-negative integers"},
      {"ports:[-1-2]", "Expecting non-negative integers"},
      {"ports:[1-99999999999999999999]", "Expecting non-negative integers"},
      {"ports:[2-1]", "Invalid ranges resource: begin > end"},
      {"bugs:{a,a}", "Invalid set resource: duplicated elements"},
      {"cpus:many", "Bad type for resource cpus"},
      {"cpus:-1", "type TEXT"},
      {"cpus:nan", "type TEXT"},
      {"cpus:inf", "type TEXT"},
      {"cpus:1e-310", "type TEXT"},
      {"cpus:0x10", "type TEXT"},
      {"cpus:", "type TEXT"},
      {"mem:1e13", "Invalid value for resource 'mem'"},
      {":1", "Empty resource name"},
      {"cpus(a//b):1", "cannot contain two adjacent slashes"},
      {"gpus:0.5", "must be an unsigned integer"},
  };
  for (const auto& [flag, gist] : cases) EXPECT_TRUE(text(flag).contains(gist)) << flag << ": " << text(flag);
}

// RES-068
TEST(ResourceText, NumbersInOtherForms) {
  EXPECT_EQ(text("cpus:1e3"), "cpus:1000");
  EXPECT_EQ(text("cpus:+2"), "cpus:2");
}

// RES-063
TEST(ResourceText, RoleOfTheKeyOrTheDefaultOne) {
  EXPECT_EQ(text("cpus(ads):8"), "cpus(reservations: [(STATIC,ads)]):8");
  EXPECT_EQ(text("cpus(*):8;mem:1"), "cpus:8; mem:1");
  EXPECT_EQ(text("cpus(*):8;mem:1;disk(b):2", "prod"),
            "cpus(reservations: [(STATIC,prod)]):8; mem(reservations: [(STATIC,prod)]):1; "
            "disk(reservations: [(STATIC,b)]):2");
}

// RES-065 AGT-016 AGT-019
TEST(ResourceText, ZeroIsDroppedButNamed) {
  const FlagResources parsed = *parse_simple("cpus:0;mem(ads):5");
  EXPECT_EQ(parsed.resources, testing::resources("mem(ads):5"));
  EXPECT_EQ(parsed.names, (std::set<std::string>{"cpus", "mem"}));
}

// RES-007 AGT-017
TEST(ResourceText, OneNameHasOneType) {
  EXPECT_TRUE(text("ports:5;ports:[1-2]").contains("same name ('ports') but different types are not allowed"));
  EXPECT_TRUE(text("ports:0;ports:[1-2]").contains("same name ('ports') but different types are not allowed"));
  EXPECT_EQ(text("cpus(a):1;cpus(b):2"), "cpus(reservations: [(STATIC,a)]):1; cpus(reservations: [(STATIC,b)]):2");
  const auto collection = Resources{testing::resource("a:1"), testing::resource("a:{x}")};
  EXPECT_FALSE(check_types_agree(collection).has_value());
}

std::string from_messages(const std::vector<std::string>& texts, std::string_view default_role = "*") {
  google::protobuf::RepeatedPtrField<mesos::v1::Resource> messages;
  for (const auto& entry : texts) {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(entry, messages.Add())) << entry;
  }
  const auto parsed = from_flag_messages(messages, default_role);
  return parsed.has_value() ? parsed->resources.to_text() : parsed.error().message;
}

const std::string cpus = R"(name: "cpus" type: SCALAR scalar { value: 24 })";
const std::string disk = R"(name: "disk" type: SCALAR scalar { value: 64 })";

// RES-064 AGT-012 AGT-013
TEST(ResourceText, JsonEntriesTakeTheDefaultRole) {
  EXPECT_EQ(from_messages({cpus}), "cpus:24");
  EXPECT_EQ(from_messages({cpus + R"( role: "prod")", disk}, "dev"),
            "cpus(reservations: [(STATIC,prod)]):24; disk(reservations: [(STATIC,dev)]):64");
  EXPECT_EQ(from_messages({cpus + R"( reservations { type: STATIC role: "prod" })"}, "dev"),
            "cpus(reservations: [(STATIC,prod)]):24");
}

// RES-064 AGT-013
TEST(ResourceText, WhatOnlyApisGiveIsRefused) {
  EXPECT_TRUE(from_messages({disk + R"( role: "a" disk { persistence { id: "i" }
                                 volume { container_path: "p" mode: RW } })"})
                  .contains("Persistent volumes cannot be specified at the command line"));
  EXPECT_TRUE(
      from_messages({cpus + " revocable {}"}).contains("Revocable resources cannot be specified at the command line"));
  EXPECT_TRUE(from_messages({cpus + R"( reservations { type: DYNAMIC role: "a" })"})
                  .contains("Dynamic reservations cannot be specified at the command line"));
  EXPECT_TRUE(from_messages({cpus, R"(name: "cpus" type: SET set { item: "x" })"})
                  .contains("same name ('cpus') but different types are not allowed"));
}

// RES-171 AGT-015 AGT-016
TEST(ResourceText, InvalidJsonEntriesAreNamed) {
  EXPECT_EQ(from_messages({cpus, R"(name: "mem" type: SCALAR scalar { value: -1 })"}),
            "Resource 'mem:-1' is invalid: Invalid scalar resource: value <= 0");
  EXPECT_TRUE(
      from_messages({R"(name: "p" type: RANGES ranges { range { begin: 1 end: 2 } range { begin: 2 end: 3 } })"})
          .contains("overlapping ranges"));
}

// AGT-021
TEST(ResourceText, ProviderDisksAreRefused) {
  EXPECT_NE(from_messages({disk + " disk { source { type: RAW } }"}), "disk[RAW(,,)]:64");
  EXPECT_EQ(from_messages({disk + R"( disk { source { type: MOUNT mount { root: "/m" } } })"}), "disk[MOUNT:/m]:64");
}

}  // namespace
}  // namespace stoa::model
