// MasterDaemon: a whole master: store, core, endpoints, server. Built here, part by part, and handed to each other.
//
// A single master leads from its start. One of several serves as a standby, which redirects, until ZooKeeper names it;
// then it opens the registry and the core.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/routes.h"
#include "api/scheduler.h"
#include "coordination/group.h"
#include "daemon/guardian.h"
#include "daemon/identity.h"
#include "daemon/master_shell.h"
#include "daemon/options.h"
#include "election/election.h"
#include "http/server.h"
#include "net/loop.h"
#include "ports/store.h"
#include "proto/forward.h"

namespace stoa::daemon {

class MasterDaemon {
 public:
  // Why the process is to end, or to begin again as a standby.
  enum class End { cannot_go_on, lost_lead };
  using Fail = std::function<void(End, const std::string& why)>;

  // Listens, and leads or stands for election. `fail` is called once. The loop must outlive it. Fails with what an
  // operator must mend.
  static Result<std::unique_ptr<MasterDaemon>> start(MasterOptions options, net::Loop& loop, Fail fail);
  ~MasterDaemon();

  const Identity& identity() const { return identity_; }
  std::vector<net::Endpoint> endpoints() const { return server_->endpoints(); }
  void stop();

 private:
  MasterDaemon() = default;

  election::Leadership leadership() const;  // Thread-safe.
  std::optional<WallSeconds> elected_time() const;
  void build_parts(net::Loop& loop, const master::Config& config);
  Result<> stand_for_election(const mesos::v1::MasterInfo& info);
  void on_member(const std::string& name, const zookeeper::SessionId& session);
  void decide(const election::Event& event);
  void begin_recovery();
  // `member`: the own znode in the election; empty for a single master.
  Result<> recover(const std::string& member);

  MasterOptions options_;
  net::Loop* loop_ = nullptr;
  Identity identity_;
  std::string member_;  // The znode of the newest candidacy; of the group's thread.
  std::unique_ptr<ports::RecordStore> store_;
  mutable std::mutex election_mutex_;
  std::optional<election::Election> election_;
  std::optional<WallSeconds> elected_time_;  // Guarded by election_mutex_.
  Fail fail_;
  std::unique_ptr<MasterShell> shell_;
  std::unique_ptr<api::SchedulerApi> scheduler_;
  net::Loop rendering_{2};  // Big documents hold a thread each; connections do not wait for them.
  std::unique_ptr<api::MasterReading> reading_;
  std::unique_ptr<http::Server> server_;
  std::atomic<bool> is_stopping_ = false;
  net::Loop recovery_{1};  // Reading a registry blocks.
  std::unique_ptr<Guardian> guardian_;
  std::unique_ptr<coordination::Group> group_;  // Last: its thread uses the above.
};

}  // namespace stoa::daemon
