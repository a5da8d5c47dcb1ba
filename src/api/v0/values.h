// The values that the older documents share: flat resources, statuses, tasks (V0-020 to V0-036). Written straight from
// messages, without a document in between.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_writer.h"
#include "model/flat_sums.h"
#include "model/resources.h"
#include "model/v0_resources.h"
#include "proto/forward.h"

namespace mesos::v1 {
class Labels;
class Resource;
}  // namespace mesos::v1

namespace stoa::api::v0 {

using Messages = google::protobuf::RepeatedPtrField<mesos::v1::Resource>;

// The resources of a record of ours; whatever is no resource is left out.
model::Resources resources_of(const Messages& messages);

void write_flat(codec::JsonWriter& out, const model::FlatObject& object);
void write_resources(codec::JsonWriter& out, const model::FlatSums& resources);
void write_resources(codec::JsonWriter& out, const model::Resources& resources);
// `{ROLE: {...}}` by current owner (V0-045).
void write_reserved(codec::JsonWriter& out, const model::Resources& resources);
// Full messages with the old fields beside the new ones (V0-023): `[...]`, and `{ROLE: [...]}` of the reserved ones.
void write_full(codec::JsonWriter& out, const model::Resources& resources);
void write_reserved_full(codec::JsonWriter& out, const model::Resources& resources);
void write_attributes(codec::JsonWriter& out, const mesos::v1::AgentInfo& info);
// `[{"key":..,"value":..}]` (V0-025).
void write_labels(codec::JsonWriter& out, const mesos::v1::Labels& labels);
void write_task(codec::JsonWriter& out, const mesos::v1::Task& task);
// The same for who knows the sums of its resources already.
void write_task(codec::JsonWriter& out, const mesos::v1::Task& task, const model::FlatSums& resources);
// `role` of a framework that knows one role only, else `roles` (V0-047).
void write_roles(codec::JsonWriter& out, const mesos::v1::FrameworkInfo& info);

// The role that a list of resources is allocated to; `*` if they do not say.
std::string_view allocation_role_of(const Messages& messages);

bool is_multi_role(const mesos::v1::FrameworkInfo& info);

}  // namespace stoa::api::v0
