// Admission: whether a request may reach its handler, by who asks and by who leads.
//
// One table says for every path which realm guards it and whether only a leader serves it (SEC-010, HTTP-050,
// HTTP-060); what is in no table is guarded like the operator's calls and served by the leader only, so that a
// forgotten line never opens anything. Who asks is decided before who leads (HTTP-058), both before the method and the
// body (HTTP-059).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "election/election.h"
#include "http/router.h"
#include "security/realm.h"

namespace stoa::api {

enum class Daemon { master, agent };

// The realm that guards a route; empty: none, everybody passes.
std::string realm_of(Daemon daemon, std::string_view route);
// Whether only the leading master answers it.
bool needs_leader(std::string_view route);

using Realms = std::map<std::string, security::Realm, std::less<>>;

struct AdmissionOptions {
  Daemon daemon = Daemon::master;
  Realms realms;  // Realms that are not here are open.
  // Thread-safe. Null: there is nobody else to send anyone to.
  std::function<election::Leadership()> leadership;
};

// For RouterOptions::admit.
http::Admit admission(AdmissionOptions options);

// To the leader's root without path for /redirect, else to the same target behind the component's prefix; 503 if there
// is no leader. Nothing of a target but its own, still encoded bytes gets into the header (SEC-209).
http::Response redirect_to(const election::Leadership& leadership, std::string_view target);

}  // namespace stoa::api
