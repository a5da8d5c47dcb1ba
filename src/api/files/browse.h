// What the file endpoints answer, as functions of the files and the query. They block on the disk only.
#pragma once

#include "api/files/file_space.h"
#include "http/message.h"
#include "net/url.h"

namespace stoa::api {

http::Response browse_files(const FileSpace& files, const net::Query& query);
http::Response read_file_text(const FileSpace& files, const net::Query& query);
// Virtual to real (V0-095), of what is there.
http::Response debug_files(const FileSpace& files);

// Ten characters: `-rw-r--r--`.
std::string mode_text(mode_t mode);

// Without the start of a character whose rest lies behind the end, unless nothing else is there (V0-093).
std::string_view whole_characters(std::string_view text);

}  // namespace stoa::api
