// Cluster: the daemons that a command talks to, found by what the user said or by default (FE-071).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/json_value.h"
#include "http/client.h"
#include "net/loop.h"
#include "net/url.h"
#include "stoa/scheduler.h"

namespace stoa::cli {

// Where masters are, as a person says it: `given` (--master), else STOA_MASTER, else MESOS_MASTER, else port 5050 of
// both loopback addresses. `environment` as in environ(7). Fails with invalid_argument if it names a file that cannot
// be read.
Result<std::string> master_text(const std::string& given, const std::vector<std::string>& environment);
// The masters that may lead, in the order of trial, of such a text without `zk://`. Fails with invalid_argument.
Result<std::vector<net::Url>> master_candidates(std::string_view text);

// The value of `Authorization` for what the user gave (FE-074): `principal`, else STOA_PRINCIPAL or MESOS_PRINCIPAL,
// with the first line of `secret_file`, else STOA_SECRET or MESOS_SECRET. Empty if there is no principal. Fails with
// invalid_argument for a principal without a secret, and for a file that cannot be read.
Result<std::string> authorization(const std::string& principal, const std::string& secret_file,
                                  const std::vector<std::string>& environment);

// Where a cluster is and who asks, as a user says it.
struct Connection {
  std::string master;
  std::string principal;
  std::string secret_file;
  Duration timeout{0};
};

class Cluster {
 public:
  // Finds the first candidate that answers. Fails with unavailable, naming all that were tried, or invalid_argument.
  // Blocks for `timeout` at most.
  Result<> connect(const Connection& connection);

  const net::Url& master() const { return master_; }
  // For a framework: this master first, then the other candidates.
  scheduler::Options driver_options() const;
  net::Loop& loop() { return loop_; }

  // The JSON answer of the master to GET `target`. Blocks. Fails as error_of_status() says, or with unavailable,
  // timed_out, malformed.
  Result<JsonValue> get(std::string_view target);
  // The answer of any status of the daemon at `base`. Blocks. Fails with unavailable, timed_out.
  Result<http::Response> fetch(const net::Url& base, std::string_view target, const http::Headers& headers);
  // Has the master do what POST `target` asks with this JSON. Blocks. Fails as error_of_status() says, or with
  // unavailable, timed_out.
  Result<> post(std::string_view target, std::string json);
  // As get(), of any daemon at `base`.
  Result<JsonValue> get(const net::Url& base, std::string_view target);

 private:
  net::Loop loop_{1};
  http::Client client_{loop_};
  net::Url master_;
  std::vector<net::Url> others_;
  std::string election_;  // The `zk://` URL by which the master was found, if it was.
  std::string authorization_;
  Duration timeout_{0};
};

// `http://HOST:PORT` of an agent, from its pid `slave(1)@HOST:PORT`. Fails with malformed.
Result<net::Url> agent_url(std::string_view pid);

}  // namespace stoa::cli
