#include "containers/posix/posix_work_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "containers/posix/system_error.h"
#include "containers/posix/tree_removal.h"
#include "containers/posix/volumes.h"

namespace stoa::containers {
namespace {

namespace fs = std::filesystem;

double part(double used, double available) { return used + available > 0 ? used / (used + available) : 0; }

// Calls `visit` with the relative path of each directory in `path`; links are no directories here.
template <typename Visit>
void for_each_directory(const fs::path& base, const std::string& path, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator at(base / path, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_directory(ignored) && !at->is_symlink(ignored)) visit(path + "/" + at->path().filename().string());
  }
}

void add(const fs::path& base, const std::string& path, std::vector<ports::FoundDirectory>& found) {
  struct stat status{};
  if (::lstat((base / path).c_str(), &status) != 0) return;
  found.push_back({path, static_cast<WallSeconds>(status.st_mtim.tv_sec)});
}

std::vector<ports::FoundDirectory> find_all(const fs::path& base, const AgentId& own) {
  std::vector<ports::FoundDirectory> found;
  const auto add_found = [&](const std::string& path) { add(base, path, found); };
  if (!own.empty()) {
    for_each_directory(base, "slaves/" + own.value + "/frameworks", [&](const std::string& framework) {
      for_each_directory(base, framework + "/executors", [&](const std::string& executor) {
        for_each_directory(base, executor + "/runs", add_found);
        add_found(executor);
      });
      add_found(framework);
    });
  }
  for_each_directory(base, "slaves", add_found);
  for_each_directory(base, "meta/slaves", add_found);
  return found;
}

}  // namespace

Result<std::unique_ptr<PosixWorkDirectory>> PosixWorkDirectory::open(const std::string& path) {
  Descriptor base(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base) return system_failure("work directory '" + path + "'", errno);
  std::error_code error;
  std::string real = fs::canonical(path, error).string();  // As the mount table has it.
  if (error) return system_failure("work directory '" + path + "'", error.value());
  std::unique_ptr<PosixWorkDirectory> directory(new PosixWorkDirectory(std::move(real), std::move(base)));
  LET(directory->volumes_, EventThread::start());
  LET(directory->removals_, EventThread::start());
  LET(directory->looks_, EventThread::start());
  return directory;
}

PosixWorkDirectory::~PosixWorkDirectory() {
  for (const auto* thread : {&volumes_, &removals_, &looks_}) {
    if (*thread) (*thread)->stop();
  }
}

void PosixWorkDirectory::change_volumes(std::vector<ports::VolumeDirectory> make,
                                        std::vector<ports::VolumeDirectory> remove,
                                        std::function<void(Result<>)> done) {
  volumes_->post([make = std::move(make), remove = std::move(remove), done = std::move(done)] {
    done(containers::change_volumes(make, remove));
  });
}

void PosixWorkDirectory::remove_tree(std::string path, std::function<void(Result<>)> done) {
  removals_->post([this, path = std::move(path), done = std::move(done)] { done(remove_now(path)); });
}

void PosixWorkDirectory::mark(std::string path) {
  looks_->post(
      [this, path = std::move(path)] { ::utimensat(base_.get(), path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW); });
}

void PosixWorkDirectory::find(AgentId own, std::function<void(std::vector<ports::FoundDirectory>)> done) {
  looks_->post([this, own = std::move(own), done = std::move(done)] { done(find_all(path_, own)); });
}

void PosixWorkDirectory::disk_used(std::function<void(std::optional<double>)> done) {
  looks_->post([this, done = std::move(done)] {
    struct statvfs info{};
    if (::fstatvfs(base_.get(), &info) != 0) return done(std::nullopt);
    const double bytes = part(static_cast<double>(info.f_blocks - info.f_bfree), static_cast<double>(info.f_bavail));
    const double nodes = part(static_cast<double>(info.f_files - info.f_ffree), static_cast<double>(info.f_favail));
    done(std::max(bytes, nodes));
  });
}

Result<> PosixWorkDirectory::remove_now(const std::string& path) const {
  for (const std::string_view part : split(path, '/')) {
    if (!ports::is_path_part(part)) return invalid(fmt::format("'{}' is no path below the work directory", path));
  }
  struct stat status{};
  if (::fstatat(base_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) return {};
  TRY(unmount_below(path_ + "/" + path));
  LET(const Descriptor directory, open_below(base_.get(), path));
  TRY(remove_content(directory.get()));
  if (::unlinkat(base_.get(), path.c_str(), AT_REMOVEDIR) != 0) return system_failure("remove '" + path + "'", errno);
  return {};
}

}  // namespace stoa::containers
