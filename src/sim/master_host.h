// MasterHost: the machine of the one master. It runs the real core over a virtual disk and network, ends its life at
// any moment and starts the next one from what was durable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "master/master.h"
#include "master/step_audit.h"
#include "sim/environment.h"
#include "sim/store.h"
#include "sim/wakeup.h"

namespace stoa::sim {

// Who is at the other end of a stream or link: what arrives there is handed to them.
using TakeEvent = std::function<void(const std::shared_ptr<const mesos::v1::scheduler::Event>&)>;
using TakeFrame = std::function<void(const std::shared_ptr<const link::ToAgent>&)>;

class MasterHost {
 public:
  // `environment` must outlive this.
  explicit MasterHost(Environment& environment);
  ~MasterHost();

  void start();
  void crash();
  // True when it serves: the registry is read.
  bool is_up() const { return core_ != nullptr && core_->recovered(); }
  bool is_alive() const { return core_ != nullptr; }

  // An agent's request for a link has arrived. `agent_closed` is the agent's end of the connection.
  struct Link {
    LinkNumber number;
    ConnectionNumber connection;
  };
  Link accept_link(std::function<void()> agent_closed, TakeFrame take);
  void on_frame(LinkNumber link, std::shared_ptr<const link::ToMaster> message);

  // A SUBSCRIBE has arrived. Returns the connection that carries its events.
  struct Stream {
    ConnectionNumber connection;
    std::string id;
  };
  Stream subscribe(std::shared_ptr<const mesos::v1::scheduler::Call> call, std::function<void()> scheduler_closed,
                   TakeEvent take);
  void on_call(std::shared_ptr<const mesos::v1::scheduler::Call> call, const std::string& stream_id);

  // What is on the heap because of the core, which ends by this.
  struct Weight {
    std::size_t bytes = 0;
    std::size_t agents = 0;
    std::size_t tasks = 0;  // That live.
  };
  Weight weigh();

  const master::Master& core() const { return *core_; }
  bool store_is_idle() const { return store_.idle(); }
  std::uint64_t lives() const { return life_; }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t refusals() const { return refusals_; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  struct OpenStream {
    ConnectionNumber connection;
    std::shared_ptr<const TakeEvent> take;  // Shared with what is on its way.
  };
  struct OpenLink {
    ConnectionNumber connection;
    std::shared_ptr<const TakeFrame> take;
  };

  void step(const master::Event& event);
  void step_core(const master::Event& event, master::Effects& effects);
  void check_books();
  void perform(const master::Effect& effect);
  void perform(const master::Persist& effect);

  Environment& environment_;
  Store store_;
  std::unique_ptr<master::Master> core_;
  master::StepAudit audit_;
  Wakeup wakeup_;
  std::uint64_t life_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t refusals_ = 0;
  unsigned long long next_number_ = 1;
  std::map<StreamNumber, OpenStream> streams_;
  std::unordered_map<LinkNumber, OpenLink> links_;
  master::Effects effects_;
};

}  // namespace stoa::sim
