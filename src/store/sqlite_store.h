// SqliteStore: records in one SQLite file, the store of a master or agent that needs no other service.
//
// Write-ahead log with full synchronisation: a commit is on the disk before it is answered (HA-060). An operator can
// look at the file with SQLite's own shell while it is in use. A file that cannot be trusted is refused, never
// replaced: to start empty would make every running task an orphan (HA-061).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ports/store.h"
#include "store/copies.h"
#include "store/file_lock.h"
#include "store/group_commit.h"
#include "store/sqlite.h"

namespace stoa::store {

class SqliteStore final : public ports::RecordStore {
 public:
  struct Options {
    std::string path;  // Of the file; its directory must exist. Beside it: PATH.lock, copies.
    Duration copy_interval = std::chrono::hours(1);  // HA-062.
    std::size_t copies_max = 24;                     // 0: none are made.
  };

  // Opens the file, or makes it if it is missing, and checks it, O(its size). Fails with failed_precondition if another
  // process has it ("work directory 'DIR' is in use by pid N") or if its schema is newer than known, with malformed if
  // it is corrupt, naming the file and the last good copy.
  static Result<std::unique_ptr<SqliteStore>> open(Options options);
  // Writes and answers what is queued first.
  ~SqliteStore() override;

  Result<std::vector<ports::Record>> load_all() override;
  void apply(std::vector<ports::RecordChange> batch, Done done) override;

 private:
  SqliteStore(const Options& options, FileLock lock, Database database, Statement put, Statement erase);
  Result<> write(std::span<const Batch> batches);
  Result<> write_changes(std::span<const Batch> batches);

  const FileLock lock_;
  std::mutex mutex_;  // Guards the connection: the writing thread and load_all use it.
  Database database_;
  Statement put_;
  Statement erase_;
  std::optional<CopyTimer> copies_;
  GroupCommit commit_;  // Last: its thread uses the above.
};

}  // namespace stoa::store
