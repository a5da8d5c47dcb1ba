// Registration decides when to look for the leading master, when to say who we are, and when to stop believing in a
// connection (AGT-030, AGT-038..040, HA-091, HA-102).
//
// Pure. Waits are random, so that a cluster of agents does not fall upon a new leader in one moment: [0, b) before the
// first try, later b/2..b with b doubling to a minute. Pings are the master's: without one for `silence_max` the link
// is given up, even if it seems alive.
#pragma once

#include <chrono>
#include <optional>

#include "base/id.h"
#include "base/random.h"
#include "base/time.h"

namespace stoa::agent {

class Registration {
 public:
  struct Options {
    Duration backoff_factor = std::chrono::seconds(1);
    Duration backoff_max = std::chrono::minutes(1);
    Duration silence_max = std::chrono::seconds(75);
  };
  enum class State {
    off,          // Not started, or stopped.
    waiting,      // For the back-off to end.
    connecting,   // The shell looks for the leader.
    registering,  // Connected; we said who we are, or shall again.
    registered,
  };
  // What the caller must do now. `close` comes before a new try is scheduled.
  enum class Wish { none, connect, send_register, close };

  // `random` must outlive this.
  Registration(Options options, Random& random) : options_(options), random_(random) {}

  State state() const { return state_; }
  // The link in use or asked for.
  LinkNumber link() const { return link_; }
  bool is_current(LinkNumber link) const { return state_ >= State::connecting && link == link_; }

  void start(TimePoint now);
  void stop();  // For good: no new connection; an open one stays.

  // Another master leads, or nobody knows who. Without a leader nothing is tried; a new one is tried as if it were the
  // first (HA-037, HA-091). Wishes `close` if there was a link to the old one.
  Wish leader_changed(bool is_known, TimePoint now);
  Wish link_up(LinkNumber link, TimePoint now);
  // Whether that was our link.
  bool link_down(LinkNumber link, TimePoint now);
  // The caller gives up the link: closes it, and is told to connect again later.
  void give_up(TimePoint now);
  // Accepted, and whatever had to be stored is.
  void registered(std::optional<Duration> silence_max, TimePoint now);
  void refused(std::optional<Duration> retry_after, TimePoint now);
  Wish pinged(bool connected, TimePoint now);
  Wish advance(TimePoint now);
  std::optional<TimePoint> next_wakeup() const;

 private:
  Duration backoff();

  Options options_;
  Random& random_;
  State state_ = State::off;
  bool stopped_ = false;
  bool has_leader_ = true;  // As far as anybody has said.
  LinkNumber link_;
  unsigned attempts_ = 0;  // Since the last success.
  std::optional<TimePoint> retry_at_;
  std::optional<TimePoint> silent_at_;
};

}  // namespace stoa::agent
