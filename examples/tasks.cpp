// A framework that runs a command N times: tasks MASTER N COMMAND
#include <mesos/v1/scheduler/scheduler.pb.h>
#include <stoa/scheduler.h>

#include <cstdio>
#include <cstdlib>
#include <set>

using stoa::scheduler::Driver;

const std::pair<const char*, double> needs[] = {{"cpus", 0.1}, {"mem", 32}};

// How many tasks an offer has room for.
int room(const mesos::v1::Offer& offer) {
  double count = 1e9;
  for (const auto& [name, need] : needs) {
    double has = 0;
    for (const mesos::v1::Resource& resource : offer.resources()) {
      if (resource.name() == name && resource.role() == "*") has += resource.scalar().value();
    }
    count = std::min(count, has / need + 1e-6);
  }
  return static_cast<int>(count);
}

class Tasks : public stoa::scheduler::Handler {
 public:
  Tasks(int count, const char* command) : waiting_(count), command_(command) {}

  void on_offers(Driver& driver, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>& offers) override {
    for (const mesos::v1::Offer& offer : offers) {
      std::vector<mesos::v1::TaskInfo> tasks;
      for (int left = room(offer); left > 0 && waiting_ > 0; --left, --waiting_) tasks.push_back(make(offer));
      driver.launch(offer.id(), tasks);  // Without tasks, this declines.
    }
    if (waiting_ == 0) driver.suppress();
  }

  void on_update(Driver& driver, const mesos::v1::TaskStatus& status) override {
    const std::string& id = status.task_id().value();
    if (!stoa::scheduler::is_terminal(status.state()) || live_.erase(id) == 0) return;
    std::printf("%s %s %s\n", id.c_str(), TaskState_Name(status.state()).c_str(), status.message().c_str());
    if (status.state() == mesos::v1::TASK_LOST && waiting_++ == 0) driver.revive();  // Once more.
    if (waiting_ == 0 && live_.empty()) driver.teardown();
  }

 private:
  mesos::v1::TaskInfo make(const mesos::v1::Offer& offer) {
    mesos::v1::TaskInfo task;
    task.set_name("task");
    task.mutable_task_id()->set_value(*live_.insert("task-" + std::to_string(++made_)).first);
    *task.mutable_agent_id() = offer.agent_id();
    task.mutable_command()->set_value(command_);
    for (const auto& [name, need] : needs) {
      mesos::v1::Resource& resource = *task.add_resources();
      resource.set_name(name);
      resource.set_type(mesos::v1::Value::SCALAR);
      resource.mutable_scalar()->set_value(need);
    }
    return task;
  }

  int waiting_, made_ = 0;
  std::string command_;
  std::set<std::string> live_;  // Launched and not ended.
};

int main(int count, char** words) {
  if (count != 4) return std::fprintf(stderr, "usage: tasks MASTER N COMMAND\n"), 2;
  mesos::v1::FrameworkInfo info;
  info.set_name("tasks");
  info.set_user("root");
  info.set_failover_timeout(60);  // Seconds that tasks outlive a lost connection.
  Tasks tasks(std::atoi(words[2]), words[3]);
  const auto ended = Driver({.masters = words[1]}, info, tasks).run();
  if (!ended) std::fprintf(stderr, "tasks: %s\n", ended.error().message.c_str());
  return ended ? 0 : 1;
}
