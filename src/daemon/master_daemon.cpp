#include "daemon/master_daemon.h"

#include <filesystem>
#include <future>

#include "coordination/member_content.h"
#include "daemon/message_flags.h"
#include "daemon/reading.h"
#include "daemon/version.h"
#include "mesos/v1/mesos.pb.h"
#include "net/entropy.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "store/zookeeper_store.h"

namespace stoa::daemon {
namespace {

using mesos::v1::MasterInfo;

// What is opened to lead: the records, and the epoch that fences earlier leaders off.
struct Registry {
  std::unique_ptr<ports::RecordStore> store;
  std::uint64_t epoch = 0;
};

Result<Registry> open_in_zookeeper(const MasterOptions& options, const std::string& member) {
  store::ZooKeeperStore::Options in{.url = *options.zk, .root = options.registry_zk_path, .member = member};
  if (in.root.empty()) in.root = options.zk->child("log_replicas/registry");
  in.session_timeout = options.zk_session_timeout;
  in.fetch_timeout = options.registry_fetch_timeout;
  in.store_timeout = options.registry_store_timeout;
  LET(std::unique_ptr<store::ZooKeeperStore> opened, store::ZooKeeperStore::open(std::move(in)));
  const std::uint64_t epoch = opened->epoch();
  return Registry{std::move(opened), epoch};
}

Result<Registry> open_registry(const MasterOptions& options, const std::string& member) {
  if (options.in_memory) return Registry{std::make_unique<store::MemoryStore>()};
  if (options.zk) return open_in_zookeeper(options, member);
  std::error_code error;
  std::filesystem::create_directories(options.work_dir, error);
  if (error) {
    return fail(Code::unavailable, fmt::format("cannot make --work_dir {}: {}", options.work_dir, error.message()));
  }
  LET(std::unique_ptr<store::SqliteStore> opened,
      store::SqliteStore::open({.path = options.work_dir + "/registry.db"}));
  return Registry{std::move(opened)};
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

Result<master::Config> config_of(const MasterOptions& options, const Identity& identity) {
  master::Config config;
  MasterInfo info = master_info(identity);
  if (!options.domain.empty()) TRY(parse_domain(options.domain, *info.mutable_domain()));
  config.info = std::make_shared<const MasterInfo>(std::move(info));
  config.allocation = options.allocation;
  config.weights = options.weights;
  config.role_priorities = options.role_priorities;
  config.nested_quota = options.nested_quota;
  config.agent_recovery_factor = options.agent_recovery_factor;
  config.recovery_timeout = options.recovery_timeout;
  config.offer_constraints = options.offer_constraints;
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

Result<std::unique_ptr<MasterDaemon>> MasterDaemon::start(MasterOptions options, net::Loop& loop, Fail fail) {
  std::unique_ptr<MasterDaemon> daemon(new MasterDaemon);
  daemon->options_ = std::move(options);
  daemon->fail_ = std::move(fail);
  daemon->loop_ = &loop;
  LET(api::Realms realms, make_realms(daemon->options_.authentication, api::Daemon::master));
  if (!daemon->options_.zk) {
    LET(Registry registry, open_registry(daemon->options_, {}));
    daemon->store_ = std::move(registry.store);
  }

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
  daemon->server_ = std::make_unique<http::Server>(loop, daemon->options_.http, std::move(routes));
  TRY(daemon->server_->reserve(daemon->options_.listen.endpoints));
  LET(daemon->identity_, identity_of(daemon->options_.listen, daemon->server_->endpoints()));

  LET(const master::Config config, config_of(daemon->options_, daemon->identity_));
  daemon->build_parts(loop, config);
  if (daemon->options_.zk) {
    daemon->server_->accept();
    TRY(daemon->stand_for_election(*config.info));
    return daemon;
  }
  // A single master is its own detector (HA-001).
  daemon->decide(election::Detected{daemon->election_->self()});
  TRY(daemon->recover({}));
  daemon->server_->accept();
  return daemon;
}

void MasterDaemon::build_parts(net::Loop& loop, const master::Config& config) {
  election_.emplace(election::Member{.id = config.info->id(),
                                     .host = identity_.hostname,
                                     .port = identity_.port,
                                     .address = identity_.primary().address.to_string()});
  MasterShell::Options shell{.fail = [this](const std::string& why) { decide(election::Failed{why}); },
                             .acts_until = {}};
  if (options_.zk) shell.acts_until = [this] { return group_->acts_until(); };
  shell_ = std::make_unique<MasterShell>(config, std::move(shell));
  scheduler_ = std::make_unique<api::SchedulerApi>(loop, *shell_);
  api::ReadingContext context = reading_context(rendering_, identity_, options_.shown, "master");
  context.elected_time = [this] { return elected_time(); };
  context.leadership = [this] { return leadership(); };
  context.jsonp = options_.enable_jsonp;
  context.verbosity = options_.verbosity;
  context.roles = options_.roles;
  reading_ = std::make_unique<api::MasterReading>(*shell_, std::move(context));
}

Result<> MasterDaemon::stand_for_election(const MasterInfo& info) {
  LET(std::string content, coordination::write_member(info));
  coordination::Group::Callbacks callbacks{
      .on_leader =
          [this](const election::LeaderSeen& seen) {
            if (!seen.trouble.empty()) log::warning("master", "no leader is known: {}", seen.trouble);
            if (seen.leader) {
              log::info("master", "master {} at {}:{} is elected", seen.leader->id, seen.leader->host,
                        seen.leader->port);
            }
            decide(election::Detected{seen.leader});
          },
      .on_member = [this](const std::string& name, const zookeeper::SessionId& id) { on_member(name, id); },
      .on_lost = [this](const std::string& why) { decide(election::Failed{why}); },
      .on_failed = [this](const std::string& why) { fail_(End::cannot_go_on, why); },
      .on_alive = [this] { shell_->resume(); }};
  group_ =
      std::make_unique<coordination::Group>(coordination::Group::Options{.url = *options_.zk,
                                                                         .session_timeout = options_.zk_session_timeout,
                                                                         .self = info.id(),
                                                                         .content = std::move(content)},
                                            std::move(callbacks));
  group_->begin();
  return {};
}

void MasterDaemon::on_member(const std::string& name, const zookeeper::SessionId& session) {
  log::info("master", "standing for election as {}", options_.zk->child(name));
  member_ = name;
  if (!options_.leader_guardian) return;
  auto guardian = Guardian::start(*options_.zk, options_.zk_session_timeout, session, *loop_,
                                  [this] { decide(election::Failed{"its guardian has died"}); });
  // Without one only the failover is slower.
  if (!guardian) return log::warning("master", "{}", guardian.error().message);
  guardian_ = *std::move(guardian);
}

election::Leadership MasterDaemon::leadership() const {
  const std::lock_guard lock(election_mutex_);
  return election_->leadership();
}

std::optional<WallSeconds> MasterDaemon::elected_time() const {
  const std::lock_guard lock(election_mutex_);
  return election_->leadership().mine ? elected_time_ : std::nullopt;
}

void MasterDaemon::decide(const election::Event& event) {
  if (is_stopping_) return;
  election::Effects effects;
  {
    const std::lock_guard lock(election_mutex_);
    election_->step(event, effects);
  }
  for (const election::Effect& effect : effects) {
    if (std::holds_alternative<election::BeginRecovery>(effect)) {
      begin_recovery();
    } else if (const auto* down = std::get_if<election::StepDown>(&effect)) {
      // In this order: nothing more is done, every stream ends, and with the process all that it knew (HA-041).
      shell_->stop();
      fail_(End::lost_lead, down->why);
    }
  }
}

void MasterDaemon::begin_recovery() {
  {
    const std::lock_guard lock(election_mutex_);
    elected_time_ = net::wall();
  }
  if (!options_.zk) return;  // Whoever starts it waits for it.
  recovery_.post([this, member = options_.zk->child(member_)] {
    if (is_stopping_) return;
    if (const Result<> recovered = recover(member); !recovered) {
      decide(election::Failed{"cannot recover: " + recovered.error().message});
    }
  });
}

Result<> MasterDaemon::recover(const std::string& member) {
  std::uint64_t epoch = 0;
  if (!store_) {
    LET(Registry registry, open_registry(options_, member));
    store_ = std::move(registry.store);
    epoch = registry.epoch;
    if (epoch > 0) log::info("master", "epoch {} begins", epoch);
  }
  TRY(shell_->start(*store_, epoch));
  decide(election::Recovered{});
  return {};
}

MasterDaemon::~MasterDaemon() {
  stop();
  if (!shell_) return;
  shell_->finish();
  // A recovery that runs still comes to its end.
  std::promise<void> idle;
  recovery_.post([&] { idle.set_value(); });
  idle.get_future().wait();
  store_.reset();  // It calls the shell back from a thread of its own: it goes first, and writes what it has.
  // Only then may another lead (HA-044).
  group_.reset();
  guardian_.reset();
  shell_.reset();  // Its thread hands snapshots to the renderers: it goes before them.
}

void MasterDaemon::stop() {
  is_stopping_ = true;
  if (reading_) reading_->renderings->stop();
  if (shell_) shell_->stop();
  if (server_) server_->stop();
  server_.reset();
  rendering_.stop();
}

}  // namespace stoa::daemon
