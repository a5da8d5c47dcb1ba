// Source: what a URI means to the fetcher, before anything is asked of network or disk.
//
// A URI comes from a framework and a file name from a URI, so both are hostile: what this lets through is safe to
// print, to hand to a transfer, and to make a file of (AGT-113, AGT-116, SEC-110, SEC-111).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace stoa::fetcher {

enum class Scheme {
  local,  // A path of this host.
  http,
  https,
  ftp,
  ftps,
  other,  // Of some plug-in: hdfs, s3, ...
};

struct Source {
  Scheme scheme = Scheme::local;
  std::string uri;   // As given; for local ones the absolute path.
  std::string name;  // Last segment of its path; empty if that is no file name: then an output file is needed.
};

// `frameworks_home` is where relative paths begin; empty: there are none. Fails with invalid_argument.
Result<Source> parse_source(std::string_view uri, std::string_view frameworks_home);

// The parts of a path that leads to a file inside of the sandbox. Fails with invalid_argument.
Result<std::vector<std::string>> parse_output_file(std::string_view output_file);

// The URI without what may be secret, as people are shown it: no credentials, no query, no control characters.
std::string shown(std::string_view uri);

enum class Archive { none, tar, zip, gzip };

// By the suffixes of AGT-114, as they are written there.
Archive archive_of(std::string_view file_name);
// The name that a file of gzip gets when it is unpacked: without its suffix.
std::string gunzipped_name(std::string_view file_name);

}  // namespace stoa::fetcher
