#include "api/renderings.h"

#include <algorithm>

#include "api/answers.h"
#include "http/compress.h"

namespace stoa::api {

void Renderings::answer(std::string key, Render render, http::Responder responder) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::ranges::find(waiting_, key, &Batch::key);
    if (same != waiting_.end()) {
      (*same)->responders.push_back(std::move(responder));
      ++shared_;
      return;
    }
    auto batch = std::make_shared<Batch>();
    batch->key = std::move(key);
    batch->render = std::move(render);
    batch->responders.push_back(std::move(responder));
    batch->timer = loop_.after(options_.wait_max, [weak = weak_from_this(), waits = std::weak_ptr(batch)] {
      const auto self = weak.lock();
      const auto late = waits.lock();
      if (self && late) self->give_up(late);
    });
    waiting_.push_back(std::move(batch));
  }
  start_next();
}

void Renderings::start_next() {
  for (;;) {
    std::shared_ptr<Batch> batch;
    {
      const std::lock_guard lock(mutex_);
      if (running_.size() >= options_.running_max) return;
      const auto next = std::ranges::find_if(waiting_, [this](const auto& b) { return !running_.contains(b->key); });
      if (next == waiting_.end()) return;
      batch = *next;
      waiting_.erase(next);
      running_.insert(batch->key);
    }
    batch->timer.cancel();
    batch->render(
        [self = shared_from_this(), batch](http::Response response) { self->finish(batch, std::move(response)); });
  }
}

void Renderings::finish(const std::shared_ptr<Batch>& batch, http::Response response) {
  response = http::shared(std::move(response));
  const std::size_t bytes = response.content().size();
  const bool is_final = response.headers.has("Content-Encoding");
  // Who takes it as it is need not wait for the others.
  for (http::Responder& responder : batch->responders) {
    if (is_final || !responder.wants_gzip(bytes)) responder.respond(response);
  }
  const auto left = std::ranges::find_if(batch->responders, &http::Responder::is_pending);
  if (left != batch->responders.end()) response = http::gzipped(response);
  for (auto responder = left; responder != batch->responders.end(); ++responder) {
    if (responder->is_pending()) responder->respond(response);
  }
  batch->responders.clear();
  batch->render = nullptr;
  {
    const std::lock_guard lock(mutex_);
    running_.erase(batch->key);
  }
  start_next();
}

void Renderings::give_up(const std::shared_ptr<Batch>& batch) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(waiting_, batch);
    if (found == waiting_.end()) return;
    waiting_.erase(found);
  }
  for (http::Responder& responder : batch->responders) {
    responder.respond(refusal(503, "Too many reads are waiting; try again"));
  }
  batch->responders.clear();
}

}  // namespace stoa::api
