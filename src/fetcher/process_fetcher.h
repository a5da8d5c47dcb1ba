// ProcessFetcher: the agent's fetcher. It decides what comes from the cache, and lets stoa-fetch do the rest with the
// rights of the task's user.
//
// For one container: first what is to be cached is looked up or brought into the cache, a few at a time, so that one
// container does not hold all programs, and each (user, URI) once however many wait for it (AGT-118); then one program
// puts everything into the sandbox. What cannot be cached is downloaded by that program like the rest.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fetcher/cache_directory.h"
#include "fetcher/cache_index.h"
#include "fetcher/protocol.h"
#include "fetcher/workers.h"
#include "net/loop.h"
#include "ports/fetcher.h"

namespace stoa::fetcher {

// `stoa-fetch` beside this program.
std::string program_path_default();
// Of this process: what concerns proxies, certificates and the hadoop client. Secrets of the agent stay its own.
std::vector<std::string> program_environment();

struct Options {
  std::string program = program_path_default();
  std::vector<std::string> environment = program_environment();
  Settings settings;
  std::string cache_directory;        // Absolute.
  std::uint64_t cache_bytes_max = 0;  // 0: nothing is cached.
  std::size_t programs_max = 100;     // At a time.
};

class ProcessFetcher final : public ports::Fetcher {
 public:
  // Fails with invalid_argument for networks that cannot be parsed. Without a usable cache directory it warns, and
  // caches nothing.
  static Result<std::unique_ptr<ProcessFetcher>> start(Options options);
  ~ProcessFetcher() override;

  void fetch(ports::FetchSpec spec, std::function<void(Result<>)> done) override;
  void cancel(const ContainerId& container) override;
  ports::FetchCounts counts() const override;

  // Ends all that runs. When it returns, no callback will be called any more; calls of the above do nothing.
  void stop();

 private:
  // One container's.
  struct Fetch {
    ports::FetchSpec spec;
    std::function<void(Result<>)> done;
    std::optional<User> user;
    std::vector<Item> items;
    std::vector<Descriptor> sources;
    std::vector<EntryNumber> held;
    std::deque<std::size_t> unseen;  // Items that are to be looked up in the cache.
    std::size_t filling = 0;         // Entries that are being brought for it first.
    std::size_t waiting = 1;         // For entries of the cache, and for the last of `unseen`.
    bool seen_all = false;
    std::optional<WorkerNumber> worker;
  };
  struct Waiter {
    ContainerId container;
    std::size_t item = 0;
  };
  // One entry's download, or the question whether it is still what the origin has.
  struct Filling {
    std::optional<EntryNumber> known;  // Held, as is `entry`.
    std::optional<EntryNumber> entry;
    WorkerNumber worker;
    std::vector<Waiter> waiters;
    std::optional<ContainerId> begun_for;  // Unless that was cancelled.
  };

  ProcessFetcher(Options options, std::optional<CacheDirectory> directory);
  static WorkerOptions worker_options(const Options& options);

  void begin(ports::FetchSpec spec, std::function<void(Result<>)> done);
  void cancel_now(const ContainerId& container);
  void look_up_some(const ContainerId& container);
  void look_up(Fetch& fetch, std::size_t item);
  void use(Fetch& fetch, std::size_t item, EntryNumber entry);
  void begin_filling(const std::string& key, Fetch& fetch, std::size_t item, std::optional<EntryNumber> known);
  void on_filling(const std::string& key, const Reply& reply);
  void on_sized(const std::string& key, Filling& filling, const Version& version);
  void end_filling(const std::string& key, const Reply& reply);
  void release(std::optional<EntryNumber> entry);
  void on_source_known(const ContainerId& container);
  void place(const ContainerId& container, Fetch& fetch);
  void finish(const ContainerId& container, Result<> result);
  void publish();

  const Options options_;
  std::optional<CacheDirectory> directory_;
  CacheIndex index_;
  std::map<ContainerId, Fetch> fetches_;
  std::map<std::string, Filling> fillings_;  // By key.
  std::atomic<std::uint64_t> succeeded_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> bytes_used_ = 0;
  bool stopped_ = false;
  std::unique_ptr<Workers> workers_;
  net::Loop loop_{1};  // Last: all of the above is its thread's.
};

}  // namespace stoa::fetcher
