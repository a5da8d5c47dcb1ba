#include "election/election.h"

#include <gtest/gtest.h>

namespace stoa::election {
namespace {

const Member self{"id-1", "m1.example", 5050};
const Member other{"id-2", "m2.example", 5050};

// The effects of one step, as words.
std::string words(Election& election, const Event& event) {
  Effects effects;
  election.step(event, effects);
  std::string text;
  for (const Effect& effect : effects) {
    text +=
        std::holds_alternative<BeginRecovery>(effect) ? "recover;" : "down: " + std::get<StepDown>(effect).why + ";";
  }
  return text;
}

// HA-001 HA-032
TEST(Election, AMasterThatIsElectedRecoversThenLeadsAndHearsNoNewsInBeingElectedAgain) {
  Election election(self);
  EXPECT_EQ(election.phase(), Phase::standby);
  EXPECT_EQ(words(election, Detected{self}), "recover;");
  EXPECT_EQ(election.phase(), Phase::recovering);
  EXPECT_EQ(words(election, Recovered{}), "");
  EXPECT_EQ(election.phase(), Phase::leading);
  EXPECT_EQ(words(election, Detected{self}), "");
  EXPECT_EQ(election.phase(), Phase::leading);
  EXPECT_EQ(election.leadership(), (Leadership{true, self}));
}

TEST(Election, AStandbyTellsWhoLeads) {
  Election election(self);
  EXPECT_EQ(election.leadership(), Leadership{});
  EXPECT_EQ(words(election, Detected{other}), "");
  EXPECT_EQ(election.leadership(), (Leadership{false, other}));
  EXPECT_EQ(words(election, Detected{std::nullopt}), "");
  EXPECT_EQ(election.leadership(), Leadership{});
}

// HA-040
TEST(Election, TheLeadEndsWhenAnotherOrNobodyLeadsOrTheMasterFailsAndNeverComesBack) {
  const std::pair<Event, std::string> ends[] = {
      {Detected{other}, "down: master id-2 at m2.example:5050 leads now;"},
      {Detected{std::nullopt}, "down: no master leads any more;"},
      {Failed{"disk full"}, "down: disk full;"},
  };
  for (const bool recovered : {false, true}) {
    for (const auto& [end, expected] : ends) {
      Election election(self);
      words(election, Detected{self});
      if (recovered) words(election, Recovered{});
      EXPECT_EQ(words(election, end), expected);
      EXPECT_EQ(words(election, end), "");
      EXPECT_FALSE(election.leadership().mine);
      EXPECT_EQ(words(election, Detected{self}), "");
      EXPECT_EQ(words(election, Recovered{}), "");
      EXPECT_EQ(election.phase(), Phase::stepped_down);
      EXPECT_EQ(election.leadership(), Leadership{});
    }
  }
}

// A member at our address with another id is another life of this host (trap: comparing by address alone).
TEST(Election, AMemberIsKnownByItsIdNotByItsAddress) {
  Election election(self);
  EXPECT_EQ(words(election, Detected{Member{"id-0", self.host, self.port}}), "");
  EXPECT_EQ(election.phase(), Phase::standby);
}

}  // namespace
}  // namespace stoa::election
