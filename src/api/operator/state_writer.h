// The four parts of GET_STATE, each also a call of its own (OPR-061): one function writes both.
#pragma once

#include "api/operator/answer_writer.h"
#include "api/reading_context.h"
#include "master/snapshot.h"

namespace stoa::api {

// Each writes one member that is a message, with its lists always present (OPR-069).
void write_get_tasks(AnswerWriter& out, Field field, const master::Snapshot& state);
void write_get_executors(AnswerWriter& out, Field field, const master::Snapshot& state);
void write_get_frameworks(AnswerWriter& out, Field field, const master::Snapshot& state);
void write_get_agents(AnswerWriter& out, Field field, const master::Snapshot& state);

}  // namespace stoa::api
