// Interrupts: Ctrl-C and SIGTERM as ordinary events, so that a command can end what it began before it goes.
#pragma once

#include <functional>

#include "net/loop.h"

namespace stoa::cli {

// Blocks SIGINT and SIGTERM in the calling thread. Call it before any thread starts, so that all inherit it.
void block_interrupts();

class Interrupts {
 public:
  // Calls with the signal's number, on a thread of the loop, for each signal that was blocked. The loop must outlive
  // it. A second one ends the process at once (FE-079).
  Interrupts(net::Loop& loop, std::function<void(int)> on_signal);
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  net::Watch watch_;
};

}  // namespace stoa::cli
