// Checker decides when a task's `check` and `health_check` are made, what their results mean, and when a sick task is
// to be killed (EXE-160..169).
//
// Pure, and for any task that runs in a container, however it runs: it is told when the task runs, what probes brought
// and what time it is; each call returns what to do, in order. A check tells of every change and never kills; a health
// check tells of the first success, of recovery, and of each failure that counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/probe.h"
#include "base/time.h"

namespace stoa::agent {

struct BeginProbe {
  ProbePurpose purpose{};
  std::uint64_t number = 0;  // Unique for this task; to be given to `ended`.
};
struct EndProbe {  // Its result is of no interest any more.
  std::uint64_t number = 0;
};
struct TellHealth {  // `healthy()` is news.
  std::string message;
};
struct TellCheck {};  // `check_result()` is news.
struct KillSick {     // By the task's kill policy. Comes again with each further failure.
  std::string message;
};

using CheckAction = std::variant<BeginProbe, EndProbe, TellHealth, TellCheck, KillSick>;
using CheckActions = std::vector<CheckAction>;

class Checker {
 public:
  struct Times {
    Duration delay = std::chrono::seconds(15);     // From the task's start to the first probe.
    Duration interval = std::chrono::seconds(10);  // From the end of a probe to the next one.
  };
  struct Health {
    ProbeType type{};
    Times times;
    std::uint32_t failures_max = 3;             // In a row; 0 acts like 1.
    Duration grace = std::chrono::seconds(10);  // After the start; failures before the first success are ignored.
  };
  struct Options {
    std::optional<Times> check;
    std::optional<Health> health;
  };
  // However short an interval is configured, this is waited: a probe costs a process or a connection.
  static constexpr Duration interval_min = std::chrono::milliseconds(10);

  explicit Checker(Options options) : options_(options) {}

  // What the last status told, after a restart of the agent; before `start`. How many failures came in a row is not
  // stored: an unhealthy task starts over with one.
  void restore(std::optional<bool> healthy, std::optional<int> check_result);
  // The task has been running since `launched`. A first probe that would have been due by now waits for an interval
  // instead: its predecessor may just have ended, and an agent that comes back has many tasks.
  void start(TimePoint launched, TimePoint now);
  bool has_started() const { return started_; }
  // For good: a kill begins, or the task has ended.
  CheckActions stop();
  // For good, for one purpose: it cannot be probed.
  void give_up(ProbePurpose purpose) { schedule_of(purpose) = {}; }

  CheckActions advance(TimePoint now);
  // When to call `advance`.
  std::optional<TimePoint> deadline() const;
  // Results of probes that are not under way are ignored.
  CheckActions ended(std::uint64_t number, const ProbeOutcome& outcome, TimePoint now);

  // None: nothing counts yet.
  std::optional<bool> healthy() const { return healthy_; }
  // None: no result yet, or the last probe brought none.
  std::optional<int> check_result() const { return check_result_; }

 private:
  // At most one of the two is set: so probes of one purpose never overlap.
  struct Schedule {
    std::optional<TimePoint> next;
    std::optional<std::uint64_t> under_way;
  };

  Schedule& schedule_of(ProbePurpose purpose) { return purpose == ProbePurpose::check ? check_ : health_; }
  void begin_if_due(ProbePurpose purpose, TimePoint now, CheckActions& actions);
  CheckActions on_check(const ProbeOutcome& outcome);
  CheckActions on_health(const ProbeOutcome& outcome, TimePoint now);
  CheckActions on_failure(const std::string& why, TimePoint now);

  Options options_;
  bool started_ = false;
  TimePoint launched_;
  std::uint64_t last_number_ = 0;
  Schedule check_;
  Schedule health_;
  std::optional<int> check_result_;
  std::optional<bool> healthy_;
  std::uint32_t failures_ = 0;  // In a row, those that count.
};

}  // namespace stoa::agent
