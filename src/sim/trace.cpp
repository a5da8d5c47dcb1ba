#include "sim/trace.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>

#include <cstring>

namespace stoa::sim {

void Trace::note(std::string_view who, std::string_view what) {
  Line& line = lines_[next_++ % lines_.size()];
  line.when = queue_.now().steady;
  line.step = queue_.steps();
  line.who = who;
  line.what = what;
  if (print_) fmt::print("{}\n", text_of(line));
  mix(static_cast<std::uint64_t>(line.when.time_since_epoch().count()));
  mix(line.step);
  mix(who);
  mix(what);
}

void Trace::note_quietly(std::string_view who, std::string_view what) {
  if (print_) fmt::print("{}\n", text_of({queue_.now().steady, queue_.steps(), std::string(who), std::string(what)}));
  mix(who);
  mix(what);
}

void Trace::add(const google::protobuf::Message& message) {
  buffer_.clear();
  message.AppendToString(&buffer_);
  mix(buffer_);
}

std::vector<std::string> Trace::last_lines() const {
  std::vector<std::string> result;
  for (std::size_t i = next_ - std::min(next_, lines_.size()); i < next_; ++i)
    result.push_back(text_of(lines_[i % lines_.size()]));
  return result;
}

std::string Trace::text_of(const Line& line) {
  const double seconds = std::chrono::duration<double>(line.when.time_since_epoch()).count() - 3600;
  return fmt::format("{:>10.4f} #{} {}: {}", seconds, line.step, line.who, line.what);
}

// FNV-1a, eight bytes at a time.
void Trace::mix(std::uint64_t number) {
  constexpr std::uint64_t prime = 0x100000001b3;
  hash_ = (hash_ ^ number) * prime;
  hash_ ^= hash_ >> 29;
}

void Trace::mix(std::string_view bytes) {
  mix(bytes.size());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    mix(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  mix(rest);
}

}  // namespace stoa::sim
