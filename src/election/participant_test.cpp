#include "election/participant.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/overloaded.h"
#include "base/random.h"
#include "election/names.h"

namespace stoa::election {
namespace {

using namespace std::chrono_literals;

const Member one{"id-1", "m1", 5050, "10.0.0.1"};
const Member two{"id-2", "m2", 5050, "10.0.0.2"};
constexpr Duration timeout = 10s;

std::string word(const ParticipantEffect& effect) {
  return std::visit(
      Overloaded{
          [](const OpenSession&) -> std::string { return "open"; },
          [](const CloseSession&) -> std::string { return "close"; }, [](const Ask&) -> std::string { return "ask"; },
          [](const ListMembers&) -> std::string { return "list"; },
          [](const ReadMember& e) { return "read " + e.name; }, [](const Join&) -> std::string { return "join"; },
          [](const SeekOwn&) -> std::string { return "seek"; },
          [](const LeaderSeen& e) {
            return "leader " + (e.leader ? e.leader->id : "none") + (e.trouble.empty() ? "" : " (" + e.trouble + ")");
          },
          [](const CandidacyWon& e) { return "member " + e.name; },
          [](const CandidacyLost& e) { return "lost (" + e.why + ")"; },
          [](const CannotGoOn& e) { return "give up (" + e.why + ")"; }},
      effect);
}

// A participant at a time of its own.
struct Case {
  explicit Case(bool stands, std::string self = "id-1")
      : participant(stands ? std::optional(std::move(self)) : std::nullopt) {}

  std::string tell(const ParticipantEvent& event) {
    ParticipantEffects effects;
    participant.step(event, now, effects);
    std::string text;
    for (const ParticipantEffect& effect : effects) text += (text.empty() ? "" : ", ") + word(effect);
    return text;
  }
  std::string names(std::vector<std::string> list) { return tell(MembersListed{std::move(list)}); }
  std::string wait(Duration time) {
    now += time;
    return tell(Passed{});
  }
  // Lets time pass while every question is answered at once.
  std::string wait_answered(Duration time) {
    std::string text;
    for (const TimePoint end = now + time; now < end;) {
      now = std::min(end, participant.next_wakeup().value_or(end));
      std::string words = tell(Passed{});
      tell(Answered{now});
      if (words != "ask") text += words;
    }
    return text;
  }

  Participant participant;
  TimePoint now = TimePoint(1000s);
};

const Error lost{Code::unavailable, "connection loss"};

// HA-030 HA-031 HA-032
TEST(Participant, AMasterJoinsAndSeesWhoLeads) {
  Case c(true);
  EXPECT_EQ(c.tell(Begin{}), "open");
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list, join");
  EXPECT_EQ(c.names({}), "leader none");
  EXPECT_EQ(c.tell(JoinAnswered{"json.info_0000000000"}), "member json.info_0000000000, list");
  EXPECT_EQ(c.tell(MembersChanged{}), "list");
  EXPECT_EQ(c.names({"json.info_0000000000"}), "read json.info_0000000000");
  EXPECT_EQ(c.tell(MemberRead{"json.info_0000000000", one}), "leader id-1");
  // A new member behind the leader is no news.
  EXPECT_EQ(c.tell(MembersChanged{}), "list");
  EXPECT_EQ(c.names({"json.info_0000000001", "json.info_0000000000"}), "");
}

// HA-031
TEST(Participant, AMemberThatVanishedBeforeItWasReadIsNobody) {
  Case c(false);
  c.tell(Begin{});
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list");
  EXPECT_EQ(c.names({"json.info_1", "json.info_2"}), "read json.info_1");
  EXPECT_EQ(c.tell(MemberRead{"json.info_1", std::nullopt}), "leader none");
  EXPECT_EQ(c.tell(MembersChanged{}), "list");
  EXPECT_EQ(c.names({"json.info_2"}), "read json.info_2");
  // What was read for an older question is not believed.
  EXPECT_EQ(c.tell(MemberRead{"json.info_1", one}), "");
  EXPECT_EQ(c.tell(MemberRead{"json.info_2", two}), "leader id-2");
}

// HA-026
TEST(Participant, AMemberThatCannotBeReadIsNotSkipped) {
  Case c(false);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.names({"json.info_1", "json.info_2"}), "read json.info_1");
  EXPECT_EQ(c.tell(MemberRead{"json.info_1", fail(Code::malformed, "json.info_1 is no MasterInfo")}),
            "leader none (json.info_1 is no MasterInfo)");
  EXPECT_EQ(c.wait_answered(2s), "list");
  EXPECT_EQ(c.names({"json.info_1", "json.info_2"}), "read json.info_1");
}

// HA-034
TEST(Participant, ASessionCountsAsExpiredATimeoutAfterTheLastQuestionThatWasAnswered) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  c.tell(JoinAnswered{"json.info_1"});
  c.names({"json.info_1"});
  c.tell(MemberRead{"json.info_1", one});
  const TimePoint asked = c.now;
  c.now += 1s;
  EXPECT_EQ(c.tell(Answered{asked}), "");
  c.now += 3s;
  EXPECT_EQ(c.tell(SessionDown{}), "");
  // Not from the notice of the loss, which came four seconds late.
  EXPECT_EQ(c.participant.next_wakeup(), asked + timeout);
  EXPECT_EQ(c.wait(5999ms), "");
  EXPECT_EQ(
      c.wait(1ms),
      "close, lost (no answer from ZooKeeper for 10secs), leader none (no answer from ZooKeeper for 10secs), open");
  EXPECT_EQ(c.participant.acts_until(), std::nullopt);
  // In the new session it joins again.
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list, join");
}

// HA-034
TEST(Participant, ComingBackInTimeCancelsTheExpiryButOnlyWithAnAnswer) {
  Case c(false);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  c.tell(Answered{c.now});
  c.names({"json.info_1"});
  c.tell(MemberRead{"json.info_1", one});
  c.tell(SessionDown{});
  c.now += 9s;
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list");
  const TimePoint asked = c.now;
  c.now += 500ms;
  EXPECT_EQ(c.tell(Answered{asked}), "");
  EXPECT_EQ(c.names({"json.info_1"}), "");
  EXPECT_EQ(c.wait_answered(60s), "");
  c.tell(SessionDown{});
  c.now += 9s;
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.wait(1s).substr(0, 5), "close");
}

// HA-043 HA-152
TEST(Participant, ALeaderActsForTwoThirdsOfTheTimeoutAfterItsLastAnsweredQuestion) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.participant.acts_until(), std::nullopt);
  c.tell(Answered{c.now});
  EXPECT_EQ(c.participant.acts_until(), c.now + timeout * 2 / 3);
  const TimePoint asked = c.now + 1s;
  c.now += 3s;
  c.tell(Answered{asked});
  c.tell(Answered{asked - 1s});  // Answers may be told in another order than they were asked for.
  EXPECT_EQ(c.participant.acts_until(), asked + timeout * 2 / 3);
}

// HA-033
TEST(Participant, AtReconnectionTheMembersAreReadAgain) {
  Case c(false);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  c.names({"json.info_1"});
  c.tell(MemberRead{"json.info_1", one});
  c.tell(SessionDown{});
  EXPECT_EQ(c.tell(MembersChanged{}), "");  // Nobody could answer.
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list");
  EXPECT_EQ(c.names({"json.info_2"}), "read json.info_2");
  EXPECT_EQ(c.tell(MemberRead{"json.info_2", two}), "leader id-2");
}

// HA-030
TEST(Participant, AJoinWhoseAnswerWasLostIsLookedForBeforeAnother) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.tell(JoinAnswered{std::unexpected(lost)}), "");
  c.tell(SessionDown{});
  EXPECT_EQ(c.tell(SessionUp{timeout}), "ask, list, seek");
  EXPECT_EQ(c.tell(OwnSought{std::unexpected(lost)}), "");
  EXPECT_EQ(c.wait_answered(2s), "seek");
  EXPECT_EQ(c.tell(OwnSought{"json.info_1"}), "member json.info_1, list");
  Case other(true);
  other.tell(Begin{});
  other.tell(SessionUp{timeout});
  other.tell(JoinAnswered{std::unexpected(lost)});
  other.tell(SessionDown{});
  other.tell(SessionUp{timeout});
  EXPECT_EQ(other.tell(OwnSought{std::optional<std::string>()}), "join");
}

// HA-035 HA-040
TEST(Participant, AMemberWhoseZnodeIsGoneJoinsAgainAtOnce) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  c.tell(JoinAnswered{"json.info_1"});
  EXPECT_EQ(c.names({"json.info_0"}), "lost (the znode json.info_1 is gone), join, read json.info_0");
  EXPECT_EQ(c.tell(JoinAnswered{"json.info_5"}), "member json.info_5, list");
  EXPECT_EQ(c.tell(SessionExpired{}),
            "close, lost (the session with ZooKeeper has expired), leader none (the session with ZooKeeper has "
            "expired), open");
}

// HA-013 HA-014
TEST(Participant, WhatIsForbiddenIsFinalAndWhatFailsIsTriedAgainLaterAndLater) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.tell(JoinAnswered{fail(Code::permission_denied, "create /mesos/json.info_: not authenticated")}),
            "give up (create /mesos/json.info_: not authenticated)");
  EXPECT_EQ(c.names({}), "leader none");
  EXPECT_EQ(c.tell(MembersListed{fail(Code::unauthenticated, "no")}), "give up (no)");
  Case names(false);
  names.tell(Begin{});
  std::vector<Duration> waits;
  for (int i = 0; i < 7; ++i) {
    names.tell(SessionFailed{"unknown host"});
    waits.push_back(*names.participant.next_wakeup() - names.now);
    names.now = *names.participant.next_wakeup();
    EXPECT_EQ(names.tell(Passed{}), "open");
  }
  EXPECT_EQ(waits, (std::vector<Duration>{2s, 4s, 8s, 16s, 32s, 60s, 60s}));
}

TEST(Participant, SessionsThatNeverBeginAreOpenedLaterAndLater) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  EXPECT_TRUE(c.tell(SessionExpired{}).ends_with("open"));
  for (const Duration pause : {2s, 4s, 8s}) {
    EXPECT_FALSE(c.tell(SessionExpired{}).ends_with("open"));
    EXPECT_EQ(c.wait(pause - 1ms), "");
    EXPECT_EQ(c.wait(1ms), "open");
  }
}

// HA-043
TEST(Participant, AMemberOfASessionThatWasGivenUpGivesNoLead) {
  Case c(true);
  c.tell(Begin{});
  c.tell(SessionUp{timeout});
  c.tell(JoinAnswered{"json.info_1"});
  c.tell(SessionDown{});
  EXPECT_EQ(c.wait(timeout).substr(0, 5), "close");
  c.tell(SessionUp{timeout});
  EXPECT_EQ(c.tell(JoinAnswered{"json.info_2"}), "member json.info_2, list");
  EXPECT_EQ(c.names({"json.info_1", "json.info_2"}), "read json.info_1");
  EXPECT_EQ(c.tell(MemberRead{"json.info_1", one}),
            "leader none (json.info_1 is of an earlier session of this master)");
  EXPECT_EQ(c.names({"json.info_2"}), "read json.info_2");
  EXPECT_EQ(c.tell(MemberRead{"json.info_2", one}), "leader id-1");
}

// A dumb model of ZooKeeper with three masters whose connections break: two candidates never believe to lead at one
// time, and after the last fault one of them leads and all agree.
// HA-021 HA-030 HA-034 HA-043
TEST(Participant, ThreeMastersOfWhichAnyMayBeCutOffNeverLeadTwoAtATime) {
  struct Server {
    std::map<std::string, std::pair<int, Member>> members;  // With the owning session.
    std::map<int, TimePoint> heard;                         // Of each session that lives.
    int next_member = 0;
    int next_session = 1;
  };
  struct Master {
    Case core;
    Member self;
    int session = 0;
    bool cut = false;
    bool up = false;
    std::optional<Member> leader;
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Server server;
    std::vector<Master> masters;
    for (int i = 0; i < 3; ++i)
      masters.push_back({Case(true, fmt::format("id-{}", i)), {fmt::format("id-{}", i), "m", 1, ""}});
    TimePoint now(1000s);
    // Answers come after the step that asked, in order.
    const auto tell = [&](Master& m, const ParticipantEvent& first) {
      std::deque<ParticipantEvent> events{first};
      for (; !events.empty(); events.pop_front()) {
        m.core.now = now;
        ParticipantEffects effects;
        m.core.participant.step(events.front(), now, effects);
        for (const ParticipantEffect& effect : effects) {
          if (std::holds_alternative<OpenSession>(effect) || std::holds_alternative<CloseSession>(effect)) {
            m.session = 0;
            m.up = false;
            events.resize(1);
          } else if (const auto* seen = std::get_if<LeaderSeen>(&effect)) {
            m.leader = seen->leader;
          }
          if (!m.up || m.cut || !server.heard.contains(m.session)) continue;
          server.heard[m.session] = now;
          std::optional<std::string> own;
          std::vector<std::string> names;
          for (const auto& [name, member] : server.members) {
            names.push_back(name);
            if (member.first == m.session) own = name;
          }
          if (std::holds_alternative<Ask>(effect)) events.push_back(Answered{now});
          if (std::holds_alternative<ListMembers>(effect)) events.push_back(MembersListed{names});
          if (std::holds_alternative<SeekOwn>(effect)) events.push_back(OwnSought{own});
          if (const auto* read = std::get_if<ReadMember>(&effect)) {
            const auto found = server.members.find(read->name);
            events.push_back(MemberRead{
                read->name, found == server.members.end() ? std::nullopt : std::optional(found->second.second)});
          }
          if (!std::holds_alternative<Join>(effect)) continue;
          ASSERT_EQ(own, std::nullopt) << "two members of one session";
          const std::string name = fmt::format("json.info_{:010}", server.next_member++);
          server.members[name] = {m.session, m.self};
          // The answer may be lost while the znode is there.
          events.push_back(random.chance(0.3) ? JoinAnswered{std::unexpected(lost)} : JoinAnswered{name});
        }
      }
    };
    for (Master& each : masters) tell(each, Begin{});
    const auto acts = [&](const Master& m) {
      const auto until = m.core.participant.acts_until();
      return m.leader == m.self && until && now < *until;
    };
    const int steps = 1200;  // Of 100 ms.
    for (int step = 0; step < steps; ++step) {
      now += 100ms;
      const bool healed = step > steps / 2;
      for (auto& [session, heard] : std::map(server.heard)) {
        if (now < heard + timeout) continue;
        server.heard.erase(session);
        std::erase_if(server.members, [&](const auto& each) { return each.second.first == session; });
      }
      for (Master& m : masters) {
        if (healed ? m.cut : random.chance(0.01)) {
          m.cut = !m.cut;
          if (m.cut && m.up) {
            m.up = false;
            tell(m, SessionDown{});
          }
        }
        if (!m.cut && !m.up) {
          if (m.session != 0 && !server.heard.contains(m.session)) tell(m, SessionExpired{});
          if (m.session == 0) m.session = server.next_session++;
          m.up = true;
          server.heard[m.session] = now;
          tell(m, SessionUp{timeout});
        } else if (m.up && step % 5 == 0) {
          tell(m, MembersChanged{});
        }
        tell(m, Passed{});
      }
      EXPECT_LE(std::ranges::count_if(masters, acts), 1) << "at step " << step;
    }
    EXPECT_EQ(std::ranges::count_if(masters, acts), 1);
    EXPECT_TRUE(std::ranges::all_of(masters, [&](const Master& m) { return m.leader == masters[0].leader; }));
  }
}

}  // namespace
}  // namespace stoa::election
