#include "api/files/browse.h"

#include <algorithm>
#include <charconv>

#include "api/answers.h"
#include "codec/json_writer.h"

namespace stoa::api {
namespace {

using codec::JsonWriter;

http::Response no_path() { return refusal(400, "Expecting 'path=value' in query."); }

const std::string* path_of(const net::Query& query) {
  const auto path = query.find("path");
  return path == query.end() || path->second.empty() ? nullptr : &path->second;
}

// -1 where there is none. Fails with the texts of AGT-131.
Result<std::int64_t> number(const net::Query& query, const std::string& name) {
  const auto found = query.find(name);
  if (found == query.end() || found->second.empty()) return -1;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return invalid("Failed to parse " + name);
  if (value < -1) return invalid("Negative " + name + " provided: " + std::to_string(value));
  return value;
}

char kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISCHR(mode)) return 'c';
  if (S_ISBLK(mode)) return 'b';
  if (S_ISFIFO(mode)) return 'p';
  if (S_ISLNK(mode)) return 'l';
  if (S_ISSOCK(mode)) return 's';
  return '-';
}

http::Response piece(std::string_view data, std::int64_t offset) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("data").string(data).key("offset").integer(offset).end_object();
  return http::json(std::move(text));
}

}  // namespace

std::string mode_text(mode_t mode) {
  std::string text(1, kind_of(mode));
  for (const int shift : {6, 3, 0}) {
    const mode_t bits = mode >> shift;
    text.push_back((bits & 4) != 0 ? 'r' : '-');
    text.push_back((bits & 2) != 0 ? 'w' : '-');
    text.push_back((bits & 1) != 0 ? 'x' : '-');
  }
  return text;
}

std::string_view whole_characters(std::string_view text) {
  const auto byte = [&](std::size_t back) { return static_cast<unsigned char>(text[text.size() - back]); };
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    if ((byte(back) & 0xc0) == 0x80) continue;
    const std::size_t length = byte(back) >= 0xf0 ? 4 : byte(back) >= 0xe0 ? 3 : byte(back) >= 0xc0 ? 2 : 1;
    const bool is_cut = length > back;
    return is_cut && back < text.size() ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

http::Response browse_files(const FileSpace& files, const net::Query& query) {
  const std::string* path = path_of(query);
  if (path == nullptr) return no_path();
  const auto listing = files.list(*path);
  if (!listing) return refusal(listing.error());
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const FileEntry& entry : listing->entries) {
    out.begin_object().key("path").string(entry.path).key("nlink").unsigned_integer(entry.status.st_nlink);
    out.key("size").integer(entry.status.st_size).key("mtime").integer(entry.status.st_mtime);
    out.key("mode").string(mode_text(entry.status.st_mode));
    out.key("uid").string(entry.user).key("gid").string(entry.group).end_object();
  }
  out.end_array();
  http::Response response = http::json(std::move(text));
  if (listing->truncated) response.headers.set("X-Truncated", "true");
  return response;
}

http::Response read_file_text(const FileSpace& files, const net::Query& query) {
  const std::string* path = path_of(query);
  if (path == nullptr) return no_path();
  const auto offset = number(query, "offset");
  if (!offset) return refusal(offset.error());
  const auto length = number(query, "length");
  if (!length) return refusal(length.error());
  const auto file = files.open(*path, "read");
  if (!file) return refusal(file.error());
  if (*offset == -1) return piece({}, file->status.st_size);
  const std::size_t bytes_max = *length == -1
                                    ? file_read_bytes_max
                                    : static_cast<std::size_t>(std::min<std::int64_t>(*length, file_read_bytes_max));
  const auto bytes = read_at(*file, static_cast<std::uint64_t>(*offset), bytes_max);
  if (!bytes) return refusal(bytes.error());
  return piece(whole_characters(*bytes), *offset);
}

http::Response debug_files(const FileSpace& files) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  struct stat status{};
  for (const auto& [path, real] : files.attachments()) {
    // What was collected is attached no more (AGT-139).
    if (::lstat(real.c_str(), &status) == 0) out.key(path).string(real);
  }
  out.end_object();
  return http::json(std::move(text));
}

}  // namespace stoa::api
