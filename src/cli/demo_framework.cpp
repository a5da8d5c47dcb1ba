#include "cli/demo_framework.h"

#include <fmt/format.h>
#include <mesos/v1/scheduler/scheduler.pb.h>

#include <algorithm>

#include "net/loop.h"

namespace stoa::cli {
namespace {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;
using namespace std::chrono_literals;

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

DemoFramework::DemoFramework(Cluster& cluster, Options options)
    : options_(std::move(options)),
      session_(cluster, framework_info(options_), std::nullopt),
      random_(options_.seed),
      thread_([this] { live(); }) {}

DemoFramework::~DemoFramework() {
  is_over_ = true;
  thread_.join();
  if (!session_.framework_id().empty()) (void)session_.teardown();
}

DemoStatus DemoFramework::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void DemoFramework::live() {
  while (!is_over_) {
    const std::optional<SessionItem> item = session_.take(20ms);
    if (!item) continue;
    if (item->failure || (item->event && item->event->type() == Event::ERROR)) {
      const std::lock_guard lock(mutex_);
      status_.trouble = item->failure ? item->failure->message : item->event->error().message();
      return;
    }
    const Event& event = *item->event;
    if (event.type() == Event::OFFERS) {
      for (const mesos::v1::Offer& offer : event.offers().offers()) answer(offer);
    } else if (event.type() == Event::UPDATE) {
      update(event.update().status());
    }
  }
}

void DemoFramework::answer(const mesos::v1::Offer& offer) {
  Call call;
  call.set_type(Call::ACCEPT);
  *call.mutable_accept()->add_offer_ids() = offer.id();
  call.mutable_accept()->mutable_filters()->set_refuse_seconds(is_stopping_ ? 60 : 0.05);
  auto& launch = *call.mutable_accept()->add_operations();
  launch.set_type(mesos::v1::Offer::Operation::LAUNCH);
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
    *launch.mutable_launch()->add_task_infos() = std::move(task);
  }
  {
    const std::lock_guard lock(mutex_);
    ++status_.offers;
    status_.running += static_cast<std::uint32_t>(launch.launch().task_infos().size());
  }
  if (launch.launch().task_infos().empty()) call.mutable_accept()->clear_operations();
  session_.call(std::move(call));
}

void DemoFramework::update(const mesos::v1::TaskStatus& status) {
  session_.acknowledge(status);
  const auto pending = std::ranges::find(pending_, status.task_id().value(), &Pending::task_id);
  const std::lock_guard lock(mutex_);
  const bool is_ended = is_terminal(status.state());
  if (pending != pending_.end() && (is_ended || status.state() == mesos::v1::TASK_RUNNING)) {
    status_.launch_seconds.push_back(std::chrono::duration<double>(net::now() - pending->accepted).count());
    pending_.erase(pending);
  }
  if (!is_ended || live_.erase(status.task_id().value()) == 0) return;
  --status_.running;
  ++(status.state() == mesos::v1::TASK_FINISHED ? status_.finished : status_.failed);
}

}  // namespace stoa::cli
