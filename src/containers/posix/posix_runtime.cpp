#include "containers/posix/posix_runtime.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "containers/posix/instructions.h"
#include "containers/posix/sandbox.h"
#include "containers/posix/shim_process.h"
#include "containers/posix/system_error.h"
#include "containers/posix/user.h"
#include "containers/posix/volumes.h"

namespace stoa::containers {
namespace {

constexpr std::chrono::milliseconds signal_retry_delay{20};

// Texts of CON-025.
Error launch_error(const ports::ContainerSpec& spec, shim::Step step, int number) {
  std::string what = "prepare the process";
  switch (step) {
    case shim::Step::user:
      what = fmt::format("become user '{}'", spec.user.value_or(""));
      break;
    case shim::Step::sandbox:
      what = fmt::format("sandbox '{}'", spec.sandbox_directory);
      break;
    case shim::Step::output:
      what = fmt::format("open stdout and stderr in '{}'", spec.sandbox_directory);
      break;
    case shim::Step::working_directory:
      what = fmt::format("working directory '{}'", spec.working_directory);
      break;
    case shim::Step::executable:
      what = fmt::format("executable '{}'", program_name(spec));
      break;
    case shim::Step::none:
    case shim::Step::prepare:
      break;
  }
  if (step == shim::Step::executable && (number == ENOENT || number == ENOTDIR)) {
    return {.code = Code::not_found, .message = what + " not found"};
  }
  if (number == EACCES || number == EPERM) {
    return {.code = Code::permission_denied, .message = what + ": permission denied"};
  }
  return system_failure(what, number).error();
}

}  // namespace

struct PosixRuntime::Container {
  enum class State {
    starting,  // The shim makes and holds the process.
    released,  // The process becomes its program.
    running,
    ended,  // But for programs of exec that are being destroyed; `exit` will be reported then.
  };
  ports::ContainerSpec spec;  // Its environment is dropped once it was handed over.
  State state = State::starting;
  Descriptor process;  // Of the shim.
  Descriptor socket;   // Until running.
  EventThread::Watch exit_watch = 0;
  EventThread::Watch report_watch = 0;
  LaunchedFunction launched;
  std::optional<Error> failure;
  bool destroyed = false;
  bool orphan = false;       // Found at recovery and not known: nobody waits for its exit.
  std::vector<int> signals;  // Came before it ran.
  pid_t pid = -1;
  ports::ContainerExit exit;
  std::optional<ContainerId> inside;  // A program of exec: of this container.
  ExecutedFunction executed;          // Of such.
};

std::string shim_path_default() {
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "stoa-shim").string();
}

Result<std::unique_ptr<PosixRuntime>> PosixRuntime::start(Options options) {
  if (!options.work_directory.starts_with('/') || !options.runtime_directory.starts_with('/')) {
    return invalid("the work and runtime directories must be absolute paths");
  }
  while (options.work_directory.ends_with('/')) options.work_directory.pop_back();
  std::error_code error;
  std::filesystem::create_directories(options.work_directory, error);
  Descriptor work(::open((options.work_directory + "/").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!work) return system_failure("work directory '" + options.work_directory + "'", errno);
  if (::access(options.shim_path.c_str(), X_OK) != 0) return system_failure("shim '" + options.shim_path + "'", errno);
  RuntimeDirectory directory(options.runtime_directory);
  TRY(directory.open());
  LET(std::unique_ptr<EventThread> thread, EventThread::start());
  std::unique_ptr<PosixRuntime> runtime(new PosixRuntime(std::move(options), std::move(work), std::move(directory)));
  runtime->thread_ = std::move(thread);
  return runtime;
}

PosixRuntime::PosixRuntime(Options options, Descriptor work, RuntimeDirectory directory)
    : options_(std::move(options)), work_(std::move(work)), directory_(std::move(directory)) {}

PosixRuntime::~PosixRuntime() {
  if (thread_) thread_->stop();
}

void PosixRuntime::on_exit(ExitFunction report) {
  thread_->post([this, report = std::move(report)]() mutable { report_exit_ = std::move(report); });
}

void PosixRuntime::prepare_sandbox(ports::SandboxSpec spec, PreparedFunction done) {
  thread_->post([this, spec = std::move(spec), done = std::move(done)] { done(make_sandbox_of(spec)); });
}

void PosixRuntime::launch(ports::ContainerSpec spec, LaunchedFunction done) {
  thread_->post([this, spec = std::move(spec), done = std::move(done)]() mutable {
    if (Result<> begun = begin_launch(spec, done); !begun) done(std::unexpected(std::move(begun).error()));
  });
}

void PosixRuntime::resize(const ContainerId& id, ports::ContainerSize, DoneFunction done) {
  thread_->post([this, id, done = std::move(done)] {
    if (containers_.contains(id)) return done({});
    done(fail(Code::not_found, "the container does not run"));
  });
}

void PosixRuntime::exec(const ContainerId& inside, ports::ContainerSpec spec, ExecutedFunction done) {
  thread_->post([this, inside, spec = std::move(spec), done = std::move(done)] {
    if (Result<> begun = begin_exec(inside, spec, done); !begun) done(std::unexpected(std::move(begun).error()));
  });
}

void PosixRuntime::release_volumes(ports::SandboxPath sandbox, std::vector<ports::SandboxVolume> volumes) {
  thread_->post([this, sandbox = std::move(sandbox), volumes = std::move(volumes)] {
    if (const Result<Descriptor> directory = open_directory(work_.get(), sandbox)) {
      unlink_volumes(directory->get(), volumes);
    }
  });
}

void PosixRuntime::signal(const ContainerId& id, int signal) {
  thread_->post([this, id, signal] {
    const auto found = containers_.find(id);
    if (found != containers_.end()) send(*found->second, signal);
  });
}

void PosixRuntime::destroy(const ContainerId& id) {
  thread_->post([this, id] {
    const auto found = containers_.find(id);
    if (found != containers_.end()) destroy_now(*found->second);
  });
}

void PosixRuntime::remove(const ContainerId& id) {
  thread_->post([this, id] {
    if (!containers_.contains(id)) directory_.remove(id);
  });
}

void PosixRuntime::recover(std::vector<ContainerId> known, RecoveredFunction done) {
  thread_->post([this, known = std::move(known), done = std::move(done)] {
    const Result<std::vector<ContainerId>> found = directory_.list();
    if (!found) return done(std::unexpected(found.error()));
    for (const ContainerId& id : *found) {
      if (std::ranges::find(known, id) == known.end()) destroy_orphan(id);
    }
    destroy_without_directory();
    std::vector<ports::RecoveredContainer> recovered;
    for (const ContainerId& id : known) recovered.push_back(recover_one(id));
    done(std::move(recovered));
  });
}

Result<std::string> PosixRuntime::make_sandbox_of(const ports::SandboxSpec& spec) const {
  LET(const std::optional<User> user, find_other_user(spec.user));
  TRY(make_sandbox(work_.get(), spec.path, user, spec.link));
  if (!spec.volumes.empty()) {
    LET(const Descriptor sandbox, open_directory(work_.get(), spec.path));
    TRY(link_volumes(sandbox.get(), spec.volumes, user));
  }
  return ports::sandbox_directory(options_.work_directory, spec.path);
}

Result<Descriptor> PosixRuntime::open_sandbox(const std::string& sandbox_directory) const {
  const std::string base = options_.work_directory + "/";
  if (!sandbox_directory.starts_with(base)) {
    return invalid(fmt::format("sandbox '{}' is not in the work directory", sandbox_directory));
  }
  ports::SandboxPath path;
  for (std::size_t at = base.size(); at <= sandbox_directory.size();) {
    const std::size_t end = std::min(sandbox_directory.find('/', at), sandbox_directory.size());
    path.push_back(sandbox_directory.substr(at, end - at));
    if (!ports::is_path_part(path.back())) return invalid(fmt::format("'{}' is no sandbox", sandbox_directory));
    at = end + 1;
  }
  return open_directory(work_.get(), path);
}

Result<> PosixRuntime::begin_launch(const ports::ContainerSpec& spec, LaunchedFunction done) {
  if (!ports::is_path_part(spec.id.value)) return invalid(fmt::format("'{}' may not be part of a path", spec.id.value));
  LET(const std::optional<User> user, find_other_user(spec.user));
  LET(const Descriptor sandbox, open_sandbox(spec.sandbox_directory));
  LET(const std::string instructions, encode_instructions(spec, user, directory_.path(spec.id), directory_.boot()));
  TRY(directory_.make(spec.id));
  Result<ShimProcess> shim = spawn_shim(options_.shim_path, directory_.path(spec.id), instructions, sandbox.get());
  if (!shim) {
    directory_.remove(spec.id);
    return std::unexpected(std::move(shim).error());
  }
  auto container = std::make_unique<Container>();
  container->spec = spec;
  container->spec.environment.clear();
  container->process = std::move(shim->process);
  container->socket = std::move(shim->socket);
  container->launched = std::move(done);
  Container& added = *containers_.emplace(spec.id, std::move(container)).first->second;
  added.report_watch = thread_->watch(added.socket.get(), [this, &added] { on_report(added); });
  watch_exit(added);
  return {};
}

// The program is a container of its own, with a shim of its own: so it is found and ended to the last process, and
// leaves its status, like any other.
Result<> PosixRuntime::begin_exec(const ContainerId& inside, const ports::ContainerSpec& spec,
                                  const ExecutedFunction& done) {
  const auto found = containers_.find(inside);
  if (found == containers_.end() || found->second->state != Container::State::running || found->second->destroyed) {
    return fail(Code::failed_precondition, fmt::format("container {} does not run", inside.value));
  }
  TRY(begin_launch(spec, [done](const Result<ports::LaunchedContainer>& launched) {
    if (!launched) done(std::unexpected(launched.error()));
  }));
  Container& program = *containers_.at(spec.id);
  program.inside = inside;
  program.executed = done;
  return {};
}

bool PosixRuntime::runs_programs(const ContainerId& id) const {
  return std::ranges::any_of(containers_, [&](const auto& entry) { return entry.second->inside == id; });
}

void PosixRuntime::on_program_ended(const ContainerId& inside, const ExecutedFunction& done,
                                    ports::ContainerExit exit) {
  directory_.remove(exit.id);
  if (exit.wait_status >= 0) {
    done(exit.wait_status);
  } else {
    done(fail(Code::internal, std::move(exit.message)));
  }
  end_if_empty(inside);
}

// Reports the end of a container that waited for its programs.
void PosixRuntime::end_if_empty(const ContainerId& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end() || found->second->state != Container::State::ended || runs_programs(id)) return;
  ports::ContainerExit exit = std::move(found->second->exit);
  const bool orphan = found->second->orphan;
  containers_.erase(found);
  if (orphan) return directory_.remove(id);
  if (report_exit_) report_exit_(std::move(exit));
}

void PosixRuntime::destroy_programs(const ContainerId& id) {
  for (const auto& [program, container] : containers_)
    if (container->inside == id) destroy_now(*container);
}

void PosixRuntime::watch_exit(Container& container) {
  container.exit_watch = thread_->watch(container.process.get(), [this, id = container.spec.id] { on_shim_ended(id); });
}

// Takes one report, if there is one.
bool PosixRuntime::on_report(Container& container) {
  shim::Report report;
  const ssize_t count = ::recv(container.socket.get(), &report, sizeof report, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count != sizeof report) {  // The shim has ended or is about to.
    stop_listening(container);
    return false;
  }
  switch (report.stage) {
    case shim::Stage::held:
      on_held(container, report.number);
      break;
    case shim::Stage::started:
      on_started(container);
      break;
    case shim::Stage::failed:
      container.failure = launch_error(container.spec, report.step, report.number);
      stop_listening(container);
      break;
  }
  return container.socket.get() >= 0;
}

void PosixRuntime::on_held(Container& container, pid_t pid) {
  if (container.destroyed) return;
  container.pid = pid;
  container.state = Container::State::released;
  const char release = 1;
  ::send(container.socket.get(), &release, 1, MSG_NOSIGNAL);  // If it fails the shim has ended, and that is noticed.
}

void PosixRuntime::on_started(Container& container) {
  container.state = Container::State::running;
  stop_listening(container);
  container.spec = ports::ContainerSpec{.id = container.spec.id};  // The rest was for messages.
  container.launched(ports::LaunchedContainer{.pid = container.pid});
  container.launched = nullptr;
  for (const int signal : std::exchange(container.signals, {})) send(container, signal);
}

void PosixRuntime::stop_listening(Container& container) {
  if (!container.socket) return;
  thread_->unwatch(container.report_watch);
  container.socket.reset();
}

void PosixRuntime::on_shim_ended(const ContainerId& id) {
  Container& container = *containers_.at(id);
  // A program may end before its start was read here.
  while (container.socket && on_report(container)) {
  }
  stop_listening(container);
  thread_->unwatch(container.exit_watch);
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(container.process.get()), &ignored, WEXITED | WNOHANG);
  if (container.state != Container::State::running) return on_launch_failed(container);

  ports::ContainerExit exit{.id = id};
  if (const std::optional<int> status = directory_.wait_status(id)) {
    exit.wait_status = *status;
  } else {
    if (const std::optional<ContainerPids> pids = directory_.pids(id)) kill_session(pids->main);
    exit.message = "the shim of the container ended without recording an exit status";
  }
  if (container.inside) {
    const ContainerId inside = *container.inside;
    const ExecutedFunction executed = std::move(container.executed);
    containers_.erase(id);
    return on_program_ended(inside, executed, std::move(exit));
  }
  container.state = Container::State::ended;
  container.exit = std::move(exit);
  destroy_programs(id);
  end_if_empty(id);
}

void PosixRuntime::on_launch_failed(Container& container) {
  const ContainerId id = container.spec.id;
  if (const std::optional<ContainerPids> pids = directory_.pids(id)) kill_session(pids->main);
  Error error{.code = Code::internal, .message = "the shim of the container ended before its program started"};
  if (container.failure) error = *container.failure;
  if (container.destroyed)
    error = {.code = Code::failed_precondition, .message = "Container destroyed during isolating"};
  const LaunchedFunction launched = std::move(container.launched);
  const std::optional<ContainerId> inside = container.inside;
  containers_.erase(id);
  directory_.remove(id);
  launched(std::unexpected(std::move(error)));
  if (inside) end_if_empty(*inside);
}

void PosixRuntime::send(Container& container, int signal) {
  if (container.state == Container::State::ended) return;
  if (container.state != Container::State::running) return container.signals.push_back(signal);
  if (signal_container(container.process.get(), signal)) return;
  thread_->after(signal_retry_delay, [this, id = container.spec.id, signal] {
    const auto found = containers_.find(id);
    if (found != containers_.end()) send(*found->second, signal);
  });
}

void PosixRuntime::destroy_now(Container& container) {
  if (std::exchange(container.destroyed, true)) return;
  destroy_programs(container.spec.id);
  // A held process ends with its shim, which ends when the socket does.
  if (container.state == Container::State::starting) return stop_listening(container);
  send(container, SIGKILL);
}

void PosixRuntime::adopt(const ContainerId& id, Descriptor process, pid_t pid) {
  auto container = std::make_unique<Container>();
  container->spec.id = id;
  container->state = Container::State::running;
  container->process = std::move(process);
  container->pid = pid;
  watch_exit(*containers_.emplace(id, std::move(container)).first->second);
}

ports::RecoveredContainer PosixRuntime::recover_one(const ContainerId& id) {
  using State = ports::RecoveredContainer::State;
  if (!ports::is_path_part(id.value)) return {.id = id, .state = State::lost};
  if (const auto found = containers_.find(id); found != containers_.end() && !found->second->orphan) {
    return {.id = id, .state = State::running, .pid = found->second->pid};
  }
  const std::optional<ContainerPids> pids = directory_.pids(id);
  if (pids) {
    if (std::optional<Descriptor> shim = open_process(pids->shim)) {
      adopt(id, *std::move(shim), pids->main.pid);
      return {.id = id, .state = State::running, .pid = pids->main.pid};
    }
  }
  // Asked after the process: a shim that ends in between has written its status before.
  if (const std::optional<int> status = directory_.wait_status(id)) {
    return {.id = id, .state = State::ended, .wait_status = *status};
  }
  // A shim that is being destroyed may have let its process go.
  if (!containers_.contains(id) && directory_.never_ran(id)) return {.id = id, .state = State::never_ran};
  if (pids) kill_session(pids->main);
  return {.id = id, .state = State::lost};
}

void PosixRuntime::destroy_without_directory() {
  for (const auto& [id, name] : directory_.find_shims()) {
    if (containers_.contains(id) || directory_.pids(id)) continue;
    std::optional<Descriptor> shim = open_process(name);
    if (!shim) continue;
    log::warning("containers", "destroying container {}: its runtime directory was lost", id.value);
    adopt(id, *std::move(shim), -1);
    Container& container = *containers_.at(id);
    container.orphan = true;
    destroy_now(container);
  }
}

void PosixRuntime::destroy_orphan(const ContainerId& id) {
  if (containers_.contains(id)) return;  // Launched in this life.
  const ports::RecoveredContainer found = recover_one(id);
  if (found.state != ports::RecoveredContainer::State::running) return directory_.remove(id);
  log::info("containers", "destroying container {}: it is in no state of the agent", id.value);
  Container& container = *containers_.at(id);
  container.orphan = true;
  destroy_now(container);
}

}  // namespace stoa::containers
