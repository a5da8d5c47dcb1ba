#include "master/throttle.h"

#include <algorithm>

#include "master/calls.h"
#include "master/frameworks.h"
#include "master/send.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {
namespace {

// The principal in whose name a framework acts, if it is known.
std::optional<std::string> principal_of(const State& state, const FrameworkId& id) {
  const auto known = state.frameworks.find(id);
  return known == state.frameworks.end() ? std::nullopt : known->second.principal;
}

FrameworkId framework_of(const SchedulerCall& event) { return FrameworkId(event.call->framework_id().value()); }

// `p` and the principal, or `rest`: no principal's key is that of the rest.
struct Limited {
  std::string key;
  RateLimit limit;
};

std::optional<Limited> limit_for(const State& state, const FrameworkId& framework) {
  if (!state.config.rate_limits || !state.frameworks.contains(framework)) return std::nullopt;
  const RateLimits& limits = *state.config.rate_limits;
  if (const auto principal = principal_of(state, framework)) {
    const auto listed = limits.principals.find(*principal);
    if (listed != limits.principals.end()) {
      if (!listed->second) return std::nullopt;
      return Limited{"p" + *principal, *listed->second};
    }
  }
  if (!limits.rest) return std::nullopt;
  return Limited{"rest", *limits.rest};
}

void count(Context& context, const FrameworkId& framework, std::string_view what) {
  const auto principal = principal_of(context.state, framework);
  if (principal) context.state.metrics.count(fmt::format("frameworks/{}/{}", *principal, what));
}

void process(Context& context, const SchedulerCall& event) {
  count(context, framework_of(event), "messages_processed");
  on_scheduler_call(context, event);
}

void wait_for_next(Context& context, const std::string& key, const Limiter& limiter) {
  if (limiter.waiting.empty()) return;
  context.state.timers.set({TimerKey::Kind::rate_limit, key}, limiter.next);
}

}  // namespace

void throttle(Context& context, const SchedulerCall& event) {
  State& state = context.state;
  const FrameworkId framework = framework_of(event);
  count(context, framework, "messages_received");
  const auto limited = limit_for(state, framework);
  if (!limited) return process(context, event);
  Limiter& limiter = state.limiters[limited->key];
  if (limiter.waiting.empty() && limiter.next <= context.now.steady) {
    limiter.next = context.now.steady + limited->limit.interval;
    return process(context, event);
  }
  if (limited->limit.capacity && limiter.waiting.size() >= *limited->limit.capacity) {
    log_warning(context, "refusing a call of framework {}: {} calls of its principal wait", framework.value,
                limiter.waiting.size());
    context.effects.push_back(Reply{event.reply, fail(Code::resource_exhausted, "Too many calls are waiting")});
    return;
  }
  limiter.waiting.push_back({framework, event});
  wait_for_next(context, limited->key, limiter);
}

bool throttle(Context& context, const StreamClosed& event) {
  State& state = context.state;
  const auto stream = state.streams.find(event.stream);
  if (stream == state.streams.end()) return false;
  const auto limited = limit_for(state, stream->second);
  if (!limited) return false;
  const auto limiter = state.limiters.find(limited->key);
  if (limiter == state.limiters.end()) return false;
  const bool behind_calls = std::ranges::any_of(
      limiter->second.waiting, [&](const Limiter::Waiting& one) { return one.framework == stream->second; });
  if (behind_calls) limiter->second.waiting.push_back({stream->second, event});
  return behind_calls;
}

void let_pass(Context& context, const std::string& key) {
  Limiter& limiter = context.state.limiters.at(key);
  bool token = true;
  while (!limiter.waiting.empty()) {
    const auto* call = std::get_if<SchedulerCall>(&limiter.waiting.front().event);
    if (call != nullptr && !token) break;
    const Limiter::Waiting first = std::move(limiter.waiting.front());
    limiter.waiting.pop_front();
    if (call == nullptr) {
      on_stream_closed(context, std::get<StreamClosed>(first.event));  // It has only kept its place.
      continue;
    }
    // A framework that is gone by now is told so, which takes no token.
    if (const auto limited = limit_for(context.state, first.framework)) {
      token = false;
      limiter.next = context.now.steady + limited->limit.interval;
    }
    process(context, std::get<SchedulerCall>(first.event));
  }
  wait_for_next(context, key, limiter);
}

}  // namespace stoa::master
