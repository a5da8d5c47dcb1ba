// Renderings: how many big answers are made at once, and which requests share one.
//
// A document of a large cluster takes seconds of a processor and a copy of itself in memory, and dashboards ask for the
// same one at the same time. So at most `running_max` are made at once, one for each key, and what waits with the same
// key is answered from one rendering (OPR-065): one text that is held once, and compressed once, on the thread that
// made it, for behind those that serve connections others wait. A request never joins a rendering that has begun: its
// state may be older than a write that the caller has seen answered (OPR-062).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/responder.h"
#include "net/loop.h"

namespace stoa::api {

class Renderings : public std::enable_shared_from_this<Renderings> {
 public:
  struct Options {
    std::size_t running_max = 4;
    Duration wait_max = std::chrono::seconds(30);  // In the queue; then 503.
  };
  using Done = std::function<void(http::Response)>;
  // Makes one answer and hands it on once, from any thread.
  using Render = std::function<void(Done)>;

  // `loop` runs the timers and must outlive this object.
  Renderings(net::Loop& loop, Options options) : loop_(loop), options_(options) {}

  // Answers with what `render` makes, or with what an equal request makes that has not begun. Two requests with one key
  // must be entitled to the same answer. Thread-safe.
  void answer(std::string key, Render render, http::Responder responder);

  // Answers what waits or is being made with 503, and from now on everything. Thread-safe.
  void stop();

  // Requests answered by another one's rendering, since the start (`master/http_cache_hits`).
  std::uint64_t shared() const { return shared_; }

 private:
  struct Batch {
    std::string key;
    Render render;
    std::vector<http::Responder> responders;  // Guarded by the mutex; taken by who answers.
    net::Timer timer;
  };

  void start_next();
  void finish(const std::shared_ptr<Batch>& batch, http::Response response);
  void give_up(const std::shared_ptr<Batch>& batch);
  std::vector<http::Responder> take(Batch& batch);

  net::Loop& loop_;
  const Options options_;
  std::atomic<std::uint64_t> shared_ = 0;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Batch>> waiting_;             // Shared with the timers and renderings.
  std::map<std::string, std::shared_ptr<Batch>> running_;  // By key.
  bool stopped_ = false;
};

}  // namespace stoa::api
