// StepAudit checks the laws of a master's books after every step, at the cost of what the step touched: every record
// that changed, and the sums of all. For simulation and tests; Master::audit checks everything at once.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "master/master.h"

namespace stoa::master {

class StepAudit {
 public:
  // To be called after each step of one master, from its first on. Fails with what is broken. O(what was touched), and
  // O(agents and frameworks) after one was removed.
  Result<> check(const Master& master);

 private:
  // How many tasks, executors and offers each record lists. Since every entry of an agent is checked to be in the book
  // of its framework, equal sums mean that the two books list the same.
  class Counts {
   public:
    template <typename Record>
    void note(const Record& record);
    template <typename Records>
    void note_all(const Records& records);

    std::size_t tasks = 0;
    std::size_t executors = 0;
    std::size_t offers = 0;
    std::size_t size() const { return counted_.size(); }

   private:
    struct Count {
      std::size_t tasks = 0;
      std::size_t executors = 0;
      std::size_t offers = 0;
    };
    std::unordered_map<const void*, Count> counted_;
  };

  Counts agents_;
  Counts frameworks_;
};

}  // namespace stoa::master
