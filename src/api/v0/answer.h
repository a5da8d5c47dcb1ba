// How the older endpoints answer: JSON of one instant, made away from the core's thread.
#pragma once

#include <functional>
#include <string>

#include "api/routes.h"
#include "api/statistics.h"
#include "http/message.h"

namespace stoa::api::v0 {

// `{...}` as it is, or `NAME({...})` where that is enabled and asked for; 400 for a NAME that is no identifier
// (V0-006).
http::Response json_answer(std::string json, const net::Query& query, const ReadingContext& context);

// Adds the route and its older name with `.json` (V0-003). POST is answered like GET (HTTP-204).
void add_read(http::Router& router, const std::string& path, http::Handler handler);

// The text that a request is answered with, from an instant of the state.
template <typename Snapshot>
using Document = std::function<std::string(const Snapshot&, const net::Query&, const ReadingContext&)>;

// Whether an endpoint is 503 until what was known before the start is known again.
enum class Needs { nothing, recovery };

// Asks for the state, makes the answer on the rendering loop, shares it with equal requests (OPR-065).
void answer_document(MasterReading& reading, http::Request request, http::Responder responder,
                     const Document<master::Snapshot>& document, Needs needs = Needs::recovery);
void answer_document(AgentReading& reading, http::Request request, http::Responder responder,
                     const Document<agent::Snapshot>& document, Needs needs = Needs::recovery);

// The same with what the containers use.
using MeasuredDocument = std::function<std::string(const MeasuredAgent&, const net::Query&, const ReadingContext&)>;
void answer_measured(AgentReading& reading, http::Request request, http::Responder responder,
                     const MeasuredDocument& document);

// Equal for two requests with the same answer.
std::string key_of(const http::Request& request);

}  // namespace stoa::api::v0
