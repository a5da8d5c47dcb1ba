// POST /api/v1/executor: from bytes to executor calls that are syntactically sound, and event streams back.
//
// What only the state can decide is the core's; everything else is refused here, in the order of EXE-020.
#pragma once

#include "api/agent_port.h"
#include "http/server.h"
#include "net/loop.h"

namespace stoa::api {

class ExecutorApi {
 public:
  // Both must outlive it. Events are encoded on `loop`.
  ExecutorApi(net::Loop& loop, AgentPort& agent) : loop_(loop), agent_(agent) {}

  void handle(http::Request request, http::Responder responder);

 private:
  void subscribe(const http::Request& request, std::shared_ptr<const mesos::v1::executor::Call> call,
                 http::Responder responder);

  net::Loop& loop_;
  AgentPort& agent_;
};

// Everything that a call's own content decides (EXE-030 to EXE-036). Fails with invalid_argument and the reason alone.
Result<> validate_call(const mesos::v1::executor::Call& call);

}  // namespace stoa::api
