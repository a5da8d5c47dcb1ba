// `stoa run`: a framework that lives as long as its command.
//
// Everything is driven by events: an offer is answered when it comes, output is read for good when the last update has
// come, so that a short command is not slower than its process (PAP-101).
#include <fmt/format.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "base/text.h"
#include "cli/command.h"
#include "cli/demand.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/sandbox.h"
#include "cli/session.h"
#include "net/entropy.h"

namespace stoa::cli {
namespace {

using mesos::v1::scheduler::Event;
using namespace std::chrono_literals;

constexpr Duration output_wait_min = 20ms;
constexpr Duration output_wait_max = 250ms;
constexpr Duration patience = 3s;  // Then the user hears what is being waited for.
constexpr Duration detached_failover_timeout = std::chrono::weeks(1);

struct RunOptions {
  CommonOptions common;
  Demand demand;
  std::string name;
  std::string role = "*";
  std::string user = user_name();
  Strings env;
  std::uint32_t instances = 1;
  bool detach = false;
  bool verbose = false;
  std::optional<Duration> time_max;
  std::vector<std::string> command;
};

// The files of one task, printed as they grow.
class Output {
 public:
  Output(std::string framework_id, std::string task_id, std::string prefix)
      : framework_id_(std::move(framework_id)), task_id_(std::move(task_id)), prefix_(std::move(prefix)) {}

  // Prints what is new. True if there was anything. Fails if the agent cannot be asked.
  Result<bool> pump(Cluster& cluster, const net::Url& agent) {
    if (files_.empty()) {
      LET(const Sandbox sandbox, find_sandbox(cluster, agent, framework_id_, task_id_));
      for (const char* name : {"/stdout", "/stderr"}) files_.emplace_back(agent, sandbox.directory + name);
    }
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      for (;;) {
        LET(const std::string data, files_[i].next(cluster));
        if (data.empty()) break;
        any = true;
        write(i, data);
        if (data.size() < 32 << 10) break;
      }
    }
    return any;
  }

  // What is left of a last line without an end.
  void finish() {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (!pending_[i].empty()) emit(i, prefix_ + pending_[i] + "\n");
    }
  }

 private:
  void write(std::size_t stream, const std::string& data) {
    if (prefix_.empty()) return emit(stream, data);
    pending_[stream] += data;
    std::string lines;
    std::size_t end = 0;
    while ((end = pending_[stream].find('\n')) != std::string::npos) {
      lines += prefix_ + pending_[stream].substr(0, end + 1);
      pending_[stream].erase(0, end + 1);
    }
    emit(stream, lines);
  }

  static void emit(std::size_t stream, const std::string& text) {
    if (stream == 0) {
      print(text);
    } else {
      std::fwrite(text.data(), 1, text.size(), stderr);
    }
  }

  std::string framework_id_;
  std::string task_id_;
  std::string prefix_;
  std::vector<RemoteFile> files_;
  std::array<std::string, 2> pending_;
};

struct Instance {
  std::string id;
  bool is_launched = false;
  bool is_started = false;
  bool is_ended = false;
  int exit_code = exit_done;
  net::Url agent;
  std::optional<Output> output;
};

class Run {
 public:
  Run(const RunOptions& options, Cluster& cluster, Session& session)
      : options_(options), cluster_(cluster), session_(session) {
    const std::string id = fmt::format("{}-{}", options_.name, net::random_uuid().substr(0, 8));
    for (std::uint32_t i = 0; i < options_.instances; ++i) {
      instances_.push_back({.id = options_.instances == 1 ? id : fmt::format("{}.{}", id, i)});
    }
  }

  int wait() {
    const TimePoint begin = net::now();
    bool is_patient = true;
    Duration output_wait = output_wait_min;
    while (!is_over()) {
      const bool is_reading = std::ranges::any_of(instances_, [](const Instance& instance) {
        return instance.is_started && !instance.is_ended && instance.output;
      });
      const std::optional<SessionItem> item = session_.take(is_reading ? output_wait : output_wait_max);
      if (item) {
        if (const std::optional<int> code = handle(*item)) return *code;
      }
      const Duration passed = net::now() - begin;
      if (options_.time_max && passed > *options_.time_max && !reason_to_end_) give_up(exit_timed_out);
      // Without a master nothing can be ended in order; one that comes back ends frameworks that do not.
      if (reason_to_end_ && !session_.is_subscribed()) return *reason_to_end_;
      if (is_patient && passed > patience && !std::ranges::all_of(instances_, &Instance::is_launched)) {
        complain("waiting for an offer that holds " + options_.demand.to_text());
        is_patient = false;
      }
      if (!item) output_wait = pump_all() ? output_wait_min : std::min(output_wait * 2, output_wait_max);
    }
    return finish();
  }

 private:
  bool is_over() const {
    const auto is_done = [this](const Instance& instance) {
      return instance.is_ended || (options_.detach && instance.is_started) || (reason_to_end_ && !instance.is_launched);
    };
    return std::ranges::all_of(instances_, is_done);
  }

  std::optional<int> handle(const SessionItem& item) {
    if (item.signal != 0) {
      give_up(128 + item.signal);
      return std::nullopt;
    }
    if (item.lost) {
      complain(fmt::format("the master has gone ({}); looking for it", *item.lost));
      return std::nullopt;
    }
    if (item.failure) return failed(*item.failure);
    const Event& event = *item.event;
    switch (event.type()) {
      case Event::OFFERS:
        for (const mesos::v1::Offer& offer : event.offers().offers()) answer(offer);
        break;
      case Event::UPDATE:
        update(event.update().status());
        break;
      default:
        break;
    }
    return std::nullopt;
  }

  // Ends what runs; the loop ends when it has ended.
  void give_up(int code) {
    reason_to_end_ = code;
    if (options_.detach) return;
    for (const Instance& instance : instances_) {
      if (instance.is_launched && !instance.is_ended) session_.kill(instance.id);
    }
  }

  void answer(const mesos::v1::Offer& offer) {
    std::vector<mesos::v1::TaskInfo> tasks;
    auto left = offer.resources();
    for (Instance& instance : instances_) {
      if (instance.is_launched || reason_to_end_) continue;
      mesos::v1::TaskInfo task;
      std::vector<std::uint64_t> ports;
      if (!take(options_.demand, left, *task.mutable_resources(), ports)) break;
      fill(instance, offer, ports, task);
      tasks.push_back(std::move(task));
      instance.is_launched = true;
    }
    if (tasks.empty()) {
      session_.driver().decline(offer.id(), 1);
      return;
    }
    session_.driver().launch(offer.id(), tasks);
    if (std::ranges::all_of(instances_, &Instance::is_launched)) session_.driver().suppress();
  }

  void fill(Instance& instance, const mesos::v1::Offer& offer, const std::vector<std::uint64_t>& ports,
            mesos::v1::TaskInfo& task) {
    task.set_name(options_.name);
    task.mutable_task_id()->set_value(instance.id);
    *task.mutable_agent_id() = offer.agent_id();
    mesos::v1::CommandInfo& command = *task.mutable_command();
    const std::vector<std::string>& words = options_.command;
    const bool is_shell = words.size() == 1 && words[0].find_first_of(" \t\n;&|<>$`*?()'\"") != std::string::npos;
    command.set_shell(is_shell);
    command.set_value(words[0]);
    if (!is_shell) command.mutable_arguments()->Add(words.begin(), words.end());
    const auto variable = [&command](std::string_view name, std::string_view value) {
      auto& entry = *command.mutable_environment()->add_variables();
      entry.set_name(std::string(name));
      entry.set_value(std::string(value));
    };
    for (const std::string& entry : options_.env.values) {
      const std::size_t equals = entry.find('=');
      variable(entry.substr(0, equals), entry.substr(equals + 1));
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (i == 0) variable("PORT", std::to_string(ports[i]));
      variable("PORT" + std::to_string(i), std::to_string(ports[i]));
    }
    instance.agent.scheme = "http";
    const auto& address = offer.url().address();
    instance.agent.host = address.ip().empty() ? offer.hostname() : address.ip();
    instance.agent.port = static_cast<std::uint16_t>(address.port());
    if (options_.detach) return;
    const std::string prefix = options_.instances == 1 ? "" : instance.id.substr(instance.id.rfind('.') + 1) + " | ";
    instance.output.emplace(session_.driver().framework_id(), instance.id, prefix);
  }

  void update(const mesos::v1::TaskStatus& status) {
    const auto found = std::ranges::find(instances_, status.task_id().value(), &Instance::id);
    if (found == instances_.end() || found->is_ended) return;
    Instance& instance = *found;
    if (options_.verbose) {
      complain(fmt::format("{}: {} {}", instance.id, TaskState_Name(status.state()), status.message()));
    }
    if (scheduler::is_terminal(status.state()) || status.state() == mesos::v1::TASK_UNKNOWN)
      return end(instance, status);
    if (status.state() != mesos::v1::TASK_RUNNING || instance.is_started) return;
    instance.is_started = true;
    pump(instance);
  }

  void end(Instance& instance, const mesos::v1::TaskStatus& status) {
    instance.is_started = instance.is_ended = true;
    pump(instance);
    if (instance.output) instance.output->finish();
    const bool is_finished = status.state() == mesos::v1::TASK_FINISHED;
    instance.exit_code = exit_code_of_task(is_finished, status.message());
    if (!is_finished && !reason_to_end_ && !options_.common.quiet) {
      complain(fmt::format("task {} ended as {}: {}", instance.id, TaskState_Name(status.state()), status.message()));
    }
  }

  // True if there was output.
  bool pump(Instance& instance) {
    if (!instance.output) return false;
    const Result<bool> any = instance.output->pump(cluster_, instance.agent);
    if (!any && instance.is_ended && any.error().code != Code::not_found) {
      complain("cannot read the task's output: " + any.error().message);
    }
    return any.value_or(false);
  }

  bool pump_all() {
    bool any = false;
    for (Instance& instance : instances_) {
      if (instance.is_started && !instance.is_ended) any = pump(instance) || any;
    }
    return any;
  }

  int finish() {
    if (options_.detach && !reason_to_end_) {
      for (const Instance& instance : instances_) print(instance.id + "\n");
    } else {
      (void)session_.teardown();  // The command is over whether or not the master hears of it.
    }
    if (reason_to_end_) return *reason_to_end_;
    return std::ranges::max(instances_, {}, &Instance::exit_code).exit_code;
  }

  const RunOptions& options_;
  Cluster& cluster_;
  Session& session_;
  std::vector<Instance> instances_;
  std::optional<int> reason_to_end_;
};

mesos::v1::FrameworkInfo framework_info(const RunOptions& options) {
  mesos::v1::FrameworkInfo info;
  info.set_user(options.user);
  info.set_name("stoa run " + options.name);
  info.add_roles(options.role);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::PARTITION_AWARE);
  if (options.detach) {
    info.set_checkpoint(true);
    info.set_failover_timeout(std::chrono::duration<double>(detached_failover_timeout).count());
    auto& label = *info.mutable_labels()->add_labels();
    label.set_key("stoa.run");
    label.set_value("detached");
  }
  return info;
}

// A name that may stand in ids and paths.
std::string name_of(const std::string& command) {
  std::string name = command.substr(0, command.find_first_of(" \t;&|"));
  name = name.substr(name.rfind('/') + 1).substr(0, 40);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '-') c = '_';
  }
  return name.empty() || name.starts_with('.') ? "task" + name : name;
}

void describe(Options& options, RunOptions& run) {
  options.add("cpus", 'c', run.demand.cpus, "CPUs that the task needs.");
  options.add("mem", 'm', run.demand.mem, "Memory, in MB.");
  options.add("disk", 0, run.demand.disk, "Disk, in MB.");
  options.add("ports", 0, run.demand.ports, "Number of ports; the task finds them as PORT0, PORT1, ...");
  options.add("env", 'e', run.env, "NAME=VALUE for the task; may be repeated.");
  options.add("instances", 'n', run.instances, "How many of it to run.");
  options.add("name", 0, run.name, "Name of the task; else that of the command.");
  options.add("role", 0, run.role, "Role to run in.");
  options.add("user", 0, run.user, "User to run as.");
  options.add("detach", 'd', run.detach, "Prints the task's id and lets it run.");
  options.add("verbose", 'v', run.verbose, "Tells each status of the task on stderr.");
  options.add("quiet", 'q', run.common.quiet, "Says nothing about tasks that fail.");
  add_master(options, run.common);
  options.add("timeout", 0, run.time_max, "Kills the task after so long and exits with 6.");
  options.rest("COMMAND", run.command);
  options.example("stoa run -- echo hello");
  options.example("stoa run --cpus=2 --mem=512 --env=LANG=C -- make -j2");
  options.example("stoa run --instances=3 'date; hostname'");
  options.example("stoa run --detach --name=web --ports=1 'python3 -m http.server $PORT'");
}

}  // namespace

int run_task(std::span<const std::string> arguments) {
  RunOptions run;
  Options options("run [OPTIONS] -- COMMAND [ARGUMENT...]",
                  "Runs a command on an agent that has room for it, shows what it prints and exits as it does. A\n"
                  "command of one word with blanks or other signs in it is given to the shell.");
  describe(options, run);
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  if (run.command.empty()) {
    complain("no command is given: stoa run [OPTIONS] -- COMMAND");
    return exit_usage;
  }
  if (run.instances == 0 || run.instances > 1000) return failed({Code::invalid_argument, "--instances is 1 to 1000"});
  for (const std::string& entry : run.env.values) {
    if (entry.find('=') == std::string::npos || entry.starts_with('=')) {
      return failed({Code::invalid_argument, fmt::format("--env={}: expecting NAME=VALUE", entry)});
    }
  }
  if (run.name.empty()) run.name = name_of(run.command.front());

  block_interrupts();
  Cluster cluster;
  if (const Result<> found = cluster.connect(run.common.connection); !found) {
    return failed(found.error());
  }
  Session session(cluster, framework_info(run));
  return Run(run, cluster, session).wait();
}

}  // namespace stoa::cli
