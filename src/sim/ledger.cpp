#include "sim/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/checkpoint.h"
#include "agent/volumes.h"
#include "mesos/v1/mesos.pb.h"
#include "model/operation.h"
#include "stoa/checkpoint.pb.h"
#include "stoa/link.pb.h"

namespace stoa::sim {
namespace {

using Operation = mesos::v1::Offer_Operation;

std::optional<Happening> happening_of(const Operation& operation) {
  switch (operation.type()) {
    case Operation::RESERVE:
      return Happening::reserved;
    case Operation::UNRESERVE:
      return Happening::unreserved;
    case Operation::CREATE:
      return Happening::created;
    case Operation::DESTROY:
      return Happening::destroyed;
    case Operation::GROW_VOLUME:
      return Happening::grown;
    case Operation::SHRINK_VOLUME:
      return Happening::shrunk;
    default:
      return std::nullopt;
  }
}

Disk::Directories directories_of(const model::Resources& resources, const std::string& work_dir) {
  Disk::Directories result;
  for (const auto& [resource, count] : resources)
    if (resource.is_persistent_volume()) result.insert(agent::volume_directory(resource, work_dir));
  return result;
}

}  // namespace

void Ledger::ordered(const link::ApplyOperation& order) {
  const auto known = [&](const auto& entry) { return entry.first == order.operation_uuid(); };
  if (std::ranges::any_of(orders_, known)) return;
  orders_.emplace_back(order.operation_uuid(),
                       Order{FrameworkId(order.framework_id().value()),
                             std::make_shared<const Operation>(model::without_allocation(order.info()))});
}

std::optional<Violation> Ledger::written(const std::vector<agent::Change>& changes,
                                         const std::set<FrameworkId>& silent) {
  std::set<std::string> finished;
  for (const agent::Change& change : changes) {
    if (!change.bytes) continue;
    if (change.kind == agent::resources_kind) {
      checkpoint::Resources record;
      if (!record.ParseFromString(*change.bytes)) return Violation{"records can be read", "resources"};
      stored_ = model::Resources::from_messages(record.total()).value();
      target_.reset();
      if (record.has_target()) target_ = model::Resources::from_messages(record.target()).value();
    } else if (change.kind == agent::operation_kind) {
      checkpoint::Operation record;
      if (!record.ParseFromString(*change.bytes)) return Violation{"records can be read", "operation " + change.id};
      const std::string& uuid = record.operation().uuid().value();
      const int state = record.operation().latest_status().state();
      if (state == mesos::v1::OPERATION_FINISHED) finished.insert(uuid);
      if (state != mesos::v1::OPERATION_FINISHED && state != mesos::v1::OPERATION_PENDING)
        std::erase_if(orders_, [&](const auto& entry) { return entry.first == uuid; });
    }
  }
  if (auto broken = settle(finished)) return broken;
  if (stored_ == total_) return std::nullopt;
  for (auto order = orders_.begin(); order != orders_.end() && !(stored_ == total_);)
    order = silent.contains(order->second.framework) && apply(order->second) ? orders_.erase(order) : order + 1;
  if (stored_ == total_) return std::nullopt;
  return Violation{"no reservation is lost",
                   fmt::format("its operations make {}, its record says {}", total_.to_text(), stored_.to_text())};
}

std::optional<Violation> Ledger::settle(const std::set<std::string>& finished) {
  for (auto order = orders_.begin(); order != orders_.end();) {
    if (!finished.contains(order->first)) {
      ++order;
      continue;
    }
    if (!apply(order->second))
      return Violation{"what is done could be done",
                       order->second.info->ShortDebugString() + " on " + total_.to_text()};
    order = orders_.erase(order);
  }
  return std::nullopt;
}

bool Ledger::apply(const Order& order) {
  const auto conversion = model::convert(*order.info, {.from_operator = true, .agent_total = total_});
  if (!conversion || !model::apply(*conversion, total_)) return false;
  if (const auto what = happening_of(*order.info)) counts_.add(*what);
  return true;
}

std::optional<Violation> Ledger::check(const Disk::Directories& directories) const {
  if (const auto unique = model::check_persistence_ids(stored_); !unique)
    return Violation{"no volume's data has two owners", unique.error().message};
  const Disk::Directories now = directories_of(stored_, work_dir_);
  const Disk::Directories then = target_ ? directories_of(*target_, work_dir_) : now;
  for (const auto& directory : directories)
    if (!now.contains(directory) && !then.contains(directory))
      return Violation{"no volume's data is without an owner", directory.path};
  for (const auto& directory : now)
    if (then.contains(directory) && !directories.contains(directory))
      return Violation{"no volume is without its data", directory.path};
  return std::nullopt;
}

}  // namespace stoa::sim
