// RecordStore: what is remembered across the life of a process, as records of a kind and an id.
//
// One interface serves the master's registry and the agent's checkpoints, and one set of acceptance tests serves all
// backends (HA-063, HA-064). A record's bytes are opaque here: the core that owns a kind owns its format. Reading
// happens once, at recovery; afterwards the core holds the state and the store only makes changes durable, which is why
// there is no look-up of single records.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace stoa::ports {

// `kind` is a short constant of ours ("agent", "unreachable", "gone", "framework", "meta", ...), `id` any bytes.
struct RecordKey {
  std::string kind;
  std::string id;
  auto operator<=>(const RecordKey&) const = default;
};

struct Record {
  RecordKey key;
  std::string bytes;
  bool operator==(const Record&) const = default;
};

// Replaces the record of `key`, or erases it where there are no bytes. Erasing what does not exist succeeds.
struct RecordChange {
  RecordKey key;
  std::optional<std::string> bytes;
  bool operator==(const RecordChange&) const = default;
};

// Thread-safe. Callbacks run on a thread of the store: do little there, and post the answer to where it belongs.
class RecordStore {
 public:
  using Done = std::function<void(Result<>)>;

  virtual ~RecordStore() = default;

  // Every record, ordered by kind and id: all that was ever acknowledged, and nothing of a batch that failed (HA-063).
  // Blocks: 100,000 records of 2 KB take at most 5 s. Fails with unavailable if the backend cannot be read now, with
  // malformed if what it holds is corrupt.
  virtual Result<std::vector<Record>> load_all() = 0;

  // Makes all changes of `batch` durable in order, or none of them, then calls `done` exactly once. Batches are
  // applied, and answered, in the order of the calls; batches that queue while a write is on its way to the disk share
  // the next one, so that callers need not collect changes themselves (HA-052). An empty batch succeeds in its turn.
  // After a failure the outcome of that batch may be unknown and the store takes no more writes: all later batches fail
  // with unavailable. The caller must stop acting on its state (the leader steps down, HA-051) and read the truth anew.
  virtual void apply(std::vector<RecordChange> batch, Done done) = 0;
};

}  // namespace stoa::ports
