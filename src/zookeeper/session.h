// Session: one session with ZooKeeper, as asynchronous calls. The only file that includes its C client is session.cpp.
//
// The client brings threads of its own. They do nothing here but hand what they were told to the loop of whoever opened
// the session, so that a core never meets them. The client connects again by itself, to any of the servers, until the
// session has expired; then it is of no use any more and a new one is to be opened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"
#include "net/loop.h"

namespace stoa::zookeeper {

// What names a session to the servers, so that another process can take it over. Secret.
struct SessionId {
  std::int64_t id = 0;
  std::string password;  // 16 bytes.
};

struct Node {
  std::string bytes;
  std::int32_t version = 0;
  std::int64_t owner = 0;  // The session of an ephemeral one, else 0.
};

enum class Kind { persistent, ephemeral_sequential };
// Who may see it, if there are credentials; without any, the world may do everything (HA-012).
enum class Readers { world, owner };

// One step of a transaction.
struct Operation {
  enum class Type { check, create, set, remove };
  Type type = Type::check;
  std::string path;
  std::string bytes;
  std::int32_t version = -1;  // As expected; -1: any.
};

// Errors of all calls: unavailable (no answer: whether it was done is not known), not_found, already_exists,
// failed_precondition (another version, or it has children), permission_denied and unauthenticated (for good),
// resource_exhausted (too large), internal. The message names call and path.
class Session {
 public:
  struct Options {
    std::vector<net::HostPort> servers;
    std::string credentials;  // `user:password`; empty: none.
    Duration timeout{0};      // Asked for; the server grants its own, see timeout().
    std::optional<SessionId> resumed;
  };
  enum class State { connected, disconnected, expired };
  struct Callbacks {
    std::function<void(State)> on_state;
    // A watch of children() has fired.
    std::function<void()> on_change;
    // A call was answered that was made at that time. May be empty.
    std::function<void(TimePoint)> on_answer;
  };

  // Begins to connect. Callbacks and answers come on `loop`, which must have one thread. Fails with unavailable if no
  // server's name is known to the resolver; may block for it.
  static Result<std::unique_ptr<Session>> open(Options options, net::Loop& loop, Callbacks callbacks);
  // Ends the session at the server, if it can be reached (3 s at most); nothing is called back any more. On the loop's
  // thread, or when that has ended.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // While connected.
  SessionId id() const;
  Duration timeout() const;

  template <typename T>
  using Done = std::function<void(Result<T>)>;

  // The calls are thread-safe. The path that was made, with its number if it is sequential.
  void create(const std::string& path, const std::string& bytes, Kind kind, Readers readers, Done<std::string> done);
  // The node and every missing one above it, empty; those that exist stay as they are.
  void create_all(const std::string& path, Readers readers, Done<void> done);
  void get(const std::string& path, Done<Node> done);
  // Nothing if there is no such node. `watches`: on_change when it comes, goes, or its children do.
  void children(const std::string& path, bool watches, Done<std::optional<std::vector<std::string>>> done);
  // What follows sees everything that was done before, through whichever server.
  void sync(const std::string& path, Done<void> done);
  // All or nothing; created nodes are persistent. The error is that of the first step that cannot be done.
  void transact(std::vector<Operation> operations, Readers readers, Done<void> done);

 private:
  struct Impl;
  explicit Session(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // Shared with calls that are posted to the loop.
};

}  // namespace stoa::zookeeper
