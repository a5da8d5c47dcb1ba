// The older documents of both daemons, as functions from one instant of the state to text. Pure: what is shown is in
// the arguments.
#pragma once

#include <string>

#include "agent/snapshot.h"
#include "api/reading_context.h"
#include "api/statistics.h"
#include "codec/json_writer.h"
#include "master/snapshot.h"
#include "model/flat_sums.h"
#include "net/url.h"

namespace stoa::api::v0 {

// GET /state (V0-040).
std::string master_state(const master::Snapshot& state, const ReadingContext& context);
// GET /state-summary (V0-060).
std::string state_summary(const master::Snapshot& state, const ReadingContext& context);
// GET /slaves; `slave_id` chooses one (V0-061).
std::string agents(const master::Snapshot& state, const net::Query& query);
// GET /frameworks; `framework_id` chooses one (V0-063).
std::string frameworks(const master::Snapshot& state, const net::Query& query);
// GET /tasks (V0-064, V0-065).
std::string tasks(const master::Snapshot& state, const net::Query& query);
// GET /roles (V0-066).
std::string roles(const master::Snapshot& state, const ReadingContext& context);

// GET /state of an agent (V0-100).
std::string agent_state(const agent::Snapshot& state, const ReadingContext& context);
// GET /containers of an agent; the filters of V0-108, checked already.
std::string agent_containers(const MeasuredAgent& agent, const net::Query& query, const ReadingContext& context);
// GET /monitor/statistics of an agent: executors that were measured (V0-105).
std::string agent_statistics(const MeasuredAgent& agent, const ReadingContext& context);

// GET /version (V0-073), GET /flags (V0-072).
std::string version(const ReadingContext& context);
std::string flags(const ReadingContext& context);

// Parts of the above: the members of an object that is open.
void write_version(codec::JsonWriter& out, const ReadingContext& context);
void write_flags(codec::JsonWriter& out, const ReadingContext& context);
void write_shown_flags(codec::JsonWriter& out, const ReadingContext& context);  // cluster, log_dir, ..., flags
void write_agent(codec::JsonWriter& out, const master::AgentView& agent);       // V0-044
void write_recovered_agents(codec::JsonWriter& out, const master::Snapshot& state, std::string_view only = {});
// The keys `id` to `recovered` of V0-047; resources are sums over the framework's tasks and offers.
struct FrameworkSums {
  model::FlatSums used;
  model::FlatSums offered;
};
void write_framework_head(codec::JsonWriter& out, const master::FrameworkView& framework, const FrameworkSums& sums);
void write_framework(codec::JsonWriter& out, const master::FrameworkView& framework);
// `slave(1)@IP:PORT`, IPv4 preferred (V0-031).
std::string pid_of(const master::AgentView& agent);
model::Resources offered_to(const master::FrameworkView& framework);
// That of an executor; for a command task its id (V0-103).
std::string source_of(const agent::ExecutorRecord& executor);
// What its executors and its tasks that have not ended hold.
model::Resources used_by(const master::FrameworkView& framework);
// The executors of a framework (V0-053), as a value.
void write_executors(codec::JsonWriter& out, const master::FrameworkView& framework);

}  // namespace stoa::api::v0
