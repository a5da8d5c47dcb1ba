#include "daemon/agent_daemon.h"

#include <filesystem>
#include <fstream>

#include "containers/posix/mount_table.h"
#include "containers/posix/posix_runtime.h"
#include "containers/posix/posix_work_directory.h"
#include "containers/posix/process.h"
#include "coordination/member_content.h"
#include "daemon/detection.h"
#include "daemon/message_flags.h"
#include "daemon/reading.h"
#include "daemon/version.h"
#include "mesos/v1/mesos.pb.h"
#include "model/attribute.h"
#include "store/sqlite_store.h"

namespace stoa::daemon {
namespace {

using mesos::v1::AgentInfo;

// Of the flags alone, before anything is touched (AGT-005, RES-067).
Result<AgentInfo> agent_info(const AgentOptions& options) {
  AgentInfo info;
  std::ifstream table("/proc/self/mountinfo");
  const std::vector<std::string> mounts = containers::mount_points(table);
  LET(const model::Resources resources,
      agent_resources(options.resources, options.default_role, options.work_dir, {mounts.begin(), mounts.end()}));
  resources.to_messages(model::WireForm::new_form, *info.mutable_resources());
  LET(const std::vector<model::Attribute> attributes, model::parse_attributes(options.attributes));
  for (const model::Attribute& attribute : attributes) attribute.to_message(*info.add_attributes());
  if (!options.domain.empty()) TRY(parse_domain(options.domain, *info.mutable_domain()));
  return info;
}

AgentShellOptions shell_options(const AgentOptions& options, AgentInfo info, const Identity& identity,
                                std::function<void(int, const std::string&)> exit) {
  AgentShellOptions shell;
  if (!zookeeper::is_url(options.master)) shell.master = options.master;
  shell.boot_id = containers::boot_id();
  shell.exit = std::move(exit);
  shell.log_rotation = options.log_rotation;
  agent::Config& config = shell.config;
  info.set_hostname(identity.hostname);
  info.set_port(identity.port);
  config.info = std::make_shared<const AgentInfo>(std::move(info));
  config.version = std::string(api_version);
  for (const net::Address& address : identity.addresses) config.addresses.push_back(address.to_string());
  config.endpoint = identity.primary().to_string();
  config.pid = "slave(1)@" + config.endpoint;
  config.work_dir = options.work_dir;
  config.task_resource_limits = options.task_resource_limits;
  config.switch_user = options.switch_user;
  config.strict = options.strict;
  config.reconfiguration_additive = options.reconfiguration_additive;
  config.recover_cleanup = options.recover_cleanup;
  config.registration_backoff_factor = options.registration_backoff_factor;
  config.sandbox_directory = options.sandbox_directory;
  config.executor_environment = options.executor_environment;
  config.executor_registration_timeout = options.executor_registration_timeout;
  config.completed_executors_per_framework_max = options.max_completed_executors_per_framework;
  config.executor_shutdown_grace_period = options.executor_shutdown_grace_period;
  config.executor_reregistration_timeout = options.executor_reregistration_timeout;
  config.recovery_timeout = options.recovery_timeout;
  config.gc_delay = options.gc_delay;
  config.gc_disk_headroom = options.gc_disk_headroom;
  config.disk_watch_interval = options.disk_watch_interval;
  return shell;
}

http::Router router(api::Realms realms) {
  http::RouterOptions options;
  options.admit = api::admission({.daemon = api::Daemon::agent, .realms = std::move(realms), .leadership = nullptr});
  options.component_prefix = "/slave(1)";
  options.exempt_from_prefix = {"/metrics", "/files", "/version", "/logging", "/help", "/system"};
  return http::Router(std::move(options));
}

}  // namespace

Result<std::unique_ptr<AgentDaemon>> AgentDaemon::start(AgentOptions options, net::Loop& loop,
                                                        std::function<void(int, const std::string&)> exit) {
  LET(AgentInfo info, agent_info(options));
  std::unique_ptr<AgentDaemon> daemon(new AgentDaemon);
  std::error_code error;
  std::filesystem::create_directories(options.work_dir + "/meta", error);
  if (error) {
    return fail(Code::unavailable, fmt::format("cannot make --work_dir {}: {}", options.work_dir, error.message()));
  }
  LET(daemon->store_, store::SqliteStore::open({.path = options.work_dir + "/meta/agent.db"}));
  LET(std::unique_ptr<ports::ContainerRuntime> runtime,
      containers::PosixRuntime::start({.work_directory = options.work_dir, .runtime_directory = options.runtime_dir}));
  daemon->runtime_ = std::make_unique<WatchedRuntime>(std::move(runtime), daemon->pending_);
  LET(daemon->meter_, containers::PosixMeter::start({.runtime_directory = options.runtime_dir}));
  LET(daemon->directory_, containers::PosixWorkDirectory::open(options.work_dir));

  AgentDaemon* parts = daemon.get();
  LET(api::Realms realms, make_realms(options.authentication, api::Daemon::agent));
  http::Router routes = router(std::move(realms));
  api::add_agent_routes(routes, [parts]() -> api::AgentReading& { return *parts->reading_; });
  routes.add("/api/v1/executor", http::Methods::any(), [parts](http::Request request, http::Responder responder) {
    parts->executors_->handle(std::move(request), std::move(responder));
  });
  daemon->server_ = std::make_unique<http::Server>(loop, options.http, std::move(routes));
  TRY(daemon->server_->reserve(options.listen.endpoints));
  LET(daemon->identity_, identity_of(options.listen, daemon->server_->endpoints()));

  AgentShellOptions shell = shell_options(options, std::move(info), daemon->identity_, exit);
  LET(daemon->fetcher_, fetcher::ProcessFetcher::start(options.fetcher));
  daemon->watched_fetcher_ = std::make_unique<WatchedFetcher>(*daemon->fetcher_, daemon->pending_);
  daemon->shell_ = std::make_unique<AgentShell>(std::move(shell), loop, *daemon->store_, *daemon->runtime_,
                                                *daemon->watched_fetcher_, *daemon->directory_);
  daemon->executors_ = std::make_unique<api::ExecutorApi>(loop, *daemon->shell_);
  api::ReadingContext shown = reading_context(daemon->rendering_, daemon->identity_, options.shown, "slave(1)");
  shown.jsonp = options.enable_jsonp;
  shown.verbosity = options.verbosity;
  shown.trouble = [parts] { return parts->shell_->trouble(); };
  shown.pending_operations = [parts] { return parts->pending_.all(net::now()); };
  shown.meter = daemon->meter_.get();
  shown.work_dir = options.work_dir;
  shown.fetches = [parts] { return parts->fetcher_->counts(); };
  daemon->reading_ = std::make_unique<api::AgentReading>(*daemon->shell_, std::move(shown));
  TRY(daemon->shell_->start());
  if (zookeeper::is_url(options.master)) {
    LET(zookeeper::Url url, zookeeper::Url::parse(options.master));
    daemon->look_for_leaders(std::move(url), options.zk_session_timeout, exit);
  }
  daemon->server_->accept();
  return daemon;
}

void AgentDaemon::look_for_leaders(zookeeper::Url url, Duration session_timeout,
                                   std::function<void(int, const std::string&)> exit) {
  const auto on_leader = [this](const election::LeaderSeen& seen) {
    if (!seen.trouble.empty()) log::warning("agent", "no leader is known: {}", seen.trouble);
    shell_->set_leader(seen.leader ? coordination::endpoint_of(*seen.leader).to_string() : std::string());
  };
  shell_->set_leader({});
  masters_ = std::make_unique<coordination::Group>(
      coordination::Group::Options{
          .url = std::move(url), .session_timeout = session_timeout, .self = {}, .content = {}},
      coordination::Group::Callbacks{.on_leader = on_leader,
                                     .on_member = {},
                                     .on_lost = {},
                                     .on_failed = [exit](const std::string& why) { exit(1, why); },
                                     .on_alive = {}});
  masters_->begin();
}

AgentDaemon::~AgentDaemon() {
  stop();
  if (!shell_) return;
  shell_->finish();
  // What calls the shell back from threads of its own goes first.
  runtime_.reset();
  directory_.reset();
  fetcher_.reset();
  store_.reset();
  shell_.reset();  // Its thread hands snapshots to the renderers: it goes before them.
}

void AgentDaemon::stop() {
  masters_.reset();
  // Whoever waits for an answer gets 503 before what would have made it is gone (AGT-188).
  if (reading_) reading_->renderings->stop();
  if (shell_) shell_->stop();
  if (fetcher_) fetcher_->stop();
  if (server_) server_->stop();
  server_.reset();
  if (meter_) meter_->stop();
  rendering_.stop();
}

void AgentDaemon::leave(std::string why) { shell_->leave(std::move(why)); }

}  // namespace stoa::daemon
