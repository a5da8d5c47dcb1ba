#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "fetcher/program/jobs.h"
#include "fetcher/program/local.h"
#include "fetcher/program/sandbox.h"
#include "fetcher/program/unpack.h"
#include "fetcher/source.h"

namespace stoa::fetcher {
namespace {

constexpr mode_t plain_mode = 0644;
constexpr mode_t executable_mode = 0755;

// An item whose texts are known to be sound.
struct Plan {
  const Item* item = nullptr;
  Source source;
  std::vector<std::string> path;
  std::optional<Draft> draft;  // Of a download.

  bool is_cached() const { return item->source.has_value(); }
  bool is_download() const { return !is_cached() && source.scheme != Scheme::local && source.scheme != Scheme::other; }
  Archive archive() const { return item->extract && !item->executable ? archive_of(path.back()) : Archive::none; }
};

std::string with_uri(const Item& item, std::string_view why) { return fmt::format("'{}': {}", shown(item.uri), why); }

class Placing {
 public:
  Placing(const Settings& settings, const Place& job, Descriptor sandbox, std::vector<Descriptor> sources)
      : settings_(settings), job_(job), sandbox_(std::move(sandbox)), sources_(std::move(sources)) {}

  Result<> run(const Environment& environment) {
    Result<> outcome = fetch_all(environment);
    if (!outcome) sandbox_.say(fmt::format("Failed to fetch {}", outcome.error().message));
    return outcome;
  }

 private:
  Result<> fetch_all(const Environment& environment) {
    std::vector<Plan> plans;
    for (const Item& item : job_.items) {
      Result<Plan> plan = plan_of(item);
      if (!plan) return fail(plan.error().code, with_uri(item, plan.error().message));
      plans.push_back(*std::move(plan));
    }
    TRY(download(plans, environment));
    // In the order of the list, whatever came first: a later one of the same name wins (AGT-117).
    for (Plan& plan : plans) {
      if (Result<> finished = finish(plan); !finished) {
        return fail(finished.error().code, with_uri(*plan.item, finished.error().message));
      }
    }
    return check_links(sandbox_, unpacked_.links);
  }

  Result<Plan> plan_of(const Item& item) const {
    Plan plan{.item = &item};
    LET(plan.source, parse_source(item.uri, settings_.frameworks_home));
    if (item.output_file) {
      LET(plan.path, parse_output_file(*item.output_file));
    } else if (!plan.source.name.empty()) {
      plan.path = {plan.source.name};
    } else {
      return invalid("Malformed URI (no file name)");
    }
    if (!item.failure.empty()) return fail(Code::unavailable, item.failure);
    if (item.source && *item.source >= sources_.size()) return fail(Code::internal, "no such source");
    return plan;
  }

  Result<> download(std::vector<Plan>& plans, const Environment& environment) {
    LET(const TransferSettings settings, transfer_settings(settings_, environment));
    std::vector<Transfer> transfers;
    std::vector<Plan*> owners;
    for (Plan& plan : plans) {
      if (!plan.is_download()) continue;
      Result<Draft> draft = sandbox_.draft();
      if (!draft) return std::unexpected(std::move(draft).error());
      plan.draft.emplace(*std::move(draft));
      transfers.push_back({.uri = plan.source.uri, .file = plan.draft->file()});
      owners.push_back(&plan);
      sandbox_.say(fmt::format("Fetching '{}'", shown(plan.item->uri)));
    }
    run_transfers(settings, transfers);
    for (std::size_t i = 0; i < transfers.size(); ++i) {
      const auto& outcome = transfers[i].outcome;
      if (outcome && !*outcome)
        return fail(outcome->error().code, with_uri(*owners[i]->item, outcome->error().message));
    }
    return {};
  }

  Result<> finish(Plan& plan) {
    if (plan.is_cached()) {
      const int source = sources_[*plan.item->source].get();
      // Not copied where only its content is wanted (AGT-114).
      if (plan.archive() != Archive::none) return unpack(plan, source);
      return put_copy(plan, source, plain_mode);
    }
    if (plan.source.scheme == Scheme::local) {
      LET(const Descriptor file, open_local(plan.source.uri, settings_.local_paths));
      struct stat status{};
      ::fstat(file.get(), &status);
      return put_copy(plan, file.get(), (status.st_mode & 0755) | 0600);
    }
    if (plan.source.scheme == Scheme::other) {
      LET(Draft draft, sandbox_.draft());
      TRY(fetch_by_hadoop(settings_, plan.source.uri, draft.file(), sandbox_.log()));
      return put(plan, std::move(draft), plain_mode);
    }
    return put(plan, *std::exchange(plan.draft, std::nullopt), plain_mode);
  }

  Result<> put_copy(const Plan& plan, int source, mode_t mode) {
    LET(Draft draft, sandbox_.draft());
    const std::uint64_t bytes_max = settings_.bytes_max != 0 ? settings_.bytes_max : ~std::uint64_t{0};
    TRY(copy_file(source, draft.file(), bytes_max));
    return put(plan, std::move(draft), mode);
  }

  Result<> put(const Plan& plan, Draft draft, mode_t mode) {
    // Of its own, since the draft's goes with its name.
    const Descriptor file(::fcntl(draft.file(), F_DUPFD_CLOEXEC, 0));
    TRY(sandbox_.put(std::move(draft), plan.path, plan.item->executable ? executable_mode : mode));
    struct stat status{};
    ::fstat(file.get(), &status);
    sandbox_.say(
        fmt::format("Fetched '{}' to '{}' ({} bytes)", shown(plan.item->uri), join(plan.path, "/"), status.st_size));
    if (plan.archive() == Archive::none) return {};
    return unpack(plan, file.get());
  }

  Result<> unpack(const Plan& plan, int file) {
    const UnpackLimits limits{.bytes_max = job_.unpacked_bytes_max - unpacked_.bytes,
                              .members_max = job_.members_max - unpacked_.members};
    Unpacked unpacked;
    if (plan.archive() == Archive::gzip) {
      LET(unpacked, gunzip_beside(plan, file, limits.bytes_max));
    } else {
      const auto unpack_any = plan.archive() == Archive::zip ? &unpack_zip : &unpack_tar;
      LET(unpacked, unpack_any(file, sandbox_, limits));
    }
    unpacked_.bytes += unpacked.bytes;
    unpacked_.members += unpacked.members;
    std::ranges::move(unpacked.links, std::back_inserter(unpacked_.links));
    sandbox_.say(
        fmt::format("Unpacked '{}' ({} members, {} bytes)", shown(plan.item->uri), unpacked.members, unpacked.bytes));
    return {};
  }

  Result<Unpacked> gunzip_beside(const Plan& plan, int file, std::uint64_t bytes_max) {
    std::vector<std::string> path = plan.path;
    path.back() = gunzipped_name(path.back());
    if (path.back().empty() || path.back() == "." || path.back() == "..")
      return invalid("a file of gzip without a name");
    LET(Draft draft, sandbox_.draft());
    LET(const std::uint64_t bytes, gunzip(file, draft.file(), bytes_max));
    TRY(sandbox_.put(std::move(draft), path, plain_mode));
    return Unpacked{.bytes = bytes, .members = 1};
  }

  const Settings& settings_;
  const Place& job_;
  Sandbox sandbox_;
  const std::vector<Descriptor> sources_;
  Unpacked unpacked_;
};

}  // namespace

Result<TransferSettings> transfer_settings(const Settings& settings, const Environment& environment) {
  TransferSettings out;
  LET(out.policy, AddressPolicy::parse(settings.allowed_networks, settings.denied_networks));
  out.stall_timeout = settings.stall_timeout;
  out.bytes_max = settings.bytes_max;
  out.environment = environment;
  return out;
}

Result<> place(const Settings& settings, const Place& job, Descriptor sandbox, std::vector<Descriptor> sources,
               const Environment& environment) {
  return Placing(settings, job, std::move(sandbox), std::move(sources)).run(environment);
}

}  // namespace stoa::fetcher
