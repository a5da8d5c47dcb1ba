// GET /files/browse, /files/read, /files/download, /files/debug of both daemons (V0-090 to V0-097).
#pragma once

#include <functional>
#include <memory>

#include "api/files/file_space.h"
#include "api/reading_context.h"
#include "http/router.h"

namespace stoa::api {

// The files that there are now: called back once, on any thread.
using FilesReady = std::function<void(std::shared_ptr<const FileSpace>)>;
using FilesSource = std::function<void(const FilesReady&)>;

void add_file_routes(http::Router& router, const std::function<const ReadingContext&()>& context,
                     const FilesSource& files);

}  // namespace stoa::api
