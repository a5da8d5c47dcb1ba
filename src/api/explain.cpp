#include "api/explain.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>

#include "api/answers.h"
#include "codec/json_writer.h"
#include "mesos/v1/master/master.pb.h"
#include "model/resources.h"

namespace stoa::api {
namespace {

constexpr std::size_t explanations_max = 10'000;

Result<allocator::ExplainQuestion> question_of(const net::Query& query) {
  allocator::ExplainQuestion question;
  const auto framework = query.find("framework");
  if (framework == query.end() || framework->second.empty()) return invalid("Missing 'framework' query parameter");
  question.framework = FrameworkId(framework->second);
  if (const auto agent = query.find("agent"); agent != query.end()) question.agent = AgentId(agent->second);
  if (const auto after = query.find("after"); after != query.end()) question.after = AgentId(after->second);
  if (const auto limit = query.find("limit"); limit != query.end()) {
    const std::string& text = limit->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), question.explanations_max);
    if (error != std::errc() || end != text.data() + text.size() || question.explanations_max == 0 ||
        question.explanations_max > explanations_max) {
      return invalid(fmt::format("Expecting 'limit' to be a number from 1 to {}", explanations_max));
    }
  }
  return question;
}

void write_standing(codec::JsonWriter& out, const allocator::Standing& standing) {
  out.begin_object().key("role").string(standing.role).key("role_share").number(standing.role_share);
  out.key("framework_share").number(standing.framework_share).key("priority").integer(standing.priority);
  if (standing.ahead) out.key("ahead").unsigned_integer(*standing.ahead);
  out.end_object();
}

void write_explanation(codec::JsonWriter& out, const allocator::Explanation& explanation) {
  out.begin_object().key("agent_id").string(explanation.agent.value).key("role").string(explanation.role);
  out.key("reason").string(to_text(explanation.reason)).key("detail").string(explanation.detail);
  if (explanation.filter_left) {
    out.key("filter_left_secs").number(std::chrono::duration<double>(*explanation.filter_left).count());
  }
  out.end_object();
}

std::string text_of(const allocator::Explained& explained) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("roles").begin_array();
  for (const auto& standing : explained.standings) write_standing(out, standing);
  out.end_array().key("agents").begin_array();
  for (const auto& explanation : explained.agents) write_explanation(out, explanation);
  out.end_array();
  if (explained.next) out.key("next").string(explained.next->value);
  out.end_object();
  return text;
}

void explain(MasterReading& reading, const http::Request& request, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  auto question = question_of(request.query);
  if (!question) return responder.respond(refusal(question.error()));
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  reading.master.explain(*std::move(question), [answer](const allocator::Explained& explained) {
    if (explained.is_known) return answer->respond(http::json(text_of(explained)));
    answer->respond(refusal(404, "No framework, or agent, found with the specified id"));
  });
}

// `{"role":..,"resources":[..],"framework_id":..,"agent_id":..}`, of which the last two may be missing.
struct PlanRequest {
  FrameworkId framework;
  allocator::Demand demand;
};

Result<PlanRequest> plan_request_of(const std::string& body) {
  google::protobuf::Struct fields;
  if (!google::protobuf::util::JsonStringToMessage(body, &fields).ok())
    return invalid("Failed to parse the request body as a JSON object");
  const auto text = [&fields](const char* name) {
    const auto found = fields.fields().find(name);
    return found == fields.fields().end() ? std::string() : found->second.string_value();
  };
  PlanRequest request{.framework = FrameworkId(text("framework_id")),
                      .demand = {.role = text("role"), .bundle = {}, .agent = {}}};
  if (request.demand.role.empty()) return invalid("Expecting 'role' to be a text");
  if (!text("agent_id").empty()) request.demand.agent = AgentId(text("agent_id"));
  const auto bundle = model::Quantities::parse(text("resources"));
  if (!bundle) return invalid("'resources': " + bundle.error().message);
  if (bundle->empty()) return invalid(R"(Expecting 'resources' to be a text such as "cpus:4;mem:1024")");
  request.demand.bundle = *bundle;
  return request;
}

std::string text_of(const allocator::Plan& plan) {
  static constexpr const char* claims[] = {"none", "guaranteed", "priority"};
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().key("claim").string(claims[static_cast<int>(plan.claim)]);
  if (plan.agent) out.key("agent_id").string(plan.agent->value);
  out.key("rescinds").begin_array();
  for (const OfferId& id : plan.rescinds) out.string(id.value);
  out.end_array().key("victims").begin_array();
  for (const allocator::Work& work : plan.victims) {
    for (const TaskId& task : work.tasks) {
      out.begin_object().key("framework_id").string(work.framework.value);
      out.key("task_id").string(task.value).key("role").string(work.role).end_object();
    }
  }
  out.end_array().end_object();
  return text;
}

void plan(MasterReading& reading, const http::Request& request, http::Responder responder) {
  if (!reading.master.recovered()) return responder.respond(refusal(503, "Master has not finished recovery"));
  const auto asked = plan_request_of(request.body);
  if (!asked) return responder.respond(refusal(asked.error()));
  auto answer = std::make_shared<http::Responder>(std::move(responder));
  reading.master.plan(asked->framework, asked->demand,
                      [answer](const allocator::Plan& found) { answer->respond(http::json(text_of(found))); });
}

}  // namespace

void add_explain_routes(http::Router& router, const MasterReadingSource& reading) {
  router.add("/allocator/explain", {"GET"}, [reading](const http::Request& request, http::Responder responder) {
    explain(reading(), request, std::move(responder));
  });
  router.add("/role_priorities/plan", {"POST"}, [reading](const http::Request& request, http::Responder responder) {
    plan(reading(), request, std::move(responder));
  });
}

}  // namespace stoa::api
