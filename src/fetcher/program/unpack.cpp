#include "fetcher/program/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/system_error.h"
#include "base/text.h"

namespace stoa::fetcher {
namespace {

constexpr std::size_t block_bytes = 128 * 1024;
constexpr mode_t set_id_bits = S_ISUID | S_ISGID;

using Name = std::vector<std::string>;
using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

Reader make_reader() { return {archive_read_new(), &archive_read_free}; }

std::unexpected<Error> broken(archive* reader) {
  const char* why = archive_error_string(reader);
  return fail(Code::malformed,
              fmt::format("cannot read the archive: {}", log::one_line(why != nullptr ? why : "broken")));
}

Result<> open(archive* reader, int file) {
  if (::lseek(file, 0, SEEK_SET) != 0) return system_failure("read the archive", errno);
  if (archive_read_open_fd(reader, file, block_bytes) < ARCHIVE_WARN) return broken(reader);
  return {};
}

std::unexpected<Error> refused(std::string_view member, std::string_view why) {
  return fail(Code::permission_denied,
              fmt::format("archive member '{}' {}", log::one_line(member.substr(0, 256)), why));
}

// The parts of a path inside of the sandbox.
Result<Name> parse_name(std::string_view text, std::string_view member) {
  if (text.starts_with('/')) return refused(member, "has an absolute name");
  Name name;
  for (const std::string_view part : split(text, '/')) {
    if (part == "..") return refused(member, "has '..' in its name");
    if (!part.empty() && part != ".") name.emplace_back(part);
  }
  return name;
}

// By the texts alone. That links lead through other links is found out when all of them are there.
bool link_stays_inside(const Name& link, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return false;
  std::size_t depth = link.size() - 1;
  for (const std::string_view part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      ++depth;
    } else if (depth-- == 0) {
      return false;
    }
  }
  return true;
}

class Unpacking {
 public:
  Unpacking(archive* reader, const Sandbox& sandbox, const UnpackLimits& limits)
      : reader_(reader), sandbox_(sandbox), limits_(limits) {}

  Result<Unpacked> run() {
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader_, &entry);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) return broken(reader_);
      TRY(take(entry));
    }
    // A link through another link may lead where its text alone does not.
    TRY(check_links(sandbox_, done_.links));
    TRY(set_directory_modes());
    return done_;
  }

 private:
  Result<> take(archive_entry* entry) {
    if (++done_.members > limits_.members_max) {
      return fail(Code::resource_exhausted, fmt::format("the archive has more than {} members", limits_.members_max));
    }
    const char* text = archive_entry_pathname(entry);
    if (text == nullptr) text = archive_entry_pathname_utf8(entry);
    if (text == nullptr) return fail(Code::malformed, "the archive has a member without a name");
    const std::string member = text;
    if ((archive_entry_perm(entry) & set_id_bits) != 0) return refused(member, "has set-id bits");
    LET(const Name name, parse_name(member, member));
    const auto type = archive_entry_filetype(entry);
    // The sandbox itself: its mode is not the archive's business.
    if (name.empty()) return type == AE_IFDIR ? Result<>() : refused(member, "has no name");
    if (archive_entry_hardlink(entry) != nullptr) return make_hard_link(name, member, entry);
    switch (type) {
      case AE_IFREG:
        return make_file(name, member, entry);
      case AE_IFDIR:
        return make_directory(name, entry);
      case AE_IFLNK:
        return make_link(name, member, entry);
      default:
        return refused(member, "is a device or another special file");
    }
  }

  // Of the last member: most share theirs.
  Result<int> parent_of(const Name& name) {
    Name path(name.begin(), name.end() - 1);
    if (!parent_ || path != parent_name_) {
      LET(parent_, sandbox_.directory(path));
      parent_name_ = std::move(path);
    }
    return parent_.get();
  }

  Result<int> parent_without(const Name& name, const std::string& member) {
    LET(const int parent, parent_of(name));
    if (::unlinkat(parent, name.back().c_str(), 0) != 0 && errno != ENOENT) {
      return system_failure(fmt::format("replace '{}'", log::one_line(member)), errno);
    }
    return parent;
  }

  Result<> make_file(const Name& name, const std::string& member, archive_entry* entry) {
    if (archive_entry_size_is_set(entry)) TRY(check_room(static_cast<std::uint64_t>(archive_entry_size(entry))));
    LET(const int parent, parent_without(name, member));
    const Descriptor file(
        ::openat(parent, name.back().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return system_failure(fmt::format("make '{}'", log::one_line(member)), errno);
    TRY(write_data(file.get(), entry));
    if (::fchmod(file.get(), archive_entry_perm(entry) & 0777) != 0) return system_failure("set mode", errno);
    if (archive_entry_mtime_is_set(entry) != 0) {
      const timespec times[2]{{.tv_nsec = UTIME_OMIT},
                              {.tv_sec = archive_entry_mtime(entry), .tv_nsec = archive_entry_mtime_nsec(entry)}};
      ::futimens(file.get(), times);
    }
    return {};
  }

  Result<> check_room(std::uint64_t bytes) const {
    if (bytes <= limits_.bytes_max - done_.bytes) return {};
    return fail(Code::resource_exhausted,
                fmt::format("the archive unpacks to more than the {} bytes left for it", limits_.bytes_max));
  }

  // A hole counts like data: what reads the file sees it.
  Result<> write_data(int file, archive_entry* entry) {
    std::uint64_t end = 0;
    for (;;) {
      const void* bytes = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(reader_, &bytes, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN || offset < 0) return broken(reader_);
      const std::uint64_t after = static_cast<std::uint64_t>(offset) + size;
      TRY(check_room(std::max(end, after)));
      end = std::max(end, after);
      for (std::size_t done = 0; done < size;) {
        const ssize_t count = ::pwrite(file, static_cast<const char*>(bytes) + done, size - done,
                                       static_cast<off_t>(offset) + static_cast<off_t>(done));
        if (count < 0) return system_failure("write", errno);
        done += static_cast<std::size_t>(count);
      }
    }
    if (archive_entry_size_is_set(entry) && static_cast<std::uint64_t>(archive_entry_size(entry)) > end) {
      end = static_cast<std::uint64_t>(archive_entry_size(entry));
      if (::ftruncate(file, static_cast<off_t>(end)) != 0) return system_failure("write", errno);
    }
    done_.bytes += end;
    return {};
  }

  Result<> make_directory(const Name& name, archive_entry* entry) {
    TRY(sandbox_.directory(name));
    directories_.emplace_back(join(name, "/"), archive_entry_perm(entry) & 0777);
    return {};
  }

  Result<> make_link(const Name& name, const std::string& member, archive_entry* entry) {
    const char* target = archive_entry_symlink(entry);
    if (target == nullptr) target = archive_entry_symlink_utf8(entry);
    if (target == nullptr || !link_stays_inside(name, target)) return refused(member, "is a link that leads outside");
    LET(const int parent, parent_without(name, member));
    if (::symlinkat(target, parent, name.back().c_str()) != 0) {
      return system_failure(fmt::format("make link '{}'", log::one_line(member)), errno);
    }
    done_.links.push_back(name);
    return {};
  }

  Result<> make_hard_link(const Name& name, const std::string& member, archive_entry* entry) {
    LET(const Name target, parse_name(archive_entry_hardlink(entry), member));
    if (target.empty()) return refused(member, "is a link to no file");
    LET(const Descriptor target_parent,
        open_beneath(sandbox_.root(), join({target.begin(), target.end() - 1}, "/"), O_RDONLY | O_DIRECTORY));
    struct stat status{};
    if (::fstatat(target_parent.get(), target.back().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return system_failure(fmt::format("link '{}'", log::one_line(member)), errno);
    }
    // A link in a second place leads to a second place.
    if (!S_ISREG(status.st_mode)) return refused(member, "is a hard link to what is no file");
    if (name == target) return {};
    LET(const int parent, parent_without(name, member));
    if (::linkat(target_parent.get(), target.back().c_str(), parent, name.back().c_str(), 0) != 0) {
      return system_failure(fmt::format("link '{}'", log::one_line(member)), errno);
    }
    return {};
  }

  // Last, since they may forbid to write; deepest first, since they may forbid to enter.
  Result<> set_directory_modes() const {
    for (auto each = directories_.rbegin(); each != directories_.rend(); ++each) {
      LET(const Descriptor directory, open_beneath(sandbox_.root(), each->first, O_RDONLY | O_DIRECTORY));
      if (::fchmod(directory.get(), each->second) != 0) return system_failure("set mode of a directory", errno);
    }
    return {};
  }

  archive* const reader_;
  const Sandbox& sandbox_;
  const UnpackLimits limits_;
  Unpacked done_;
  Descriptor parent_;
  Name parent_name_;
  std::vector<std::pair<std::string, mode_t>> directories_;
};

}  // namespace

Result<> check_links(const Sandbox& sandbox, const std::vector<Name>& links) {
  for (const Name& name : links) {
    const std::string path = join(name, "/");
    const Result<Descriptor> opened = open_beneath(sandbox.root(), path, O_PATH);
    if (opened || opened.error().code != Code::invalid_argument) continue;
    if (const Result<Descriptor> parent =
            open_beneath(sandbox.root(), join({name.begin(), name.end() - 1}, "/"), O_RDONLY | O_DIRECTORY)) {
      ::unlinkat(parent->get(), name.back().c_str(), 0);
    }
    return refused(path, "is a link that leads outside");
  }
  return {};
}

Result<Unpacked> unpack_tar(int file, const Sandbox& sandbox, const UnpackLimits& limits) {
  const Reader reader = make_reader();
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  TRY(open(reader.get(), file));
  return Unpacking(reader.get(), sandbox, limits).run();
}

Result<Unpacked> unpack_zip(int file, const Sandbox& sandbox, const UnpackLimits& limits) {
  const Reader reader = make_reader();
  archive_read_support_format_zip_seekable(reader.get());
  TRY(open(reader.get(), file));
  return Unpacking(reader.get(), sandbox, limits).run();
}

Result<std::uint64_t> gunzip(int from, int to, std::uint64_t bytes_max) {
  const Reader reader = make_reader();
  archive_read_support_format_raw(reader.get());
  archive_read_support_filter_gzip(reader.get());
  TRY(open(reader.get(), from));
  archive_entry* entry = nullptr;
  if (archive_read_next_header(reader.get(), &entry) < ARCHIVE_WARN) return broken(reader.get());
  if (archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_GZIP) {
    return fail(Code::malformed, "cannot read the archive: it is not gzip");
  }
  std::uint64_t total = 0;
  std::vector<char> bytes(block_bytes);
  for (;;) {
    const la_ssize_t count = archive_read_data(reader.get(), bytes.data(), bytes.size());
    if (count == 0) return total;
    if (count < 0) return broken(reader.get());
    total += static_cast<std::uint64_t>(count);
    if (total > bytes_max) {
      return fail(Code::resource_exhausted,
                  fmt::format("the archive unpacks to more than the {} bytes left for it", bytes_max));
    }
    for (la_ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, bytes.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0) return system_failure("write", errno);
      done += written;
    }
  }
}

}  // namespace stoa::fetcher
