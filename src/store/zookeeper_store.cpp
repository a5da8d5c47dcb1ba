#include "store/zookeeper_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "net/loop.h"

namespace stoa::store {
namespace {

using zookeeper::Kind;
using zookeeper::Node;
using zookeeper::Operation;
using zookeeper::Readers;
using zookeeper::Session;
using Type = Operation::Type;

constexpr std::string_view format = R"({"version":1,"shards":256})";
constexpr std::string_view agent_kind = "agent";
// Requests on their way at one time while reading.
constexpr std::size_t reads_max = 512;

Error at(const std::string& path, std::string_view why) {
  return {Code::malformed, fmt::format("registry: {}: {}", path, why)};
}

}  // namespace

ZooKeeperStore::ZooKeeperStore(Options options)
    : options_(std::move(options)),
      connection_(options_.url, options_.session_timeout),
      commit_([this](std::span<const Batch> batches) { return write(batches); }) {}

ZooKeeperStore::~ZooKeeperStore() { is_closing_ = true; }

Result<std::unique_ptr<ZooKeeperStore>> ZooKeeperStore::open(Options options) {
  std::unique_ptr<ZooKeeperStore> store(new ZooKeeperStore(std::move(options)));
  const TimePoint deadline = net::now() + store->options_.fetch_timeout;
  TRY(store->prepare(deadline));
  TRY(store->raise_epoch(deadline));
  return store;
}

// Makes an empty registry where there is none; refuses what is not one of ours.
Result<> ZooKeeperStore::prepare(TimePoint deadline) {
  const std::string& root = options_.root;
  TRY(connection_.until_answered<void>(deadline, [&](Session& session, Session::Done<void> done) {
    session.create_all(root.substr(0, std::max<std::size_t>(root.rfind('/'), 1)), Readers::world, std::move(done));
  }));
  TRY(connection_.until_answered<void>(deadline, [&](Session& session, Session::Done<void> done) {
    session.create_all(root, Readers::owner, std::move(done));
  }));
  LET(const std::vector<std::string> names, names_of(root, deadline));
  if (names.empty()) {
    std::vector<Operation> operations{{Type::create, path("format"), std::string(format)},
                                      {Type::create, path("epoch"), "0"},
                                      {Type::create, path("agents"), ""},
                                      {Type::create, path("docs"), ""}};
    auto made = connection_.once<void>(deadline, [&](Session& session, Session::Done<void> done) {
      session.transact(operations, Readers::owner, std::move(done));
    });
    // If the answer was lost, or another master made it, it shows now.
    if (!made && made.error().code != Code::unavailable && made.error().code != Code::already_exists) return made;
    return prepare(deadline);
  }
  for (const std::string& name : names) {
    if (name != "format" && name != "epoch" && name != "agents" && name != "docs") {
      return std::unexpected(at(path(name), "it is no part of a registry of stoa"));
    }
  }
  LET(const auto nodes, get_all({path("format")}, deadline));
  const auto found = nodes.find(path("format"));
  if (found == nodes.end()) return std::unexpected(at(path("format"), "it is missing"));
  if (found->second.bytes != format) {
    return fail(Code::failed_precondition, fmt::format("registry: {}: '{}' is not the format of this version, '{}'",
                                                       path("format"), found->second.bytes.substr(0, 200), format));
  }
  return {};
}

Result<> ZooKeeperStore::raise_epoch(TimePoint deadline) {
  for (;;) {
    LET(const auto nodes, get_all({path("epoch")}, deadline));
    const auto found = nodes.find(path("epoch"));
    const auto epoch = found == nodes.end() ? std::nullopt : read_number(found->second.bytes);
    if (!epoch) return std::unexpected(at(path("epoch"), "it is no number"));
    std::vector<Operation> operations;
    if (!options_.member.empty()) operations.push_back({Type::check, options_.member});
    operations.push_back({Type::set, path("epoch"), fmt::to_string(*epoch + 1), found->second.version});
    const Result<> raised = connection_.once<void>(std::min(deadline, net::now() + options_.session_timeout),
                                                   [&](Session& session, Session::Done<void> done) {
                                                     session.transact(operations, Readers::owner, std::move(done));
                                                   });
    if (raised) {
      epoch_ = *epoch + 1;
      epoch_version_ = found->second.version + 1;
      return {};
    }
    if (raised.error().code == Code::not_found) {
      return fail(Code::failed_precondition,
                  fmt::format("{} has gone: this master is elected no more", options_.member));
    }
    // Whoever raised it, perhaps we without hearing of it: once more, from what it is now.
    const bool again = raised.error().code == Code::unavailable || raised.error().code == Code::failed_precondition;
    if (!again || net::now() >= deadline) return raised;
  }
}

// ---- Reading

Result<std::vector<std::string>> ZooKeeperStore::names_of(const std::string& path, TimePoint deadline) {
  using Names = std::optional<std::vector<std::string>>;
  LET(Names names, connection_.until_answered<Names>(deadline, [&](Session& session, Session::Done<Names> done) {
    session.children(path, false, std::move(done));
  }));
  std::vector<std::string> result = std::move(names).value_or(std::vector<std::string>());
  std::ranges::sort(result);
  return result;
}

// What of them exists. Many requests are on their way at once.
Result<std::map<std::string, Node>> ZooKeeperStore::get_all(const std::vector<std::string>& paths, TimePoint deadline) {
  using Nodes = std::map<std::string, Node>;
  struct Reading {
    const std::vector<std::string> paths;
    Session::Done<Nodes> done;
    Nodes nodes;
    std::optional<Error> error;
    std::size_t next = 0;
    std::size_t open = 0;

    static void go_on(const std::shared_ptr<Reading>& self, Session& session) {
      while (!self->error && self->next < self->paths.size() && self->open < reads_max) {
        const std::string& path = self->paths[self->next++];
        ++self->open;
        session.get(path, [self, &session, &path](Result<Node> node) {
          --self->open;
          if (node) {
            self->nodes.emplace(path, *std::move(node));
          } else if (node.error().code != Code::not_found) {
            self->error = std::move(node).error();
          }
          go_on(self, session);
        });
      }
      if (self->open > 0 || !self->done) return;
      const auto done = std::exchange(self->done, nullptr);
      if (self->error) return done(std::unexpected(*self->error));
      done(std::move(self->nodes));
    }
  };
  // Not bound to a session's timeout: it may be much to read.
  for (;;) {
    Result<Nodes> nodes = connection_.once<Nodes>(deadline, [&](Session& session, Session::Done<Nodes> done) {
      Reading::go_on(std::make_shared<Reading>(paths, std::move(done)), session);
    });
    if (nodes || nodes.error().code != Code::unavailable || net::now() >= deadline) return nodes;
  }
}

Result<std::vector<ports::Record>> ZooKeeperStore::load_all() {
  const TimePoint deadline = net::now() + options_.fetch_timeout;
  TRY(connection_.until_answered<void>(
      deadline, [&](Session& session, Session::Done<void> done) { session.sync(options_.root, std::move(done)); }));
  std::vector<ports::Record> records;
  TRY(load_agents(records, deadline));
  TRY(load_documents(records, deadline));
  std::ranges::sort(records, {}, &ports::Record::key);
  return records;
}

Result<> ZooKeeperStore::load_agents(std::vector<ports::Record>& out, TimePoint deadline) {
  agents_.clear();
  shards_.clear();
  LET(const std::vector<std::string> shards, names_of(path("agents"), deadline));
  std::vector<std::string> paths;
  for (const std::string& shard : shards) {
    const std::string below = path("agents/" + shard);
    if (shard.size() != 2 || shard.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return std::unexpected(at(below, "it is no shard of a registry"));
    }
    shards_.insert(shard);
    LET(const std::vector<std::string> ids, names_of(below, deadline));
    for (const std::string& id : ids) {
      if (shard_of(id) != shard) return std::unexpected(at(below + "/" + id, "it lies in a wrong shard"));
      paths.push_back(below + "/" + id);
    }
  }
  LET(auto nodes, get_all(paths, deadline));
  for (auto& [path, node] : nodes) {
    const std::string id = path.substr(path.rfind('/') + 1);
    agents_[id] = node.version;
    out.push_back({{std::string(agent_kind), id}, std::move(node.bytes)});
  }
  return {};
}

Result<> ZooKeeperStore::load_documents(std::vector<ports::Record>& out, TimePoint deadline) {
  documents_.clear();
  LET(const std::vector<std::string> children, names_of(path("docs"), deadline));
  for (const std::string& name : children) {
    if (name.find('.') == std::string::npos) TRY(load_document(name, children, out, deadline));
  }
  // Chunks that no head names were left by somebody who got no further.
  std::vector<Operation> garbage;
  for (const std::string& name : children) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) continue;
    const auto document = documents_.find(name.substr(0, dot));
    const bool is_named = document != documents_.end() &&
                          name.starts_with(fmt::format("{}.{}.", document->first, document->second.head.generation));
    if (!is_named) garbage.push_back({Type::remove, path("docs/" + name)});
  }
  for (const Operation& each : garbage) {
    TRY(transact({epoch_check(), each}, deadline));
  }
  return {};
}

Result<> ZooKeeperStore::load_document(const std::string& name, const std::vector<std::string>& children,
                                       std::vector<ports::Record>& out, TimePoint deadline) {
  const std::string head_path = path("docs/" + name);
  std::vector<std::string> paths{head_path};
  for (const std::string& child : children) {
    if (child.starts_with(name + ".")) paths.push_back(path("docs/" + child));
  }
  LET(const auto nodes, get_all(paths, deadline));
  const auto found = nodes.find(head_path);
  if (found == nodes.end()) return std::unexpected(at(head_path, "it has gone while it was read"));
  const auto head = read_head(found->second.bytes);
  if (!head) return std::unexpected(at(head_path, "it is no head of a document"));
  std::string bytes;
  for (std::uint64_t i = 0; i < head->chunks; ++i) {
    const std::string chunk = fmt::format("{}.{}.{}", head_path, head->generation, i);
    const auto part = nodes.find(chunk);
    if (part == nodes.end()) return std::unexpected(at(chunk, "it is missing"));
    bytes += part->second.bytes;
  }
  if (bytes.size() != head->bytes || sha256_hex(bytes) != head->sha256) {
    return std::unexpected(at(head_path, "its content is not what was written"));
  }
  auto records = read_document(bytes);
  if (!records) return std::unexpected(at(head_path, records.error().message));
  for (const auto& [id, content] : *records) out.push_back({{name, id}, content});
  documents_[name] = {*head, found->second.version, *std::move(records)};
  return {};
}

}  // namespace stoa::store
