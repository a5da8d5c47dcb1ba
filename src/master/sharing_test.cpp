// Weights, priorities and quotas as operators set them: checked as a whole, durable, then in force.
#include "master/sharing.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

using namespace std::chrono_literals;
using allocator::Quota;
using ::testing::HasSubstr;

Quota quota(std::string_view guarantees, std::string_view limits = "") {
  return {.guarantees = *model::Quantities::parse(guarantees), .limits = *model::Limits::parse(limits)};
}

class SharingCalls : public ::testing::Test {
 protected:
  template <typename Event>
  Result<> ask(Event event) {
    event.reply = ReplyNumber{next++};
    bench->step(event);
    return bench->replies.at(event.reply);
  }
  Result<> weights(std::map<std::string, double> weights) {
    return ask(UpdateWeights{.reply = {}, .weights = std::move(weights)});
  }
  Result<> priorities(std::map<std::string, std::optional<std::int64_t>> priorities) {
    return ask(UpdatePriorities{.reply = {}, .priorities = std::move(priorities)});
  }
  Result<> quotas(std::map<std::string, Quota> quotas, bool force = false) {
    return ask(UpdateQuota{.reply = {}, .quotas = std::move(quotas), .force = force});
  }
  const Sharing& sharing() { return *(snapshot = bench->snapshot()).sharing; }
  void start(Config config, std::vector<RegistryRecord> registry = {}) {
    bench.emplace(std::move(config), std::move(registry));
  }
  // The next leader, of another id, over what this one wrote.
  void fail_over(Config config = test_config()) {
    auto registry = bench->registry();
    start(std::move(config), std::move(registry));
  }

  std::optional<Bench> bench{std::in_place};
  Snapshot snapshot;
  unsigned long long next = 1'000'000;
};

// ALC-230 OPR-176
TEST_F(SharingCalls, WeightsAreSetTogetherOrNotAtAll) {
  ASSERT_TRUE(weights({{" eng ", 2}, {"ads/x", 0.5}, {"one", 1}}));
  EXPECT_EQ(sharing().weights, (std::map<std::string, double>{{"ads/x", 0.5}, {"eng", 2}, {"one", 1}}));
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const Result<> refused = weights({{"aaa", 3}, {"eng", bad}});
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
    EXPECT_THAT(refused.error().message, HasSubstr("Weights must be positive"));
  }
  EXPECT_FALSE(weights({{"a//b", 3}}));
  EXPECT_EQ(sharing().weights.size(), 3U);
  Config config = test_config();
  config.roles = {"eng"};
  start(config);
  EXPECT_THAT(weights({{"zz", 2}}).error().message, HasSubstr("Unknown role 'zz'"));
  EXPECT_TRUE(weights({{"eng", 2}, {"*", 3}}));
}

// ALC-231 OPR-177
TEST_F(SharingCalls, AWeightOfAKnownRoleRescindsAllOffersAndHoldsInTheNextCycle) {
  for (int i = 0; i < 3; ++i) bench->add_agent("cpus:1;mem:64");
  FakeScheduler& a = bench->subscribe(test_framework({"a"}));
  FakeScheduler& b = bench->subscribe(test_framework({"b"}));
  bench->round();
  ASSERT_EQ(a.offers.size() + b.offers.size(), 3U);
  ASSERT_TRUE(weights({{"nobody", 7}}));
  EXPECT_EQ(a.offers.size() + b.offers.size(), 3U);
  ASSERT_TRUE(weights({{"b", 10}}));
  EXPECT_EQ(a.offers.size() + b.offers.size(), 0U);
  bench->round();
  EXPECT_EQ(a.offers.size(), 1U);
  EXPECT_EQ(b.offers.size(), 2U);
  ASSERT_TRUE(weights({{"b", 10}}));  // Nothing changes.
  EXPECT_EQ(b.offers.size(), 2U);
}

// ALC-064 ALC-230 HA-051 OPR-195
TEST_F(SharingCalls, NothingIsInForceBeforeItIsDurable) {
  bench->hold_writes();
  bench->step(UpdateWeights{.reply = ReplyNumber{1}, .weights = {{"eng", 2}}});
  bench->step(UpdateQuota{.reply = ReplyNumber{2}, .quotas = {{"eng", quota("", "cpus:1")}}});
  bench->step(UpdatePriorities{.reply = ReplyNumber{3}, .priorities = {{"eng", 4}}});
  EXPECT_EQ(sharing(), Sharing{});
  EXPECT_TRUE(bench->replies.empty());
  bench->release_all_writes();
  EXPECT_TRUE(bench->replies.at(ReplyNumber{1}) && bench->replies.at(ReplyNumber{2}) &&
              bench->replies.at(ReplyNumber{3}));
  const Sharing all = sharing();
  EXPECT_EQ(all.weights.at("eng"), 2);
  EXPECT_EQ(all.quotas.at("eng"), quota("", "cpus:1"));
  EXPECT_EQ(all.priorities.at("eng"), 4);
}

// OPR-197: the second is checked against what the first will have made of it.
TEST_F(SharingCalls, WritesInFlightCount) {
  bench->hold_writes();
  bench->step(SetQuota{.reply = ReplyNumber{1}, .role = "eng", .guarantee = {}, .force = true});
  bench->step(UpdateQuota{.reply = ReplyNumber{2}, .quotas = {{"eng", quota("cpus:1")}}, .force = true});
  bench->step(SetQuota{
      .reply = ReplyNumber{3}, .role = "eng", .guarantee = *model::Quantities::parse("cpus:2"), .force = true});
  bench->release_all_writes();
  EXPECT_FALSE(bench->replies.at(ReplyNumber{3}));
  EXPECT_EQ(sharing().quotas.at("eng"), quota("cpus:1"));
}

// ALC-004 OPR-187 HA-050
TEST_F(SharingCalls, AllOfItSurvivesTheLeader) {
  ASSERT_TRUE(weights({{"eng", 2}}));
  ASSERT_TRUE(quotas({{"eng", quota("cpus:1.5", "cpus:2;mem:64")}, {"gone", quota("", "cpus:1")}}, true));
  ASSERT_TRUE(quotas({{"gone", {}}}));
  ASSERT_TRUE(priorities({{"eng", 4}, {"ops", 5}}));
  ASSERT_TRUE(priorities({{"ops", std::nullopt}}));
  const Sharing before = sharing();
  fail_over();
  EXPECT_EQ(sharing(), before);
  EXPECT_EQ(before.quotas.size(), 1U);
  EXPECT_EQ(before.priorities.size(), 1U);
  bench->add_agent("cpus:4;mem:64");
  FakeScheduler& eng = bench->subscribe(test_framework({"eng"}));
  bench->round();
  ASSERT_EQ(eng.offers.size(), 1U);
  EXPECT_EQ(eng.offer().resources(0).scalar().value(), 2);  // The limit, from the first offer on.
}

// ALC-200 ALC-232
TEST_F(SharingCalls, FlagsCountAtTheFirstStartOnly) {
  Config config = test_config();
  config.weights = {{"eng", 2}};
  config.role_priorities = {{"eng", -7}};
  start(config);
  EXPECT_EQ(sharing().weights, (std::map<std::string, double>{{"eng", 2}}));
  EXPECT_EQ(sharing().priorities, (std::map<std::string, int>{{"eng", -7}}));
  config.weights = {{"eng", 9}};
  config.role_priorities = {{"ads", 9}};
  fail_over(config);
  EXPECT_EQ(sharing().weights, (std::map<std::string, double>{{"eng", 2}}));
  EXPECT_EQ(sharing().priorities, (std::map<std::string, int>{{"eng", -7}}));
}

// ALC-200
TEST_F(SharingCalls, PrioritiesHaveBounds) {
  EXPECT_TRUE(priorities({{"a", 1'000'000}, {"b", -1'000'000}}));
  EXPECT_FALSE(priorities({{"a", 1'000'001}}));
  EXPECT_FALSE(priorities({{"a", -1'000'001}}));
  EXPECT_FALSE(priorities({{"a//b", 1}}));
  EXPECT_EQ(sharing().priorities.at("a"), 1'000'000);
}

// ALC-201
TEST_F(SharingCalls, PrioritiesChangeWhoIsAskedWithoutRestart) {
  Config config = test_config();
  config.allocation.role_sorter = allocator::Sorter::priority;
  start(config);
  for (int i = 0; i < 2; ++i) bench->add_agent("cpus:1;mem:64");
  FakeScheduler& a = bench->subscribe(test_framework({"a"}));
  FakeScheduler& b = bench->subscribe(test_framework({"b"}), {"b"});
  bench->round();
  ASSERT_EQ(a.offers.size(), 2U);
  ASSERT_TRUE(priorities({{"b", 1}}));
  ASSERT_TRUE(bench->revive(b));
  const auto offers = a.offers;
  for (const auto& [id, offer] : offers) ASSERT_TRUE(bench->decline(a, id, 0));
  bench->round();
  EXPECT_EQ(b.offers.size(), 2U);
}

// ALC-060 ALC-061 OPR-179 OPR-180
TEST_F(SharingCalls, QuotasAreCheckedAsAWhole) {
  bench->add_agent("cpus:4;mem:1024");
  const auto refused = [&](std::map<std::string, Quota> given, std::string_view gist) {
    const Result<> outcome = quotas(std::move(given));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::invalid_argument);
    EXPECT_THAT(outcome.error().message, HasSubstr(gist));
  };
  refused({{"a", quota("cpus:1")}, {"b/c", quota("cpus:1")}}, "quota on nested role 'b/c' is not supported yet");
  refused({{"a", quota("cpus:1")}, {"", quota("cpus:1")}}, "Invalid QuotaConfig: ");
  refused({{"a", quota("cpus:2", "cpus:1")}}, "is not contained within the 'QuotaConfig.limits'");
  refused({{"a", quota("cpus:5")}}, "exceed cluster capacity");
  refused({{"a", quota("cpus:3")}, {"b", quota("cpus:2")}}, "(use 'force' flag to bypass this check)");
  EXPECT_TRUE(sharing().quotas.empty());
  EXPECT_TRUE(quotas({{"a", quota("cpus:5")}, {"*", quota("", "cpus:1")}}, true));
  EXPECT_TRUE(quotas({{"a", quota("cpus:4.5")}}));  // Less than before, though still too much.
  EXPECT_TRUE(quotas({{"a", {}}, {"*", {}}}));
  EXPECT_TRUE(sharing().quotas.empty());
  Config config = test_config();
  config.roles = {"eng"};
  start(config);
  refused({{"zz", quota("", "cpus:1")}}, "'zz' is not on the roles whitelist");
}

// ALC-060 OPR-184
TEST_F(SharingCalls, NestedQuotasFitIntoThoseAbove) {
  Config config = test_config();
  config.nested_quota = true;
  start(config);
  bench->add_agent("cpus:10;mem:1024");
  EXPECT_FALSE(quotas({{"a/b", quota("cpus:1")}}));  // Nothing is promised to a.
  EXPECT_TRUE(quotas({{"a", quota("cpus:3", "cpus:4")}, {"a/b", quota("cpus:1")}, {"a/c", quota("cpus:2")}}));
  EXPECT_FALSE(quotas({{"a/c", quota("cpus:2.5")}}));
  EXPECT_FALSE(quotas({{"a", quota("cpus:2", "cpus:4")}}));
  EXPECT_FALSE(quotas({{"a/b", quota("", "cpus:5")}}));
  EXPECT_TRUE(quotas({{"a/b", quota("cpus:1", "cpus:4")}}));
}

// ALC-062 OPR-181 OPR-182
TEST_F(SharingCalls, WithoutForceALimitIsNotBelowWhatIsConsumed) {
  FakeAgent& agent = bench->add_agent("cpus:4;mem:1024;cpus(eng):1");
  FakeScheduler& eng = bench->subscribe(test_framework({"eng/a"}));
  bench->round();
  bench->launch(eng, test_task("t", agent.id, "cpus:2;mem:64"));
  bench->round();
  const Result<> refused = quotas({{"eng", quota("", "cpus:2")}});  // 2 in use, 1 reserved; the rest is only offered.
  EXPECT_THAT(refused.error().message, HasSubstr("is already consuming cpus:3"));
  EXPECT_TRUE(quotas({{"eng", quota("", "cpus:3")}}));
  EXPECT_TRUE(quotas({{"eng", quota("", "cpus:1")}}, true));
  EXPECT_EQ(bench->list_of(eng.id, "t"), "tasks");
}

// ALC-062: agents that are expected back count.
TEST_F(SharingCalls, AgentsThatHaveNotReturnedYetCountAsCapacity) {
  FakeAgent& agent = bench->add_agent("cpus:4;mem:1024");
  ASSERT_TRUE(quotas({{"a", quota("cpus:4")}}));
  bench->break_link(agent);
  EXPECT_TRUE(quotas({{"a", quota("cpus:3.5")}}));
  EXPECT_TRUE(quotas({{"a", quota("cpus:4")}}));
  fail_over();
  EXPECT_TRUE(quotas({{"a", quota("cpus:3")}}));
  EXPECT_TRUE(quotas({{"a", quota("cpus:4")}}));
  EXPECT_FALSE(quotas({{"a", quota("cpus:4.001")}}));
}

// ALC-063 OPR-185 OPR-186
TEST_F(SharingCalls, TheOlderCallsSetBothAndRemove) {
  bench->add_agent("cpus:4;mem:1024");
  const auto set = [&](const std::string& role, std::string_view text, bool force = false) {
    return ask(SetQuota{.reply = {}, .role = role, .guarantee = *model::Quantities::parse(text), .force = force});
  };
  const auto remove = [&](const std::string& role) { return ask(RemoveQuota{.reply = {}, .role = role}); };
  EXPECT_EQ(set("*", "cpus:5").error().code, Code::already_exists);
  ASSERT_TRUE(set("*", "cpus:2"));
  EXPECT_EQ(sharing().quotas.at("*"), quota("cpus:2", "cpus:2"));
  EXPECT_EQ(set("*", "cpus:1").error().code, Code::invalid_argument);
  EXPECT_TRUE(set("b", "cpus:9", true));
  EXPECT_TRUE(remove("*"));
  EXPECT_EQ(remove("*").error().code, Code::invalid_argument);
  EXPECT_EQ(sharing().quotas.size(), 1U);
}

// ALC-065 OPR-183
TEST_F(SharingCalls, OffersAreRescindedUntilTheNewQuotaCanHold) {
  for (int i = 0; i < 4; ++i) bench->add_agent("cpus:2;mem:64");
  FakeScheduler& eng = bench->subscribe(test_framework({"eng/a"}));
  bench->round();
  ASSERT_EQ(eng.offers.size(), 4U);
  ASSERT_TRUE(quotas({{"eng", quota("", "cpus:5")}}));
  EXPECT_EQ(eng.offers.size(), 2U);  // 4 of 5 CPUs; three offers would be 6.
  ASSERT_TRUE(quotas({{"eng", {}}}));
  bench->round();
  ASSERT_EQ(eng.offers.size(), 4U);
  ASSERT_TRUE(quotas({{"promised", quota("cpus:3")}}));
  EXPECT_EQ(eng.offers.size(), 2U);  // Two agents have 4 CPUs.
}

}  // namespace
}  // namespace stoa::master
