#include "agent/checker.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::agent {

namespace {

bool is_success(ProbeType type, const ProbeOutcome& outcome) {
  if (outcome.kind != ProbeOutcome::Kind::answered) return false;
  switch (type) {
    case ProbeType::command:
      return outcome.value == 0;
    case ProbeType::http:
      return outcome.value >= 200 && outcome.value <= 399;
    case ProbeType::tcp:
      return outcome.value == 1;
  }
  return false;
}

std::string describe(ProbeType type, const ProbeOutcome& outcome) {
  if (outcome.kind == ProbeOutcome::Kind::timed_out) return "timed out";
  if (!outcome.message.empty()) return outcome.message;
  if (outcome.kind != ProbeOutcome::Kind::answered) return "it could not be run";
  switch (type) {
    case ProbeType::command:
      return fmt::format("the command exited with status {}", outcome.value);
    case ProbeType::http:
      return fmt::format("HTTP status {}", outcome.value);
    case ProbeType::tcp:
      return "no connection";
  }
  return {};
}

std::optional<TimePoint> first_probe(const Checker::Times& times, TimePoint launched, TimePoint now) {
  const TimePoint first = launched + times.delay;
  return first >= now ? first : now + std::max(times.interval, Checker::interval_min);
}

}  // namespace

void Checker::restore(std::optional<bool> healthy, std::optional<int> check_result) {
  healthy_ = healthy;
  failures_ = healthy == false ? 1 : 0;
  check_result_ = check_result;
}

void Checker::start(TimePoint launched, TimePoint now) {
  started_ = true;
  launched_ = launched;
  if (options_.check) check_.next = first_probe(*options_.check, launched, now);
  if (options_.health) health_.next = first_probe(options_.health->times, launched, now);
}

CheckActions Checker::stop() {
  CheckActions actions;
  for (auto* schedule : {&check_, &health_}) {
    if (schedule->under_way) actions.push_back(EndProbe{*schedule->under_way});
    *schedule = {};
  }
  return actions;
}

CheckActions Checker::advance(TimePoint now) {
  CheckActions actions;
  begin_if_due(ProbePurpose::check, now, actions);
  begin_if_due(ProbePurpose::health, now, actions);
  return actions;
}

void Checker::begin_if_due(ProbePurpose purpose, TimePoint now, CheckActions& actions) {
  Schedule& schedule = schedule_of(purpose);
  if (!schedule.next || *schedule.next > now) return;
  schedule = {.under_way = ++last_number_};
  actions.push_back(BeginProbe{purpose, last_number_});
}

std::optional<TimePoint> Checker::deadline() const {
  if (!check_.next || !health_.next) return check_.next ? check_.next : health_.next;
  return std::min(*check_.next, *health_.next);
}

CheckActions Checker::ended(std::uint64_t number, const ProbeOutcome& outcome, TimePoint now) {
  if (check_.under_way == number) {
    check_ = {.next = now + std::max(options_.check->interval, interval_min)};
    return on_check(outcome);
  }
  if (health_.under_way == number) {
    health_ = {.next = now + std::max(options_.health->times.interval, interval_min)};
    return on_health(outcome, now);
  }
  return {};
}

CheckActions Checker::on_check(const ProbeOutcome& outcome) {
  if (outcome.kind == ProbeOutcome::Kind::nothing) return {};
  std::optional<int> result;
  if (outcome.kind == ProbeOutcome::Kind::answered) result = outcome.value;
  if (result == check_result_) return {};
  check_result_ = result;
  return {TellCheck{}};
}

CheckActions Checker::on_health(const ProbeOutcome& outcome, TimePoint now) {
  if (outcome.kind == ProbeOutcome::Kind::nothing) return {};
  const ProbeType type = options_.health->type;
  if (!is_success(type, outcome)) return on_failure(describe(type, outcome), now);
  failures_ = 0;
  if (healthy_ == true) return {};
  healthy_ = true;
  return {TellHealth{}};
}

CheckActions Checker::on_failure(const std::string& why, TimePoint now) {
  if (!healthy_ && now - launched_ < options_.health->grace) return {};
  healthy_ = false;
  ++failures_;
  const std::uint32_t failures_max = std::max(options_.health->failures_max, 1U);
  CheckActions actions{TellHealth{fmt::format("Health check failed ({} of {}): {}", failures_, failures_max, why)}};
  if (failures_ >= failures_max) actions.push_back(KillSick{why});
  return actions;
}

}  // namespace stoa::agent
