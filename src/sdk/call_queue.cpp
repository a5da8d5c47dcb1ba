#include "sdk/call_queue.h"

#include <vector>

#include "base/text.h"

namespace stoa::sdk {
namespace {

constexpr std::size_t overlap_max = 16;  // As many connections as the client keeps.
constexpr std::size_t text_bytes_max = 4096;

}  // namespace

void CallQueue::add(Call call) {
  entries_.push_back({std::move(call)});
  pump();
}

void CallQueue::open() {
  is_open_ = true;
  is_waiting_ = false;
  timer_.cancel();
  pump();
}

void CallQueue::close() {
  is_open_ = false;
  ++opening_;
  std::vector<Place> sent;
  for (Place entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->is_sent) sent.push_back(entry);
  }
  for (const Place entry : sent) answered(entry, {0, "the connection was lost before the answer"});
}

void CallQueue::clear() {
  is_open_ = false;
  ++opening_;
  ++clearing_;
  timer_.cancel();
  entries_.clear();
}

void CallQueue::pump() {
  if (!is_open_ || is_waiting_) return;
  std::size_t under_way = 0;
  for (Place entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (under_way > 0 && !entry->call.may_overlap) return;
    if (!entry->is_sent) send(entry);
    if (!entry->call.may_overlap || ++under_way == overlap_max) return;
  }
}

void CallQueue::send(Place entry) {
  entry->is_sent = true;
  client_.request(entry->call.request(), [this, entry, opening = opening_](const Result<http::Response>& answer) {
    if (opening != opening_) return;
    if (!answer) return answered(entry, {0, answer.error().message});
    answered(entry, {answer->status, std::string(trim(answer->body.substr(0, text_bytes_max)))});
  });
}

void CallQueue::answered(Place entry, const Failure& answer) {
  entry->is_sent = false;
  // Out of the entry, which may go while it runs.
  const auto on_answer = std::move(entry->call.on_answer);
  const std::uint64_t clearing = clearing_;
  const Next next = on_answer(answer);
  if (clearing != clearing_) return;
  if (next == Next::done) {
    entries_.erase(entry);
    backoff_.succeeded();
  } else {
    entry->call.on_answer = on_answer;
    if (is_open_ && !is_waiting_) {
      is_waiting_ = true;
      timer_ = loop_.after(backoff_.next(), [this] {
        is_waiting_ = false;
        pump();
      });
    }
  }
  pump();
}

}  // namespace stoa::sdk
