#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "mesos/v1/mesos.pb.h"
#include "model/resources.h"
#include "model/testing.h"

namespace stoa::model {
namespace {

using Message = mesos::v1::Resource;
using Messages = google::protobuf::RepeatedPtrField<Message>;

Message message(const std::string& text) {
  Message result;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &result)) << text;
  return result;
}

Messages list(const std::vector<std::string>& texts) {
  Messages result;
  for (const std::string& text : texts) *result.Add() = message(text);
  return result;
}

std::string refusal(const std::string& text) {
  const auto resource = Resource::from_message(message(text));
  return resource.has_value() ? "accepted" : resource.error().message;
}

std::string list_refusal(const std::vector<std::string>& texts) {
  const auto resources = Resources::from_messages(list(texts));
  return resources.has_value() ? "accepted" : resources.error().message;
}

Resource parsed(const std::string& text) {
  auto resource = Resource::from_message(message(text));
  EXPECT_TRUE(resource.has_value()) << text;
  return *std::move(resource);
}

void expect_written(const Resource& resource, WireForm form, const std::string& text) {
  Message written;
  resource.to_message(form, written);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(written, message(text))) << written.DebugString();
}

const std::string cpus = R"(name: "cpus" type: SCALAR scalar { value: 1 })";
const std::string disk = R"(name: "disk" type: SCALAR scalar { value: 64 })";
const std::string reserved_disk = disk + R"( reservations { type: DYNAMIC role: "ads" })";

// RES-004 HTTP-164
TEST(ResourceMessage, NameIsNotEmptyAndNotTrimmed) {
  EXPECT_EQ(refusal(R"(name: "" type: SCALAR scalar { value: 1 })"), "Empty resource name");
  EXPECT_EQ(parsed(R"(name: " CPUS " type: SCALAR scalar { value: 1 })").name(), " CPUS ");
}

// RES-003
TEST(ResourceMessage, AnyOtherNameIsACustomResource) {
  EXPECT_EQ(parsed(R"(name: "tokens" type: SCALAR scalar { value: 1.5 })").to_text(), "tokens:1.5");
}

// RES-002 HTTP-155
TEST(ResourceMessage, TextIsRefused) { EXPECT_EQ(refusal(R"(name: "os" type: TEXT)"), "Unsupported resource type"); }

// RES-001 RES-005 HTTP-155
TEST(ResourceMessage, TypeAndValueAgree) {
  EXPECT_EQ(refusal(R"(name: "a" type: SCALAR)"), "Invalid scalar resource");
  EXPECT_EQ(refusal(R"(name: "a" type: SCALAR scalar { value: 1 } set { item: "x" })"), "Invalid scalar resource");
  EXPECT_EQ(refusal(R"(name: "a" type: RANGES scalar { value: 1 })"), "Invalid ranges resource");
  EXPECT_EQ(refusal(R"(name: "a" type: RANGES ranges {} scalar { value: 1 })"), "Invalid ranges resource");
  EXPECT_EQ(refusal(R"(name: "a" type: SET ranges {})"), "Invalid set resource");
  EXPECT_EQ(refusal(R"(name: "a" type: SET set {} ranges {})"), "Invalid set resource");
}

// RES-012 RES-020 RES-023
TEST(ResourceMessage, ValuesAreValid) {
  EXPECT_EQ(refusal(R"(name: "a" type: SCALAR scalar { value: -1 })"), "Invalid scalar resource: value <= 0");
  EXPECT_EQ(refusal(R"(name: "p" type: RANGES ranges { range { begin: 3 end: 4 } range { begin: 1 end: 9 } })"),
            "Invalid ranges resource: overlapping ranges");
  EXPECT_EQ(refusal(R"(name: "p" type: RANGES ranges { range { begin: 3 end: 2 } })"),
            "Invalid ranges resource: begin > end");
  EXPECT_EQ(refusal(R"(name: "s" type: SET set { item: "x" item: "x" })"), "Invalid set resource: duplicated elements");
}

// RES-006 HTTP-165
TEST(ResourceMessage, GpusAreWholeInSum) {
  const std::string half = R"(name: "gpus" type: SCALAR scalar { value: 0.5 })";
  EXPECT_EQ(list_refusal({half}), "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer");
  EXPECT_EQ(list_refusal({half, half}), "accepted");
}

// RES-110 HTTP-172
TEST(ResourceMessage, DiskInfoBelongsToDiskAndSaysSomething) {
  EXPECT_EQ(refusal(cpus + " disk {}"), "DiskInfo should not be set for cpus resource");
  EXPECT_EQ(list_refusal({disk + " disk {}"}), "Resource 'disk[]:64' is invalid: DiskInfo is set but empty");
  EXPECT_TRUE(list_refusal({reserved_disk + R"( disk { volume { container_path: "p" mode: RW } })"})
                  .ends_with("Non-persistent volume not supported"));
}

// RES-111 HTTP-173
TEST(ResourceMessage, DiskSourcesAreKnownAndHaveTheirFieldsOnly) {
  EXPECT_EQ(refusal(disk + R"( disk { source { type: RAW mount { root: "m" } } })"),
            "Mount should not be set for RAW disk source");
  EXPECT_EQ(refusal(disk + R"( disk { source { type: BLOCK path { root: "m" } } })"),
            "Path should not be set for BLOCK disk source");
  EXPECT_EQ(refusal(disk + " disk { source { type: UNKNOWN } }"), "Unsupported 'DiskInfo.Source.Type'");
  EXPECT_EQ(parsed(disk + R"( disk { source { type: PATH path { root: "/p" } } })").to_text(), "disk[PATH:/p]:64");
  EXPECT_EQ(parsed(disk + R"( disk { source { type: RAW vendor: "v" profile: "fast" } })").to_text(),
            "disk[RAW(v,,fast)]:64");
}

// RES-113 HTTP-172
TEST(ResourceMessage, VolumesAreReservedAndComplete) {
  const std::string volume = R"( disk { persistence { id: "id1" } volume { container_path: "p" mode: RW } })";
  EXPECT_TRUE(list_refusal({disk + volume}).ends_with("cannot be created from unreserved resources"));
  EXPECT_EQ(list_refusal({reserved_disk + volume}), "accepted");
  EXPECT_TRUE(list_refusal({reserved_disk + R"( disk { persistence { id: "id1" } })"})
                  .ends_with("Expecting 'volume' to be set for persistent volume"));
  EXPECT_NE(list_refusal({reserved_disk + R"( disk { persistence { id: "a/b" }
      volume { container_path: "p" mode: RW } })"}),
            "accepted");
  EXPECT_NE(list_refusal({reserved_disk + R"( disk { persistence { id: "a" }
      volume { container_path: "p" host_path: "/h" mode: RW } })"}),
            "accepted");
  EXPECT_NE(list_refusal({disk + R"( revocable {} reservations { type: STATIC role: "ads" })" + volume}), "accepted");
}

// RES-130 HTTP-174
TEST(ResourceMessage, OnlyVolumesAreShared) {
  EXPECT_EQ(refusal(cpus + " shared {}"), "Resource cpus cannot be shared");
  EXPECT_EQ(refusal(disk + " shared {}"), "Only persistent volumes can be shared");
}

// RES-140 HTTP-175
TEST(ResourceMessage, RevocableOnesAreNotDynamicallyReserved) {
  EXPECT_NE(list_refusal({cpus + R"( revocable {} reservations { type: DYNAMIC role: "a" })"}), "accepted");
  EXPECT_EQ(list_refusal({cpus + " revocable {}"}), "accepted");
}

// RES-090 RES-091 HTTP-168
TEST(ResourceMessage, StackIsValid) {
  const auto with = [](const std::string& stack) { return refusal(cpus + " " + stack); };
  EXPECT_EQ(with(R"(reservations { role: "a" })"),
            "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.");
  EXPECT_EQ(with(R"(reservations { type: STATIC role: "*" })"), "Invalid reservation: role \"*\" cannot be reserved");
  EXPECT_NE(with(R"(reservations { type: STATIC })"), "accepted");
  EXPECT_NE(with(R"(reservations { type: STATIC role: "a//b" })"), "accepted");
  EXPECT_EQ(with(R"(reservations { type: STATIC role: "a" } reservations { type: STATIC role: "a/b" })"),
            "Invalid refined reservation: A refined reservation cannot be STATIC");
  EXPECT_TRUE(with(R"(reservations { type: STATIC role: "a" } reservations { type: DYNAMIC role: "b" })")
                  .contains("role 'b' is not a refinement of 'a'"));
  EXPECT_TRUE(with(R"(reservations { type: DYNAMIC role: "a" } reservations { type: DYNAMIC role: "a" })")
                  .contains("is not a refinement of"));
  EXPECT_EQ(with(R"(reservations { type: STATIC role: "a" } reservations { type: DYNAMIC role: "a/b/c" })"),
            "accepted");
}

// RES-161 RES-162 HTTP-166 HTTP-167
TEST(ResourceMessage, OldFormIsTheSameResource) {
  EXPECT_EQ(parsed(cpus + R"( role: "*")"), parsed(cpus));
  EXPECT_EQ(parsed(cpus + R"( role: "ads")"), parsed(cpus + R"( reservations { type: STATIC role: "ads" })"));
  EXPECT_EQ(
      parsed(cpus + R"( role: "ads" reservation { principal: "p" labels { labels { key: "k" } } })"),
      parsed(cpus + R"( reservations { type: DYNAMIC role: "ads" principal: "p" labels { labels { key: "k" } } })"));
  EXPECT_TRUE(refusal(cpus + R"( role: "a" reservation { type: DYNAMIC })")
                  .contains("'Resource.ReservationInfo.type' must not be set"));
  EXPECT_TRUE(refusal(cpus + R"( role: "a" reservation { role: "a" })")
                  .contains("'Resource.ReservationInfo.role' must not be set"));
  EXPECT_EQ(refusal(cpus + R"( role: "*" reservation {})"),
            "Invalid reservation: role \"*\" cannot be dynamically reserved");
  EXPECT_EQ(refusal(cpus + " reservation {}"), "Invalid reservation: role \"*\" cannot be dynamically reserved");
}

// RES-163 HTTP-166 HTTP-169
TEST(ResourceMessage, MixedFormMustBeConsistent) {
  const std::string fixed = cpus + R"( reservations { type: STATIC role: "a" })";
  const std::string dynamic = cpus + R"( reservations { type: DYNAMIC role: "a" principal: "p" })";
  const auto with = [](const std::string& base, const std::string& old) {
    return refusal(base + " " + old).substr(0, 23);
  };
  EXPECT_EQ(with(fixed, R"(role: "a")"), "accepted");
  EXPECT_EQ(with(fixed, R"(role: "b")"), "Invalid resource format");
  EXPECT_EQ(with(fixed, R"(role: "a" reservation {})"), "Invalid resource format");
  EXPECT_EQ(with(dynamic, R"(role: "a" reservation { principal: "p" })"), "accepted");
  EXPECT_EQ(with(dynamic, R"(role: "a")"), "Invalid resource format");
  EXPECT_EQ(with(dynamic, R"(reservation { principal: "p" })"), "Invalid resource format");
  EXPECT_EQ(with(dynamic, R"(role: "a" reservation { principal: "q" })"), "Invalid resource format");
  EXPECT_EQ(with(fixed + R"( reservations { type: DYNAMIC role: "a/b" })", R"(role: "a/b")"),
            "Invalid resource format");
}

// RES-161 RES-164 HTTP-170
TEST(ResourceMessage, OldFormIsWrittenForOldSchedulers) {
  expect_written(parsed(cpus), WireForm::old_form, cpus + R"( role: "*")");
  expect_written(parsed(cpus + R"( reservations { type: STATIC role: "a" })"), WireForm::old_form,
                 cpus + R"( role: "a")");
  expect_written(parsed(cpus + R"( reservations { type: DYNAMIC role: "a" principal: "p" })"), WireForm::old_form,
                 cpus + R"( role: "a" reservation { principal: "p" })");
}

// RES-160 RES-164 HTTP-170
TEST(ResourceMessage, NewFormHasTheStackOnly) {
  expect_written(parsed(cpus + R"( role: "*")"), WireForm::new_form, cpus);
  const std::string stack =
      R"( reservations { type: STATIC role: "a" } reservations { type: DYNAMIC role: "a/b" principal: "p" })";
  expect_written(parsed(cpus + stack), WireForm::new_form, cpus + stack);
}

// RES-165
TEST(ResourceMessage, EndpointFormHasBothWhereBothCanSayIt) {
  expect_written(parsed(cpus), WireForm::endpoint_form, cpus + R"( role: "*")");
  const std::string one = R"( reservations { type: DYNAMIC role: "ads" principal: "p" })";
  expect_written(parsed(cpus + one), WireForm::endpoint_form,
                 cpus + one + R"( role: "ads" reservation { principal: "p" })");
  const std::string two = R"( reservations { type: STATIC role: "a" } reservations { type: DYNAMIC role: "a/b" })";
  expect_written(parsed(cpus + two), WireForm::endpoint_form, cpus + two);
}

// RES-001 RES-150
TEST(ResourceMessage, EveryMarkSurvivesTheRoundTrip) {
  const std::string full = R"(
      provider_id { value: "p1" } name: "disk" type: SCALAR scalar { value: 12.5 }
      allocation_info { role: "ads" }
      reservations { type: DYNAMIC role: "ads" principal: "p" labels { labels { key: "k" value: "v" } } }
      disk { persistence { id: "id1" principal: "p" }
             volume { container_path: "data" mode: RO image { type: DOCKER docker { name: "x" } } }
             source { type: MOUNT mount { root: "/m" } vendor: "v" id: "i" profile: "f"
                      metadata { labels { key: "k" } } } }
      shared {})";
  expect_written(parsed(full), WireForm::new_form, full);
  const std::string ports = R"(name: "ports" type: RANGES ranges { range { begin: 1 end: 4 } } revocable {})";
  expect_written(parsed(R"(name: "ports" type: RANGES revocable {}
      ranges { range { begin: 3 end: 4 } range { begin: 1 end: 2 } })"),
                 WireForm::new_form, ports);
  const std::string bugs = R"(name: "bugs" type: SET set { item: "a" item: "b" })";
  expect_written(parsed(bugs), WireForm::new_form, bugs);
}

// RES-170
TEST(ResourceMessage, FirstViolationInTheOrderOfTheRulesIsReported) {
  EXPECT_EQ(refusal(R"(name: "" type: TEXT)"), "Empty resource name");
  EXPECT_EQ(refusal(R"(name: "cpus" type: SCALAR disk {})"), "Invalid scalar resource");
  EXPECT_EQ(refusal(R"(name: "cpus" type: SCALAR scalar { value: -1 } disk {})"),
            "Invalid scalar resource: value <= 0");
  EXPECT_EQ(refusal(cpus + R"( disk {} reservations { role: "a" })"), "DiskInfo should not be set for cpus resource");
  EXPECT_EQ(refusal(cpus + R"( shared {} reservations { type: STATIC role: "*" })"),
            "Invalid reservation: role \"*\" cannot be reserved");
  // Rules for one resource come before those for the list, whatever the order in the list.
  EXPECT_EQ(list_refusal({R"(name: "gpus" type: SCALAR scalar { value: 0.5 })", disk + " disk {}",
                          R"(name: "mem" type: SCALAR scalar { value: -2 })"}),
            "Resource 'mem:-2' is invalid: Invalid scalar resource: value <= 0");
  EXPECT_EQ(list_refusal({disk + " disk {}", R"(name: "gpus" type: SCALAR scalar { value: 0.5 })"}),
            "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer");
}

// RES-171
TEST(ResourceMessage, OneInvalidMemberFailsTheList) {
  EXPECT_NE(list_refusal({cpus, R"(name: "mem" type: SCALAR)"}), "accepted");
}

// RES-045
TEST(ResourceMessage, SharedVolumeIsWrittenOnceForEachHolder) {
  const std::string volume =
      reserved_disk + R"( shared {} disk { persistence { id: "i" } volume { container_path: "p" mode: RW } })";
  const Resources twice = *Resources::from_messages(list({volume, volume}));
  EXPECT_EQ(twice.size(), 1U);
  Messages written;
  twice.to_messages(WireForm::new_form, written);
  EXPECT_EQ(written.size(), 2);
}

// RES-024
TEST(ResourceMessage, OneNumberOrItemNamedTwiceIsFound) {
  const auto ports = [](int begin, int end) {
    return R"(name: "ports" type: RANGES ranges { range { begin: )" + std::to_string(begin) +
           " end: " + std::to_string(end) + " } }";
  };
  const Messages task = list({ports(1, 5), cpus});
  const Messages touching = list({ports(6, 7), cpus});
  const Messages overlapping = list({ports(5, 6)});
  const Messages inside = list({ports(1, 3), ports(2, 2)});
  const Messages items = list({R"(name: "bugs" type: SET set { item: "a" })"});
  EXPECT_TRUE(check_no_overlap({&task, &touching, &items}).has_value());
  EXPECT_TRUE(check_no_overlap({&task, &overlapping}).error().message.contains("overlapping resources"));
  EXPECT_FALSE(check_no_overlap({&inside}).has_value());
  EXPECT_FALSE(check_no_overlap({&items, &items}).has_value());
}

}  // namespace
}  // namespace stoa::model
