#include "daemon/agent_shell.h"

#include <filesystem>

#include "base/overloaded.h"
#include "base/text.h"
#include "codec/arena.h"
#include "codec/link_frame.h"
#include "codec/protobuf.h"
#include "mesos/v1/mesos.pb.h"
#include "net/entropy.h"
#include "stoa/link.pb.h"

namespace stoa::daemon {
namespace {

constexpr std::size_t link_frame_bytes_max = 64u << 20;

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

agent::RecoveredContainer told(const ports::RecoveredContainer& found) {
  agent::RecoveredContainer container;
  container.id = found.id;
  container.running = found.state == ports::RecoveredContainer::State::running;
  container.never_ran = found.state == ports::RecoveredContainer::State::never_ran;
  container.pid = found.pid;
  container.wait_status = found.wait_status;
  return container;
}

ports::VolumeDirectory told(const agent::VolumeDirectory& directory) {
  return {.root = directory.root, .path = parts_of(directory.path)};
}

std::vector<ports::VolumeDirectory> told(const std::vector<agent::VolumeDirectory>& directories) {
  std::vector<ports::VolumeDirectory> result;
  for (const agent::VolumeDirectory& directory : directories) result.push_back(told(directory));
  return result;
}

std::vector<ports::SandboxVolume> told(const std::vector<agent::VolumeMount>& mounts) {
  std::vector<ports::SandboxVolume> result;
  for (const agent::VolumeMount& mount : mounts) {
    result.push_back({told(mount.source), mount.container_path, mount.give_owner});
  }
  return result;
}

}  // namespace

AgentShell::AgentShell(AgentShellOptions options, net::Loop& loop, ports::RecordStore& store,
                       ports::ContainerRuntime& runtime, ports::Fetcher& fetcher, ports::WorkDirectory& directory)
    : options_(std::move(options)),
      store_(store),
      runtime_(runtime),
      fetcher_(fetcher),
      directory_(directory),
      client_(loop),
      leader_(options_.master),
      executors_([this](agent::Event event) { thread_.post(std::move(event)); }),
      probes_(loop, runtime, [this](agent::ProbeEnded ended) { thread_.post(std::move(ended)); }),
      core_(options_.config, net::random_number()),
      thread_(core_, [this](agent::Effects& effects) { perform(effects); }) {}

AgentShell::~AgentShell() { stop(); }

Result<> AgentShell::start() {
  LET(std::vector<ports::Record> records, store_.load_all());
  agent::Recovered recovered;
  recovered.boot_id = options_.boot_id;
  recovered.latest_agent = latest_agent();
  for (ports::Record& record : records) {
    recovered.records.push_back({std::move(record.key.kind), std::move(record.key.id), std::move(record.bytes)});
  }
  runtime_.on_exit([this](ports::ContainerExit exit) {
    thread_.post(agent::ContainerExited{std::move(exit.id), exit.wait_status, std::move(exit.message)});
  });
  thread_.post(std::move(recovered));
  return {};
}

void AgentShell::finish() {
  stop();
  thread_.finish();
}

void AgentShell::stop() {
  thread_.stop();
  executors_.stop();
  probes_.stop();
  const std::lock_guard lock(mutex_);
  for (const auto& [number, channel] : links_) channel->close();
  links_.clear();
}

void AgentShell::set_leader(std::string where) {
  const bool is_known = !where.empty();
  {
    const std::lock_guard lock(mutex_);
    leader_ = std::move(where);
  }
  thread_.post(agent::LeaderChanged{is_known});
}

void AgentShell::leave(std::string why) { thread_.post(agent::Leave{std::move(why)}); }

void AgentShell::snapshot(std::function<void(std::shared_ptr<const agent::Snapshot>)> done) {
  thread_.read([done = std::move(done)](const agent::Agent& core) {
    done(std::make_shared<const agent::Snapshot>(core.snapshot()));
  });
}

std::string AgentShell::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void AgentShell::note_trouble() {
  const std::string& refusal = core_.registration_refusal();
  const std::lock_guard lock(mutex_);
  trouble_ = refusal.empty() ? "" : "the master does not register this agent: " + refusal;
}

void AgentShell::perform(agent::Effects& effects) {
  note_trouble();
  for (agent::Effect& effect : effects) {
    std::visit(
        Overloaded{
            [&](const agent::Persist& e) { persist(e); },
            [&](const agent::LinkAgentDirectory& e) { link_agent_directory(e.id); },
            [&](const agent::Connect& e) { connect(e); },
            [&](const agent::SendMaster& e) { send(e); },
            [&](const agent::CloseLink& e) {
              const std::lock_guard lock(mutex_);
              if (const auto found = links_.find(e.link); found != links_.end()) found->second->close();
            },
            [&](const agent::RecoverContainers& e) { recover_containers(e); },
            [&](const agent::PrepareSandbox& e) { prepare_sandbox(e); },
            [&](const agent::Launch& e) { launch(e); },
            [&](const agent::Resize& e) { resize(e); },
            [&](const agent::OpenExecutorStream& e) { executors_.perform(e); },
            [&](const agent::SendExecutor& e) { executors_.perform(e); },
            [&](const agent::CloseExecutorStream& e) { executors_.perform(e); },
            [&](const agent::ReplyExecutor& e) { executors_.perform(e); },
            [&](const agent::Signal& e) { runtime_.signal(e.id, e.signal); },
            [&](const agent::Destroy& e) {
              give_up(e.id);
              runtime_.destroy(e.id);
            },
            [&](const agent::Remove& e) {
              give_up(e.id);
              runtime_.remove(e.id);
            },
            [&](const agent::Probe& e) { probes_.begin(e); },
            [&](const agent::CancelProbe& e) { probes_.cancel(e.name); },
            [&](const agent::ChangeVolumes& e) { change_volumes(e); },
            [&](const agent::ReleaseVolumes& e) { runtime_.release_volumes(parts_of(e.directory), told(e.volumes)); },
            [&](const agent::MarkGarbage& e) { directory_.mark(e.path); },
            [&](const agent::FindGarbage& e) { find_garbage(e); },
            [&](const agent::MeasureDisk&) {
              directory_.disk_used([this](std::optional<double> used) { thread_.post(agent::DiskMeasured{used}); });
            },
            [&](const agent::RemoveTree& e) { remove_tree(e); },
            [&](const agent::Exit& e) { options_.exit(e.code, e.message); },
            [&](const agent::Log& e) { log::write(e.level, "agent", e.message); }},
        effect);
  }
}

void AgentShell::persist(const agent::Persist& effect) {
  std::vector<ports::RecordChange> batch;
  batch.reserve(effect.changes.size());
  for (const agent::Change& change : effect.changes) batch.push_back({{change.kind, change.id}, change.bytes});
  store_.apply(std::move(batch), [this, write = effect.write](Result<> result) {
    thread_.post(agent::Persisted{write, std::move(result)});
  });
}

void AgentShell::connect(const agent::Connect& effect) {
  http::ClientRequest request;
  const std::string leader = [this] {
    const std::lock_guard lock(mutex_);
    return leader_;
  }();
  const auto url = net::Url::parse("http://" + leader + "/agent-link");
  if (!url) {
    thread_.post(agent::LinkDown{effect.link});
    return;
  }
  request.url = *url;
  request.redirects_max = 3;
  client_.upgrade(std::move(request), "stoa-agent/1",
                  [this, number = effect.link, leader](Result<std::shared_ptr<http::Channel>> channel) {
                    if (channel) return open_link(number, *std::move(channel));
                    log::warning("agent", "no connection to the master at {}: {}", leader, channel.error().message);
                    thread_.post(agent::LinkDown{number});
                  });
}

void AgentShell::open_link(LinkNumber number, std::shared_ptr<http::Channel> channel) {
  {
    const std::lock_guard lock(mutex_);
    links_[number] = channel;
  }
  thread_.post(agent::LinkUp{number});
  channel->on_closed([this, number] {
    {
      const std::lock_guard lock(mutex_);
      links_.erase(number);
    }
    thread_.post(agent::LinkDown{number});
  });
  auto reader = std::make_shared<codec::LinkFrameReader>(link_frame_bytes_max);
  channel->on_data([this, number, reader, weak = std::weak_ptr(channel)](std::string_view bytes) {
    const auto give_up = [&](std::string_view why) {
      log::warning("agent", "closing the link to the master: {}", why);
      if (const auto open = weak.lock()) open->abort();
    };
    if (auto fed = reader->feed(bytes); !fed) return give_up(fed.error().message);
    while (auto frame = reader->next()) {
      auto message = codec::make_in_arena<link::ToAgent>();
      if (auto read = codec::read_protobuf(*frame, *message); !read) return give_up(read.error().message);
      thread_.post(agent::FromMaster{number, std::move(message)});
    }
  });
}

void AgentShell::send(const agent::SendMaster& effect) {
  std::shared_ptr<http::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(effect.link);
    if (found == links_.end()) return;
    channel = found->second;
  }
  channel->send(codec::frame_link(codec::to_protobuf(*effect.message)));
}

void AgentShell::recover_containers(const agent::RecoverContainers& effect) {
  runtime_.recover(effect.known, [this](Result<std::vector<ports::RecoveredContainer>> found) {
    if (!found) return options_.exit(1, "cannot recover containers: " + found.error().message);
    agent::ContainersRecovered event;
    for (const ports::RecoveredContainer& container : *found) {
      // One that is lost left no trace: the core takes its absence for that.
      if (container.state != ports::RecoveredContainer::State::lost) event.containers.push_back(told(container));
    }
    thread_.post(std::move(event));
    recovered_ = true;  // Whoever asks from now on is heard after that.
  });
}

void AgentShell::prepare_sandbox(const agent::PrepareSandbox& effect) {
  ports::SandboxSpec spec;
  spec.path = parts_of(effect.directory);
  spec.user = effect.user;
  spec.link = parts_of(effect.link);
  spec.volumes = told(effect.volumes);
  {
    const std::lock_guard lock(mutex_);
    preparing_.insert(effect.id);
  }
  runtime_.prepare_sandbox(std::move(spec), [this, effect](Result<std::string> directory) {
    if (directory) return fetch(effect, *directory);
    thread_.post(agent::SandboxReady{effect.id, std::unexpected(std::move(directory).error())});
  });
}

void AgentShell::give_up(const ContainerId& id) {
  {
    const std::lock_guard lock(mutex_);
    preparing_.erase(id);
  }
  fetcher_.cancel(id);
}

void AgentShell::fetch(const agent::PrepareSandbox& effect, const std::string& directory) {
  if (!effect.command || effect.command->uris().empty()) return thread_.post(agent::SandboxReady{effect.id, {}});
  ports::FetchSpec spec{.container = effect.id, .sandbox_directory = directory, .user = effect.user};
  if (effect.disk_bytes > 0) spec.bytes_max = effect.disk_bytes;
  for (const mesos::v1::CommandInfo::URI& uri : effect.command->uris()) {
    ports::FetchUri& wanted = spec.uris.emplace_back();
    wanted = {.value = uri.value(), .executable = uri.executable(), .extract = uri.extract(), .cache = uri.cache()};
    if (uri.has_output_file()) wanted.output_file = uri.output_file();
  }
  // The lock is held for the call: whoever gives the container up finds it here or in the fetcher.
  const std::lock_guard lock(mutex_);
  if (preparing_.erase(effect.id) == 0) {
    return thread_.post(agent::SandboxReady{effect.id, fail(Code::failed_precondition, "the container was given up")});
  }
  fetcher_.fetch(std::move(spec), [this, id = effect.id](Result<> result) {
    thread_.post(agent::SandboxReady{.id = id, .result = std::move(result), .fetching = true});
  });
}

void AgentShell::launch(const agent::Launch& effect) {
  const auto rotation = rotation_of(options_.log_rotation, effect.environment);
  if (!rotation) return thread_.post(agent::ContainerLaunched{effect.id, std::unexpected(rotation.error())});
  ports::ContainerSpec spec;
  spec.id = effect.id;
  spec.standard_rotation = rotation->standard;
  spec.error_rotation = rotation->error;
  spec.sandbox_directory = effect.directory;
  spec.user = effect.user;
  spec.shell = effect.shell;
  spec.executable = effect.executable;
  spec.arguments = effect.argv;
  spec.environment.assign(effect.environment.begin(), effect.environment.end());
  runtime_.launch(std::move(spec), [this, id = effect.id](Result<ports::LaunchedContainer> launched) {
    if (!launched) {
      thread_.post(agent::ContainerLaunched{id, std::unexpected(launched.error())});
      return;
    }
    thread_.post(agent::ContainerLaunched{id, static_cast<int>(launched->pid)});
  });
}

void AgentShell::resize(const agent::Resize& effect) {
  const agent::ContainerNeeds& needs = effect.needs;
  const ports::ContainerSize size{.cpus = needs.cpus,
                                  .mem_megabytes = needs.mem_megabytes,
                                  .cpus_limit = needs.cpus_limit,
                                  .mem_limit_megabytes = needs.mem_limit_megabytes};
  runtime_.resize(effect.id, size, [this, id = effect.id](Result<> result) {
    thread_.post(agent::ContainerResized{id, std::move(result)});
  });
}

void AgentShell::change_volumes(const agent::ChangeVolumes& effect) {
  directory_.change_volumes(told(effect.make), told(effect.remove), [this, number = effect.number](Result<> result) {
    thread_.post(agent::VolumesChanged{number, std::move(result)});
  });
}

void AgentShell::find_garbage(const agent::FindGarbage& effect) {
  directory_.find(effect.own, [this](std::vector<ports::FoundDirectory> found) {
    agent::GarbageFound event;
    for (ports::FoundDirectory& directory : found) {
      event.directories.push_back({std::move(directory.path), directory.modified});
    }
    thread_.post(std::move(event));
  });
}

void AgentShell::remove_tree(const agent::RemoveTree& effect) {
  directory_.remove_tree(effect.path, [this, path = effect.path](Result<> result) {
    thread_.post(agent::TreeRemoved{path, std::move(result)});
  });
}

// `meta/slaves/latest` names the agent's directory; an operator who removes it makes the next start a new agent
// (AGT-073). The link is replaced atomically.
void AgentShell::link_agent_directory(const AgentId& id) const {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path slaves = fs::path(options_.config.work_dir) / "meta" / "slaves";
  fs::create_directories(slaves / id.value, error);
  fs::remove(slaves / "latest.new", error);
  fs::create_directory_symlink(id.value, slaves / "latest.new", error);
  if (!error) fs::rename(slaves / "latest.new", slaves / "latest", error);
  if (error) log::error("agent", "cannot link {}/latest: {}", slaves.string(), error.message());
}

AgentId AgentShell::latest_agent() const {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path target = fs::read_symlink(fs::path(options_.config.work_dir) / "meta" / "slaves" / "latest", error);
  return error ? AgentId() : AgentId(target.filename().string());
}

}  // namespace stoa::daemon
