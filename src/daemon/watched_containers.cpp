#include "daemon/watched_containers.h"

#include <utility>

#include "net/loop.h"

namespace stoa::daemon {

PendingOperations::Number PendingOperations::begin(std::string operation, std::string container, TimePoint now) {
  const std::lock_guard lock(mutex_);
  entries_.emplace(next_, Entry{std::move(operation), std::move(container), now});
  return next_++;
}

void PendingOperations::end(Number number) {
  const std::lock_guard lock(mutex_);
  entries_.erase(number);
}

std::vector<api::PendingOperation> PendingOperations::all(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  std::vector<api::PendingOperation> result;
  result.reserve(entries_.size());
  for (const auto& [number, entry] : entries_) {
    result.push_back({.operation = entry.operation, .container = entry.container, .age = now - entry.since});
  }
  return result;
}

template <typename Answer>
std::function<void(Answer)> WatchedRuntime::noted(std::string operation, std::string container,
                                                  std::function<void(Answer)> done) {
  const auto number = pending_.begin(std::move(operation), std::move(container), net::now());
  return [this, number, done = std::move(done)](Answer answer) {
    pending_.end(number);
    done(std::move(answer));
  };
}

void WatchedRuntime::begin_life(const ContainerId& id) {
  const std::lock_guard lock(mutex_);
  alive_.emplace(id, 0);
}

void WatchedRuntime::end_life(const ContainerId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = alive_.find(id);
  if (found == alive_.end()) return;
  if (found->second != 0) pending_.end(found->second);
  alive_.erase(found);
}

void WatchedRuntime::on_exit(ExitFunction report) {
  inner_->on_exit([this, report = std::move(report)](ports::ContainerExit exit) {
    end_life(exit.id);
    report(std::move(exit));
  });
}

void WatchedRuntime::prepare_sandbox(ports::SandboxSpec spec, PreparedFunction done) {
  std::string container = spec.path.empty() ? "" : spec.path.back();
  inner_->prepare_sandbox(std::move(spec), noted("prepare_sandbox", std::move(container), std::move(done)));
}

void WatchedRuntime::launch(ports::ContainerSpec spec, LaunchedFunction done) {
  begin_life(spec.id);
  auto answer = [this, id = spec.id, done = std::move(done)](Result<ports::LaunchedContainer> launched) {
    if (!launched) end_life(id);
    done(std::move(launched));
  };
  LaunchedFunction watched = noted<Result<ports::LaunchedContainer>>("launch", spec.id.value, std::move(answer));
  inner_->launch(std::move(spec), std::move(watched));
}

void WatchedRuntime::release_volumes(ports::SandboxPath sandbox, std::vector<ports::SandboxVolume> volumes) {
  inner_->release_volumes(std::move(sandbox), std::move(volumes));
}

void WatchedRuntime::resize(const ContainerId& id, ports::ContainerSize size, DoneFunction done) {
  inner_->resize(id, size, noted("resize", id.value, std::move(done)));
}

// Programs in containers take their time: they are not stuck.
void WatchedRuntime::exec(const ContainerId& inside, ports::ContainerSpec spec, ExecutedFunction done) {
  inner_->exec(inside, std::move(spec), std::move(done));
}

void WatchedRuntime::signal(const ContainerId& id, int signal) { inner_->signal(id, signal); }

void WatchedRuntime::destroy(const ContainerId& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = alive_.find(id);
    if (found != alive_.end() && found->second == 0) {
      found->second = pending_.begin("destroy", id.value, net::now());
    }
  }
  inner_->destroy(id);
}

void WatchedRuntime::remove(const ContainerId& id) { inner_->remove(id); }

void WatchedRuntime::recover(std::vector<ContainerId> known, RecoveredFunction done) {
  using Found = Result<std::vector<ports::RecoveredContainer>>;
  auto answer = [this, done = std::move(done)](Found found) {
    if (found) {
      for (const auto& container : *found) {
        if (container.state == ports::RecoveredContainer::State::running) begin_life(container.id);
      }
    }
    done(std::move(found));
  };
  RecoveredFunction watched = noted<Found>("recover", "", std::move(answer));
  inner_->recover(std::move(known), std::move(watched));
}

void WatchedFetcher::fetch(ports::FetchSpec spec, std::function<void(Result<>)> done) {
  const auto number = pending_.begin("fetch", spec.container.value, net::now());
  inner_.fetch(std::move(spec), [this, number, done = std::move(done)](Result<> result) {
    pending_.end(number);
    done(std::move(result));
  });
}

}  // namespace stoa::daemon
