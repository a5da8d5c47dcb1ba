// Wishes: what frameworks ask of an offer, for the model of the books: launches, groups, and operations that mostly can
// be done.
//
// Not part of any program.
#pragma once

#include <string>

#include "base/random.h"
#include "master/model_belief.h"
#include "master/testing.h"
#include "proto/forward.h"

namespace stoa::master::books {

class Wishes {
 public:
  // `random` must outlive this.
  explicit Wishes(Random& random) : random_(random) {}

  // `belief`: of the agent of the offer.
  mesos::v1::Offer_Operation any(const FakeScheduler& scheduler, const mesos::v1::Offer& offer, const Belief& belief);
  // What a CREATE needs to be done before.
  static mesos::v1::Offer_Operation reserve_for(const mesos::v1::Offer_Operation& create);

 private:
  std::string fresh(const char* kind) { return kind + std::to_string(next_++); }
  // Mostly one that runs already.
  mesos::v1::ExecutorInfo executor_for(const FakeScheduler& scheduler, const Belief& belief, bool group);

  Random& random_;
  int next_ = 0;
};

}  // namespace stoa::master::books
