// Belief: what the master must believe of one agent, by a deliberately dumb model. It looks at the messages of both
// directions only, and at what frameworks have done.
//
// Not part of any program.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "master/model_machine.h"

namespace stoa::master::books {

struct Frameworks {
  std::set<std::string> known;
  std::set<std::string> checkpointing;
};

class Belief {
 public:
  // `frameworks` must outlive this.
  Belief(const Frameworks& frameworks, model::Resources total)
      : frameworks_(frameworks), confirmed_(std::move(total)) {}

  // The master has sent this to the agent, or was told that by it.
  void sent(const link::ToAgent& message);
  void told(const link::ToMaster& message);
  void link_broke();
  // The agent has come back with these; `is_back` unless it was removed meanwhile.
  void registered(const link::Register& claim, const std::vector<mesos::v1::Task>& tasks, bool is_back);

  void framework_removed(const std::string& framework);
  void task_acknowledged(const Key& task, const std::string& uuid);
  void operation_acknowledged(const std::string& framework, const std::string& uuid);

  // All of the agent, the operations that are under way done.
  model::Resources total() const;
  model::Resources allocated() const;
  std::set<std::string> operations() const;  // By uuid.
  std::set<Key> tasks() const;
  std::set<Key> executors() const;

 private:
  struct Task {
    model::Resources resources;
    bool ended = false;
    std::string delivered;  // The status that the framework was told last.
    bool delivered_end = false;
  };
  struct Operation {
    std::string uuid;
    std::string framework;
    bool has_id = false;
    std::optional<model::Conversion> pending;
    bool ended = false;
    std::string delivered;
  };

  void told_of_task(const Key& key, const mesos::v1::TaskStatus& status);
  void told_of_operation(const std::string& uuid, const mesos::v1::OperationStatus& status);
  void registered_tasks(const std::vector<mesos::v1::Task>& tasks, bool is_back);
  void registered_operations(const link::Register& claim);

  const Frameworks& frameworks_;
  model::Resources confirmed_;
  std::map<Key, Task> tasks_;
  std::map<Key, model::Resources> executors_;
  std::vector<Operation> operations_;
};

}  // namespace stoa::master::books
