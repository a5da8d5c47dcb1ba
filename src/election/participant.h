// Participant: one process's part in an election by ZooKeeper. It keeps a session alive, sees who leads (detector),
// and, if it is a master, stands for election (contender) (HA-030 to HA-035).
//
// Pure. It is told what ZooKeeper answered and what time it is, and wishes for requests. ZooKeeper says that a session
// has expired only when it is reached again, which may be never; so time is counted here, from the sending of the last
// request that was answered, and after a whole session timeout without answer the session counts as expired (HA-034).
// Counting from the sending makes it safe whatever delayed the answer: the server saw the session no earlier.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "election/election.h"

namespace stoa::election {

// ---- What it is told. Answers of a session that was closed must not be told.

// First event.
struct Begin {};
// The session is established, or connected again; `timeout` is what the server grants.
struct SessionUp {
  Duration timeout;
};
struct SessionDown {};
struct SessionExpired {};
// No session can be opened now: no name of a server is known to the resolver.
struct SessionFailed {
  std::string why;
};
// A request that was sent at `asked` got its answer, whatever it says.
struct Answered {
  TimePoint asked;
};
// What was listed last is not true any more.
struct MembersChanged {};
// Answers ListMembers: the children of the election's znode; none if there is no such znode.
struct MembersListed {
  Result<std::vector<std::string>> names;
};
// Answers ReadMember; nothing: it has gone. Fails with malformed if the content is not what its name says.
struct MemberRead {
  std::string name;
  Result<std::optional<Member>> member;
};
// Answers Join: the name of the new member.
struct JoinAnswered {
  Result<std::string> name;
};
// Answers SeekOwn: the member that this session has, if any.
struct OwnSought {
  Result<std::optional<std::string>> name;
};
// Time passed: when next_wakeup() is reached.
struct Passed {};

using ParticipantEvent = std::variant<Begin, SessionUp, SessionDown, SessionExpired, SessionFailed, Answered,
                                      MembersChanged, MembersListed, MemberRead, JoinAnswered, OwnSought, Passed>;

// ---- What it wishes.

struct OpenSession {};
// Its ephemeral znodes go with it. No answers are told any more.
struct CloseSession {};
// Any small request, whose answer shows that the session lives.
struct Ask {};
// With a watch that tells MembersChanged once.
struct ListMembers {};
struct ReadMember {
  std::string name;
};
// Make the parents where they are missing, then the ephemeral sequential member.
struct Join {};
struct SeekOwn {};
// The leader is another one than before, or nobody is. `trouble`: why it is not known.
struct LeaderSeen {
  std::optional<Member> leader;
  std::string trouble;
};
// This process is a member, under this name.
struct CandidacyWon {
  std::string name;
};
struct CandidacyLost {
  std::string why;
};
// Nothing will be better later: wrong credentials, or a tree of another owner (HA-013, HA-014).
struct CannotGoOn {
  std::string why;
};

using ParticipantEffect = std::variant<OpenSession, CloseSession, Ask, ListMembers, ReadMember, Join, SeekOwn,
                                       LeaderSeen, CandidacyWon, CandidacyLost, CannotGoOn>;
using ParticipantEffects = std::vector<ParticipantEffect>;

class Participant {
 public:
  // `self`: the id of the master that stands for election; nothing: it only looks.
  explicit Participant(std::optional<std::string> self) : self_(std::move(self)) {}

  void step(const ParticipantEvent& event, TimePoint now, ParticipantEffects& effects);
  std::optional<TimePoint> next_wakeup() const { return timers_.next(); }

  // Until when a leader may act on its own, without a further answer: two thirds of the session's timeout (HA-043).
  // Nothing before the first answer of a session.
  std::optional<TimePoint> acts_until() const;

 private:
  enum class Timer { open, ask, presume, list, seek };
  enum class Candidacy { none, joining, seeking, member };

  void on(const Begin&);
  void on(const SessionUp& event);
  void on(const SessionDown&);
  void on(const SessionExpired&);
  void on(const SessionFailed& event);
  void on(const Answered& event);
  void on(const MembersChanged&);
  void on(const MembersListed& event);
  void on(const MemberRead& event);
  void on(const JoinAnswered& event);
  void on(const OwnSought& event);
  void on(const Passed&) {}
  void on_timer(Timer timer);

  void ask();
  void lose_session(std::string why);
  void see(std::optional<Member> leader, std::string trouble);
  void check_candidacy(const std::vector<std::string>& names);
  void lose_candidacy(std::string why);
  void stand();
  void become_member(std::string name);
  void retry(Timer timer);
  bool is_final(const Error& error);
  void emit(ParticipantEffect effect) { effects_->push_back(std::move(effect)); }

  const std::optional<std::string> self_;
  TimerQueue<Timer> timers_;
  Duration backoff_ = std::chrono::seconds(2);

  Duration timeout_{0};
  bool is_up_ = false;
  bool was_up_ = false;                // This session, at any time.
  std::optional<TimePoint> answered_;  // When the newest answered request of this session was sent.

  bool is_told_ = false;                    // Whether LeaderSeen was ever emitted.
  std::optional<Member> leader_;            // As told last.
  std::optional<std::string> leader_name_;  // Its znode.
  std::optional<std::string> reading_;

  Candidacy candidacy_ = Candidacy::none;
  std::string own_name_;

  TimePoint now_{};  // Of the step under way, as is effects_.
  ParticipantEffects* effects_ = nullptr;
};

}  // namespace stoa::election
