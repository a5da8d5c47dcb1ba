#include "daemon/master_daemon.h"

#include <filesystem>

#include "daemon/reading.h"
#include "daemon/version.h"
#include "mesos/v1/mesos.pb.h"
#include "net/entropy.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace stoa::daemon {
namespace {

using mesos::v1::MasterInfo;

Result<std::unique_ptr<ports::RecordStore>> open_store(const std::string& work_dir) {
  if (work_dir.empty()) return std::make_unique<store::MemoryStore>();
  std::error_code error;
  std::filesystem::create_directories(work_dir, error);
  if (error) return fail(Code::unavailable, fmt::format("cannot make --work_dir {}: {}", work_dir, error.message()));
  LET(std::unique_ptr<store::SqliteStore> opened, store::SqliteStore::open({.path = work_dir + "/registry.db"}));
  return std::unique_ptr<ports::RecordStore>(std::move(opened));
}

// HTTP-183, OPR-049
MasterInfo master_info(const Identity& identity) {
  MasterInfo info;
  const net::Endpoint primary = identity.primary();
  info.set_id(net::random_uuid());
  info.set_ip(primary.address.v4_number());
  info.set_port(identity.port);
  info.set_pid("master@" + primary.to_string());
  info.set_hostname(identity.hostname);
  info.set_version(std::string(api_version));
  info.mutable_address()->set_hostname(identity.hostname);
  info.mutable_address()->set_ip(primary.address.to_string());
  info.mutable_address()->set_port(identity.port);
  for (const auto capability : {MasterInfo::Capability::AGENT_UPDATE, MasterInfo::Capability::AGENT_DRAINING,
                                MasterInfo::Capability::QUOTA_V2}) {
    info.add_capabilities()->set_type(capability);
  }
  return info;
}

master::Config config_of(const MasterOptions& options, const Identity& identity) {
  master::Config config;
  config.info = std::make_shared<const MasterInfo>(master_info(identity));
  config.allocation.allocation_interval = options.allocation_interval;
  config.allocation.allocation_interval_min = options.allocation_min_interval;
  config.allocation.filter_gpu_resources = options.filter_gpu_resources;
  config.offer_constraints = options.offer_constraints;
  config.allocation.fair_sharing_excluded = options.fair_sharing_excluded;
  config.allocation.seed = net::random_number();
  if (options.min_allocatable_resources) config.allocation.minimum = *options.min_allocatable_resources;
  config.agent_ping_timeout = options.agent_ping_timeout;
  config.max_agent_ping_timeouts = options.max_agent_ping_timeouts;
  config.agent_reregister_timeout = options.agent_reregister_timeout;
  config.offer_timeout = options.offer_timeout;
  config.root_submissions = options.root_submissions;
  config.rate_limits = options.rate_limits;
  config.publish_per_framework_metrics = options.publish_per_framework_metrics;
  config.roles = options.roles;
  config.max_completed_frameworks = options.max_completed_frameworks;
  config.max_completed_tasks_per_framework = options.max_completed_tasks_per_framework;
  config.max_unreachable_tasks_per_framework = options.max_unreachable_tasks_per_framework;
  return config;
}

http::Router router(http::Admit admit) {
  http::RouterOptions options;
  options.admit = std::move(admit);
  options.component_prefix = "/master";
  options.exempt_from_prefix = {"/metrics", "/files", "/version", "/logging", "/help", "/system", "/agent-link"};
  return http::Router(std::move(options));
}

}  // namespace

Result<std::unique_ptr<MasterDaemon>> MasterDaemon::start(MasterOptions options, net::Loop& loop,
                                                          std::function<void(const std::string&)> fail) {
  std::unique_ptr<MasterDaemon> daemon(new MasterDaemon);
  LET(api::Realms realms, make_realms(options.authentication, api::Daemon::master));
  LET(daemon->store_, open_store(options.work_dir));

  // The endpoints need the core, the core its address, the address a bound port: handlers reach the parts through the
  // daemon, and requests come only when it is whole.
  MasterDaemon* parts = daemon.get();
  const auto leadership = [parts] { return parts->leadership(); };
  http::Router routes = router(api::admission({.realms = std::move(realms), .leadership = leadership}));
  routes.add("/api/v1/scheduler", http::Methods::any(), [parts](http::Request request, http::Responder responder) {
    parts->scheduler_->handle(std::move(request), std::move(responder));
  });
  routes.add("/agent-link", {"GET"}, [parts](http::Request request, http::Responder responder) {
    parts->shell_->handle_link(std::move(request), std::move(responder));
  });
  api::add_master_routes(routes, [parts]() -> api::MasterReading& { return *parts->reading_; });
  daemon->server_ = std::make_unique<http::Server>(loop, options.http, std::move(routes));
  TRY(daemon->server_->reserve(options.listen.endpoints));
  LET(daemon->identity_, identity_of(options.listen, daemon->server_->endpoints()));

  const master::Config config = config_of(options, daemon->identity_);
  daemon->election_.emplace(election::Member{config.info->id(), daemon->identity_.hostname, daemon->identity_.port});
  daemon->fail_ = std::move(fail);
  daemon->shell_ = std::make_unique<MasterShell>(
      config, *daemon->store_, [parts](const std::string& why) { parts->decide(election::Failed{why}); });
  daemon->scheduler_ = std::make_unique<api::SchedulerApi>(loop, *daemon->shell_);
  api::ReadingContext context = reading_context(daemon->rendering_, daemon->identity_, options.shown, "master");
  context.elected_time = context.start_time;  // A single master leads from its start.
  context.leadership = leadership;
  context.roles = options.roles;
  daemon->reading_ = std::make_unique<api::MasterReading>(*daemon->shell_, std::move(context));
  // A single master is its own detector (HA-001).
  daemon->decide(
      election::Detected{election::Member{config.info->id(), daemon->identity_.hostname, daemon->identity_.port}});
  TRY(daemon->shell_->start());
  daemon->decide(election::Recovered{});
  daemon->server_->accept();
  return daemon;
}

election::Leadership MasterDaemon::leadership() const {
  const std::lock_guard lock(election_mutex_);
  return election_->leadership();
}

void MasterDaemon::decide(const election::Event& event) {
  election::Effects effects;
  {
    const std::lock_guard lock(election_mutex_);
    election_->step(event, effects);
  }
  for (const election::Effect& effect : effects) {
    const auto* down = std::get_if<election::StepDown>(&effect);
    if (down == nullptr) continue;
    shell_->end_streams();
    fail_(down->why);
  }
}

MasterDaemon::~MasterDaemon() {
  stop();
  if (!shell_) return;
  shell_->finish();
  store_.reset();  // It calls the shell back from a thread of its own: it goes first.
  shell_.reset();  // Its thread hands snapshots to the renderers: it goes before them.
}

void MasterDaemon::stop() {
  if (shell_) shell_->stop();
  if (server_) server_->stop();
  server_.reset();
  rendering_.stop();
}

}  // namespace stoa::daemon
