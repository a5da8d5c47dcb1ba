// Preemption decides which running work makes room for whom, and when (section 18 of the allocator's specification).
//
// Only declared need preempts. A demand that stayed unmet becomes a plan on one agent: offers to rescind, and victims,
// who are told first, and killed when the grace period has passed and they are still in the way. Everything here is a
// total order without chance: the same state gives the same plan (ALC-222). Tasks and offers are the caller's; they
// are shown to the planner when it asks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "model/quantities.h"
#include "model/resources.h"

namespace stoa::allocator {

class Books;

// `guarantees`: only claims within a guarantee are served (ALC-205).
enum class PreemptionMode { off, guarantees, priority };

struct PreemptionOptions {
  PreemptionMode mode = PreemptionMode::off;
  Duration delay = std::chrono::seconds(30);           // A demand must be unmet for so long (ALC-212).
  Duration grace = std::chrono::seconds(30);           // From notice to kill (ALC-216).
  Duration kill_grace_max = std::chrono::seconds(30);  // How long the kill itself may take.
  Duration hold = std::chrono::seconds(10);            // What was freed waits so long for the demand (ALC-218).
  std::size_t victims_max = 100;                       // In flight in the cluster (ALC-220).
  Duration delay_max = std::chrono::minutes(10);       // For the picky (ALC-219).
};

// One bundle that a framework needs on one agent (ALC-210).
struct Demand {
  std::string role;
  model::Quantities bundle;
  std::optional<AgentId> agent;  // Nothing: any.

  bool operator==(const Demand&) const = default;
};

// One task, or all tasks of a group, which are taken together (ALC-213).
struct Work {
  FrameworkId framework;
  std::string role;
  std::vector<TaskId> tasks;  // The first one is its name.
  model::Resources resources;
  TimePoint start;
};
struct OutstandingOffer {
  OfferId id;
  FrameworkId framework;
  std::string role;
  model::Resources resources;
};
// What the master knows of one agent: work that is neither terminal nor being killed, and offers not yet answered.
struct AgentLoad {
  std::vector<Work> work;
  std::vector<OutstandingOffer> offers;
};
using LoadOf = std::function<AgentLoad(const AgentId&)>;

enum class Claim { none, guaranteed, priority };  // ALC-211; none: a limit forbids it (ALC-212).

struct Plan {
  Claim claim = Claim::none;
  std::optional<AgentId> agent;  // Nothing: there is no plan.
  std::vector<OfferId> rescinds;
  std::vector<Work> victims;  // In the order in which they were chosen.
};

// What is to be done now.
struct Preemption {
  enum class Kind {
    notice,  // Rescind the offers; tell each victim's framework by an inverse offer that starts at `kill_at`.
    kill,    // Rescind the offers and kill the victims, for the reason REASON_CONTAINER_PREEMPTED.
    spare,   // These were told, and are not needed any more.
  };
  Kind kind = Kind::notice;
  FrameworkId framework;  // For whom.
  Demand demand;
  AgentId agent;
  std::vector<OfferId> rescinds;
  std::vector<Work> victims;
  TimePoint kill_at;
};

// Of all time (ALC-252).
struct PreemptionCounters {
  std::uint64_t demands = 0;
  std::uint64_t plans = 0;
  std::uint64_t victims = 0;   // Killed.
  std::uint64_t rescinds = 0;  // Of offers.
  std::uint64_t refused = 0;   // Offers won and not wanted.
};

struct PlanQuestion {
  const FrameworkId& framework;
  const Demand& demand;
  std::size_t victims_max = 0;
  bool goes_on = false;  // The demand has a plan on its agent, which is looked at again.
};

// The best plan for a demand at this moment, whether due or not (ALC-214, ALC-215, ALC-223). Agents that a plan is
// being carried out on are left out. O(agents), and O(load) of each where what may be taken would suffice.
Plan plan_for(Books& books, const PlanQuestion& question, const LoadOf& load_of);

// The demands, their plans, and their clocks. While a plan is carried out its agent is held for the demand (holds.h),
// and a plan whose hold has ended is over.
class Demands {
 public:
  static constexpr std::size_t per_framework_max = 100;
  // A search for a plan costs a look at all agents: so many at most each time, and none for a while after one in vain.
  static constexpr std::size_t searches_max = 16;
  static constexpr Duration search_pause = std::chrono::seconds(10);

  explicit Demands(PreemptionOptions options) : options_(options) {}

  // Replaces what the framework demanded before; what is beyond per_framework_max is dropped. A demand that is said
  // again keeps its age and its plan.
  void replace(Books& books, const FrameworkId& framework, std::vector<Demand> demands, TimePoint now);
  void remove(Books& books, const FrameworkId& framework);  // The framework is gone.
  // What is to be done now. Call it after each cycle.
  std::vector<Preemption> advance(Books& books, const LoadOf& load_of, TimePoint now);

  // Quota or priorities changed: there may be a plan where there was none.
  void forget_pauses();

  // The framework is being offered this.
  void note_offer(Books& books, const FrameworkId& framework, const std::string& role, const AgentId& agent,
                  const model::Resources& resources);
  // It gave this back; `refused`: of its own will, or by letting the offer lapse.
  void note_return(Books& books, const FrameworkId& framework, const AgentId& agent, const model::Resources& resources,
                   bool refused);
  bool has_won() const { return !won_.empty(); }
  // The demands of a framework in a role.
  std::vector<model::Quantities> bundles(const FrameworkId& framework, const std::string& role) const;
  const PreemptionCounters& counters() const { return counters_; }

 private:
  struct Execution {
    AgentId agent;
    std::vector<Work> victims;
    TimePoint kill_at;
    bool is_killed = false;
  };
  struct Entry {
    FrameworkId framework;
    Demand demand;
    std::uint64_t number = 0;
    bool is_implicit = false;        // From the framework's role minimum.
    std::optional<TimePoint> since;  // Unmet, while it could have been met.
    TimePoint search_at{};           // Not before.
    std::optional<Execution> execution;
  };

  std::vector<Entry> take(const FrameworkId& framework);
  void drop(Books& books, const FrameworkId& framework);
  void note_flags(Books& books, const FrameworkId& framework) const;
  void refresh(Books& books, TimePoint now);
  void add_implicit(Books& books, TimePoint now);
  void end_execution(Books& books, Entry& entry);
  void begin_execution(Books& books, Entry& entry, Plan plan, TimePoint now);
  void kill(Books& books, Entry& entry, const LoadOf& load_of, TimePoint now);
  void search(Books& books, const LoadOf& load_of, TimePoint now);
  Duration delay_of(const FrameworkId& framework) const;
  std::size_t victims_in_flight() const;

  PreemptionOptions options_;
  std::vector<Entry> entries_;
  std::vector<Preemption> wishes_;
  std::set<FrameworkId> requested_;                                   // Who has ever sent demands of its own.
  std::map<FrameworkId, int> refusals_;                               // In a row.
  std::map<std::pair<FrameworkId, AgentId>, model::Quantities> won_;  // What was offered by a plan, until it returns.
  PreemptionCounters counters_;
  std::uint64_t numbers_ = 0;
};

}  // namespace stoa::allocator
