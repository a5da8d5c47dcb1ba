// What tests of the runtime share: a directory, a runtime in it, and ways to wait for what a container does without
// asking again and again.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "containers/posix/posix_runtime.h"

namespace stoa::containers::testing {

inline constexpr std::chrono::seconds patience{20};

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string pattern = (parent / "stoa-containers-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    ::chmod(path_.c_str(), 0755);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A named pipe: a container writes a line to say where it is; read() waits for it.
class Signpost {
 public:
  explicit Signpost(std::string path) : path_(std::move(path)) {
    ::mkfifo(path_.c_str(), 0666);
    ::chmod(path_.c_str(), 0666);
  }
  std::string read() const {
    std::ifstream file(path_);
    std::string line;
    std::getline(file, line);
    return line;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Exits as they are reported; wait(id) waits for one.
class Exits {
 public:
  void add(ports::ContainerExit exit) {
    const std::lock_guard lock(mutex_);
    exits_[exit.id].push_back(std::move(exit));
    changed_.notify_all();
  }
  ports::ContainerExit wait(const std::string& id) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return exits_.contains(ContainerId(id)); })) {
      ADD_FAILURE() << "no exit of " << id;
      return {.id = ContainerId(id), .wait_status = -2};
    }
    return exits_[ContainerId(id)].front();
  }
  std::size_t count(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return exits_[ContainerId(id)].size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<ContainerId, std::vector<ports::ContainerExit>> exits_;
};

// What the runtime answers, or a failure if it does not.
template <typename Value>
class Answer {
 public:
  auto take() {
    return [promise = promise_](Result<Value> result) { promise->set_value(std::move(result)); };
  }
  Result<Value> wait() {
    std::future<Result<Value>> future = promise_->get_future();
    if (future.wait_for(patience) == std::future_status::ready) return future.get();
    ADD_FAILURE() << "the runtime does not answer";
    return fail(Code::timed_out, "no answer");
  }

 private:
  std::shared_ptr<std::promise<Result<Value>>> promise_ = std::make_shared<std::promise<Result<Value>>>();
};

class RuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override { restart(); }
  void TearDown() override {
    if (!runtime_) return;
    for (const std::string& id : launched_) runtime_->destroy(ContainerId(id));
    for (const std::string& id : launched_) exits_->wait(id);
  }

  PosixRuntime::Options options() const {
    return {.work_directory = directory_.path() + "/work",
            .runtime_directory = runtime_directory_.path() + "/run",
            .shim_path = STOA_SHIM_PATH};
  }

  // A new runtime on the same directories, as after a restart of the agent.
  void restart() {
    runtime_.reset();
    auto started = PosixRuntime::start(options());
    ASSERT_TRUE(started.has_value()) << started.error().message;
    runtime_ = *std::move(started);
    runtime_->on_exit([exits = exits_](ports::ContainerExit exit) { exits->add(std::move(exit)); });
  }

  Result<std::string> prepare(ports::SandboxSpec spec) {
    Answer<std::string> answer;
    runtime_->prepare_sandbox(std::move(spec), answer.take());
    return answer.wait();
  }

  std::string sandbox_of(const std::string& id, const std::optional<std::string>& user = {}) {
    const Result<std::string> path = prepare({.path = ports::standalone_sandbox_path(ContainerId(id)), .user = user});
    EXPECT_TRUE(path.has_value()) << path.error().message;
    return path.value_or("");
  }

  Result<pid_t> launch(ports::ContainerSpec spec) {
    if (spec.sandbox_directory.empty()) spec.sandbox_directory = sandbox_of(spec.id.value, spec.user);
    const std::string id = spec.id.value;
    Answer<ports::LaunchedContainer> answer;
    runtime_->launch(std::move(spec), answer.take());
    const Result<ports::LaunchedContainer> result = answer.wait();
    if (!result) return std::unexpected(result.error());
    launched_.push_back(id);
    return result->pid;
  }

  static ports::ContainerSpec shell(const std::string& id, const std::string& command) {
    return {.id = ContainerId(id), .executable = command};
  }

  // Launches, waits for the end, and returns what it wrote.
  std::string output(ports::ContainerSpec spec) {
    const std::string id = spec.id.value;
    const Result<pid_t> pid = launch(std::move(spec));
    EXPECT_TRUE(pid.has_value()) << pid.error().message;
    if (!pid) return "";
    exits_->wait(id);
    return read_whole(options().work_directory + "/containers/" + id + "/stdout");
  }

  std::vector<ports::RecoveredContainer> recover(const std::vector<std::string>& ids) {
    std::vector<ContainerId> known;
    for (const std::string& id : ids) known.emplace_back(id);
    Answer<std::vector<ports::RecoveredContainer>> answer;
    runtime_->recover(known, answer.take());
    const auto result = answer.wait();
    EXPECT_TRUE(result.has_value());
    return result.value_or(std::vector<ports::RecoveredContainer>());
  }

  std::string runtime_path(const std::string& id) const { return options().runtime_directory + "/containers/" + id; }

  TemporaryDirectory directory_;
  TemporaryDirectory runtime_directory_{"/dev/shm"};  // In memory, as /run is.
  std::shared_ptr<Exits> exits_ = std::make_shared<Exits>();
  std::unique_ptr<PosixRuntime> runtime_;
  std::vector<std::string> launched_;
};

}  // namespace stoa::containers::testing
