// Authentication of callers over HTTP: from flags to the realms that guard the endpoints (SEC-011, SEC-030, SEC-033).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/admission.h"
#include "base/flags/table.h"
#include "base/result.h"

namespace stoa::daemon {

struct AuthenticationFlags {
  bool readonly = false;
  bool readwrite = false;
  bool frameworks = false;  // The scheduler realm; master only.
  flags::Path credentials;
  std::string authenticators = "basic";
  bool allow_insecure_files = false;
};

// `credentials_flag` is what the daemon's file of credentials is called.
void add_authentication_flags(flags::Table& table, AuthenticationFlags& flags, const std::string& credentials_flag);

// The realms that the flags switch on, with the credentials of the file. Reads it. Fails with invalid_argument if a
// realm is on without credentials, if the file is wrong, or if others may read it: then the message has the chmod to
// run.
Result<api::Realms> make_realms(const AuthenticationFlags& flags, api::Daemon daemon);

}  // namespace stoa::daemon
