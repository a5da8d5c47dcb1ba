// PosixRuntime: containers that are a process tree and a directory, and share everything else with the host.
//
// Each stands under a shim (shim/protocol.h), which keeps it alive and accountable while the agent is away; this class
// starts shims, listens to them, and finds them again. It is what every other runtime of ours adds isolation to:
// between `held` and its release a container exists but has run no instruction of its program (CON-010).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "containers/posix/event_thread.h"
#include "containers/posix/runtime_directory.h"
#include "containers/shim/protocol.h"
#include "ports/container_runtime.h"

namespace stoa::containers {

// Where the agent looks for the shim if it is told nothing else: beside its own program.
std::string shim_path_default();

class PosixRuntime final : public ports::ContainerRuntime {
 public:
  struct Options {
    std::string work_directory;     // Absolute. Made if missing.
    std::string runtime_directory;  // Absolute. Made if missing.
    std::string shim_path = shim_path_default();
  };

  // Fails if a directory cannot be made or the shim is not there.
  static Result<std::unique_ptr<PosixRuntime>> start(Options options);
  // Containers run on; those whose launch was not answered end unless they had been released.
  ~PosixRuntime() override;

  void on_exit(ExitFunction report) override;
  void prepare_sandbox(ports::SandboxSpec spec, PreparedFunction done) override;
  void launch(ports::ContainerSpec spec, LaunchedFunction done) override;
  void resize(const ContainerId& id, ports::ContainerSize size, DoneFunction done) override;
  void exec(const ContainerId& inside, ports::ContainerSpec spec, ExecutedFunction done) override;
  void release_volumes(ports::SandboxPath sandbox, std::vector<ports::SandboxVolume> volumes) override;
  void signal(const ContainerId& id, int signal) override;
  void destroy(const ContainerId& id) override;
  void remove(const ContainerId& id) override;
  void recover(std::vector<ContainerId> known, RecoveredFunction done) override;

 private:
  struct Container;

  PosixRuntime(Options options, Descriptor work, RuntimeDirectory directory);

  // All of these run on the thread.
  Result<std::string> make_sandbox_of(const ports::SandboxSpec& spec) const;
  Result<Descriptor> open_sandbox(const std::string& sandbox_directory) const;
  Result<> begin_launch(const ports::ContainerSpec& spec, LaunchedFunction done);
  Result<> begin_exec(const ContainerId& inside, const ports::ContainerSpec& spec, const ExecutedFunction& done);
  bool on_report(Container& container);  // Whether there may be more.
  void on_held(Container& container, pid_t pid);
  void on_started(Container& container);
  void on_shim_ended(const ContainerId& id);
  void on_launch_failed(Container& container);
  void stop_listening(Container& container);
  void send(Container& container, int signal);
  void destroy_now(Container& container);
  void on_program_ended(const ContainerId& inside, const ExecutedFunction& done, ports::ContainerExit exit);
  bool runs_programs(const ContainerId& id) const;
  void end_if_empty(const ContainerId& id);
  void destroy_programs(const ContainerId& id);
  void watch_exit(Container& container);
  void adopt(const ContainerId& id, Descriptor process, pid_t pid);
  ports::RecoveredContainer recover_one(const ContainerId& id);
  void destroy_orphan(const ContainerId& id);
  void destroy_without_directory();

  const Options options_;
  const Descriptor work_;
  RuntimeDirectory directory_;
  ExitFunction report_exit_;
  std::map<ContainerId, std::unique_ptr<Container>> containers_;  // Those that are alive.
  std::unique_ptr<EventThread> thread_;                           // Last: it uses all of the above.
};

}  // namespace stoa::containers
