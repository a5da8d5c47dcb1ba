#include "sim/holdings.h"

#include <fmt/format.h>

#include "base/check.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/operation.h"

namespace stoa::sim {
namespace {

using Info = mesos::v1::Offer_Operation;
using mesos::v1::Resource;

constexpr std::size_t operations_max = 200;
constexpr int draws_max = 6;             // Of operations, until there is one that suits what is left.
constexpr std::size_t volume_names = 4;  // Few, so that some are made again.

Resource with_amount(Resource resource, double amount) {
  resource.mutable_scalar()->set_value(amount);
  return resource;
}

const Resource* pick(const std::vector<Resource>& list, Random& random) {
  return list.empty() ? nullptr : &list[random.below(list.size())];
}

Info reserve(Resource resource, const std::string& role) {
  const double amount = resource.name() == "cpus" ? 0.3 : resource.name() == "mem" ? 64 : 128;
  resource.mutable_scalar()->set_value(std::min(amount, resource.scalar().value()));
  auto& reservation = *resource.add_reservations();
  reservation.set_type(Resource::ReservationInfo::DYNAMIC);
  reservation.set_role(role);
  Info operation;
  operation.set_type(Info::RESERVE);
  *operation.mutable_reserve()->add_resources() = std::move(resource);
  return operation;
}

Info create(const Resource& disk, const std::string& id, double amount) {
  Info operation;
  operation.set_type(Info::CREATE);
  Resource& volume = *operation.mutable_create()->add_volumes();
  volume = with_amount(disk, amount);
  volume.mutable_disk()->mutable_persistence()->set_id(id);
  volume.mutable_disk()->mutable_volume()->set_container_path("data-" + id);
  volume.mutable_disk()->mutable_volume()->set_mode(mesos::v1::Volume::RW);
  return operation;
}

Info grow(const Resource& volume, const Resource& addition) {
  Info operation;
  operation.set_type(Info::GROW_VOLUME);
  *operation.mutable_grow_volume()->mutable_volume() = volume;
  *operation.mutable_grow_volume()->mutable_addition() = addition;
  return operation;
}

Info shrink(const Resource& volume, double amount) {
  Info operation;
  operation.set_type(Info::SHRINK_VOLUME);
  *operation.mutable_shrink_volume()->mutable_volume() = volume;
  operation.mutable_shrink_volume()->mutable_subtract()->set_value(amount);
  return operation;
}

// An operation that says so was not done, and will not be.
bool is_refusal(int state) {
  switch (state) {
    case mesos::v1::OPERATION_FAILED:
    case mesos::v1::OPERATION_ERROR:
    case mesos::v1::OPERATION_DROPPED:
    case mesos::v1::OPERATION_UNKNOWN:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Holdings::Operation::is_done() const { return state == mesos::v1::OPERATION_FINISHED; }
bool Holdings::Operation::is_over() const { return is_done() || is_refusal(state); }

Holdings::Holdings(Environment& environment, const std::string& name, const std::string& role)
    : environment_(environment), name_(name), role_(role), asks_feedback_(environment.random.chance(0.7)) {}

Holdings::~Holdings() = default;

void Holdings::operate(const AgentId& agent, model::Resources& left, mesos::v1::scheduler::Call& accept) {
  if (count_ >= operations_max || !environment_.random.chance(environment_.plan.operations)) return;
  for (std::size_t count = 1 + environment_.random.below(3); count > 0; --count) {
    std::optional<Info> info = draw_suitable(left);
    if (!info) return;
    const auto conversion = model::convert(
        *info, {.framework_roles = {role_}, .agent_total = left.without_allocation_role(), .resources_in_use = {}});
    if (!conversion || !model::apply(*conversion, left)) return;
    if (info->has_grow_volume() || info->has_shrink_volume()) left -= conversion->converted;
    ++count_;
    if (asks_feedback_) {
      Operation& operation = operations_.emplace_back();
      operation.id = fmt::format("{}-o{}", name_, operations_.size());
      operation.agent = agent;
      operation.info = std::make_shared<const Info>(model::without_allocation(*info));
      numbers_[operation.id] = operations_.size() - 1;
      info->mutable_id()->set_value(operation.id);
    }
    *accept.mutable_accept()->add_operations() = *std::move(info);
  }
}

std::optional<Info> Holdings::draw_suitable(const model::Resources& left) {
  for (int i = 0; i < draws_max; ++i)
    if (auto info = draw(left)) return info;
  return std::nullopt;
}

std::optional<Info> Holdings::draw(const model::Resources& left) {
  google::protobuf::RepeatedPtrField<Resource> offered;
  left.to_messages(model::WireForm::new_form, offered);
  std::vector<Resource> plain;
  std::vector<Resource> reserved;
  std::vector<Resource> disks;
  std::vector<Resource> volumes;
  for (const Resource& resource : offered) {
    if (!resource.has_scalar()) continue;
    const bool is_volume = resource.disk().has_persistence();
    const bool is_reserved = !resource.reservations().empty();
    (is_volume ? volumes : is_reserved ? reserved : plain).push_back(resource);
    if (is_reserved && !is_volume && resource.name() == "disk") disks.push_back(resource);
  }
  Random& random = environment_.random;
  const Resource* volume = pick(volumes, random);
  const Resource* disk = pick(disks, random);
  Info operation;
  switch (random.below(9)) {
    case 0:
    case 1:
      if (plain.empty()) return std::nullopt;
      return reserve(*pick(plain, random), role_);
    case 2:
      if (reserved.empty()) return std::nullopt;
      operation.set_type(Info::UNRESERVE);
      *operation.mutable_unreserve()->add_resources() = *pick(reserved, random);
      return operation;
    case 3:
    case 4:
      if (disk == nullptr) return std::nullopt;
      return create(*disk, fmt::format("{}-v{}", name_, random.below(volume_names)),
                    std::min(32.0, disk->scalar().value()));
    case 5:
      if (volume == nullptr) return std::nullopt;
      operation.set_type(Info::DESTROY);
      *operation.mutable_destroy()->add_volumes() = *volume;
      return operation;
    case 6:
      if (volume == nullptr || disk == nullptr) return std::nullopt;
      return grow(*volume, with_amount(*disk, std::min(16.0, disk->scalar().value())));
    default:
      if (volume == nullptr || volume->scalar().value() <= 8) return std::nullopt;
      return shrink(*volume, 8);
  }
}

void Holdings::on_status(const mesos::v1::OperationStatus& status) {
  const auto found = numbers_.find(status.operation_id().value());
  const auto what = [&] {
    return fmt::format("operation {} {}", status.operation_id().value(), OperationState_Name(status.state()));
  };
  if (found == numbers_.end()) return environment_.laws.broken("a scheduler hears of its own operations only", what());
  Operation& operation = operations_[found->second];
  const bool contradicts = (operation.is_done() && is_refusal(status.state())) ||
                           (is_refusal(operation.state) && status.state() == mesos::v1::OPERATION_FINISHED);
  if (contradicts) {
    environment_.laws.broken("an operation has one outcome",
                             fmt::format("{} after {}", what(),
                                         OperationState_Name(static_cast<mesos::v1::OperationState>(operation.state))));
  }
  if (operation.is_over()) return;
  operation.state = status.state();
  if (operation.is_over())
    environment_.counts.add(operation.is_done() ? Happening::operation_done : Happening::operation_refused);
}

bool Holdings::reconcile(mesos::v1::scheduler::Call& call) const {
  for (const Operation& operation : operations_) {
    if (operation.is_over()) continue;
    auto& asked = *call.mutable_reconcile_operations()->add_operations();
    asked.mutable_operation_id()->set_value(operation.id);
    asked.mutable_agent_id()->set_value(operation.agent.value);
  }
  return !call.reconcile_operations().operations().empty();
}

bool Holdings::apply(const Operation& operation, model::Resources& total) {
  const auto conversion = model::convert(*operation.info, {.from_operator = true, .agent_total = total});
  return conversion && model::apply(*conversion, total);
}

}  // namespace stoa::sim
