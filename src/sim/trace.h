// Trace: what happened, in order. It hashes everything, so that two runs of one seed can be compared, and remembers the
// last events for whoever has to explain a broken law.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "sim/queue.h"

namespace google::protobuf {
class Message;
}

namespace stoa::sim {

class Trace {
 public:
  // `queue` must outlive this. With `print`, every line goes to stdout at once.
  Trace(const Queue& queue, bool print) : queue_(queue), print_(print) {}

  // One line: who, and what happened to or was wanted by them.
  void note(std::string_view who, std::string_view what);
  // For what comes so often that it would hide the rest: hashed only.
  void note_quietly(std::string_view who, std::string_view what);
  void add(const google::protobuf::Message& message);
  void add(std::string_view bytes) { mix(bytes); }

  std::uint64_t hash() const { return hash_; }
  const std::deque<std::string>& last_lines() const { return lines_; }
  bool prints() const { return print_; }

 private:
  void mix(std::string_view bytes);
  std::string line(std::string_view who, std::string_view what) const;

  static constexpr std::size_t lines_max = 50;
  const Queue& queue_;
  bool print_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::deque<std::string> lines_;
  std::string buffer_;
};

}  // namespace stoa::sim
