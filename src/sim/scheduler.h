// Scheduler: a framework that follows a script: it launches its tasks on what it is offered, acknowledges what it is
// told (sometimes late), kills some, loses its connection and comes back under its id, and asks about what it has not
// heard of. It keeps its memory for the whole run, as a scheduler with a database does.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "proto/forward.h"
#include "sim/containers.h"
#include "sim/environment.h"
#include "sim/holdings.h"
#include "sim/master_host.h"
#include "sim/offer_room.h"

namespace stoa::sim {

class Scheduler {
 public:
  struct Task {
    TaskId id;
    TimePoint ready;  // Not launched before.
    Behaviour behaviour;
    std::int64_t cpus = 0;  // Thousandths.
    std::int64_t mem = 0;   // MB.
    std::size_t ports = 0;
    std::optional<Duration> kill_after;
    bool launched = false;
    bool killed = false;
    int checks = 0;  // Bit 0: it has a check; bit 1: a health check.
    AgentId agent;
    int state = -1;      // As last told; -1 if never.
    bool final = false;  // Nothing more will be heard of it.
  };

  // Both must outlive this.
  Scheduler(Environment& environment, MasterHost& master, std::size_t index, std::size_t tasks);
  ~Scheduler();

  void start();
  // The connection breaks: the scheduler notices at once and comes back, or hears of it some time later.
  void lose_connection(bool noticed);
  // Another instance takes over while this one is still connected; once that is so, this one asks for the end of the
  // framework, and must not be heard.
  void fail_over();
  void isolate_until(TimePoint when) { isolated_until_ = when; }
  // From now on: no launches, no kills of further tasks.
  void wind_down();

  const std::string& name() const { return name_; }
  const FrameworkId& id() const { return id_; }
  bool is_subscribed() const { return subscribed_; }
  // It has asked for its removal, and will not rest until it is removed.
  bool is_tearing_down() const { return tearing_down_; }
  bool is_removed() const { return removed_; }
  bool is_partition_aware() const { return partition_aware_; }
  const std::vector<Task>& tasks() const { return tasks_; }
  const Holdings& holdings() const { return holdings_; }
  std::uint64_t updates() const { return updates_; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  using EventMessage = std::shared_ptr<const mesos::v1::scheduler::Event>;
  using Call = mesos::v1::scheduler::Call;

  void draw_tasks(std::size_t count);
  mesos::v1::FrameworkInfo info() const;
  void subscribe();
  void on_subscribe_arrived(unsigned epoch);
  void on_event(const EventMessage& event);
  void on_subscribed(FrameworkId id);
  void on_closed();
  void on_status(const EventMessage& event);
  void acknowledge(const mesos::v1::TaskStatus& status);
  void on_operation_status(const EventMessage& event);
  void on_offers(const EventMessage& event);
  // Fills an ACCEPT with operations and the tasks that fit. False if there are none.
  bool accept(const mesos::v1::Offer& offer);
  void add_work(const mesos::v1::Offer& offer, OfferRoom& room, Call& call);
  void add_tasks(const mesos::v1::Offer& offer, OfferRoom& room, bool custom, Call& call);
  void add_group(const mesos::v1::Offer& offer, OfferRoom& room, Call& call);
  bool fill_executor(const mesos::v1::Offer& offer, bool is_default, OfferRoom& room, mesos::v1::ExecutorInfo& info);
  // With an executor: of one that outlives it.
  bool fill_task(const mesos::v1::Offer& offer, OfferRoom& room, const mesos::v1::ExecutorInfo* custom,
                 mesos::v1::TaskInfo& info);
  bool has_work() const;
  // Nothing to launch now: asks for no offers until there is.
  void suppress();
  void revive();
  void on_error(const std::string& message);
  void tear_down();
  void reconcile();
  void reconcile_later();
  void kill_later(std::size_t task, Duration wait);
  void send(Call call);
  // Null if it is not one of ours.
  Task* find_task(std::string_view id);
  // Runs `function` after `wait`, if the subscription is still the same then.
  template <typename Function>
  void after(Duration wait, Function function) {
    environment_.queue.after(wait, [this, epoch = epoch_, function = std::move(function)] {
      if (epoch == epoch_) function();
    });
  }

  Environment& environment_;
  MasterHost& master_;
  std::string name_;
  std::string role_;
  bool partition_aware_;
  bool task_killing_;
  FrameworkId id_;
  Holdings holdings_;
  std::vector<Task> tasks_;
  std::vector<std::size_t> planned_;  // Numbers of tasks; the next one last.
  bool winding_down_ = false;
  bool suppressed_ = false;
  bool tearing_down_ = false;
  bool removed_ = false;
  std::uint64_t updates_ = 0;

  unsigned epoch_ = 0;  // Of the subscription: what belongs to an earlier one is ignored.
  bool subscribed_ = false;
  TimePoint isolated_until_;
  std::optional<ConnectionNumber> stream_;
  std::optional<ConnectionNumber> calls_;
  std::string stream_id_;
  struct Former {
    ConnectionNumber calls;
    std::string stream_id;
  };
  std::optional<Former> former_;  // The instance that was replaced, until it has spoken.
};

}  // namespace stoa::sim
