#include "api/renderings.h"

#include <algorithm>
#include <utility>

#include "api/answers.h"
#include "http/compress.h"

namespace stoa::api {

namespace {

void refuse(std::vector<http::Responder> responders, const char* why) {
  for (http::Responder& responder : responders) responder.respond(refusal(503, why));
}

}  // namespace

void Renderings::answer(std::string key, Render render, http::Responder responder) {
  {
    std::unique_lock lock(mutex_);
    if (stopped_) {
      lock.unlock();
      return responder.respond(refusal(503, "Shutting down"));
    }
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
      running_.emplace(batch->key, batch);
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
  std::vector<http::Responder> responders = take(*batch);
  // Who takes it as it is need not wait for the others.
  for (http::Responder& responder : responders) {
    if (is_final || !responder.wants_gzip(bytes)) responder.respond(response);
  }
  const auto left = std::ranges::find_if(responders, &http::Responder::is_pending);
  if (left != responders.end()) response = http::gzipped(response);
  for (auto responder = left; responder != responders.end(); ++responder) {
    if (responder->is_pending()) responder->respond(response);
  }
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
  refuse(take(*batch), "Too many reads are waiting; try again");
}

std::vector<http::Responder> Renderings::take(Batch& batch) {
  const std::lock_guard lock(mutex_);
  return std::exchange(batch.responders, {});
}

void Renderings::stop() {
  std::vector<std::shared_ptr<Batch>> batches;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    batches.assign(waiting_.begin(), waiting_.end());
    for (const auto& [key, batch] : running_) batches.push_back(batch);
    waiting_.clear();
  }
  for (const auto& batch : batches) {
    batch->timer.cancel();
    refuse(take(*batch), "Shutting down");
  }
}

}  // namespace stoa::api
