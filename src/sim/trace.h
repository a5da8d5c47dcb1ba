// Trace: what happened, in order. It hashes everything, so that two runs of one seed can be compared, and remembers the
// last events for whoever has to explain a broken law.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  // What is in a message, noted where it is sent: it arrives as it is, or not at all.
  void add(const google::protobuf::Message& message);
  void add(std::string_view bytes) { mix(bytes); }

  std::uint64_t hash() const { return hash_; }
  std::vector<std::string> last_lines() const;

 private:
  struct Line {
    TimePoint when;
    std::uint64_t step = 0;
    std::string who;
    std::string what;
  };
  static std::string text_of(const Line& line);
  void mix(std::uint64_t number);
  void mix(std::string_view bytes);

  const Queue& queue_;
  bool print_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::array<Line, 50> lines_;  // A ring.
  std::size_t next_ = 0;        // Where the next line goes, but for whole rounds.
  std::string buffer_;
};

}  // namespace stoa::sim
