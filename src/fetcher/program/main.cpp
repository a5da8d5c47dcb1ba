// stoa-fetch: fetches for one container, or for one entry of the cache, with the rights of the task's user.
//
// The agent starts it with a socket and nothing else, sometimes before there is work, since loading its libraries takes
// longer than a fetch from the cache. It ends after one job, and with the agent.
#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>

#include "base/system_error.h"
#include "base/text.h"
#include "fetcher/channel.h"
#include "fetcher/program/jobs.h"

namespace stoa::fetcher {
namespace {

constexpr std::size_t job_bytes_max = std::size_t{64} << 20;
constexpr rlim_t memory_max = rlim_t{1} << 30;  // A dictionary of xz may ask for 4 GiB.

Environment environment() {
  Environment variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const std::size_t mark = variable.find('=');
    if (mark != std::string_view::npos) variables.emplace(variable.substr(0, mark), variable.substr(mark + 1));
  }
  return variables;
}

void limit(int resource, rlim_t value) {
  const rlimit limits{.rlim_cur = value, .rlim_max = value};
  ::setrlimit(resource, &limits);
}

Result<> become(const User& user) {
  if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
      ::setresgid(user.group, user.group, user.group) != 0 || ::setresuid(user.id, user.id, user.id) != 0) {
    return system_failure("become the task's user", errno);
  }
  return {};
}

void prepare() {
  ::signal(SIGPIPE, SIG_IGN);
  ::umask(022);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && !__has_feature(memory_sanitizer)
  limit(RLIMIT_DATA, memory_max);
#else
  (void)memory_max;
#endif
  // For names of archive members that are not ASCII.
  if (::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) ::setlocale(LC_CTYPE, "");
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

std::optional<Descriptor> ask_for_room(const Version& version) {
  if (!send_message(socket_descriptor, encode(Reply{.kind = Reply::Kind::sized, .version = version})))
    return std::nullopt;
  Result<Message> answer = receive_message(socket_descriptor);
  if (!answer || answer->descriptors.size() != 1 || answer->bytes != std::string(1, static_cast<char>(Answer::go))) {
    return std::nullopt;
  }
  return std::move(answer->descriptors.front());
}

Result<Reply> run_job(Message message) {
  if (message.descriptors.empty()) return fail(Code::malformed, "a job without its text");
  LET(const std::string bytes, read_file(message.descriptors.front().get(), job_bytes_max));
  LET(const Job job, decode_job(bytes));
  message.descriptors.erase(message.descriptors.begin());
  if (job.user) TRY(become(*job.user));
  // Again, since a change of user clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (job.fill) return fill(job.settings, *job.fill, ask_for_room, environment());
  if (message.descriptors.empty()) return fail(Code::malformed, "a job without a sandbox");
  Descriptor sandbox = std::move(message.descriptors.front());
  message.descriptors.erase(message.descriptors.begin());
  TRY(place(job.settings, *job.place, std::move(sandbox), std::move(message.descriptors), environment()));
  return Reply{.kind = Reply::Kind::done};
}

int run() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  prepare();
  Result<Message> message = receive_message(socket_descriptor);
  if (!message || message->bytes.empty()) return 0;  // The agent has ended, or needs no more fetches.
  const Result<Reply> reply = run_job(*std::move(message));
  const Reply told = reply ? *reply : Reply{.kind = Reply::Kind::failed, .text = reply.error().message};
  return send_message(socket_descriptor, encode(told)) ? 0 : 1;
}

}  // namespace
}  // namespace stoa::fetcher

int main() {
  // At once: a look-up of names that is still under way would be waited for.
  _exit(stoa::fetcher::run());
}
