// Guardian: a small process beside a master that stands for election. When the master dies, however it does, the
// guardian ends the master's session with ZooKeeper, so that another leads at once instead of after the session's
// timeout (HA-045).
//
// It holds nothing but one end of a pipe and what names the session, and does nothing until the other end is closed: by
// the kernel, or by a master that has given the session up. Then it ends the session, as soon as ZooKeeper is reached.
// A master whose guardian dies steps down: nobody would free its lead.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/loop.h"
#include "zookeeper/session.h"
#include "zookeeper/url.h"

namespace stoa::daemon {

class Guardian {
 public:
  // `on_death` is called on a thread of `loop`, which must outlive this, if it ends by itself.
  static Result<std::unique_ptr<Guardian>> start(const zookeeper::Url& url, Duration session_timeout,
                                                 const zookeeper::SessionId& session, net::Loop& loop,
                                                 std::function<void()> on_death);
  // The guardian ends the session, if it lives still, and itself.
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

 private:
  explicit Guardian(int pipe) : pipe_(pipe) {}

  const int pipe_;
  int handle_ = -1;                    // A pidfd.
  std::shared_ptr<net::Watch> watch_;  // Shared with its call while that runs.
};

}  // namespace stoa::daemon
