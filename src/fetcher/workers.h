// Workers: the fetch programs that run, at most so many at a time, and a few that wait for work.
//
// Loading the program's libraries takes longer than a fetch from the cache does. So once there was a first job, some
// are started ahead; they hold a few megabytes each, of which most is shared.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/id.h"
#include "fetcher/protocol.h"
#include "net/loop.h"

namespace stoa::fetcher {

using WorkerNumber = Number<struct WorkerNumberTag>;

struct WorkerOptions {
  std::string program;                   // Path of stoa-fetch.
  std::vector<std::string> environment;  // `NAME=value`; all that it gets.
  std::size_t running_max = 100;         // Then jobs wait, in their order.
  std::size_t spares_max = 2;
};

// On the thread of its loop only, which must have one.
class Workers {
 public:
  using ReplyFunction = std::function<void(Reply)>;

  Workers(WorkerOptions options, net::Loop& loop) : options_(std::move(options)), loop_(loop) {}
  // Ends all, and waits for their ends.
  ~Workers();
  Workers(const Workers&) = delete;

  // Calls `on_reply`, never from inside, for each reply; the last is none of kind `sized`. A program that cannot be
  // started or that ends early replies `failed`. `descriptors` go with the job.
  WorkerNumber begin(const Job& job, std::vector<Descriptor> descriptors, ReplyFunction on_reply);
  // To a reply of kind `sized`.
  void answer(WorkerNumber worker, Answer answer, const Descriptor& file);
  // Kills it, whatever it does, or takes its job back; there will be no reply.
  void end(WorkerNumber worker);

 private:
  struct Process {
    pid_t pid = -1;
    Descriptor process;
    Descriptor socket;
  };
  struct Worker {
    std::string job;
    std::vector<Descriptor> descriptors;
    ReplyFunction on_reply;
    Process process;
    net::Watch watch;
    net::Timer failure;  // Of a start; told later.
  };
  struct Ending {
    Process process;
    net::Watch watch;
  };

  Result<Process> spawn() const;
  Result<Process> take_spare();
  void run_waiting();
  Result<> start(WorkerNumber number, Worker& worker);
  void on_readable(WorkerNumber number);
  void finish(WorkerNumber number, Reply reply);
  void let_go(Process process);
  void fill_spares();

  const WorkerOptions options_;
  net::Loop& loop_;
  unsigned long long next_ = 1;
  std::map<WorkerNumber, Worker> running_;
  std::map<WorkerNumber, Worker> waiting_;
  std::deque<Process> spares_;
  std::map<pid_t, Ending> ending_;
  net::Timer refill_;
};

}  // namespace stoa::fetcher
