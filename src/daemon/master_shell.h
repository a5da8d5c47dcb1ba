// MasterShell: sockets, disk and clock around the master core. It decides nothing: it turns streams, links and writes
// into events, and the core's effects into I/O.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/master_port.h"
#include "daemon/core_thread.h"
#include "http/responder.h"
#include "master/master.h"
#include "ports/store.h"

namespace stoa::daemon {

class MasterShell final : public api::MasterPort {
 public:
  struct Options {
    // Called once when the master can lead no longer, with the reason.
    std::function<void(const std::string&)> fail;
    // Until when the leader may act; then effects wait for resume() (HA-043). Thread-safe. Null: for ever.
    std::function<TimePoint()> acts_until;
  };
  MasterShell(master::Config config, Options options);
  ~MasterShell() override;

  // Reads the registry and opens the core. Blocks. `store` must outlive this. Fails with what the store says. Once.
  Result<> start(ports::RecordStore& store, std::uint64_t epoch);
  // acts_until() is later than before: what waited is done. Thread-safe.
  void resume();
  // Ends every stream and link in order, so that schedulers and agents look for another master.
  void stop();
  // Returns when nothing more is asked of what this was given, which may go before it then.
  void finish();
  // Ends every stream and link, and takes no new ones: this master leads no longer (HTTP-061). From any thread.
  void end_streams();

  // Takes an agent's connection: GET with `Upgrade: stoa-agent/1`.
  void handle_link(http::Request request, http::Responder responder);

  bool recovered() const override { return recovered_; }
  void subscribe(std::shared_ptr<api::EventStream> stream, master::Subscribe event) override;
  void call(master::SchedulerCall event, std::function<void(Result<>)> done) override;
  void command(master::OperatorCommand command, std::function<void(Result<>)> done) override;
  void snapshot(std::function<void(std::shared_ptr<const master::Snapshot>)> done) override;
  void explain(allocator::ExplainQuestion question, std::function<void(const allocator::Explained&)> done) override;
  void plan(FrameworkId framework, allocator::Demand demand, std::function<void(const allocator::Plan&)> done) override;

 private:
  using Done = std::function<void(Result<>)>;

  void perform(master::Effects& effects);
  bool may_act() const;
  void carry_out(master::Effects& effects);
  void persist(const master::Persist& effect);
  void send(const master::SendAgent& effect);
  void open_link(std::shared_ptr<http::Channel> channel);
  ReplyNumber expect_reply(Done done);
  void reply(const master::Reply& effect);

  const Options options_;
  ports::RecordStore* store_ = nullptr;  // Set before the core is told of the registry.
  master::Effects held_;                 // Of the core's thread: what waits for resume().
  std::atomic<bool> recovered_ = false;
  std::atomic<unsigned long long> next_number_ = 1;

  std::mutex mutex_;  // Guards what I/O threads and the core's thread share.
  bool ended_ = false;
  std::unordered_map<StreamNumber, std::shared_ptr<api::EventStream>> streams_;
  std::unordered_map<LinkNumber, std::shared_ptr<http::Channel>> links_;
  std::unordered_map<ReplyNumber, Done> replies_;
  std::vector<std::function<void(std::shared_ptr<const master::Snapshot>)>> snapshot_waiters_;

  master::Master core_;
  CoreThread<master::Master, master::Event, master::Effects, master::Tick> thread_;
};

}  // namespace stoa::daemon
