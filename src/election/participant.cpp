#include "election/participant.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "election/names.h"

namespace stoa::election {
namespace {

using namespace std::chrono_literals;

constexpr Duration backoff_min = 2s;
constexpr Duration backoff_max = 60s;
// So often is the session asked for a sign of life within its timeout.
constexpr int asks_per_timeout = 6;

}  // namespace

void Participant::step(const ParticipantEvent& event, TimePoint now, ParticipantEffects& effects) {
  now_ = now;
  effects_ = &effects;
  std::visit([&](const auto& each) { on(each); }, event);
  while (const std::optional<Timer> due = timers_.pop(now)) on_timer(*due);
  effects_ = nullptr;
}

std::optional<TimePoint> Participant::acts_until() const {
  if (!answered_) return std::nullopt;
  return *answered_ + timeout_ * 2 / 3;
}

void Participant::on_timer(Timer timer) {
  switch (timer) {
    case Timer::open:
      return emit(OpenSession{});
    case Timer::ask:
      return ask();
    case Timer::presume:
      return lose_session(fmt::format("no answer from ZooKeeper for {}", format_duration(timeout_)));
    case Timer::list:
      if (is_up_) emit(ListMembers{});
      return;
    case Timer::seek:
      if (is_up_) stand();
      return;
  }
}

void Participant::retry(Timer timer) {
  timers_.set(timer, now_ + backoff_);
  backoff_ = std::min(backoff_ * 2, backoff_max);
}

bool Participant::is_final(const Error& error) {
  if (error.code != Code::permission_denied && error.code != Code::unauthenticated) return false;
  emit(CannotGoOn{error.message});
  return true;
}

// ---- The session

void Participant::on(const Begin&) { emit(OpenSession{}); }

void Participant::on(const SessionFailed&) { retry(Timer::open); }

void Participant::on(const SessionUp& event) {
  is_up_ = was_up_ = true;
  timeout_ = event.timeout;
  backoff_ = backoff_min;
  // Coming back is no answer yet: the time that ran out meanwhile goes on to count until there is one.
  timers_.set(Timer::presume, answered_.value_or(now_) + timeout_);
  ask();
  // Whatever was missed is read (HA-033).
  emit(ListMembers{});
  if (self_) stand();
}

void Participant::on(const SessionDown&) {
  is_up_ = false;
  reading_.reset();
  for (const Timer timer : {Timer::ask, Timer::list, Timer::seek}) timers_.cancel(timer);
}

void Participant::on(const SessionExpired&) { lose_session("the session with ZooKeeper has expired"); }

void Participant::on(const Answered& event) {
  answered_ = std::max(answered_.value_or(event.asked), event.asked);
  timers_.set(Timer::presume, *answered_ + timeout_);
}

void Participant::ask() {
  emit(Ask{});
  timers_.set(Timer::ask, now_ + timeout_ / asks_per_timeout);
}

void Participant::lose_session(std::string why) {
  on(SessionDown{});
  timers_.cancel(Timer::presume);
  answered_.reset();
  emit(CloseSession{});
  lose_candidacy(why);
  leader_name_.reset();
  see(std::nullopt, std::move(why));
  // Servers that end each session before it begins are not to be asked without a pause.
  if (!std::exchange(was_up_, false)) return retry(Timer::open);
  emit(OpenSession{});
}

// ---- Detector

void Participant::on(const MembersChanged&) {
  if (is_up_) emit(ListMembers{});
}

void Participant::on(const MembersListed& event) {
  if (!event.names) {
    if (is_final(event.names.error())) return;
    if (is_up_) retry(Timer::list);
    return;
  }
  check_candidacy(*event.names);
  const std::optional<std::string> leading = leading_member(*event.names);
  if (!leading) {
    reading_.reset();
    leader_name_.reset();
    return see(std::nullopt, {});
  }
  if (leading == leader_name_) {
    reading_.reset();
    return;
  }
  reading_ = leading;
  emit(ReadMember{*leading});
}

void Participant::on(const MemberRead& event) {
  if (event.name != reading_) return;
  reading_.reset();
  if (!event.member) {
    const Error& error = event.member.error();
    if (is_final(error)) return;
    if (error.code != Code::unavailable) {
      // It is never skipped in favour of the next (HA-026).
      leader_name_.reset();
      see(std::nullopt, error.message);
    }
    if (is_up_) retry(Timer::list);
    return;
  }
  if (!*event.member) {
    // It has gone; the watch tells what came then.
    leader_name_.reset();
    return see(std::nullopt, {});
  }
  backoff_ = backoff_min;
  if (self_ && (*event.member)->id == *self_ && event.name != own_name_) {
    // Of a session that we gave up: it may end at any moment without our knowing, so it gives us nothing. The watch
    // tells when it has gone.
    leader_name_.reset();
    return see(std::nullopt, event.name + " is of an earlier session of this master");
  }
  leader_name_ = event.name;
  see(*event.member, {});
}

void Participant::see(std::optional<Member> leader, std::string trouble) {
  if (is_told_ && leader == leader_ && trouble.empty()) return;
  is_told_ = true;
  leader_ = leader;
  emit(LeaderSeen{std::move(leader), std::move(trouble)});
}

// ---- Contender

void Participant::stand() {
  if (candidacy_ == Candidacy::none) {
    candidacy_ = Candidacy::joining;
    emit(Join{});
  } else if (candidacy_ == Candidacy::seeking) {
    emit(SeekOwn{});
  }
}

void Participant::on(const JoinAnswered& event) {
  if (candidacy_ != Candidacy::joining) return;
  if (event.name) return become_member(*event.name);
  if (is_final(event.name.error())) return;
  // Whether there is a member is not known: it is looked for, so that there are never two (HA-030).
  candidacy_ = Candidacy::seeking;
  if (is_up_) retry(Timer::seek);
}

void Participant::on(const OwnSought& event) {
  if (candidacy_ != Candidacy::seeking) return;
  if (!event.name) {
    if (is_final(event.name.error())) return;
    if (is_up_) retry(Timer::seek);
    return;
  }
  if (!*event.name) {
    candidacy_ = Candidacy::none;
    return stand();
  }
  become_member(**event.name);
}

void Participant::become_member(std::string name) {
  candidacy_ = Candidacy::member;
  own_name_ = std::move(name);
  emit(CandidacyWon{own_name_});
  emit(ListMembers{});  // It may have been seen before it was known to be ours.
}

void Participant::check_candidacy(const std::vector<std::string>& names) {
  if (candidacy_ != Candidacy::member || std::ranges::find(names, own_name_) != names.end()) return;
  lose_candidacy(fmt::format("the znode {} is gone", own_name_));
  stand();
}

void Participant::lose_candidacy(std::string why) {
  const bool was_member = candidacy_ == Candidacy::member;
  candidacy_ = Candidacy::none;
  own_name_.clear();
  if (was_member) emit(CandidacyLost{std::move(why)});
}

}  // namespace stoa::election
