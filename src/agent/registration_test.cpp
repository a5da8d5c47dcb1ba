#include "agent/registration.h"

#include <gtest/gtest.h>

namespace stoa::agent {
namespace {

using namespace std::chrono_literals;
using Wish = Registration::Wish;
using State = Registration::State;

class RegistrationTest : public testing::Test {
 protected:
  // Goes on to the next thing to do; returns it and how long it took.
  std::pair<Wish, Duration> next() {
    const TimePoint before = now;
    now = registration.next_wakeup().value_or(now);
    return {registration.advance(now), now - before};
  }
  void connect() {
    registration.start(now);
    ASSERT_EQ(next().first, Wish::connect);
    ASSERT_EQ(registration.link_up(registration.link(), now), Wish::send_register);
  }

  Random random{7};
  Registration registration{{}, random};
  TimePoint now{1h};
};

// AGT-030 HA-091
TEST_F(RegistrationTest, TheFirstTryWaitsARandomTimeBelowTheFactor) {
  std::set<Duration> waits;
  for (int i = 0; i < 50; ++i) {
    Registration each({}, random);
    each.start(now);
    waits.insert(*each.next_wakeup() - now);
  }
  EXPECT_LT(*waits.rbegin(), 1s);
  EXPECT_GT(*waits.rbegin(), 800ms);
  EXPECT_LT(*waits.begin(), 200ms);
}

// AGT-030 HA-091
TEST_F(RegistrationTest, UnansweredTriesRepeatAfterRandomTimesThatDoubleFromTwoSecondsToAMinute) {
  connect();
  for (const auto bound : {2s, 4s, 8s, 16s, 32s}) {
    const auto [wish, wait] = next();
    EXPECT_EQ(wish, Wish::send_register);
    EXPECT_LE(wait, bound);
    EXPECT_GE(wait, bound / 2);
  }
}

// AGT-030
TEST_F(RegistrationTest, FailingConnectionsBackOffToAMinuteAndNoFurther) {
  registration.start(now);
  Duration last{};
  for (int i = 0; i < 12; ++i) {
    const auto [wish, wait] = next();
    ASSERT_EQ(wish, Wish::connect);
    EXPECT_LE(wait, 1min);
    last = wait;
    EXPECT_TRUE(registration.link_down(registration.link(), now));
  }
  EXPECT_GE(last, 30s);
}

// AGT-038 HA-102
TEST_F(RegistrationTest, AMasterSilentForTheTimeItNamedIsGivenUp) {
  connect();
  registration.registered(75s, now);
  now += 74s;
  EXPECT_EQ(registration.pinged(true, now), Wish::none);
  now += 74s;
  EXPECT_EQ(registration.advance(now), Wish::none);
  now += 1s;
  EXPECT_EQ(registration.advance(now), Wish::close);
  EXPECT_EQ(registration.state(), State::waiting);
  EXPECT_EQ(next().first, Wish::connect);
}

// AGT-039 HA-103
TEST_F(RegistrationTest, APingThatSaysDisconnectedMakesItRegisterAtOnce) {
  connect();
  registration.registered(75s, now);
  EXPECT_EQ(registration.pinged(false, now), Wish::send_register);
  EXPECT_EQ(registration.pinged(false, now), Wish::none);
  EXPECT_EQ(registration.state(), State::registering);
}

// HA-092
TEST_F(RegistrationTest, ARefusalIsRetriedWhenTheMasterSays) {
  connect();
  registration.refused(30s, now);
  const auto [wish, wait] = next();
  EXPECT_EQ(wish, Wish::send_register);
  EXPECT_GE(wait, 30s);
  EXPECT_LE(wait, 31s);
}

TEST_F(RegistrationTest, EventsOfAFormerLinkAreNotOurs) {
  connect();
  const LinkNumber former = registration.link();
  EXPECT_TRUE(registration.link_down(former, now));
  ASSERT_EQ(next().first, Wish::connect);
  EXPECT_EQ(registration.link_up(former, now), Wish::none);
  EXPECT_FALSE(registration.link_down(former, now));
  EXPECT_FALSE(registration.is_current(former));
}

TEST_F(RegistrationTest, OnceStoppedItNeverConnectsAgain) {
  connect();
  registration.stop();
  EXPECT_TRUE(registration.is_current(registration.link()));
  registration.link_down(registration.link(), now);
  EXPECT_EQ(registration.next_wakeup(), std::nullopt);
  EXPECT_EQ(registration.advance(now + 1h), Wish::none);
}

// HA-037 HA-091
TEST_F(RegistrationTest, WithoutALeaderNothingIsTriedAndANewOneIsTriedAtOnce) {
  connect();
  for (int i = 0; i < 3; ++i) next();  // The waits have grown.
  EXPECT_EQ(registration.leader_changed(false, now), Wish::close);
  EXPECT_EQ(registration.next_wakeup(), std::nullopt);
  EXPECT_FALSE(registration.is_current(registration.link()));
  EXPECT_EQ(registration.advance(now + 24h), Wish::none);
  EXPECT_EQ(registration.leader_changed(true, now), Wish::none);
  const auto [wish, wait] = next();
  EXPECT_EQ(wish, Wish::connect);
  EXPECT_LT(wait, 1s);
  // Another leader while the link to the old one is open.
  registration.link_up(registration.link(), now);
  registration.registered({}, now);
  EXPECT_EQ(registration.leader_changed(true, now), Wish::close);
  EXPECT_LT(*registration.next_wakeup() - now, 1s);
}

// HA-037
TEST_F(RegistrationTest, AnAgentThatStartsWithoutALeaderWaitsForOne) {
  EXPECT_EQ(registration.leader_changed(false, now), Wish::none);
  registration.start(now);
  EXPECT_EQ(registration.next_wakeup(), std::nullopt);
  EXPECT_EQ(registration.leader_changed(true, now), Wish::none);
  EXPECT_EQ(next().first, Wish::connect);
}

}  // namespace
}  // namespace stoa::agent
