#include "api/v0/answer.h"

#include <algorithm>

#include "api/answers.h"

namespace stoa::api::v0 {
namespace {

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.'; });
}

template <typename Port, typename Snapshot>
Renderings::Render rendering(Port& port, std::shared_ptr<const ReadingContext> context, net::Query query,
                             Document<Snapshot> document) {
  return [&port, context = std::move(context), query = std::move(query),
          document = std::move(document)](const Renderings::Done& done) {
    port.snapshot([context, query, document, done](std::shared_ptr<const Snapshot> state) {
      context->loop->post([context, query, document, done, state = std::move(state)] {
        done(json_answer(document(*state, query, *context), query, *context));
      });
    });
  };
}

}  // namespace

http::Response json_answer(std::string json, const net::Query& query, const ReadingContext& context) {
  const auto name = query.find("jsonp");
  if (!context.jsonp || name == query.end()) return http::json(std::move(json));
  if (!is_identifier(name->second)) return refusal(400, "Expecting 'jsonp' to be an identifier");
  http::Response response;
  response.headers.set("Content-Type", "text/javascript");
  response.body = name->second + "(" + json + ")";
  return response;
}

void add_read(http::Router& router, const std::string& path, http::Handler handler) {
  router.add(path, {"GET", "POST"}, handler);
  router.add(path + ".json", {"GET", "POST"}, std::move(handler));
}

std::string key_of(const http::Request& request) {
  // Older spellings and deeper paths share with the plain one: only the first segment decides.
  std::string key = request.path.substr(0, request.path.find('/', 1));
  if (key.ends_with(".json")) key.resize(key.size() - 5);
  for (const auto& [name, value] : request.query) {
    key.append(1, '\0').append(name).append(1, '\0').append(value);
  }
  return key;
}

void answer_document(MasterReading& reading, http::Request request, http::Responder responder,
                     const Document<master::Snapshot>& document, Needs needs) {
  if (needs == Needs::recovery && !reading.master.recovered()) {
    return responder.respond(refusal(503, "Master has not finished recovery"));
  }
  std::string key = key_of(request);
  reading.renderings->answer(
      std::move(key),
      rendering<MasterPort, master::Snapshot>(reading.master, reading.context, std::move(request.query), document),
      std::move(responder));
}

void answer_document(AgentReading& reading, http::Request request, http::Responder responder,
                     const Document<agent::Snapshot>& document, Needs needs) {
  if (needs == Needs::recovery && !reading.agent.recovered()) {
    return responder.respond(refusal(503, "Agent has not finished recovery"));
  }
  std::string key = key_of(request);
  reading.renderings->answer(
      std::move(key),
      rendering<AgentPort, agent::Snapshot>(reading.agent, reading.context, std::move(request.query), document),
      std::move(responder));
}

void answer_measured(AgentReading& reading, http::Request request, http::Responder responder,
                     const MeasuredDocument& document) {
  if (!reading.agent.recovered()) return responder.respond(refusal(503, "Agent has not finished recovery"));
  std::string key = key_of(request);
  const auto render = [&agent = reading.agent, context = reading.context, query = std::move(request.query),
                       document](const Renderings::Done& done) {
    agent.snapshot([=](std::shared_ptr<const agent::Snapshot> state) {
      measure(*context, [=](std::shared_ptr<const ports::UsageSample> usage) {
        context->loop->post(
            [=] { done(json_answer(document({.state = *state, .usage = *usage}, query, *context), query, *context)); });
      });
    });
  };
  reading.renderings->answer(std::move(key), render, std::move(responder));
}

}  // namespace stoa::api::v0
