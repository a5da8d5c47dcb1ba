// Random operations against a dumb model of them, with an agent that dies at any moment.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/checkpoint.h"
#include "agent/operations_testing.h"
#include "agent/volumes.h"
#include "base/random.h"
#include "mesos/v1/mesos.pb.h"
#include "model/operation.h"
#include "stoa/link.pb.h"

namespace stoa::agent {
namespace {

namespace v1 = mesos::v1;
using namespace std::chrono_literals;

struct Sent {
  std::string name;
  Operation operation;
  std::pair<int, LinkNumber> link;  // That it was sent on: the life of the agent, and the number in that.
  int state = v1::OPERATION_PENDING;
  std::set<std::string> uuids;
};

Operation random_operation(Random& random) {
  const std::string id(1, static_cast<char>('x' + random.below(3)));
  const double size = random.chance(0.8) ? 100 : 50;
  const bool path = random.chance(0.3);
  const auto place = [&](v1::Resource resource) { return path ? on_path(std::move(resource)) : resource; };
  switch (random.below(7)) {
    case 0:
      return reserve(place(reserved("disk", 100)));
    case 1:
      return unreserve(place(reserved("disk", 100)));
    case 2:
    case 3:
      return create(place(volume(id, size)));
    case 4:
      return destroy(place(volume(id, size)));
    case 5:
      return grow(place(volume(id, 50)), place(reserved("disk", 50)));
    default:
      return shrink(place(volume(id, 100)), 50);
  }
}

class Ordeal {
 public:
  // What is told once can be lost with a link for good. So either every operation has an id, or no link loses anything.
  explicit Ordeal(std::uint64_t seed) : lossy_(seed % 2 == 0), random_(seed), world_(disk_config(), seed * 1000) {
    world_.start();
  }

  void play() {
    for (int i = 0; i < 600; ++i) one_thing();
    world_.acknowledges = true;
    for (int round = 0; round < 8; ++round) {
      world_.settle();
      world_.advance(60s);
      listen();
    }
  }

  void check() const {
    ASSERT_TRUE(world_.alive()) << world_.exit->message;
    ASSERT_EQ(world_.broken, std::vector<std::string>());
    model::Resources expected = *model::Resources::from_messages(world_.config.info->resources());
    std::size_t failures = 0;
    for (const Sent& sent : sent_) {
      SCOPED_TRACE(sent.name + ": " + sent.operation.ShortDebugString());
      ASSERT_NE(sent.state, v1::OPERATION_PENDING);
      EXPECT_LE(sent.uuids.size(), 1);
      if (sent.state == v1::OPERATION_FAILED) ++failures;
      if (sent.state != v1::OPERATION_FINISHED) continue;
      auto done = sent.operation;
      done = model::without_allocation(std::move(done));
      const auto conversion =
          model::convert(done, {.from_operator = true, .agent_total = expected, .resources_in_use = {}});
      ASSERT_TRUE(conversion.has_value()) << conversion.error().message;
      ASSERT_TRUE(model::apply(*conversion, expected).has_value());
    }
    EXPECT_EQ(*world_.agent().snapshot().total, expected);
    EXPECT_EQ(*model::Resources::from_messages(world_.registrations.back()->total_resources()),
              *world_.agent().snapshot().total)
        << "the last registration came after all operations";
    const VolumeChanges changes = volume_changes({}, expected, world_.config.work_dir);
    const std::set<VolumeDirectory> wanted(changes.make.begin(), changes.make.end());
    EXPECT_TRUE(std::ranges::includes(world_.disk, wanted)) << "no volume is without its directory";
    // A directory that a life made before it died, and whose operation then failed, may be left.
    EXPECT_LE(world_.disk.size() - wanted.size(), failures);
    EXPECT_EQ(world_.stored_count(operation_kind), 0);
  }

  void restart() {
    ++lives_;
    world_.start_and_register();
    listen();
  }

  std::map<int, int> ends;
  const std::vector<Sent>& sent() const { return sent_; }

 private:
  void one_thing() {
    listen();
    if (random_.chance(0.008)) return crash();
    if (random_.chance(0.008)) return break_link();
    switch (random_.below(9)) {
      case 0:
        return send();
      case 1:
        world_.do_persist();
        return;
      case 2:
        world_.do_to_agent();
        return;
      case 3:
        world_.do_to_master();
        return;
      case 4:
        world_.do_volumes(random_.chance(0.4) ? std::optional(Error{Code::internal, "disk full"}) : std::nullopt);
        return;
      case 5:
        world_.do_connect(random_.chance(0.8));
        return;
      case 6:
        world_.do_recover_containers();
        return;
      case 7:
        world_.acknowledges = random_.chance(0.7);
        return;
      default:
        world_.now.steady += 600ms;
        world_.now.wall += 0.6;
        world_.tick();
    }
  }

  void send() {
    if (!world_.link || world_.registrations.empty()) return;
    Sent sent{
        .name = std::to_string(sent_.size()), .operation = random_operation(random_), .link = {lives_, *world_.link}};
    world_.say(apply_message(sent.operation, sent.name, lossy_ || random_.chance(0.7)));
    sent_.push_back(std::move(sent));
  }

  // The agent dies. What it asked for last has happened, or not, or by half.
  void crash() {
    if (!world_.persists.empty() && random_.chance(0.5)) world_.commit(world_.persists.front());
    if (!world_.changes.empty() && random_.chance(0.5)) {
      ChangeVolumes half = world_.changes.front();
      if (random_.chance(0.5)) half.make.clear();
      if (random_.chance(0.5)) half.remove.clear();
      world_.change_disk(half);
    }
    deliver();
    ++lives_;
    world_.start();
  }

  void break_link() {
    deliver();
    world_.break_link();
  }

  void deliver() {
    while (!world_.to_master.empty() && (!lossy_ || random_.chance(0.7))) world_.do_to_master();
  }

  // As the master: takes outcomes, and asks after what a registration does not name.
  void listen() {
    for (; heard_ < world_.outcomes.size(); ++heard_) {
      const auto& update = *world_.outcomes[heard_];
      Sent& sent = *std::ranges::find_if(
          sent_, [&](const Sent& one) { return operation_uuid(one.name) == update.operation_uuid(); });
      if (update.status().has_uuid()) sent.uuids.insert(update.status().uuid().value());
      if (sent.state != v1::OPERATION_PENDING) {
        // One that the master had given up, or that was told before.
        EXPECT_EQ(sent.state, int(update.status().state())) << sent.name << " " << update.ShortDebugString();
        continue;
      }
      sent.state = update.status().state();
    }
    for (; registered_ < world_.registrations.size(); ++registered_) {
      std::set<std::string> named;
      for (const auto& operation : world_.registrations[registered_]->operations())
        named.insert(operation.uuid().value());
      link::ToAgent ask;
      for (const Sent& sent : sent_)
        if (sent.state == v1::OPERATION_PENDING && (!world_.link || sent.link != std::pair(lives_, *world_.link)) &&
            !named.contains(operation_uuid(sent.name)))
          ask.mutable_reconcile_operations()->add_operations()->set_operation_uuid(operation_uuid(sent.name));
      if (ask.has_reconcile_operations() && world_.link) world_.say(std::move(ask));
    }
  }

  bool lossy_;
  Random random_;
  World world_;
  std::vector<Sent> sent_;
  int lives_ = 0;
  std::size_t heard_ = 0;
  std::size_t registered_ = 0;
};

// AGT-067 AGT-089 AGT-170 AGT-172 RES-101 RES-104
TEST(OperationsProperty, WhatWasReportedAsDoneIsDoneWhateverFailsInBetween) {
  std::map<int, int> ends;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Ordeal run(seed);
    run.play();
    run.restart();
    run.check();
    if (testing::Test::HasFailure()) return;
    for (const auto& sent : run.sent()) ++ends[sent.state];
  }
  for (const auto end : {v1::OPERATION_FINISHED, v1::OPERATION_FAILED, v1::OPERATION_ERROR, v1::OPERATION_DROPPED})
    EXPECT_GT(ends[end], 20) << v1::OperationState_Name(end);
}

}  // namespace
}  // namespace stoa::agent
