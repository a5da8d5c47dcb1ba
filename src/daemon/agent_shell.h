// AgentShell: containers, disk, clock and the connection to the master around the agent core. It decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/agent.h"
#include "api/agent_port.h"
#include "daemon/core_thread.h"
#include "daemon/executor_streams.h"
#include "daemon/log_rotation.h"
#include "daemon/probes.h"
#include "http/client.h"
#include "ports/container_runtime.h"
#include "ports/fetcher.h"
#include "ports/store.h"
#include "ports/work_directory.h"

namespace stoa::daemon {

struct AgentShellOptions {
  agent::Config config;
  std::string master;   // `host:port` of a master; a redirect to the leader is followed. Empty: see set_leader().
  std::string boot_id;  // Of the running kernel.
  LogRotation log_rotation;
  // Called once when the agent must end: exit code and reason.
  std::function<void(int, const std::string&)> exit;
};

class AgentShell final : public api::AgentPort {
 public:
  // All that it is given must outlive it.
  AgentShell(AgentShellOptions options, net::Loop& loop, ports::RecordStore& store, ports::ContainerRuntime& runtime,
             ports::Fetcher& fetcher, ports::WorkDirectory& directory);
  ~AgentShell() override;

  // Reads the checkpoints and starts recovery. Fails with what the store says.
  Result<> start();
  void stop();
  // Returns when nothing more is asked of what this was given, which may go before it then.
  void finish();
  // Where the leader is now, as `host:port`; empty: nobody knows. Thread-safe.
  void set_leader(std::string where);
  // Unregisters and ends all tasks (AGT-184).
  void leave(std::string why);

  // What keeps this agent from working, for people; empty if nothing does (AGT-044). Thread-safe.
  std::string trouble() const;

  bool recovered() const override { return recovered_; }
  void subscribe(agent::ExecutorSubscribe event, api::StreamAnswer answer) override {
    executors_.subscribe(std::move(event), std::move(answer));
  }
  void call(agent::ExecutorCall event, std::function<void(Result<>)> done) override {
    executors_.call(std::move(event), std::move(done));
  }
  void snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)> done) override;

 private:
  void perform(agent::Effects& effects);
  void note_trouble();
  void persist(const agent::Persist& effect);
  void connect(const agent::Connect& effect);
  void open_link(LinkNumber number, std::shared_ptr<http::Channel> channel);
  void send(const agent::SendMaster& effect);
  void recover_containers(const agent::RecoverContainers& effect);
  void prepare_sandbox(const agent::PrepareSandbox& effect);
  void give_up(const ContainerId& id);
  void fetch(const agent::PrepareSandbox& effect, const std::string& directory);
  void launch(const agent::Launch& effect);
  void resize(const agent::Resize& effect);
  void change_volumes(const agent::ChangeVolumes& effect);
  void find_garbage(const agent::FindGarbage& effect);
  void remove_tree(const agent::RemoveTree& effect);
  void link_agent_directory(const AgentId& id) const;
  AgentId latest_agent() const;

  const AgentShellOptions options_;
  ports::RecordStore& store_;
  ports::ContainerRuntime& runtime_;
  ports::Fetcher& fetcher_;
  ports::WorkDirectory& directory_;
  http::Client client_;
  std::atomic<bool> recovered_ = false;

  mutable std::mutex mutex_;  // Guards the next four, shared with other threads.
  std::string leader_;        // Where to connect to; empty: nowhere.
  std::unordered_map<LinkNumber, std::shared_ptr<http::Channel>> links_;
  std::string trouble_;
  std::set<ContainerId> preparing_;  // Not given up since their sandboxes were asked for.

  ExecutorStreams executors_;
  Probes probes_;
  agent::Agent core_;
  CoreThread<agent::Agent, agent::Event, agent::Effects, agent::Tick> thread_;
};

}  // namespace stoa::daemon
