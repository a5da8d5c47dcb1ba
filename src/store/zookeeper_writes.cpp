// How changes of the registry become transactions of ZooKeeper (HA-071 to HA-075).
#include <fmt/format.h>

#include <utility>

#include "net/loop.h"
#include "store/zookeeper_store.h"

namespace stoa::store {
namespace {

using zookeeper::Node;
using zookeeper::Operation;
using zookeeper::Readers;
using zookeeper::Session;
using Type = Operation::Type;
using namespace std::chrono_literals;

// Servers refuse requests above 1 MB; half of it leaves room for what is around the content (HA-071).
constexpr std::size_t transaction_bytes_max = 512 << 10;
constexpr std::size_t transaction_operations_max = 500;
constexpr std::size_t document_operations = 3;  // Its new chunk, its head, its old chunk.
constexpr std::size_t chunk_bytes = 256 << 10;
// Of what a path and the fields of an operation take.
constexpr std::size_t operation_overhead = 256;
constexpr Duration closing_timeout = 2s;

bool is_component(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return false;
  for (const char c : name) {
    if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

// What a batch adds to a transaction. Documents are weighed when they are written, however many records they hold.
struct Weight {
  std::size_t bytes = 0;
  std::size_t operations = 0;
};
Weight weight_of(const Batch& batch) {
  Weight weight;
  std::set<std::string_view> documents;
  for (const ports::RecordChange& change : batch.changes) {
    if (change.key.kind != "agent") {
      documents.insert(change.key.kind);
      continue;
    }
    weight.bytes += operation_overhead + (change.bytes ? change.bytes->size() : 0);
    ++weight.operations;
  }
  weight.operations += documents.size() * document_operations;
  return weight;
}

}  // namespace

void ZooKeeperStore::apply(std::vector<ports::RecordChange> batch, Done done) {
  commit_.add({std::move(batch), std::move(done)});
}

Operation ZooKeeperStore::epoch_check() const { return {Type::check, path("epoch"), "", epoch_version_}; }

Result<> ZooKeeperStore::write(std::span<const Batch> batches) {
  const TimePoint deadline = net::now() + (is_closing_ ? closing_timeout : options_.store_timeout);
  while (!batches.empty()) TRY(write_some(batches, deadline));
  return {};
}

// Takes as many batches off the front as fit one transaction, and makes them durable.
Result<> ZooKeeperStore::write_some(std::span<const Batch>& batches, TimePoint deadline) {
  std::map<std::string, std::optional<std::string>> agents;  // The newest of each.
  std::map<std::string, Document> documents;
  std::size_t bytes = 0;
  std::size_t count = 0;
  std::size_t taken = 0;
  while (taken < batches.size()) {
    const Batch& batch = batches[taken];
    const Weight weight = weight_of(batch);
    const bool fits =
        bytes + weight.bytes <= transaction_bytes_max && count + weight.operations < transaction_operations_max;
    if (!fits && taken > 0) break;
    if (!fits) {
      return fail(Code::resource_exhausted, fmt::format("registry: a change of {} records and {} bytes is too large",
                                                        batch.changes.size(), weight.bytes));
    }
    ++taken;
    bytes += weight.bytes;
    count += weight.operations;
    for (const ports::RecordChange& change : batch.changes) {
      if (change.key.kind == "agent") {
        agents[change.key.id] = change.bytes;
        continue;
      }
      if (!is_component(change.key.kind) || change.key.kind.find('.') != std::string::npos) {
        return invalid(fmt::format("registry: '{}' is no kind of record", change.key.kind));
      }
      const auto known = documents_.find(change.key.kind);
      Document& document =
          documents.try_emplace(change.key.kind, known == documents_.end() ? Document() : known->second).first->second;
      if (change.bytes) {
        document.records[change.key.id] = *change.bytes;
      } else {
        document.records.erase(change.key.id);
      }
    }
  }
  batches = batches.subspan(taken);

  Step step{.operations = {epoch_check()}};
  std::set<std::string> missing;
  for (const auto& [id, content] : agents) {
    if (content && !shards_.contains(shard_of(id))) missing.insert(shard_of(id));
  }
  TRY(make_shards(missing, deadline));
  for (const auto& [id, content] : agents) TRY(add_agent(step, id, content));
  step.documents = std::move(documents);
  for (const auto& [name, document] : std::map(step.documents)) TRY(add_document(step, name, deadline));
  if (step.operations.size() == 1) return {};  // What was to go was never there.
  TRY(transact(step.operations, deadline));
  for (const auto& [id, version] : step.agents) {
    if (version < 0) {
      agents_.erase(id);
    } else {
      agents_[id] = version;
    }
  }
  for (auto& [name, document] : step.documents) documents_[name] = std::move(document);
  // Chunks that no head names any more: whoever recovers removes those that stay.
  for (const std::string& garbage : step.garbage) {
    connection_.once<void>(net::now() + 1s, [&](Session& session, Session::Done<void> done) {
      session.transact({epoch_check(), {Type::remove, garbage}}, Readers::owner, std::move(done));
    });
  }
  return {};
}

Result<> ZooKeeperStore::make_shards(const std::set<std::string>& shards, TimePoint deadline) {
  if (shards.empty()) return {};
  std::vector<Operation> operations{epoch_check()};
  for (const std::string& shard : shards) operations.push_back({Type::create, path("agents/" + shard), ""});
  TRY(transact(operations, deadline));
  shards_.insert(shards.begin(), shards.end());
  return {};
}

Result<> ZooKeeperStore::add_agent(Step& step, const std::string& id, const std::optional<std::string>& bytes) {
  if (!is_component(id)) return invalid(fmt::format("registry: '{}' is no id of an agent", id));
  const auto known = agents_.find(id);
  if (!bytes && known == agents_.end()) return {};
  const std::string node = path(fmt::format("agents/{}/{}", shard_of(id), id));
  if (!bytes) {
    step.operations.push_back({Type::remove, node, "", known->second});
    step.agents[id] = -1;
  } else if (known == agents_.end()) {
    step.operations.push_back({Type::create, node, *bytes});
    step.agents[id] = 0;
  } else {
    step.operations.push_back({Type::set, node, *bytes, known->second});
    step.agents[id] = known->second + 1;
  }
  return {};
}

// A small document changes within the step's transaction; the chunks of a large one are written before it.
Result<> ZooKeeperStore::add_document(Step& step, const std::string& name, TimePoint deadline) {
  Document& document = step.documents.at(name);
  const DocumentHead old = document.head;
  const std::string head = path("docs/" + name);
  const std::string bytes = write_document(document.records);
  document.head = {old.generation + 1, (bytes.size() + chunk_bytes - 1) / chunk_bytes, bytes.size(), sha256_hex(bytes)};
  const auto chunk_path = [&](const DocumentHead& of, std::uint64_t i) {
    return fmt::format("{}.{}.{}", head, of.generation, i);
  };
  std::size_t size = bytes.size();
  for (const Operation& each : step.operations) size += each.bytes.size() + operation_overhead;
  const bool is_small = size + 3 * operation_overhead <= transaction_bytes_max && document.head.chunks <= 1;
  for (std::uint64_t i = 0; i < document.head.chunks; ++i) {
    Operation chunk{Type::create, chunk_path(document.head, i), bytes.substr(i * chunk_bytes, chunk_bytes)};
    if (is_small) {
      step.operations.push_back(std::move(chunk));
    } else {
      TRY(transact({epoch_check(), std::move(chunk)}, deadline));
    }
  }
  if (document.version < 0) {
    step.operations.push_back({Type::create, head, write_head(document.head)});
  } else {
    step.operations.push_back({Type::set, head, write_head(document.head), document.version});
  }
  ++document.version;
  for (std::uint64_t i = 0; i < old.chunks; ++i) {
    if (old.chunks == 1) {
      step.operations.push_back({Type::remove, chunk_path(old, i)});
    } else {
      step.garbage.push_back(chunk_path(old, i));
    }
  }
  return {};
}

// Done for good, or refused for good. `operations` begin with the check of the epoch; the first change tells whether
// they were done, since they are done together (HA-075).
Result<> ZooKeeperStore::transact(const std::vector<Operation>& operations, TimePoint deadline) {
  bool is_unknown = false;
  for (;;) {
    const Result<> done = connection_.once<void>(std::min(deadline, net::now() + options_.session_timeout),
                                                 [&](Session& session, Session::Done<void> answer) {
                                                   session.transact(operations, Readers::owner, std::move(answer));
                                                 });
    if (done) return {};
    const bool is_lost = done.error().code == Code::unavailable;
    // What was refused may have been refused because an earlier try was carried out after all.
    if (!is_lost && !is_unknown) return done;
    is_unknown = true;
    if (net::now() >= deadline) return done;
    LET(const bool was, was_done(operations[1], deadline));
    if (was) return {};
    if (!is_lost) return done;
  }
}

Result<bool> ZooKeeperStore::was_done(const Operation& operation, TimePoint deadline) {
  TRY(connection_.until_answered<void>(
      deadline, [&](Session& session, Session::Done<void> done) { session.sync(options_.root, std::move(done)); }));
  LET(const auto nodes, get_all({operation.path, path("epoch")}, deadline));
  const auto epoch = nodes.find(path("epoch"));
  if (epoch == nodes.end() || epoch->second.version != epoch_version_) {
    return fail(Code::failed_precondition, "registry: another master has begun a later epoch");
  }
  const auto found = nodes.find(operation.path);
  switch (operation.type) {
    case Type::create:
      return found != nodes.end();
    case Type::set:
      return found != nodes.end() && found->second.version == operation.version + 1;
    case Type::remove:
      return found == nodes.end();
    case Type::check:
      return true;
  }
  return false;
}

}  // namespace stoa::store
