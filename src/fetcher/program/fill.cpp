#include <fmt/format.h>

#include <algorithm>

#include "fetcher/program/jobs.h"
#include "fetcher/program/local.h"
#include "fetcher/program/sandbox.h"
#include "fetcher/source.h"

namespace stoa::fetcher {
namespace {

Reply bypass(std::string why) { return {.kind = Reply::Kind::bypass, .text = std::move(why)}; }
Reply failed(const Error& error) { return {.kind = Reply::Kind::failed, .text = error.message}; }
Reply done(Version version) { return {.kind = Reply::Kind::done, .version = std::move(version)}; }

bool is_known(const Fill& job, const Version& version) { return version.can_be_checked() && version == job.known; }

Reply fill_local(const Source& source, const Settings& settings, const Fill& job, const AskForRoom& ask) {
  // Where it cannot be read, the container's own attempt will say so.
  const Result<Descriptor> file = open_local(source.uri, settings.local_paths);
  if (!file) return bypass(file.error().message);
  const Result<Version> version = version_of(file->get());
  if (!version) return bypass(version.error().message);
  if (is_known(job, *version)) return {.kind = Reply::Kind::current};
  if (version->bytes == 0) return bypass("its size is not known or 0");
  const std::optional<Descriptor> room = ask(*version);
  if (!room) return bypass("there is no room in the cache");
  const Result<std::uint64_t> copied = copy_file(file->get(), room->get(), version->bytes);
  if (!copied || *copied != version->bytes) return bypass("it changed while it was read");
  return done(*version);
}

Reply fill_web(const Source& source, const Settings& settings, const Fill& job, const AskForRoom& ask,
               const Environment& environment) {
  Result<TransferSettings> transfers = transfer_settings(settings, environment);
  if (!transfers) return failed(transfers.error());
  Transfer head{.uri = source.uri, .head_only = true};
  run_transfers(*transfers, {&head, 1});
  if (!*head.outcome) {
    const Code why = head.outcome->error().code;
    // An origin that cannot be asked does not make the copy a bad one; an origin that says no does.
    const bool asked = why != Code::unavailable && why != Code::timed_out;
    if (job.known.can_be_checked() && !asked) return {.kind = Reply::Kind::current};
    return bypass(head.outcome->error().message);
  }
  if (is_known(job, head.version)) return {.kind = Reply::Kind::current};
  if (head.version.bytes == 0) return bypass("its size is not known or 0");
  if (settings.bytes_max != 0 && head.version.bytes > settings.bytes_max) return bypass("it is too big");
  const std::optional<Descriptor> room = ask(head.version);
  if (!room) return bypass("there is no room in the cache");
  transfers->bytes_max = head.version.bytes;
  Transfer whole{.uri = source.uri, .file = room->get()};
  run_transfers(*transfers, {&whole, 1});
  if (!*whole.outcome) {
    const Error& error = whole.outcome->error();
    return error.code == Code::resource_exhausted ? bypass(error.message) : failed(error);
  }
  if (whole.bytes != head.version.bytes) return bypass("its size is not what the origin said before");
  whole.version.bytes = whole.bytes;
  return done(whole.version);
}

}  // namespace

Reply fill(const Settings& settings, const Fill& job, const AskForRoom& ask, const Environment& environment) {
  const Result<Source> source = parse_source(job.uri, settings.frameworks_home);
  if (!source) return failed(source.error());
  if (source->scheme == Scheme::other) return bypass("what the hadoop client brings is not cached");
  if (source->scheme == Scheme::local) return fill_local(*source, settings, job, ask);
  return fill_web(*source, settings, job, ask, environment);
}

}  // namespace stoa::fetcher
