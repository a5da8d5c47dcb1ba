#include "sim/trace.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>

#include <cstring>

namespace stoa::sim {

void Trace::note(std::string_view who, std::string_view what) {
  std::string text = line(who, what);
  mix(text);
  if (print_) fmt::print("{}\n", text);
  lines_.push_back(std::move(text));
  if (lines_.size() > lines_max) lines_.pop_front();
}

void Trace::note_quietly(std::string_view who, std::string_view what) {
  if (print_) fmt::print("{}\n", line(who, what));
  mix(who);
  mix(what);
}

void Trace::add(const google::protobuf::Message& message) {
  buffer_.clear();
  message.AppendToString(&buffer_);
  mix(buffer_);
}

std::string Trace::line(std::string_view who, std::string_view what) const {
  const double seconds = std::chrono::duration<double>(queue_.now().steady.time_since_epoch()).count() - 3600;
  return fmt::format("{:>10.4f} #{} {}: {}", seconds, queue_.steps(), who, what);
}

// FNV-1a, eight bytes at a time.
void Trace::mix(std::string_view bytes) {
  constexpr std::uint64_t prime = 0x100000001b3;
  hash_ = (hash_ ^ bytes.size()) * prime;
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min<std::size_t>(8, bytes.size());
    std::memcpy(&word, bytes.data(), count);
    bytes.remove_prefix(count);
    hash_ = (hash_ ^ word) * prime;
    hash_ ^= hash_ >> 29;
  }
}

}  // namespace stoa::sim
