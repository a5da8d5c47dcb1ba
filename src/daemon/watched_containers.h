// What was asked of containers and not answered yet, for an operator who looks for what is stuck (AGT-258): decorators
// around a runtime and a fetcher that note each question until its answer comes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "api/reading_context.h"
#include "ports/container_runtime.h"
#include "ports/fetcher.h"

namespace stoa::daemon {

// Thread-safe. Holds one entry for each call that is owed an answer, so its size is bounded by those.
class PendingOperations {
 public:
  using Number = std::uint64_t;

  Number begin(std::string operation, std::string container, TimePoint now);
  void end(Number number);
  // Oldest first.
  std::vector<api::PendingOperation> all(TimePoint now) const;

 private:
  struct Entry {
    std::string operation;
    std::string container;
    TimePoint since;
  };

  mutable std::mutex mutex_;
  std::map<Number, Entry> entries_;
  Number next_ = 1;
};

class WatchedRuntime final : public ports::ContainerRuntime {
 public:
  // `pending` must outlive it.
  WatchedRuntime(std::unique_ptr<ports::ContainerRuntime> inner, PendingOperations& pending)
      : pending_(pending), inner_(std::move(inner)) {}

  void on_exit(ExitFunction report) override;
  void prepare_sandbox(ports::SandboxSpec spec, PreparedFunction done) override;
  void launch(ports::ContainerSpec spec, LaunchedFunction done) override;
  void release_volumes(ports::SandboxPath sandbox, std::vector<ports::SandboxVolume> volumes) override;
  void resize(const ContainerId& id, ports::ContainerSize size, DoneFunction done) override;
  void exec(const ContainerId& inside, ports::ContainerSpec spec, ExecutedFunction done) override;
  void signal(const ContainerId& id, int signal) override;
  void destroy(const ContainerId& id) override;
  void remove(const ContainerId& id) override;
  void recover(std::vector<ContainerId> known, RecoveredFunction done) override;

 private:
  template <typename Answer>
  std::function<void(Answer)> noted(std::string operation, std::string container, std::function<void(Answer)> done);
  void begin_life(const ContainerId& id);
  void end_life(const ContainerId& id);

  PendingOperations& pending_;
  std::mutex mutex_;
  // Containers that are being launched or run, with the destruction that is under way; 0: none. What is destroyed and
  // in no such list has nothing to end.
  std::map<ContainerId, PendingOperations::Number> alive_;
  std::unique_ptr<ports::ContainerRuntime> inner_;  // Last: it calls back until it is gone.
};

class WatchedFetcher final : public ports::Fetcher {
 public:
  // Both must outlive it and its pending answers.
  WatchedFetcher(ports::Fetcher& inner, PendingOperations& pending) : inner_(inner), pending_(pending) {}

  void fetch(ports::FetchSpec spec, std::function<void(Result<>)> done) override;
  void cancel(const ContainerId& container) override { inner_.cancel(container); }
  ports::FetchCounts counts() const override { return inner_.counts(); }

 private:
  ports::Fetcher& inner_;
  PendingOperations& pending_;
};

}  // namespace stoa::daemon
