// Machine: one agent as it really is, for the model of the books. It does with what the master sends it whatever a real
// agent may do: run tasks, fail operations, lose executors. What a real agent never does it does not do either: nothing
// starts on resources that are not there.
//
// Not part of any program.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "master/testing.h"
#include "model/operation.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::master::books {

using Key = std::pair<std::string, std::string>;  // Framework, and task or executor.

model::Resources read(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages);
// What an operation that is valid takes and gives, without allocation roles.
model::Conversion conversion_of(const mesos::v1::Offer_Operation& info);

template <typename Collection>
auto* any_of(Collection& all, Random& random) {
  return all.empty() ? nullptr : &*std::next(all.begin(), static_cast<std::ptrdiff_t>(random.below(all.size())));
}

class Machine {
 public:
  // Told of everything that the machine says, just after the master has heard it.
  using Said = std::function<void(const link::ToMaster&)>;

  // All must outlive this. The agent is registered.
  Machine(Bench& bench, Random& random, FakeAgent& wire, Said said);
  ~Machine();

  bool is_connected() const { return wire_.open; }
  const std::string& id() const { return wire_.id.value; }
  const std::vector<std::shared_ptr<const link::ToAgent>>& received() const { return wire_.received; }

  // Acts upon the next message; false if there is none.
  bool read_one();
  // Something happens to what is there.
  void work();
  // The link breaks, and with it goes what was on its way.
  void lose_link();

  // With what it registers.
  std::shared_ptr<const link::Register> claim() const;
  std::vector<mesos::v1::Task> tasks() const;
  void connect();

 private:
  struct Job;

  void say(const link::ToMaster& message);
  void report(const Key& key, mesos::v1::TaskState state);
  void start(const std::string& framework, const mesos::v1::TaskInfo& info, bool starts_executor);
  // Reservations and volumes are there, once the operations that were ordered before have ended.
  bool has_room(const mesos::v1::TaskInfo& info);
  bool is_in_use(const model::Resources& volumes) const;
  void exit_executor(const Key& key);
  void end_operation(std::size_t index);
  bool end_first_operation();
  void tell(const mesos::v1::Operation& record);
  void shut_down_framework(const std::string& framework);
  void read_about_task(const link::ToAgent& message);
  void read_operation(const link::ToAgent& message);
  void reconcile(const link::ToAgent& message);

  Bench& bench_;
  Random& random_;
  FakeAgent& wire_;
  Said said_;
  std::size_t read_ = 0;  // Messages that it has acted upon.
  model::Resources total_;
  std::map<Key, mesos::v1::Task> tasks_;
  std::map<Key, mesos::v1::ExecutorInfo> executors_;
  std::vector<Job> jobs_;
};

}  // namespace stoa::master::books
