#include "agent/checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace stoa::agent {
namespace {

using namespace std::chrono_literals;
using Kind = ProbeOutcome::Kind;

const TimePoint start{1h};

ProbeOutcome answer(int value) { return {.kind = Kind::answered, .value = value}; }
const ProbeOutcome good = answer(0);
const ProbeOutcome bad = answer(1);
const ProbeOutcome late{.kind = Kind::timed_out};
const ProbeOutcome broken{.kind = Kind::failed, .message = "no such program"};
const ProbeOutcome nothing{};

// The actions in words.
std::string words(const CheckActions& actions) {
  std::string result;
  for (const auto& action : actions) {
    if (!result.empty()) result += ' ';
    if (const auto* begin = std::get_if<BeginProbe>(&action))
      result += (begin->purpose == ProbePurpose::check ? "check" : "health") + std::to_string(begin->number);
    if (const auto* end = std::get_if<EndProbe>(&action)) result += "end" + std::to_string(end->number);
    if (std::holds_alternative<TellHealth>(action)) result += "tell-health";
    if (std::holds_alternative<TellCheck>(action)) result += "tell-check";
    if (std::holds_alternative<KillSick>(action)) result += "kill";
  }
  return result;
}

Checker started(Checker::Options options) {
  Checker checker(options);
  checker.start(start, start);
  return checker;
}

// Lets the next probe be made and end at `at` with that outcome.
std::string probe(Checker& checker, TimePoint at, const ProbeOutcome& outcome) {
  const auto begun = checker.advance(at);
  if (begun.size() != 1 || !std::holds_alternative<BeginProbe>(begun.front())) return "no probe: " + words(begun);
  return words(checker.ended(std::get<BeginProbe>(begun.front()).number, outcome, at));
}

Checker::Options health_of(std::uint32_t failures_max, Duration grace = 0s, ProbeType type = ProbeType::command) {
  return {.health = Checker::Health{
              .type = type, .times = {.delay = 1s, .interval = 1s}, .failures_max = failures_max, .grace = grace}};
}

// The outcomes, one a second from the first probe on; what came of each, joined by commas.
std::string run(Checker checker, const std::vector<ProbeOutcome>& outcomes) {
  std::string result;
  TimePoint at = start;
  for (const auto& outcome : outcomes) {
    at += 1s;
    if (at > start + 1s) result += ", ";
    result += probe(checker, at, outcome);
  }
  return result;
}

// EXE-160 SCH-142
TEST(Checker, DefaultsAreThoseOfTheApi) {
  const Checker::Times times;
  EXPECT_EQ(times.delay, 15s);
  EXPECT_EQ(times.interval, 10s);
  const Checker::Health health;
  EXPECT_EQ(health.failures_max, 3U);
  EXPECT_EQ(health.grace, 10s);
}

// EXE-161
TEST(Checker, TheFirstProbeWaitsForTheDelayAndTheNextForTheIntervalAfterTheEnd) {
  Checker checker = started({.check = Checker::Times{.delay = 5s, .interval = 3s}});
  EXPECT_EQ(checker.deadline(), start + 5s);
  EXPECT_EQ(words(checker.advance(start + 5s - 1ns)), "");
  EXPECT_EQ(words(checker.advance(start + 5s)), "check1");
  // However long it takes, no other one begins.
  EXPECT_EQ(checker.deadline(), std::nullopt);
  EXPECT_EQ(words(checker.advance(start + 1h)), "");
  EXPECT_EQ(words(checker.ended(1, good, start + 1h)), "tell-check");
  EXPECT_EQ(checker.deadline(), start + 1h + 3s);
  EXPECT_EQ(words(checker.advance(start + 1h + 3s)), "check2");
}

// EXE-160 EXE-161
TEST(Checker, BothMayBeSetAndDoNotWaitForEachOther) {
  Checker checker = started({.check = Checker::Times{.delay = 2s, .interval = 10s},
                             .health = Checker::Health{.times = {.delay = 1s, .interval = 1s}}});
  EXPECT_EQ(checker.deadline(), start + 1s);
  EXPECT_EQ(words(checker.advance(start + 1s)), "health1");
  EXPECT_EQ(checker.deadline(), start + 2s);
  EXPECT_EQ(words(checker.advance(start + 2s)), "check2");
  EXPECT_EQ(words(checker.ended(1, good, start + 3s)), "tell-health");
  EXPECT_EQ(words(checker.advance(start + 4s)), "health3");
  EXPECT_EQ(words(checker.ended(2, bad, start + 5s)), "tell-check");
  EXPECT_EQ(checker.healthy(), true);
  EXPECT_EQ(checker.check_result(), 1);
}

TEST(Checker, AnIntervalOfZeroIsAShortOne) {
  Checker checker = started({.check = Checker::Times{.delay = 0s, .interval = 0s}});
  EXPECT_EQ(words(checker.advance(start)), "check1");
  checker.ended(1, good, start);
  EXPECT_EQ(checker.deadline(), start + Checker::interval_min);
}

// EXE-162 EXE-163
TEST(Checker, WhatIsHealthyDependsOnTheKindOfProbe) {
  struct Case {
    ProbeType type;
    int value;
    bool healthy;
  };
  for (const auto& [type, value, healthy] :
       {Case{ProbeType::command, 0, true}, Case{ProbeType::command, 1, false}, Case{ProbeType::command, 127, false},
        Case{ProbeType::http, 199, false}, Case{ProbeType::http, 200, true}, Case{ProbeType::http, 204, true},
        Case{ProbeType::http, 302, true}, Case{ProbeType::http, 399, true}, Case{ProbeType::http, 400, false},
        Case{ProbeType::http, 503, false}, Case{ProbeType::tcp, 1, true}, Case{ProbeType::tcp, 0, false}}) {
    Checker checker = started(health_of(9, 0s, type));
    EXPECT_EQ(probe(checker, start + 1s, answer(value)), "tell-health");
    EXPECT_EQ(checker.healthy(), healthy) << value;
  }
}

// EXE-163 EXE-164 EXE-165 EXE-169
TEST(Checker, HealthIsToldOnTheFirstSuccessOnRecoveryAndOnEachFailure) {
  struct Case {
    std::uint32_t failures_max;
    std::vector<ProbeOutcome> outcomes;
    std::string actions;
  };
  for (const auto& [failures_max, outcomes, actions] : {
           Case{3, {good, good, good}, "tell-health, , "},
           Case{3, {bad, bad, good, good}, "tell-health, tell-health, tell-health, "},
           Case{3, {good, bad, good, bad, good}, "tell-health, tell-health, tell-health, tell-health, tell-health"},
           Case{3, {bad, bad, bad}, "tell-health, tell-health, tell-health kill"},
           Case{3,
                {good, bad, bad, good, bad, bad, bad},
                "tell-health, tell-health, tell-health, tell-health, tell-health, tell-health, tell-health kill"},
           Case{2, {bad, late}, "tell-health, tell-health kill"},
           Case{2, {broken, bad}, "tell-health, tell-health kill"},
           Case{1, {good, late}, "tell-health, tell-health kill"},
           Case{0, {good, bad}, "tell-health, tell-health kill"},
           Case{0, {bad}, "tell-health kill"},
           // What the agent itself spoiled counts neither way.
           Case{2, {nothing, bad, nothing, bad}, ", tell-health, , tell-health kill"},
           Case{2, {good, nothing, good}, "tell-health, , "},
           Case{1, {bad, bad}, "tell-health kill, tell-health kill"},
       })
    EXPECT_EQ(run(started(health_of(failures_max)), outcomes), actions);
}

// EXE-165
TEST(Checker, AFailureSaysHowManyAndWhy) {
  struct Case {
    ProbeType type;
    ProbeOutcome outcome;
    std::string message;
  };
  for (const auto& [type, outcome, message] :
       {Case{ProbeType::command, answer(7), "Health check failed (1 of 3): the command exited with status 7"},
        Case{ProbeType::http, answer(503), "Health check failed (1 of 3): HTTP status 503"},
        Case{ProbeType::tcp, answer(0), "Health check failed (1 of 3): no connection"},
        Case{ProbeType::tcp, late, "Health check failed (1 of 3): timed out"},
        Case{ProbeType::command, broken, "Health check failed (1 of 3): no such program"}}) {
    Checker checker = started(health_of(3, 0s, type));
    checker.advance(start + 1s);
    const auto actions = checker.ended(1, outcome, start + 1s);
    ASSERT_EQ(words(actions), "tell-health");
    EXPECT_EQ(std::get<TellHealth>(actions.front()).message, message);
  }
}

// EXE-166 SCH-142
TEST(Checker, FailuresInTheGracePeriodCountOnlyAfterASuccess) {
  struct Case {
    std::vector<ProbeOutcome> outcomes;
    std::string actions;
  };
  // Probes end 1 s, 2 s, 3 s ... after the launch; the grace period is 3 s, the delay is part of it.
  for (const auto& [outcomes, actions] : {
           Case{{bad, late, bad, bad}, ", , tell-health, tell-health kill"},
           Case{{bad, bad, good, bad, bad}, ", , tell-health, tell-health, tell-health kill"},
           Case{{good, bad, bad}, "tell-health, tell-health, tell-health kill"},
           Case{{bad, good, bad, bad}, ", tell-health, tell-health, tell-health kill"},
       })
    EXPECT_EQ(run(started(health_of(2, 3s)), outcomes), actions);
}

// EXE-167 EXE-169
TEST(Checker, ACheckTellsOfChangesOnlyAndNeverKills) {
  struct Case {
    std::vector<ProbeOutcome> outcomes;
    std::string actions;
  };
  for (const auto& [outcomes, actions] : {
           Case{{good, good, bad, bad, good}, "tell-check, , tell-check, , tell-check"},
           Case{{answer(200), answer(201), answer(200)}, "tell-check, tell-check, tell-check"},
           Case{{bad, bad, bad, bad, bad, bad}, "tell-check, , , , , "},
           Case{{late, broken, late}, ", , "},  // No result, as before.
           Case{{good, late, broken, good}, "tell-check, tell-check, , tell-check"},
           Case{{good, nothing, good, nothing}, "tell-check, , , "},
       })
    EXPECT_EQ(run(started({.check = Checker::Times{.delay = 1s, .interval = 1s}}), outcomes), actions);
}

// EXE-167
TEST(Checker, AProbeWithoutAResultEmptiesTheCheckStatus) {
  Checker checker = started({.check = Checker::Times{.delay = 1s, .interval = 1s}});
  EXPECT_EQ(checker.check_result(), std::nullopt);
  probe(checker, start + 1s, answer(3));
  EXPECT_EQ(checker.check_result(), 3);
  probe(checker, start + 2s, nothing);
  EXPECT_EQ(checker.check_result(), 3);
  probe(checker, start + 3s, late);
  EXPECT_EQ(checker.check_result(), std::nullopt);
}

// EXE-127 EXE-143
TEST(Checker, StoppedItEndsItsProbesAndBeginsNone) {
  Checker checker = started({.check = Checker::Times{.delay = 1s, .interval = 1s},
                             .health = Checker::Health{.times = {.delay = 1s, .interval = 1s}, .grace = 0s}});
  EXPECT_EQ(words(checker.advance(start + 1s)), "check1 health2");
  EXPECT_EQ(words(checker.ended(1, good, start + 1s)), "tell-check");
  EXPECT_EQ(words(checker.stop()), "end2");
  EXPECT_EQ(checker.deadline(), std::nullopt);
  EXPECT_EQ(words(checker.advance(start + 1h)), "");
  EXPECT_EQ(words(checker.ended(2, bad, start + 1h)), "");
  EXPECT_EQ(checker.check_result(), 0);  // Still shown.
}

TEST(Checker, ResultsOfProbesThatAreNotUnderWayAreIgnored) {
  Checker checker = started(health_of(1));
  EXPECT_EQ(words(checker.ended(1, bad, start)), "");
  checker.advance(start + 1s);
  EXPECT_EQ(words(checker.ended(7, bad, start + 1s)), "");
  EXPECT_EQ(words(checker.ended(1, good, start + 1s)), "tell-health");
  EXPECT_EQ(words(checker.ended(1, bad, start + 1s)), "");
}

TEST(Checker, WhatCannotBeProbedIsGivenUpAlone) {
  Checker checker = started({.check = Checker::Times{.delay = 1s, .interval = 1s},
                             .health = Checker::Health{.times = {.delay = 1s, .interval = 1s}}});
  checker.give_up(ProbePurpose::health);
  EXPECT_EQ(words(checker.advance(start + 1s)), "check1");
}

// EXE-161 EXE-166 EXE-168 EXE-169
TEST(Checker, AfterARestartItGoesOnFromWhatWasTold) {
  const Checker::Options options{.check = Checker::Times{.delay = 60s, .interval = 5s},
                                 .health = Checker::Health{.times = {.delay = 1s, .interval = 5s}, .grace = 100s}};
  {
    Checker checker(options);
    checker.restore(true, 7);
    checker.start(start - 30s, start);
    EXPECT_EQ(checker.healthy(), true);
    EXPECT_EQ(checker.check_result(), 7);
    // The health probe was due long ago; the check has yet to begin.
    EXPECT_EQ(words(checker.advance(start + 5s)), "health1");
    EXPECT_EQ(words(checker.ended(1, good, start + 5s)), "");
    EXPECT_EQ(words(checker.advance(start + 10s)), "health2");
    EXPECT_EQ(words(checker.ended(2, bad, start + 10s)), "tell-health") << "it was healthy before: no grace";
    checker.advance(start + 15s);
    EXPECT_EQ(words(checker.advance(start + 30s)), "check4");
    EXPECT_EQ(words(checker.ended(4, answer(7), start + 30s)), "");
  }
  Checker sick(options);
  sick.restore(false, std::nullopt);
  sick.start(start - 30s, start);
  sick.advance(start + 5s);
  EXPECT_EQ(words(sick.ended(1, bad, start + 5s)), "tell-health");
  sick.advance(start + 10s);
  EXPECT_EQ(words(sick.ended(2, bad, start + 10s)), "tell-health kill") << "the third in a row";
}

// A deliberately dumb model: it keeps every result and looks through all of them again for each answer.
struct Naive {
  Checker::Options options;
  std::vector<std::pair<TimePoint, ProbeOutcome>> healths;  // That say something.
  std::vector<ProbeOutcome> checks;

  bool is_success(const ProbeOutcome& outcome) const { return outcome.kind == Kind::answered && outcome.value == 0; }

  std::string health(TimePoint at, const ProbeOutcome& outcome) {
    if (outcome.kind == Kind::nothing) return "";
    healths.emplace_back(at, outcome);
    bool told = false;  // Whether anything was told, and what.
    bool told_healthy = false;
    std::uint32_t in_a_row = 0;
    std::string last;
    for (const auto& [when, result] : healths) {
      last = "";
      if (is_success(result)) {
        in_a_row = 0;
        if (!told || !told_healthy) last = "tell-health";
        told = told_healthy = true;
      } else if (told || when - start >= options.health->grace) {
        ++in_a_row;
        told = true;
        told_healthy = false;
        last = in_a_row >= options.health->failures_max ? "tell-health kill" : "tell-health";
      }
    }
    return last;
  }

  static std::optional<int> result_of(const ProbeOutcome& outcome) {
    return outcome.kind == Kind::answered ? std::optional(outcome.value) : std::nullopt;
  }
  std::string check(const ProbeOutcome& outcome) {
    if (outcome.kind == Kind::nothing) return "";
    const std::optional<int> before = checks.empty() ? std::nullopt : result_of(checks.back());
    checks.push_back(outcome);
    return before == result_of(outcome) ? "" : "tell-check";
  }
};

ProbeOutcome some_outcome(Random& random) {
  ProbeOutcome outcome{.kind = static_cast<Kind>(random.below(4))};
  if (random.chance(0.7)) outcome.kind = Kind::answered;
  outcome.value = random.chance(0.5) ? 0 : static_cast<int>(random.below(3));
  return outcome;
}

// EXE-161 EXE-164 EXE-165 EXE-166 EXE-167
TEST(Checker, AgreesWithANaiveModelWhateverComes) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto some = [&](std::uint64_t most) { return Duration(std::chrono::seconds(random.below(most))); };
    Checker::Options options;
    if (random.chance(0.7)) options.check = Checker::Times{.delay = some(10), .interval = some(5)};
    options.health = Checker::Health{.times = {.delay = some(10), .interval = some(5)},
                                     .failures_max = 1 + static_cast<std::uint32_t>(random.below(4)),
                                     .grace = some(20)};
    Checker checker = started(options);
    Naive naive{.options = options};
    TimePoint now = start;
    std::map<std::uint64_t, ProbePurpose> under_way;
    std::map<ProbePurpose, TimePoint> earliest{{ProbePurpose::check, start},
                                               {ProbePurpose::health, start + options.health->times.delay}};
    if (options.check) earliest[ProbePurpose::check] = start + options.check->delay;
    for (int i = 0; i < 300; ++i) {
      if (const auto next = checker.deadline(); next && random.chance(0.7)) now = std::max(now, *next);
      now += Duration(random.below(2'000'000'000));
      for (const auto& action : checker.advance(now)) {
        const auto& begun = std::get<BeginProbe>(action);
        EXPECT_GE(now, earliest[begun.purpose]) << "too early";
        for (const auto& [number, purpose] : under_way) EXPECT_NE(purpose, begun.purpose) << "overlap";
        EXPECT_TRUE(under_way.emplace(begun.number, begun.purpose).second);
      }
      if (under_way.empty() || random.chance(0.3)) continue;
      const auto [number, purpose] = *under_way.begin();
      under_way.erase(number);
      const ProbeOutcome outcome = some_outcome(random);
      const bool is_check = purpose == ProbePurpose::check;
      ASSERT_EQ(words(checker.ended(number, outcome, now)),
                is_check ? naive.check(outcome) : naive.health(now, outcome));
      earliest[purpose] = now + (is_check ? options.check->interval : options.health->times.interval);
    }
  }
}

}  // namespace
}  // namespace stoa::agent
