// CallQueue: calls go out in the order made, one at a time, so that they also arrive in that order (SCH-009). Calls
// whose order does not matter among themselves may overlap: acknowledgements would else be as slow as the network.
//
// It stays closed while there is no subscription; what waits is kept. Everything runs on the one thread of the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "http/client.h"
#include "net/loop.h"
#include "sdk/backoff.h"
#include "stoa/failure.h"

namespace stoa::sdk {

class CallQueue {
 public:
  enum class Next { done, again };
  struct Call {
    std::function<http::ClientRequest()> request;  // Made when it is sent: ids may have changed since.
    // With the status and text of the answer, or with status 0 if none came. `again` keeps the call in its place: it is
    // sent after a delay, or when the queue opens. May close() or clear() the queue.
    std::function<Next(const Failure&)> on_answer;
    bool may_overlap = false;
  };
  // Both must outlive it.
  CallQueue(net::Loop& loop, http::Client& client, Backoff backoff)
      : loop_(loop), client_(client), backoff_(std::move(backoff)) {}

  void add(Call call);
  void open();
  // Whatever is under way is as if nobody had answered.
  void close();
  // Forgets all calls, unanswered.
  void clear();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Call call;
    bool is_sent = false;
  };
  using Place = std::list<Entry>::iterator;

  void pump();
  void send(Place entry);
  void answered(Place entry, const Failure& answer);

  net::Loop& loop_;
  http::Client& client_;
  Backoff backoff_;
  std::list<Entry> entries_;
  std::uint64_t opening_ = 0;  // Which answers are still awaited.
  std::uint64_t clearing_ = 0;
  bool is_open_ = false;
  bool is_waiting_ = false;  // For timer_.
  net::Timer timer_;
};

}  // namespace stoa::sdk
