// Holdings: what one scheduler makes of the resources of agents: it reserves, creates volumes, resizes and destroys
// them and gives back, and follows each operation until it knows how it ended. Either all of its operations ask for
// feedback, or none does: with feedback it knows what it must have.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "model/resources.h"
#include "proto/forward.h"
#include "sim/environment.h"

namespace stoa::sim {

class Holdings {
 public:
  struct Operation {
    std::string id;
    AgentId agent;
    std::shared_ptr<const mesos::v1::Offer_Operation> info;  // Without allocation roles.
    int state = -1;                                          // As last told; -1 if never.
    bool is_done() const;
    bool is_over() const;  // Nothing more will be heard of it.
  };

  // `environment` must outlive this.
  Holdings(Environment& environment, const std::string& name, const std::string& role);
  ~Holdings();

  // Adds an operation or two on `left`, the rest of an offer, to the ACCEPT, and takes them into account in `left`.
  void operate(const AgentId& agent, model::Resources& left, mesos::v1::scheduler::Call& accept);
  void on_status(const mesos::v1::OperationStatus& status);
  // Asks for what is not known, if there is anything.
  bool reconcile(mesos::v1::scheduler::Call& call) const;

  const std::string& role() const { return role_; }
  bool asks_feedback() const { return asks_feedback_; }
  const std::vector<Operation>& operations() const { return operations_; }
  // What a machine with `flags` must have of its role by the operations that are done, of those on agents that
  // `is_here` holds for. None: they do not suit each other.
  template <typename Predicate>
  std::optional<model::Resources> expected(const model::Resources& flags, Predicate is_here) const {
    model::Resources total = flags;
    for (const Operation& operation : operations_)
      if (operation.is_done() && is_here(operation.agent) && !apply(operation, total)) return std::nullopt;
    return total.reserved_to(role_);
  }

 private:
  std::optional<mesos::v1::Offer_Operation> draw_suitable(const model::Resources& left);
  std::optional<mesos::v1::Offer_Operation> draw(const model::Resources& left);
  static bool apply(const Operation& operation, model::Resources& total);

  Environment& environment_;
  std::string name_;
  std::string role_;
  bool asks_feedback_;
  std::size_t count_ = 0;
  std::vector<Operation> operations_;  // With feedback, as they were sent.
  std::map<std::string, std::size_t> numbers_;
};

}  // namespace stoa::sim
