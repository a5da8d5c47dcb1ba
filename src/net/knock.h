// Knock: asks whether anybody accepts connections, without saying a word to whoever does.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/loop.h"

namespace stoa::net {

// A knock under way. Dropping it ends it without an answer, unless that has begun. Thread-safe.
class Knock {
 public:
  struct State;

  Knock() = default;
  explicit Knock(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Knock(Knock&&) noexcept = default;
  Knock& operator=(Knock&& other) noexcept;
  ~Knock() { cancel(); }

  void cancel();

 private:
  std::shared_ptr<State> state_;  // Shared with the connection attempt that is pending in the kernel.
};

// Tries the endpoints in order until one accepts; then closes the connection. `answered` comes once, on a thread of the
// loop: with the error of the last endpoint if none did. There is no timeout but the kernel's.
[[nodiscard]] Knock knock(Loop& loop, std::vector<Endpoint> endpoints, std::function<void(Result<>)> answered);

}  // namespace stoa::net
