// What a subscriber reads: encodings, records, their order, and what a strict client can make of them.
#include "api/event_stream.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <future>

#include "api/scheduler_testing.h"
#include "codec/record_io.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::api {
namespace {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;
using testing::Answer;
using testing::call_of;
using testing::SchedulerBench;
using testing::SentStream;
using testing::subscribe_body;
using testing::Subscription;
using Lines = std::vector<std::string>;

const std::string json = "application/json";
const std::string protobuf = "application/x-protobuf";
const std::string record_io = "application/recordio";

http::Headers accepting(const std::string& types) { return {{"Accept", types}}; }

// A launch of one command task on the newest offer, with these resources as JSON.
std::string launch(const std::string& id, const std::string& resources) {
  return R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":{"offer_ids":[{"value":"$O"}],"filters":
    {"refuse_seconds":0},"operations":[{"type":"LAUNCH","launch":{"task_infos":[{"name":"n","task_id":{"value":")" +
         id + R"("},"agent_id":{"value":"$A"},"command":{"value":"true"},"resources":[)" + resources + "]}]}}]}}";
}

std::string scalar(const std::string& name, const std::string& value) {
  return fmt::format(R"({{"name":"{}","type":"SCALAR","scalar":{{"value":{}}}}})", name, value);
}

// The tasks that agents were told to run.
std::vector<mesos::v1::TaskInfo> runs(const SchedulerBench& bench) {
  std::vector<mesos::v1::TaskInfo> out;
  for (const auto& message : bench.master.to_agents) {
    if (message->has_run()) out.push_back(message->run().task());
  }
  return out;
}

// ---- Encodings

// HTTP-072 HTTP-073 HTTP-078 HTTP-081
TEST(EventStream, TheEncodingIsTheFirstThatTheClientTakes) {
  SchedulerBench bench;
  const std::pair<const char*, std::string> cases[] = {
      {"application/json", json},
      {"application/x-protobuf", protobuf},
      {"application/x-protobuf, application/json", json},
      {"application/x-protobuf;q=1.0, application/json;q=0.1", json},
      {"application/json;q=0, */*", protobuf},
      {"application/recordio, application/x-protobuf", protobuf},
      {"*/*", json},
      {"application/*", json},
  };
  for (const auto& [accept, type] : cases) {
    const Subscription client = bench.subscribe(subscribe_body, accepting(accept));
    EXPECT_EQ(client.answer.header("Content-Type"), type) << accept;
    EXPECT_FALSE(client.answer.response.headers.has("Message-Content-Type"));
    EXPECT_EQ(client.lines(), (Lines{"SUBSCRIBED", "HEARTBEAT"})) << accept;
  }
  EXPECT_EQ(bench.subscribe().answer.header("Content-Type"), json);
  for (const char* accept : {"", "text/html", "application/json;q=0", "application/jsonx", "*/*;q=0"}) {
    const Answer answer = bench.post({{"Content-Type", json}, {"Accept", accept}}, subscribe_body);
    EXPECT_EQ(answer.status(), 406) << accept;
  }
}

// HTTP-079
TEST(EventStream, RecordIoAsATypeNamesTheRecordsEncodingInASecondHeader) {
  SchedulerBench bench;
  const std::pair<http::Headers, std::string> cases[] = {
      {{{"Accept", record_io}}, json},
      {{{"Accept", record_io}, {"Message-Accept", json}}, json},
      {{{"Accept", record_io}, {"Message-Accept", protobuf}}, protobuf},
      {{{"Accept", record_io}, {"Message-Accept", protobuf + ", " + json}}, json},
      {{{"Accept", record_io}, {"Message-Accept", "*/*"}}, json},
  };
  for (const auto& [headers, records] : cases) {
    const Subscription client = bench.subscribe(subscribe_body, headers);
    EXPECT_EQ(client.answer.header("Content-Type"), record_io);
    EXPECT_EQ(client.answer.header("Message-Content-Type"), records);
    EXPECT_EQ(client.answer.header("Mesos-Stream-Id").size(), 36U);
    EXPECT_EQ(client.lines(), (Lines{"SUBSCRIBED", "HEARTBEAT"}));
  }
  const http::Headers neither{{"Content-Type", json}, {"Accept", record_io}, {"Message-Accept", "text/html"}};
  EXPECT_EQ(bench.post(neither, subscribe_body).status(), 406);
}

// HTTP-148 HTTP-062
TEST(EventStream, ACallMeansTheSameInBothEncodings) {
  const auto life = [](bool binary_calls, const std::string& events) {
    SchedulerBench bench;
    bench.add_agent();
    http::Headers headers = accepting(events);
    if (binary_calls) headers.add("Content-Type", protobuf);
    const Subscription client =
        bench.subscribe(binary_calls ? call_of(subscribe_body).SerializeAsString() : subscribe_body, headers);
    EXPECT_EQ(client.answer.header("Content-Type"), events);
    bench.round();
    const auto call = [&](const std::string& body) {
      const std::string text = bench.filled_in(client, body);
      const Answer answer = binary_calls ? bench.call_protobuf(client, call_of(text)) : bench.call(client, text);
      EXPECT_EQ(answer.status(), 202) << body;
    };
    call(launch("t1", scalar("cpus", "1") + "," + scalar("mem", "32.5")));
    bench.round();
    call(launch("t2", scalar("cpus", "99")));
    call(R"({"type":"RECONCILE","framework_id":{"value":"$F"},"reconcile":{"tasks":[{"task_id":{"value":"t9"}}]}})");
    std::string told;
    for (const Event& event : client.events()) told += event.ShortDebugString() + "\n";
    for (const auto& task : runs(bench)) told += task.ShortDebugString() + "\n";
    return told;
  };
  const std::string expected = life(false, json);
  EXPECT_NE(expected.find("TASK_ERROR"), std::string::npos) << expected;
  EXPECT_NE(expected.find("TASK_UNKNOWN"), std::string::npos) << expected;
  EXPECT_EQ(life(false, protobuf), expected);
  EXPECT_EQ(life(true, json), expected);
  EXPECT_EQ(life(true, protobuf), expected);
}

// ---- Records

// HTTP-086 HTTP-091
TEST(EventStream, EveryMessageIsOneChunkInTheOrderPushed) {
  net::Loop loop(1);
  const auto sent = std::make_shared<SentStream>();
  const auto stream = std::make_shared<EventStream>(loop, sent, codec::MediaType::json);
  const int count = 2000;
  for (int i = 0; i < count; ++i) {
    auto event = std::make_shared<Event>();
    event->set_type(Event::ERROR);
    event->mutable_error()->set_message(std::to_string(i));
    stream->push(event);
  }
  stream->finish();
  std::promise<void> reached;
  loop.post([&] { reached.set_value(); });
  reached.get_future().wait();
  const auto chunks = sent->chunks();
  ASSERT_EQ(chunks.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(chunks[static_cast<std::size_t>(i)],
              codec::frame_record(fmt::format(R"({{"type":"ERROR","error":{{"message":"{}"}}}})", i)));
  }
  EXPECT_TRUE(sent->closed());
}

// HTTP-091
TEST(EventStream, EventsComeInTheOrderInWhichTheyHappened) {
  SchedulerBench bench;
  const Subscription client = bench.subscribe();
  Lines expected{"SUBSCRIBED", "HEARTBEAT"};
  for (int i = 0; i < 100; ++i) {
    const std::string id = "t" + std::to_string(i);
    bench.call(client,
               R"({"type":"RECONCILE","framework_id":{"value":"$F"},"reconcile":{"tasks":[{"task_id":{"value":")" + id +
                   R"("}}]}})");
    expected.push_back("UPDATE " + id + " TASK_UNKNOWN");
  }
  EXPECT_EQ(client.lines(), expected);
}

// SCH-015 HTTP-209
TEST(EventStream, AHeartbeatFollowsSubscribedAtOnce) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  const Lines lines = client.lines();
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[0], "SUBSCRIBED");
  EXPECT_EQ(lines[1], "HEARTBEAT");
  EXPECT_EQ(client.answer.stream->chunks()[1], "20\n{\"type\":\"HEARTBEAT\"}");
}

// SCH-195
TEST(EventStream, ReconciledOperationsThatNobodyKnowsAreUnknown) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  bench.round();
  const std::size_t before = client.events().size();
  const auto ask = [&](const std::string& operations) {
    const Answer answer = bench.call(client, R"({"type":"RECONCILE_OPERATIONS","framework_id":{"value":"$F"},
        "reconcile_operations":{"operations":[)" +
                                                 operations + "]}}");
    EXPECT_EQ(answer.status(), 202) << answer.body();
  };
  ask("");
  EXPECT_EQ(client.events().size(), before);
  ask(R"({"operation_id":{"value":"o1"}},{"operation_id":{"value":"o2"},"agent_id":{"value":"$A"}})");
  const auto events = client.events();
  ASSERT_EQ(events.size(), before + 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& status = events[before + i].update_operation_status().status();
    EXPECT_EQ(status.state(), mesos::v1::OPERATION_UNKNOWN);
    EXPECT_EQ(status.operation_id().value(), i == 0 ? "o1" : "o2");
    EXPECT_EQ(status.agent_id().value(), i == 0 ? "" : bench.agent_id);
    EXPECT_FALSE(status.has_uuid());
    EXPECT_TRUE(status.message().starts_with("Reconciliation: "));
  }
}

// HTTP-208
TEST(EventStream, SchedulersSeeNoCapabilityOfTheMasterThatIsYoungerThanThey) {
  SchedulerBench bench;
  ASSERT_EQ(bench.master.seen().info->capabilities_size(), 3);
  const Subscription client = bench.subscribe();
  const Event first = client.events().front();
  const auto& info = first.subscribed().master_info();
  ASSERT_EQ(info.capabilities_size(), 1);
  EXPECT_EQ(info.capabilities(0).type(), mesos::v1::MasterInfo::Capability::AGENT_UPDATE);
}

// HTTP-179
TEST(EventStream, IdsBearTheIdOfTheMasterThatMadeThem) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription first = bench.subscribe();
  bench.round();
  const Subscription second = bench.subscribe();
  EXPECT_EQ(first.framework_id, testing::master_id + "-0000");
  EXPECT_EQ(second.framework_id, testing::master_id + "-0001");
  EXPECT_EQ(bench.agent_id, testing::master_id + "-S0");
  ASSERT_EQ(first.lines().back(), "OFFERS");
  const mesos::v1::Offer offer = first.events().back().offers().offers(0);
  EXPECT_EQ(offer.id().value(), testing::master_id + "-O0");
  EXPECT_EQ(offer.agent_id().value(), bench.agent_id);
  EXPECT_EQ(offer.framework_id().value(), first.framework_id);
}

// HTTP-089
TEST(EventStream, AStrictDecoderReadsEveryRecord) {
  for (const std::string& type : {json, protobuf}) {
    SchedulerBench bench;
    bench.add_agent("cpus:4;mem:1024;ports:[31000-32000];bugs:{a,b}");
    const Subscription client = bench.subscribe(subscribe_body, accepting(type));
    bench.round();
    // Members that the schema does not have must not come back in what repeats the request.
    std::string body = launch("t1", scalar("cpus", "99"));
    body.insert(body.find(R"("value":"t1")"), R"("colour":"red",)");
    EXPECT_EQ(bench.call(client, body).status(), 202);
    Call call = call_of(bench.filled_in(
        client,
        R"({"type":"RECONCILE","framework_id":{"value":"$F"},"reconcile":{"tasks":[{"task_id":{"value":"t9"}}]}})"));
    auto& asked = *call.mutable_reconcile()->mutable_tasks(0)->mutable_task_id();
    asked.GetReflection()->MutableUnknownFields(&asked)->AddVarint(99, 7);
    EXPECT_EQ(bench.call_protobuf(client, call).status(), 202);
    bench.round();
    const auto chunks = client.answer.stream->chunks();
    EXPECT_EQ(chunks.size(), 6U);  // SUBSCRIBED, HEARTBEAT, OFFERS, two updates, OFFERS.
    for (const std::string& chunk : chunks) {
      const std::string record = chunk.substr(chunk.find('\n') + 1);
      Event event;
      if (type == json) {
        const auto read = google::protobuf::util::JsonStringToMessage(record, &event, {});
        EXPECT_TRUE(read.ok()) << read.ToString() << ": " << record;
        continue;
      }
      ASSERT_TRUE(event.ParseFromString(record));
      event.DiscardUnknownFields();
      EXPECT_EQ(event.ByteSizeLong(), record.size()) << event.ShortDebugString();
    }
  }
}

// ---- Calls as clients in the field send them

// HTTP-206
TEST(EventStream, CallsThatAskForNothingAreAccepted) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  bench.round();
  for (const char* body : {
           R"({"type":"DECLINE","framework_id":{"value":"$F"},"decline":{"offer_ids":[]}})",
           R"({"type":"DECLINE","framework_id":{"value":"$F"},"decline":{}})",
           R"({"type":"SUPPRESS","framework_id":{"value":"$F"}})",
           R"({"type":"REVIVE","framework_id":{"value":"$F"}})",
           R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":{"offer_ids":[{"value":"$O"}],"operations":
              [{"type":"LAUNCH","launch":{"task_infos":[]}}],"filters":{"refuse_seconds":0}}})",
           R"({"type":"ACCEPT","framework_id":{"value":"$F"},"accept":{"offer_ids":[{"value":"$O"}],"operations":[]}})",
       }) {
    const Answer answer = bench.call(client, body);
    EXPECT_EQ(answer.status(), 202) << body << answer.body();
    EXPECT_EQ(answer.body(), "");
    bench.round();
  }
  for (const std::string& line : client.lines()) EXPECT_FALSE(line.starts_with("UPDATE")) << line;
}

// SCH-126
TEST(EventStream, ReviveWithTheMemberRoleRevivesAllRoles) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  EXPECT_EQ(bench.call(client, R"({"type":"SUPPRESS","framework_id":{"value":"$F"}})").status(), 202);
  bench.round();
  EXPECT_EQ(std::ranges::count(client.lines(), "OFFERS"), 0);
  const Answer answer =
      bench.call(client, R"({"type":"REVIVE","framework_id":{"value":"$F"},"revive":{"role":"none of ours"}})");
  EXPECT_EQ(answer.status(), 202);
  bench.round();
  EXPECT_EQ(std::ranges::count(client.lines(), "OFFERS"), 1);
}

// HTTP-207
TEST(EventStream, NullsUnknownMembersAndIndentationAreNoFault) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe(R"({
    "type": "SUBSCRIBE",
    "framework_id": null,
    "subscribe": {
      "framework_info": {
        "id": null, "user": "svc", "name": "web", "roles": [ "eng" ], "role": null, "webui_url": null,
        "capabilities": [ { "type": "MULTI_ROLE", "since": 3 } ], "colour": { "deep": [ 1, { "x": null } ] }
      },
      "force": true,
      "suppressed_roles": null
    }
  })");
  bench.round();
  std::string body = launch("t1", scalar("cpus", "1"));
  body.insert(body.find(R"("command")"), R"("slave_id": {"value": "x"}, "executor": null, "labels": null,
      "health_check" : null, "discovery":null,
      )");
  EXPECT_EQ(bench.call(client, body).status(), 202);
  ASSERT_EQ(runs(bench).size(), 1U);
  EXPECT_EQ(runs(bench)[0].task_id().value(), "t1");
}

// HTTP-213
TEST(EventStream, ZeroOfAResourceIsTheSameAsNone) {
  SchedulerBench bench;
  bench.add_agent("cpus:4;mem:1024");
  const Subscription client = bench.subscribe();
  bench.round();
  EXPECT_EQ(
      bench.call(client, launch("t1", scalar("cpus", "1") + "," + scalar("gpus", "0") + "," + scalar("disk", "0.0")))
          .status(),
      202);
  ASSERT_EQ(runs(bench).size(), 1U) << client.lines().back();
  for (const auto& resource : runs(bench)[0].resources()) EXPECT_EQ(resource.name(), "cpus");
}

// HTTP-158
TEST(EventStream, FractionsFinerThanAThousandthAreRoundedNotRefused) {
  SchedulerBench bench;
  bench.add_agent();
  const Subscription client = bench.subscribe();
  bench.round();
  bench.call(client, launch("t1", scalar("cpus", "0.1") + "," + scalar("disk", "9.5367431640625")));
  ASSERT_EQ(runs(bench).size(), 1U) << client.lines().back();
  for (const auto& resource : runs(bench)[0].resources()) {
    EXPECT_EQ(resource.scalar().value(), resource.name() == "disk" ? 9.537 : 0.1) << resource.ShortDebugString();
  }
}

}  // namespace
}  // namespace stoa::api
