// ZooKeeperStore: the registry of several masters, in ZooKeeper (HA-070 to HA-075).
//
// A record of kind "agent" is one znode, `agents/HH/ID`; all records of any other kind are one document, `docs/KIND`.
// Whoever opens the store raises the epoch, and every write checks it: an older leader's writes fail from then on.
// Every transaction also names the version of each znode that it changes. When the answer to a write is lost, the truth
// is read: nobody else can have written.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "ports/store.h"
#include "store/group_commit.h"
#include "store/record_text.h"
#include "store/zookeeper_connection.h"
#include "zookeeper/url.h"

namespace stoa::store {

class ZooKeeperStore final : public ports::RecordStore {
 public:
  struct Options {
    zookeeper::Url url;  // Its path is not used.
    std::string root;    // `/stoa/log_replicas/registry`; made if it is missing.
    std::string member;  // The own znode in the election, which must exist at the raising of the epoch. Empty: none.
    Duration session_timeout = std::chrono::seconds(10);
    Duration fetch_timeout = std::chrono::minutes(1);
    Duration store_timeout = std::chrono::seconds(20);
  };

  // Connects and raises the epoch. Blocks. Fails with unavailable, failed_precondition if the own znode has gone or the
  // registry is of a newer version, malformed if something else lies there (with its path), permission_denied.
  static Result<std::unique_ptr<ZooKeeperStore>> open(Options options);
  // Writes and answers what is queued first, if that takes no longer than 2 s.
  ~ZooKeeperStore() override;

  // Of this leader, above that of every earlier one.
  std::uint64_t epoch() const { return epoch_; }

  // Once, before the first apply(). Fails with malformed, naming the znode, if anything is not as it was written.
  Result<std::vector<ports::Record>> load_all() override;
  void apply(std::vector<ports::RecordChange> batch, Done done) override;

 private:
  struct Document {
    DocumentHead head;
    std::int32_t version = -1;  // Of its head's znode; -1: there is none.
    DocumentRecords records;
  };
  // What one transaction is to make of the registry, and what is known of it afterwards.
  struct Step {
    std::vector<zookeeper::Operation> operations;
    std::size_t bytes = 0;
    std::map<std::string, std::int32_t> agents;  // New versions; -1: removed.
    std::map<std::string, Document> documents;
    std::vector<std::string> garbage;
  };

  explicit ZooKeeperStore(Options options);

  Result<> prepare(TimePoint deadline);
  Result<> raise_epoch(TimePoint deadline);
  Result<std::vector<std::string>> names_of(const std::string& path, TimePoint deadline);
  Result<std::map<std::string, zookeeper::Node>> get_all(const std::vector<std::string>& paths, TimePoint deadline);
  Result<> load_agents(std::vector<ports::Record>& out, TimePoint deadline);
  Result<> load_documents(std::vector<ports::Record>& out, TimePoint deadline);
  Result<> load_document(const std::string& name, const std::vector<std::string>& children,
                         std::vector<ports::Record>& out, TimePoint deadline);

  Result<> write(std::span<const Batch> batches);
  Result<> write_some(std::span<const Batch>& batches, TimePoint deadline);
  Result<> add_agent(Step& step, const std::string& id, const std::optional<std::string>& bytes);
  Result<> add_document(Step& step, const std::string& name, TimePoint deadline);
  Result<> make_shards(const std::set<std::string>& shards, TimePoint deadline);
  Result<> transact(const std::vector<zookeeper::Operation>& operations, TimePoint deadline);
  Result<bool> was_done(const zookeeper::Operation& operation, TimePoint deadline);
  zookeeper::Operation epoch_check() const;
  std::string path(const std::string& below) const { return options_.root + "/" + below; }

  const Options options_;
  ZooKeeperConnection connection_;
  std::uint64_t epoch_ = 0;
  std::int32_t epoch_version_ = 0;
  std::atomic<bool> is_closing_ = false;

  // Of load_all(), then of the writing thread.
  std::map<std::string, std::int32_t> agents_;  // The version of each agent's znode.
  std::map<std::string, Document> documents_;
  std::set<std::string> shards_;

  GroupCommit commit_;  // Last: its thread uses the above.
};

}  // namespace stoa::store
