// Group: this process in an election by ZooKeeper: the session and the znodes around election::Participant. It decides
// nothing.
//
// Masters stand for election; agents, frameworks and the command line only look.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "election/participant.h"
#include "net/loop.h"
#include "zookeeper/session.h"
#include "zookeeper/url.h"

namespace stoa::coordination {

class Group {
 public:
  struct Options {
    zookeeper::Url url;
    Duration session_timeout = std::chrono::seconds(10);
    std::string self;     // The id of this master; empty: it does not stand for election.
    std::string content;  // Of its member.
  };
  // Called on the thread of the group; each may be empty.
  struct Callbacks {
    std::function<void(const election::LeaderSeen&)> on_leader;
    // This process is a member by the session.
    std::function<void(const std::string& name, const zookeeper::SessionId& session)> on_member;
    std::function<void(const std::string& why)> on_lost;
    // Nothing will be better later.
    std::function<void(const std::string& why)> on_failed;
    // The session has shown that it lives: acts_until() is later than before.
    std::function<void()> on_alive;
  };

  Group(Options options, Callbacks callbacks);
  // Ends the session, and with it the member, if ZooKeeper can be reached (3 s at most). Nothing is called back any
  // more. Not on the thread of the group.
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  void begin();
  // Until when a leader may act (election::Participant). Thread-safe. In the past when there is no session.
  TimePoint acts_until() const { return acts_until_.load(); }

 private:
  void step(const election::ParticipantEvent& event);
  void perform(const election::ParticipantEffect& effect);
  void open_session();
  void on_state(zookeeper::Session::State state);
  void list_members();
  void read_member(const std::string& name);
  void join();
  void seek_own(std::vector<std::string> names);
  void schedule();

  const Options options_;
  const Callbacks callbacks_;
  election::Participant participant_;
  std::atomic<TimePoint> acts_until_{TimePoint()};
  bool is_over_ = false;
  std::unique_ptr<zookeeper::Session> session_;
  net::Timer timer_;
  net::Loop loop_{1};  // Last: its thread uses everything above.
};

}  // namespace stoa::coordination
