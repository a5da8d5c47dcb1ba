// The leader as ZooKeeper tells it, for a command that asks once.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "election/election.h"
#include "zookeeper/url.h"

namespace stoa::coordination {

// Blocks. Fails with unavailable if nobody leads, or ZooKeeper cannot be reached, for `patience`.
Result<election::Member> find_leader(const zookeeper::Url& url, Duration patience);

}  // namespace stoa::coordination
