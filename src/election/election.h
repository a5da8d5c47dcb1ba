// Election: who leads, as one master sees it, and what it must do about it (HA-030..032, HA-040).
//
// Pure. A detector tells who the leader is; a single master is its own detector and tells once that it leads itself.
// The outcome for clients is `leadership()`: every answer of a master that is not the leader comes from it. A master
// that lost the lead never leads again in this life: nothing of its term may survive in memory (HA-042).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stoa::election {

// A master as others reach it. `id` is new at each start, so that a fast restart at the same address is another member.
struct Member {
  std::string id;
  std::string host;  // Name or address, without brackets.
  std::uint16_t port = 0;
  std::string address;  // As text, without brackets; empty if only the host is known.

  bool operator==(const Member&) const = default;
};

// The detector sees this leader, or none.
struct Detected {
  std::optional<Member> leader;
};
// What earlier leaders wrote is read: the master may act.
struct Recovered {};
// The master can lead no longer, for this reason.
struct Failed {
  std::string why;
};
using Event = std::variant<Detected, Recovered, Failed>;

// Read the registry, then tell Recovered.
struct BeginRecovery {};
// Stop every side effect, end every stream, drop all state. Comes once.
struct StepDown {
  std::string why;
};
using Effect = std::variant<BeginRecovery, StepDown>;
using Effects = std::vector<Effect>;

enum class Phase { standby, recovering, leading, stepped_down };

// What clients are to be told.
struct Leadership {
  bool mine = false;             // This master leads, or is about to.
  std::optional<Member> leader;  // Nothing: nobody leads.

  bool operator==(const Leadership&) const = default;
};

class Election {
 public:
  explicit Election(Member self) : self_(std::move(self)) {}

  void step(const Event& event, Effects& effects);

  const Member& self() const { return self_; }
  Phase phase() const { return phase_; }
  Leadership leadership() const;

 private:
  void on(const Detected& event, Effects& effects);
  void on(const Recovered& event, Effects& effects);
  void on(const Failed& event, Effects& effects);
  bool holds_office() const { return phase_ == Phase::recovering || phase_ == Phase::leading; }
  void step_down(std::string why, Effects& effects);

  Member self_;
  Phase phase_ = Phase::standby;
  std::optional<Member> leader_;
};

}  // namespace stoa::election
