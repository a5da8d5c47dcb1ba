// The worked examples of examples.json, and a small cluster that acts them out through the entry points of production
// (ALC-272, ALC-273). Not part of any program.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocator/allocator.h"

namespace google::protobuf {
class Struct;
class Value;
}  // namespace google::protobuf

namespace stoa::allocator::testing {

using Json = google::protobuf::Value;

// Members of objects and lists; a missing one is a null value, a missing list is empty.
const Json& member(const Json& object, const std::string& name);
bool has(const Json& object, const std::string& name);
std::vector<const Json*> list(const Json& object, const std::string& name);
std::string text(const Json& object, const std::string& name, const std::string& otherwise = "");
double number(const Json& object, const std::string& name, double otherwise = 0);
std::vector<std::string> texts(const Json& object, const std::string& name);

// All examples, in the order of the file.
const std::vector<Json>& examples();

// `cpus:4;cpus(ads):1;cpus{REV}:2`.
model::Resources resources_of(std::string_view text);

TimePoint at(double seconds);

struct RunningTask {
  std::string id;
  FrameworkId framework;
  std::string role;
  AgentId agent;
  model::Resources resources;  // Without allocation role.
  TimePoint start;
};

class World {
 public:
  // Agents, roles and frameworks of the example, which must outlive this.
  explicit World(const Json& example);

  // One cycle over all agents, now. Checks the books.
  std::vector<Grant> cycle();
  void step(const Json& step);
  void fill(const Json& example);
  void preempt(const Json& example);
  AgentLoad load_of(const AgentId& agent) const;

  TimePoint now = at(0);
  std::unique_ptr<Allocator> allocator;
  std::map<std::pair<std::string, std::string>, Grant> outstanding;  // By framework and agent.
  std::vector<RunningTask> tasks;

 private:
  void add_roles(const Json& example);
  void add_framework(const Json& framework);
  void answer(const Json& step, std::string_view use);
  void finish(const std::string& task);

  const Json& example_;
  std::map<std::string, int> launched_;  // Tasks that ever were, by framework.
};

}  // namespace stoa::allocator::testing
