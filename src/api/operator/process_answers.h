// Members about a daemon's own process that the operator APIs of master and agent share: their messages differ in
// nothing but the package, so these fill the parts that are the same type, and templates the rest.
#pragma once

#include <string>

#include "api/files/file_space.h"
#include "api/reading_context.h"
#include "http/message.h"
#include "proto/forward.h"

namespace mesos::v1 {
class FileInfo;
class Flag;
class VersionInfo;
}  // namespace mesos::v1

namespace stoa::api {

void fill_version(const ReadingContext& context, mesos::v1::VersionInfo& info);
void fill_flags(const ReadingContext& context, google::protobuf::RepeatedPtrField<mesos::v1::Flag>& flags);
// OPR-050
void fill_files(const FileListing& listing, google::protobuf::RepeatedPtrField<mesos::v1::FileInfo>& files);

// The whole size, and the bytes from `offset` (OPR-051). Errors as those of FileSpace::open and read_at.
struct FilePiece {
  std::uint64_t size = 0;
  std::string data;
};
Result<FilePiece> read_piece(const FileSpace& files, const std::string& path, std::uint64_t offset,
                             std::uint64_t length);

// SET_LOGGING_LEVEL: 200 when it has taken effect (OPR-047, AGT-200).
http::Response set_logging(std::uint32_t level, std::int64_t nanoseconds, const ReadingContext& context);

// What a master shows: its own log (OPR-053).
FileSpace master_files(const ReadingContext& context);

}  // namespace stoa::api
