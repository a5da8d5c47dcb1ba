#include "api/operator/process_answers.h"

#include <algorithm>

#include "api/answers.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api {

void fill_version(const ReadingContext& context, mesos::v1::VersionInfo& info) {
  const VersionShown& version = context.version;
  info.set_version(version.api);
  info.set_build_date(version.build_date);
  info.set_build_time(version.build_time);
  info.set_build_user(version.build_user);
  if (!version.commit.empty()) info.set_git_sha(version.commit);
  if (!version.branch.empty()) info.set_git_branch(version.branch);
  if (!version.tag.empty()) info.set_git_tag(version.tag);
}

void fill_flags(const ReadingContext& context, google::protobuf::RepeatedPtrField<mesos::v1::Flag>& flags) {
  for (const auto& [name, value] : context.flags) {
    auto& flag = *flags.Add();
    flag.set_name(name);
    flag.set_value(value);
  }
}

void fill_files(const FileListing& listing, google::protobuf::RepeatedPtrField<mesos::v1::FileInfo>& files) {
  for (const FileEntry& entry : listing.entries) {
    auto& file = *files.Add();
    file.set_path(entry.path);
    file.set_nlink(static_cast<std::int32_t>(entry.status.st_nlink));
    file.set_size(static_cast<std::uint64_t>(entry.status.st_size));
    file.mutable_mtime()->set_nanoseconds(entry.status.st_mtime * 1'000'000'000);
    file.set_mode(entry.status.st_mode);
    file.set_uid(entry.user);
    file.set_gid(entry.group);
  }
}

Result<FilePiece> read_piece(const FileSpace& files, const std::string& path, std::uint64_t offset,
                             std::uint64_t length) {
  LET(const OpenedFile file, files.open(path, "read"));
  FilePiece piece{.size = static_cast<std::uint64_t>(file.status.st_size), .data = {}};
  LET(piece.data,
      read_at(file, offset, static_cast<std::size_t>(std::min<std::uint64_t>(length, file_read_bytes_max))));
  // The file may have grown since its size was taken; what was read is then in it.
  piece.size = std::max<std::uint64_t>(piece.size, piece.data.empty() ? 0 : offset + piece.data.size());
  return piece;
}

http::Response set_logging(std::uint32_t level, std::int64_t nanoseconds, const ReadingContext& context) {
  if (nanoseconds < 0) return refusal(400, "Negative duration provided");
  // From here to the end of time if it is that long.
  const TimePoint now = net::now();
  const Duration left = TimePoint::max() - now;
  context.verbosity->set(level, now + std::min(left, Duration(nanoseconds)));
  return done();
}

FileSpace master_files(const ReadingContext& context) {
  FileSpace::Attachments attachments;
  if (!context.log_file.empty()) attachments["/master/log"] = context.log_file;
  return FileSpace(std::move(attachments));
}

}  // namespace stoa::api
