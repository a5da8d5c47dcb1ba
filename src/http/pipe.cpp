#include "http/pipe.h"

#include <charconv>

namespace stoa::http {

void OutQueue::append(std::string_view bytes) {
  constexpr std::size_t piece_max = 64 * 1024;
  bytes_ += bytes.size();
  if (!pieces_.empty() && !pieces_.back().shared && pieces_.back().own.size() + bytes.size() <= piece_max)
    pieces_.back().own.append(bytes);
  else
    pieces_.push_back({.own = std::string(bytes), .shared = nullptr});
}

void OutQueue::append(std::string&& bytes) {
  constexpr std::size_t copied_max = 8 * 1024;
  if (bytes.size() <= copied_max) return append(std::string_view(bytes));
  bytes_ += bytes.size();
  pieces_.push_back({.own = std::move(bytes), .shared = nullptr});
}

void OutQueue::append(std::shared_ptr<const std::string> bytes) {
  bytes_ += bytes->size();
  pieces_.push_back({.own = {}, .shared = std::move(bytes)});
}

std::vector<Piece> OutQueue::take() {
  bytes_ = 0;
  return std::exchange(pieces_, {});
}

void OutQueue::clear() { take(); }

Pipe::Pipe(Strand strand, std::weak_ptr<PipeOwner> owner, Options options)
    : strand_(std::move(strand)), owner_(std::move(owner)), options_(std::move(options)) {}

// Tells the owner once until it has taken the output.
void Pipe::notify(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(notified_, true)) return;
  lock.unlock();
  if (const auto owner = owner_.lock()) owner->pipe_has_output();
}

bool Pipe::send(std::string data) {
  std::unique_lock lock(mutex_);
  if (closed_ || ending_) return false;
  if (data.empty()) return true;
  const auto size = data.size();
  if (size > options_.bytes_max || unsent_ > options_.bytes_max - size) {
    closed_ = true;
    lock.unlock();
    if (const auto owner = owner_.lock()) owner->pipe_aborts();
    return false;
  }
  const auto before = pending_.bytes();
  if (options_.form == Form::chunked) {
    char head[20];
    auto* end = std::to_chars(head, head + 16, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    pending_.append(std::string_view(head, end));
    pending_.append(std::move(data));
    pending_.append(std::string_view("\r\n"));
  } else {
    pending_.append(std::move(data));
  }
  unsent_ += pending_.bytes() - before;
  notify(lock);
  return true;
}

void Pipe::close() {
  std::unique_lock lock(mutex_);
  if (closed_ || std::exchange(ending_, true)) return;
  if (options_.form == Form::chunked) {
    pending_.append(std::string_view("0\r\n\r\n"));
    unsent_ += 5;
  }
  notify(lock);
}

void Pipe::abort() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  if (const auto owner = owner_.lock()) owner->pipe_aborts();
}

void Pipe::on_closed(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  if (told_closed_)
    boost::asio::post(strand_, std::move(callback));
  else
    on_closed_ = std::move(callback);
}

void Pipe::on_data(std::function<void(std::string_view)> callback) {
  {
    const std::lock_guard lock(mutex_);
    on_data_ = std::make_shared<std::function<void(std::string_view)>>(std::move(callback));
  }
  if (const auto owner = owner_.lock()) owner->pipe_wants_input();
}

void Pipe::pause(bool paused) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(paused_, paused) == paused || paused) return;
  }
  if (const auto owner = owner_.lock()) owner->pipe_wants_input();
}

std::size_t Pipe::buffered() const {
  const std::lock_guard lock(mutex_);
  return unsent_;
}

std::vector<Piece> Pipe::take(bool& ended) {
  const std::lock_guard lock(mutex_);
  notified_ = false;
  ended = ending_;
  return pending_.take();
}

void Pipe::on_written(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  unsent_ -= std::min(bytes, unsent_);
}

bool Pipe::wants_input() const {
  const std::lock_guard lock(mutex_);
  return on_data_ != nullptr && !paused_;
}

void Pipe::deliver(std::string_view data) {
  std::unique_lock lock(mutex_);
  const auto callback = on_data_;
  lock.unlock();
  if (callback) (*callback)(data);
}

void Pipe::mark_closed() {
  std::function<void()> callback;
  std::shared_ptr<std::function<void(std::string_view)>> dropped;  // Destroyed outside the lock.
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    told_closed_ = true;
    pending_.clear();
    unsent_ = 0;
    callback = std::exchange(on_closed_, nullptr);
    dropped = std::exchange(on_data_, nullptr);
  }
  if (callback) callback();
}

}  // namespace stoa::http
