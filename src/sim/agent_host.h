// AgentHost: one machine of the cluster. It runs the real agent core over a virtual disk, network and processes, ends
// its life at any moment and starts the next one from what was durable.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "sim/containers.h"
#include "sim/disk.h"
#include "sim/environment.h"
#include "sim/executors.h"
#include "sim/ledger.h"
#include "sim/master_host.h"
#include "sim/store.h"
#include "sim/wakeup.h"

namespace stoa::sim {

class AgentHost {
 public:
  // Both must outlive this.
  AgentHost(Environment& environment, MasterHost& master, std::size_t index);
  ~AgentHost();

  void start();
  // With `reboot` the machine goes down, else the process only.
  void crash(bool reboot);
  bool is_alive() const { return core_ != nullptr; }

  void cut_link();
  // No connection to the master is possible until then.
  void isolate_until(TimePoint when) { isolated_until_ = when; }
  void freeze() { containers_.freeze(), executors_.freeze(); }

  const std::string& name() const { return name_; }
  // Empty before it was first registered.
  const AgentId& id() const { return id_; }
  const agent::Agent& core() const { return *core_; }
  const Containers& containers() const { return containers_; }
  const model::Resources& total() const { return total_; }
  const Ledger& ledger() const { return ledger_; }
  const Disk& disk() const { return disk_; }
  const Store& store() const { return store_; }
  std::optional<ConnectionNumber> connection() const { return connection_; }

 private:
  friend struct Saboteur;  // Tests of the laws break things behind their owners' backs.
  void step(const agent::Event& event);
  void perform(const agent::Effect& effect);
  void answer(agent::Event event);
  void perform_on_containers(const agent::Effect& effect);
  void perform_on_executors(const agent::Effect& effect);
  void perform(const agent::PrepareSandbox& effect);
  void on_task_ended(const Containers::Container& container);
  void perform(const agent::Persist& effect);
  void perform(const agent::Connect& effect);
  void perform(const agent::SendMaster& effect);
  void on_connect_arrived(LinkNumber number);
  void on_durable();
  void on_message(LinkNumber number, const std::shared_ptr<const link::ToAgent>& message);
  // What runs here has changed.
  void touch();

  Environment& environment_;
  MasterHost& master_;
  std::size_t index_;
  std::string name_;
  agent::Config config_;
  model::Resources total_;
  Store store_;
  Containers containers_;
  Executors executors_;
  Disk disk_;
  Ledger ledger_;
  std::unique_ptr<agent::Agent> core_;
  Wakeup wakeup_;
  AgentId id_;
  unsigned life_ = 0;
  unsigned boot_ = 1;
  TimePoint isolated_until_;
  LinkNumber link_;  // In the agent's numbering, while `connection_` is set.
  LinkNumber link_at_master_;
  std::optional<ConnectionNumber> connection_;
  agent::Effects effects_;
  struct Asked {
    std::vector<Progress> progress;
    std::vector<agent::Change> resources;  // And operations.
  };
  std::deque<Asked> asked_;  // Of each write under way.
};

}  // namespace stoa::sim
