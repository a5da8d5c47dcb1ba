#include "coordination/find_leader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "coordination/group.h"

namespace stoa::coordination {

Result<election::Member> find_leader(const zookeeper::Url& url, Duration patience) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<election::Member>> found;
  std::string trouble = "it cannot be reached";
  Group group({.url = url}, {.on_leader =
                                 [&](const election::LeaderSeen& seen) {
                                   const std::lock_guard lock(mutex);
                                   if (seen.leader) found = *seen.leader;
                                   trouble = seen.trouble.empty() ? "no master leads" : seen.trouble;
                                   changed.notify_all();
                                 },
                             .on_failed =
                                 [&](const std::string& why) {
                                   const std::lock_guard lock(mutex);
                                   found = fail(Code::permission_denied, why);
                                   changed.notify_all();
                                 }});
  group.begin();
  std::unique_lock lock(mutex);
  changed.wait_for(lock, patience, [&] { return found.has_value(); });
  if (found) return *found;
  return fail(Code::unavailable, fmt::format("no leader found through {}: {}", url.to_string(), trouble));
}

}  // namespace stoa::coordination
