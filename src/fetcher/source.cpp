#include "fetcher/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace stoa::fetcher {
namespace {

constexpr std::size_t uri_bytes_max = 16 * 1024;
constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t path_bytes_max = 4'000;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Result<> check_characters(std::string_view uri) {
  const bool illegal = std::ranges::any_of(uri, [](char c) { return c == '\\' || c == '\'' || is_control(c); });
  if (illegal) return invalid("Illegal characters in URI");
  if (uri.size() > uri_bytes_max) return invalid(fmt::format("URI of more than {} bytes", uri_bytes_max));
  return {};
}

std::string_view without(std::string_view text, std::string_view marks) {
  return text.substr(0, text.find_first_of(marks));
}

// Nothing where it is not a name that a file can have.
std::string last_segment(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "." || name == ".." || name.size() > name_bytes_max) return {};
  return std::string(name);
}

std::unexpected<Error> no_path(std::string_view uri) {
  return invalid(fmt::format("Malformed URI (missing path): {}", shown(uri)));
}

Scheme scheme_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Scheme>, 5> known{{{"file", Scheme::local},
                                                                             {"http", Scheme::http},
                                                                             {"https", Scheme::https},
                                                                             {"ftp", Scheme::ftp},
                                                                             {"ftps", Scheme::ftps}}};
  for (const auto& [text, scheme] : known) {
    if (text == name) return scheme;
  }
  return Scheme::other;
}

Result<Source> local_source(std::string_view path, std::string_view frameworks_home, std::string_view uri) {
  if (path.empty() || path == "/") return no_path(uri);
  Source source{.scheme = Scheme::local, .uri = std::string(path), .name = last_segment(path)};
  if (path.starts_with('/')) return source;
  if (frameworks_home.empty()) {
    return invalid(
        fmt::format("A relative path was passed for the resource but --frameworks_home is not set: {}", path));
  }
  source.uri = fmt::format("{}/{}", frameworks_home, path);
  return source;
}

}  // namespace

Result<Source> parse_source(std::string_view uri, std::string_view frameworks_home) {
  TRY(check_characters(uri));
  const std::size_t mark = uri.find("://");
  // Like the system whose jobs these are, a single letter before the mark is no scheme.
  if (mark == std::string_view::npos || mark < 2) return local_source(uri, frameworks_home, uri);
  const std::string name = lower_case(uri.substr(0, mark));
  const bool is_name = name.front() >= 'a' && name.front() <= 'z' && std::ranges::all_of(name, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                       });
  if (!is_name) return invalid(fmt::format("Malformed URI (no scheme): {}", shown(uri)));
  const Scheme scheme = scheme_of(name);
  const std::string_view rest = uri.substr(mark + 3);
  if (scheme == Scheme::local) {
    const std::string_view path = rest.starts_with("localhost/") ? rest.substr(9) : rest;
    if (!path.starts_with('/')) return no_path(uri);
    return local_source(path, {}, uri);
  }
  const std::string_view plain = without(rest, "?#");
  const std::size_t slash = plain.find('/');
  if (slash == std::string_view::npos || slash + 1 == plain.size()) return no_path(uri);
  return Source{.scheme = scheme, .uri = std::string(uri), .name = last_segment(plain)};
}

Result<std::vector<std::string>> parse_output_file(std::string_view output_file) {
  constexpr const char* outside = "URI output file must be within the sandbox directory";
  if (output_file.starts_with('/')) return invalid(outside);
  if (output_file.size() > path_bytes_max || std::ranges::any_of(output_file, is_control)) {
    return invalid("URI output file has control characters or is too long");
  }
  std::vector<std::string> parts;
  for (const std::string_view part : split(output_file, '/')) {
    if (part == "..") return invalid(outside);
    if (part.size() > name_bytes_max) return invalid("URI output file has a part that is too long");
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  if (parts.empty() || output_file.ends_with('/')) return invalid("URI output file names no file");
  return parts;
}

std::string shown(std::string_view uri) {
  std::string text;
  const std::size_t mark = uri.find("://");
  if (mark != std::string_view::npos) {
    const std::string_view authority = without(uri.substr(mark + 3), "/?#");
    text = uri.substr(0, mark + 3);
    uri.remove_prefix(mark + 3);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
    text += without(uri, "?#");
    if (uri.contains('?')) text += "?...";
  } else {
    text = uri;
  }
  constexpr std::size_t shown_bytes_max = 512;
  if (text.size() > shown_bytes_max) text = text.substr(0, shown_bytes_max) + "...";
  return log::one_line(text);
}

Archive archive_of(std::string_view file_name) {
  for (const std::string_view suffix : {".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz"}) {
    if (file_name.ends_with(suffix)) return Archive::tar;
  }
  if (file_name.ends_with(".zip")) return Archive::zip;
  return file_name.ends_with(".gz") ? Archive::gzip : Archive::none;
}

std::string gunzipped_name(std::string_view file_name) {
  return std::string(file_name.substr(0, file_name.size() - 3));
}

}  // namespace stoa::fetcher
