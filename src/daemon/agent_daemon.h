// AgentDaemon: a whole agent: store, runtime, core, endpoints, server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/executor.h"
#include "api/routes.h"
#include "containers/posix/posix_meter.h"
#include "coordination/group.h"
#include "daemon/agent_shell.h"
#include "daemon/identity.h"
#include "daemon/options.h"
#include "daemon/watched_containers.h"
#include "fetcher/process_fetcher.h"
#include "http/server.h"
#include "net/loop.h"
#include "ports/container_runtime.h"
#include "ports/store.h"
#include "ports/work_directory.h"

namespace stoa::daemon {

class AgentDaemon {
 public:
  // `exit` is called once when the agent must end: exit code and reason. The loop must outlive it.
  static Result<std::unique_ptr<AgentDaemon>> start(AgentOptions options, net::Loop& loop,
                                                    std::function<void(int, const std::string&)> exit);
  ~AgentDaemon();

  const Identity& identity() const { return identity_; }
  std::vector<net::Endpoint> endpoints() const { return server_->endpoints(); }
  // Stops serving; tasks go on running (AGT-185).
  void stop();
  // Unregisters and ends all tasks; `exit` is called when that is done (AGT-184).
  void leave(std::string why);

 private:
  AgentDaemon() = default;
  void look_for_leaders(zookeeper::Url url, Duration session_timeout,
                        std::function<void(int, const std::string&)> exit);

  Identity identity_;
  std::unique_ptr<ports::RecordStore> store_;
  PendingOperations pending_;
  std::unique_ptr<WatchedRuntime> runtime_;
  std::unique_ptr<containers::PosixMeter> meter_;
  std::unique_ptr<ports::WorkDirectory> directory_;
  std::unique_ptr<fetcher::ProcessFetcher> fetcher_;
  std::unique_ptr<WatchedFetcher> watched_fetcher_;
  std::unique_ptr<AgentShell> shell_;
  std::unique_ptr<coordination::Group> masters_;  // With --master=zk://: who leads.
  net::Loop rendering_{1};                        // Documents are made here, so that connections do not wait for them.
  std::unique_ptr<api::AgentReading> reading_;
  std::unique_ptr<api::ExecutorApi> executors_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::daemon
