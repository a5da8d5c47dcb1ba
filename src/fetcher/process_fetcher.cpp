#include "fetcher/process_fetcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <future>

#include "base/log.h"
#include "base/system_error.h"
#include "fetcher/address_policy.h"
#include "fetcher/source.h"

namespace stoa::fetcher {
namespace {

constexpr std::size_t fillings_max = 8;  // Of one container at a time.

// An entry is one user's: another who names the same URI may get something else, or nothing.
std::string key_of(const ports::FetchSpec& spec, const Source& source) {
  return spec.user.value_or("") + '\0' + source.uri;
}

Item item_of(const ports::FetchUri& uri) {
  return {.uri = uri.value, .executable = uri.executable, .extract = uri.extract, .output_file = uri.output_file};
}

}  // namespace

std::string program_path_default() {
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "stoa-fetch").string();
}

std::vector<std::string> program_environment() {
  static constexpr std::array<std::string_view, 20> passed{
      "PATH",      "LANG",          "LC_ALL",          "TZ",          "TMPDIR",
      "JAVA_HOME", "HADOOP_HOME",   "http_proxy",      "https_proxy", "HTTPS_PROXY",
      "ftp_proxy", "FTP_PROXY",     "all_proxy",       "ALL_PROXY",   "no_proxy",
      "NO_PROXY",  "SSL_CERT_FILE", "HADOOP_CONF_DIR", "HADOOP_OPTS", "HADOOP_CLASSPATH"};
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    if (std::ranges::find(passed, variable.substr(0, variable.find('='))) != passed.end())
      variables.emplace_back(variable);
  }
  return variables;
}

Result<std::unique_ptr<ProcessFetcher>> ProcessFetcher::start(Options options) {
  TRY(AddressPolicy::parse(options.settings.allowed_networks, options.settings.denied_networks));
  std::optional<CacheDirectory> directory;
  if (options.cache_bytes_max > 0) {
    Result<CacheDirectory> opened = CacheDirectory::open(options.cache_directory);
    if (opened) {
      directory.emplace(*std::move(opened));
    } else {
      log::warning("fetcher", "nothing will be cached: {}", opened.error().message);
      options.cache_bytes_max = 0;
    }
  }
  return std::unique_ptr<ProcessFetcher>(new ProcessFetcher(std::move(options), std::move(directory)));
}

WorkerOptions ProcessFetcher::worker_options(const Options& options) {
  return {.program = options.program, .environment = options.environment, .running_max = options.programs_max};
}

ProcessFetcher::ProcessFetcher(Options options, std::optional<CacheDirectory> directory)
    : options_(std::move(options)),
      directory_(std::move(directory)),
      index_(options_.cache_bytes_max),
      workers_(std::make_unique<Workers>(worker_options(options_), loop_)) {}

ProcessFetcher::~ProcessFetcher() { stop(); }

void ProcessFetcher::stop() {
  std::promise<void> stopped;
  loop_.post([&] {
    stopped_ = true;
    workers_.reset();
    fillings_.clear();
    fetches_.clear();
    stopped.set_value();
  });
  stopped.get_future().wait();
}

void ProcessFetcher::fetch(ports::FetchSpec spec, std::function<void(Result<>)> done) {
  loop_.post([this, spec = std::move(spec), done = std::move(done)]() mutable {
    if (!stopped_) begin(std::move(spec), std::move(done));
  });
}

void ProcessFetcher::cancel(const ContainerId& container) {
  loop_.post([this, container] {
    if (!stopped_) cancel_now(container);
  });
}

ports::FetchCounts ProcessFetcher::counts() const {
  return {.succeeded = succeeded_,
          .failed = failed_,
          .cache_bytes_max = options_.cache_bytes_max,
          .cache_bytes_used = bytes_used_};
}

void ProcessFetcher::begin(ports::FetchSpec spec, std::function<void(Result<>)> done) {
  if (spec.uris.empty()) return done({});
  const ContainerId container = spec.container;
  const auto [added, is_new] = fetches_.try_emplace(container);
  if (!is_new)
    return done(fail(Code::already_exists, fmt::format("container {} is being fetched for", container.value)));
  Fetch& fetch = added->second;
  fetch.spec = std::move(spec);
  fetch.done = std::move(done);
  Result<std::optional<User>> user = find_other_user(fetch.spec.user);
  if (!user) return finish(container, std::unexpected(std::move(user).error()));
  fetch.user = *std::move(user);
  std::ranges::transform(fetch.spec.uris, std::back_inserter(fetch.items), item_of);
  for (std::size_t item = 0; item < fetch.items.size(); ++item) {
    if (fetch.spec.uris[item].cache && directory_) fetch.unseen.push_back(item);
  }
  look_up_some(container);
}

// Goes on as far as the container may.
void ProcessFetcher::look_up_some(const ContainerId& container) {
  Fetch& fetch = fetches_.at(container);
  while (!fetch.unseen.empty() && fetch.filling < fillings_max) {
    const std::size_t item = fetch.unseen.front();
    fetch.unseen.pop_front();
    look_up(fetch, item);
  }
  if (fetch.unseen.empty() && !std::exchange(fetch.seen_all, true)) on_source_known(container);
}

void ProcessFetcher::look_up(Fetch& fetch, std::size_t item) {
  const Result<Source> source = parse_source(fetch.items[item].uri, options_.settings.frameworks_home);
  // What is wrong with it is told by the program, where the container's user sees it.
  if (!source) return;
  const std::string key = key_of(fetch.spec, *source);
  if (const auto filling = fillings_.find(key); filling != fillings_.end()) {
    ++fetch.waiting;
    return filling->second.waiters.push_back({fetch.spec.container, item});
  }
  const std::optional<EntryNumber> entry = index_.hold(key);
  if (!entry || index_.version(*entry).can_be_checked()) return begin_filling(key, fetch, item, entry);
  use(fetch, item, *entry);
  release(entry);
}

void ProcessFetcher::use(Fetch& fetch, std::size_t item, EntryNumber entry) {
  if (fetch.sources.size() >= sources_max) return;  // It is downloaded: slower, and as good.
  Result<Descriptor> file = directory_->read(entry);
  if (!file) {
    log::warning("fetcher", "an entry of the cache is lost: {}", file.error().message);
    return index_.outdate(entry);
  }
  index_.hold(entry);
  fetch.held.push_back(entry);
  fetch.items[item].source = static_cast<std::uint32_t>(fetch.sources.size());
  fetch.sources.push_back(*std::move(file));
}

void ProcessFetcher::begin_filling(const std::string& key, Fetch& fetch, std::size_t item,
                                   std::optional<EntryNumber> known) {
  ++fetch.waiting;
  ++fetch.filling;
  Filling& filling = fillings_[key];
  filling.begun_for = fetch.spec.container;
  filling.known = known;
  filling.waiters.push_back({fetch.spec.container, item});
  Job job{.user = fetch.user, .settings = options_.settings, .fill = Fill{.uri = fetch.items[item].uri}};
  if (known) job.fill->known = index_.version(*known);
  filling.worker = workers_->begin(job, {}, [this, key](const Reply& reply) { on_filling(key, reply); });
}

void ProcessFetcher::on_filling(const std::string& key, const Reply& reply) {
  Filling& filling = fillings_.at(key);
  if (reply.kind == Reply::Kind::sized) return on_sized(key, filling, reply.version);
  end_filling(key, reply);
}

void ProcessFetcher::on_sized(const std::string& key, Filling& filling, const Version& version) {
  const auto stop = [&] { workers_->answer(filling.worker, Answer::stop, {}); };
  if (filling.entry) return stop();  // Asked twice.
  const std::optional<CacheIndex::Reserved> reserved = index_.reserve(key, version.bytes);
  if (!reserved) return stop();
  for (const EntryNumber evicted : reserved->evicted) directory_->remove(evicted);
  filling.entry = reserved->entry;
  publish();
  const Result<Descriptor> file = directory_->create(reserved->entry);
  if (!file) {
    log::warning("fetcher", "{}", file.error().message);
    return stop();
  }
  workers_->answer(filling.worker, Answer::go, *file);
}

void ProcessFetcher::end_filling(const std::string& key, const Reply& reply) {
  Filling filling = std::move(fillings_.at(key));
  fillings_.erase(key);
  std::optional<EntryNumber> entry;
  if (reply.kind == Reply::Kind::current) entry = filling.known;
  if (reply.kind == Reply::Kind::done && filling.entry && reply.version.bytes == index_.bytes(*filling.entry)) {
    index_.complete(*filling.entry, reply.version);
    entry = filling.entry;
  }
  for (const Waiter& waiter : filling.waiters) {
    Fetch& fetch = fetches_.at(waiter.container);
    if (entry) use(fetch, waiter.item, *entry);
    if (reply.kind == Reply::Kind::failed) fetch.items[waiter.item].failure = reply.text;
  }
  release(filling.known);
  release(filling.entry);
  if (filling.begun_for) {
    --fetches_.at(*filling.begun_for).filling;
    look_up_some(*filling.begun_for);  // It still waits for this one, too.
  }
  for (const Waiter& waiter : filling.waiters) on_source_known(waiter.container);
}

void ProcessFetcher::release(std::optional<EntryNumber> entry) {
  if (entry && index_.release(*entry)) directory_->remove(*entry);
  publish();
}

void ProcessFetcher::publish() { bytes_used_ = index_.bytes_used(); }

void ProcessFetcher::on_source_known(const ContainerId& container) {
  Fetch& fetch = fetches_.at(container);
  if (--fetch.waiting == 0) place(container, fetch);
}

void ProcessFetcher::place(const ContainerId& container, Fetch& fetch) {
  Descriptor sandbox(::open(fetch.spec.sandbox_directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!sandbox) return finish(container, system_failure("open the sandbox", errno));
  Job job{.user = fetch.user, .settings = options_.settings, .place = Place{.items = std::move(fetch.items)}};
  if (fetch.spec.bytes_max) job.place->unpacked_bytes_max = *fetch.spec.bytes_max;
  std::vector<Descriptor> descriptors;
  descriptors.push_back(std::move(sandbox));
  std::ranges::move(fetch.sources, std::back_inserter(descriptors));
  fetch.worker = workers_->begin(job, std::move(descriptors), [this, container](const Reply& reply) {
    const bool done = reply.kind == Reply::Kind::done;
    finish(container, done ? Result<>() : fail(Code::unavailable, reply.text));
  });
}

void ProcessFetcher::finish(const ContainerId& container, Result<> result) {
  Fetch fetch = std::move(fetches_.at(container));
  fetches_.erase(container);
  for (const EntryNumber entry : fetch.held) release(entry);
  if (result) {
    ++succeeded_;
    return fetch.done({});
  }
  ++failed_;
  fetch.done(fail(result.error().code, fmt::format("Failed to fetch all URIs for container '{}': {}", container.value,
                                                   result.error().message)));
}

void ProcessFetcher::cancel_now(const ContainerId& container) {
  const auto found = fetches_.find(container);
  if (found == fetches_.end()) return;
  Fetch fetch = std::move(found->second);
  fetches_.erase(found);
  if (fetch.worker) workers_->end(*fetch.worker);
  for (auto each = fillings_.begin(); each != fillings_.end();) {
    Filling& filling = each->second;
    std::erase_if(filling.waiters, [&](const Waiter& waiter) { return waiter.container == container; });
    if (!filling.waiters.empty()) {
      if (filling.begun_for == container) filling.begun_for.reset();
      ++each;
      continue;
    }
    workers_->end(filling.worker);
    release(filling.known);
    release(filling.entry);
    each = fillings_.erase(each);
  }
  for (const EntryNumber entry : fetch.held) release(entry);
  fetch.done(fail(Code::failed_precondition, "Container destroyed while fetching"));
}

}  // namespace stoa::fetcher
