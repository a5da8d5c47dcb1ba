#include "agent/registration.h"

#include <algorithm>

namespace stoa::agent {

void Registration::start(TimePoint now) {
  state_ = State::waiting;
  attempts_ = 0;
  retry_at_ = now + backoff();
  if (!has_leader_) retry_at_.reset();
}

void Registration::stop() { stopped_ = true; }

Registration::Wish Registration::leader_changed(bool is_known, TimePoint now) {
  has_leader_ = is_known;
  if (state_ == State::off || stopped_) return Wish::none;
  const bool has_link = state_ >= State::connecting;
  start(now);
  silent_at_.reset();
  return has_link ? Wish::close : Wish::none;
}

Registration::Wish Registration::link_up(LinkNumber link, TimePoint now) {
  if (state_ != State::connecting || link != link_) return Wish::none;
  state_ = State::registering;
  silent_at_ = now + options_.silence_max;
  retry_at_ = now + backoff();
  return Wish::send_register;
}

bool Registration::link_down(LinkNumber link, TimePoint now) {
  if (!is_current(link)) return false;
  give_up(now);
  if (stopped_) state_ = State::off;
  return true;
}

void Registration::give_up(TimePoint now) {
  state_ = State::waiting;
  silent_at_.reset();
  retry_at_ = now + backoff();
  if (!has_leader_) retry_at_.reset();
}

void Registration::registered(std::optional<Duration> silence_max, TimePoint now) {
  state_ = State::registered;
  attempts_ = 0;
  retry_at_.reset();
  if (silence_max) options_.silence_max = *silence_max;
  silent_at_ = now + options_.silence_max;
}

void Registration::refused(std::optional<Duration> retry_after, TimePoint now) {
  if (state_ < State::registering) return;
  state_ = State::registering;
  silent_at_ = now + std::max(options_.silence_max, retry_after.value_or(Duration(0)));
  const Duration wait = backoff();
  retry_at_ =
      now + (retry_after ? *retry_after +
                               Duration(random_.below(1 + static_cast<std::uint64_t>(options_.backoff_factor.count())))
                         : wait);
}

Registration::Wish Registration::pinged(bool connected, TimePoint now) {
  if (state_ < State::registering) return Wish::none;
  silent_at_ = now + options_.silence_max;
  if (connected || stopped_ || state_ != State::registered) return Wish::none;
  state_ = State::registering;
  attempts_ = std::max(attempts_, 1U);
  retry_at_ = now + backoff();
  return Wish::send_register;
}

Registration::Wish Registration::advance(TimePoint now) {
  if (stopped_) return Wish::none;
  if (silent_at_ && now >= *silent_at_) {
    give_up(now);
    return Wish::close;
  }
  if (!retry_at_ || now < *retry_at_) return Wish::none;
  if (state_ == State::waiting) {
    state_ = State::connecting;
    retry_at_.reset();
    ++link_.value;
    return Wish::connect;
  }
  if (state_ != State::registering) return Wish::none;
  retry_at_ = now + backoff();
  return Wish::send_register;
}

std::optional<TimePoint> Registration::next_wakeup() const {
  if (stopped_) return std::nullopt;
  if (!retry_at_) return silent_at_;
  if (!silent_at_) return retry_at_;
  return std::min(*retry_at_, *silent_at_);
}

Duration Registration::backoff() {
  Duration bound = options_.backoff_factor;
  for (unsigned i = 0; i < attempts_ && bound < options_.backoff_max; ++i) bound *= 2;
  bound = std::min(bound, options_.backoff_max);
  const bool first = attempts_++ == 0;
  const double fraction = first ? random_.unit() : (1 + random_.unit()) / 2;
  return Duration(static_cast<Duration::rep>(static_cast<double>(bound.count()) * fraction));
}

}  // namespace stoa::agent
