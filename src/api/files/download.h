// GET /files/download: a whole file, or one range of it, with constant memory.
#pragma once

#include "api/files/file_space.h"
#include "http/message.h"
#include "http/responder.h"
#include "net/loop.h"

namespace stoa::api {

// Small files are answered whole, with their length; larger ones in pieces, as fast as the client takes them
// (AGT-133). `loop` must outlive the transfer.
void download_file(const FileSpace& files, const http::Request& request, http::Responder responder, net::Loop& loop);

// `attachment; filename="NAME"`, with `filename*` where the name is not plain ASCII; no byte of the name can end the
// header (SEC-106, SEC-208).
std::string content_disposition(std::string_view name);

// One range of `bytes=FIRST-LAST`, as the first byte and the count; `size` bytes there are. No value: the header is
// none of these and is ignored. Fails with invalid_argument if the range lies outside: 416.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size);

}  // namespace stoa::api
