// MasterDaemon: a whole master: store, core, endpoints, server. Built here, part by part, and handed to each other.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/routes.h"
#include "api/scheduler.h"
#include "daemon/identity.h"
#include "daemon/master_shell.h"
#include "daemon/options.h"
#include "election/election.h"
#include "http/server.h"
#include "net/loop.h"
#include "ports/store.h"

namespace stoa::daemon {

class MasterDaemon {
 public:
  // Opens the store, reads the registry, listens. `fail` is called once when it can lead no longer. The loop must
  // outlive it. Fails with what an operator must mend.
  static Result<std::unique_ptr<MasterDaemon>> start(MasterOptions options, net::Loop& loop,
                                                     std::function<void(const std::string&)> fail);
  ~MasterDaemon();

  const Identity& identity() const { return identity_; }
  std::vector<net::Endpoint> endpoints() const { return server_->endpoints(); }
  void stop();

 private:
  MasterDaemon() = default;

  election::Leadership leadership() const;  // Thread-safe.
  void decide(const election::Event& event);

  Identity identity_;
  std::unique_ptr<ports::RecordStore> store_;
  mutable std::mutex election_mutex_;
  std::optional<election::Election> election_;
  std::function<void(const std::string&)> fail_;
  std::unique_ptr<MasterShell> shell_;
  std::unique_ptr<api::SchedulerApi> scheduler_;
  net::Loop rendering_{2};  // Big documents hold a thread each; connections do not wait for them.
  std::unique_ptr<api::MasterReading> reading_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::daemon
