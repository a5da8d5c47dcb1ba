// POST /api/v1/scheduler: from bytes to scheduler calls that are syntactically sound, and event streams back.
//
// What only the state can decide is the core's; everything else is refused here, in the order of HTTP-046.
#pragma once

#include "api/master_port.h"
#include "http/server.h"
#include "net/loop.h"

namespace stoa::api {

class SchedulerApi {
 public:
  // Both must outlive it. Events are encoded on `loop`.
  SchedulerApi(net::Loop& loop, MasterPort& master) : loop_(loop), master_(master) {}

  void handle(http::Request request, http::Responder responder);

 private:
  void subscribe(const http::Request& request, std::shared_ptr<const mesos::v1::scheduler::Call> call,
                 http::Responder responder);

  net::Loop& loop_;
  MasterPort& master_;
};

// Everything that a call's own content decides: type, member, ids, uuids (SCH-002, SCH-011, SCH-013, SCH-220). Fails
// with invalid_argument and the reason alone.
Result<> validate_call(const mesos::v1::scheduler::Call& call, const std::optional<std::string>& principal);

}  // namespace stoa::api
