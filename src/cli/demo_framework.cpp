#include "cli/demo_framework.h"

#include <fmt/format.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>

#include "cli/session.h"
#include "net/loop.h"

namespace stoa::cli {
namespace {

constexpr std::chrono::seconds ending_max{5};

mesos::v1::FrameworkInfo framework_info(const DemoFramework::Options& options) {
  mesos::v1::FrameworkInfo info;
  info.set_user(user_name());
  info.set_name(options.name);
  info.add_roles(options.role);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::PARTITION_AWARE);
  return info;
}

}  // namespace

DemoFramework::DemoFramework(const Cluster& cluster, Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      driver_(cluster.driver_options(), framework_info(options_), *this) {
  driver_.start();
}

DemoFramework::~DemoFramework() {
  driver_.teardown();
  driver_.wait_for(ending_max);
}

DemoStatus DemoFramework::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void DemoFramework::on_subscribed(scheduler::Driver&, const mesos::v1::scheduler::Event_Subscribed&) {
  was_subscribed_ = true;
}

void DemoFramework::on_disconnected(scheduler::Driver&, const Failure& failure) {
  if (!was_subscribed_) give_up(failure.message);
}

void DemoFramework::on_refused(scheduler::Driver&, const mesos::v1::scheduler::Call&, const Failure& failure) {
  if (failure.status != 0) give_up(failure.message);
}

void DemoFramework::on_error(scheduler::Driver&, const Failure& failure) { give_up(failure.message); }

void DemoFramework::give_up(const std::string& trouble) {
  const std::lock_guard lock(mutex_);
  status_.trouble = trouble;
}

void DemoFramework::on_offers(scheduler::Driver&, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>& offers) {
  for (const mesos::v1::Offer& offer : offers) answer(offer);
}

void DemoFramework::answer(const mesos::v1::Offer& offer) {
  std::vector<mesos::v1::TaskInfo> tasks;
  auto left = offer.resources();
  std::vector<std::uint64_t> ports;
  while (!is_stopping_) {
    mesos::v1::TaskInfo task;
    if (!take(options_.demand, left, *task.mutable_resources(), ports)) break;
    task.set_name(options_.name);
    task.mutable_task_id()->set_value(fmt::format("{}-{}", options_.name, launched_++));
    *task.mutable_agent_id() = offer.agent_id();
    task.mutable_command()->set_value(fmt::format("sleep 0.{:03}", 300 + random_.below(400)));
    pending_.push_back({task.task_id().value(), net::now()});
    live_.insert(task.task_id().value());
    tasks.push_back(std::move(task));
  }
  {
    const std::lock_guard lock(mutex_);
    ++status_.offers;
    status_.running += static_cast<std::uint32_t>(tasks.size());
  }
  driver_.launch(offer.id(), tasks, is_stopping_ ? 60 : 0.05);
}

void DemoFramework::on_update(scheduler::Driver&, const mesos::v1::TaskStatus& status) {
  const auto pending = std::ranges::find(pending_, status.task_id().value(), &Pending::task_id);
  const std::lock_guard lock(mutex_);
  const bool is_ended = scheduler::is_terminal(status.state());
  if (pending != pending_.end() && (is_ended || status.state() == mesos::v1::TASK_RUNNING)) {
    status_.launch_seconds.push_back(std::chrono::duration<double>(net::now() - pending->accepted).count());
    pending_.erase(pending);
  }
  if (!is_ended || live_.erase(status.task_id().value()) == 0) return;
  --status_.running;
  ++(status.state() == mesos::v1::TASK_FINISHED ? status_.finished : status_.failed);
}

}  // namespace stoa::cli
