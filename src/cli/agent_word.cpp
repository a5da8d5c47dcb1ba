#include "cli/agent_word.h"

#include <fmt/format.h>

#include "net/url.h"

namespace stoa::cli {
namespace {

bool fits(const JsonValue& agent, const std::string& word) {
  const std::string& id = agent["id"].text();
  return id == word || id.ends_with("-" + word) || agent["hostname"].text() == word || address_of(agent) == word;
}

}  // namespace

std::string address_of(const JsonValue& agent) {
  const std::string& pid = agent["pid"].text();
  const auto parsed = net::HostPort::parse(pid.substr(pid.find('@') + 1), 5051);
  return parsed ? parsed->host : "";
}

Result<const JsonValue*> find_agent(const JsonValue& state, const std::string& word) {
  const JsonValue* found = nullptr;
  for (const JsonValue& agent : state["slaves"].elements()) {
    if (agent["id"].text() == word) return &agent;
    if (!fits(agent, word)) continue;
    if (found != nullptr) {
      return fail(Code::failed_precondition, fmt::format("'{}' fits agents {} and {}: give the id", word,
                                                         (*found)["id"].text(), agent["id"].text()));
    }
    found = &agent;
  }
  if (found == nullptr) return fail(Code::not_found, fmt::format("there is no agent '{}'; see stoa agents", word));
  return found;
}

}  // namespace stoa::cli
