#include "cli/exit_code.h"

#include <charconv>
#include <csignal>
#include <cstring>

#include "base/text.h"

namespace stoa::cli {
namespace {

constexpr std::string_view exited = "exited with status ";
constexpr std::string_view terminated = "terminated with signal ";

}  // namespace

int exit_code(const Error& error) {
  switch (error.code) {
    case Code::invalid_argument:
      return exit_usage;
    case Code::not_found:
      return exit_not_found;
    case Code::permission_denied:
    case Code::unauthenticated:
      return exit_not_allowed;
    case Code::unavailable:
      return exit_unreachable;
    case Code::timed_out:
      return exit_timed_out;
    case Code::already_exists:
    case Code::failed_precondition:
      return exit_refused;
    case Code::malformed:
    case Code::resource_exhausted:
    case Code::unimplemented:
    case Code::internal:
      return exit_failed;
  }
  return exit_failed;
}

Error error_of_status(int status, std::string_view body) {
  std::string message(trim(body));
  if (message.empty()) message = "the answer was " + std::to_string(status);
  switch (status) {
    case 400:
    case 409:
      return {Code::failed_precondition, std::move(message)};
    case 401:
      return {Code::unauthenticated, std::move(message)};
    case 403:
      return {Code::permission_denied, std::move(message)};
    case 404:
      return {Code::not_found, std::move(message)};
    case 307:
    case 502:
    case 503:
      return {Code::unavailable, std::move(message)};
    case 504:
      return {Code::timed_out, std::move(message)};
    default:
      return {Code::internal, std::move(message)};
  }
}

int exit_code_of_task(bool is_finished, const std::string& message) {
  if (const std::size_t at = message.find(exited); at != std::string::npos) {
    const char* begin = message.data() + at + exited.size();
    int status = 0;
    if (std::from_chars(begin, message.data() + message.size(), status).ec == std::errc{}) return status;
  }
  if (const std::size_t at = message.find(terminated); at != std::string::npos) {
    std::string_view name = std::string_view(message).substr(at + terminated.size());
    name = name.substr(0, name.find(" (core dumped)"));
    for (int number = 1; number < NSIG; ++number) {
      if (name == strsignal(number)) return 128 + number;
    }
  }
  return is_finished ? exit_done : exit_failed;
}

}  // namespace stoa::cli
