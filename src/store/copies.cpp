#include "store/copies.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "store/sqlite.h"

namespace stoa::store {
namespace {

Result<> sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return fail(Code::unavailable, fmt::format("sync '{}': {}", path, std::generic_category().message(error)));
}

}  // namespace

std::vector<std::string> list_copies(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string prefix = file.filename().string() + ".copy-";
  std::vector<std::string> copies;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(file.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) copies.push_back(entry->path().string());
  }
  std::ranges::sort(copies);  // The time is in the name, most significant digits first.
  return copies;
}

Result<std::string> make_copy(const std::string& path, std::size_t copies_max) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const std::string copy =
      fmt::format("{}.copy-{:%Y%m%dT%H%M%S}.{:06}Z", path, std::chrono::floor<std::chrono::seconds>(now),
                  now.time_since_epoch().count() % 1'000'000);
  const std::string aside = path + ".copying";
  std::error_code ignored;
  std::filesystem::remove(aside, ignored);
  {
    LET(Database database, Database::open(path));
    TRY(database.run("VACUUM INTO " + quoted(aside)));
  }
  TRY(sync(aside, O_RDONLY));
  if (::rename(aside.c_str(), copy.c_str()) != 0) {
    return fail(Code::unavailable, fmt::format("rename to '{}': {}", copy, std::generic_category().message(errno)));
  }
  TRY(sync(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY));
  std::vector<std::string> copies = list_copies(path);
  for (std::size_t i = 0; i + copies_max < copies.size(); ++i) std::filesystem::remove(copies[i], ignored);
  return copy;
}

CopyTimer::CopyTimer(std::string path, Duration interval, std::size_t copies_max)
    : path_(std::move(path)), interval_(interval), copies_max_(copies_max), thread_([this] { run(); }) {}

CopyTimer::~CopyTimer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CopyTimer::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    if (const Result<std::string> copy = make_copy(path_, copies_max_); !copy) {
      log::warning("store", "no copy of '{}' could be made: {}", path_, copy.error().message);
    }
    lock.lock();
  }
}

}  // namespace stoa::store
