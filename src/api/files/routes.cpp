#include "api/files/routes.h"

#include "api/files/browse.h"
#include "api/files/download.h"
#include "api/v0/answer.h"

namespace stoa::api {
namespace {

using Answer = std::function<http::Response(const FileSpace&, const net::Query&)>;

// Disks may be slow: the work is done on the rendering loop.
void add_answer(http::Router& router, const std::string& path, const std::function<const ReadingContext&()>& context,
                const FilesSource& files, const Answer& answer) {
  v0::add_read(router, path, [context, files, answer](http::Request request, http::Responder responder) {
    const auto waiting = std::make_shared<http::Responder>(std::move(responder));
    files([&with = context(), answer, waiting,
           query = std::move(request.query)](const std::shared_ptr<const FileSpace>& space) {
      with.loop->post([&with, answer, waiting, query, space] {
        http::Response response = answer(*space, query);
        if (response.status == 200 && with.jsonp) {
          response = v0::json_answer(std::move(response.body), query, with);
        }
        waiting->respond(std::move(response));
      });
    });
  });
}

}  // namespace

void add_file_routes(http::Router& router, const std::function<const ReadingContext&()>& context,
                     const FilesSource& files) {
  add_answer(router, "/files/browse", context, files, browse_files);
  add_answer(router, "/files/read", context, files, read_file_text);
  add_answer(router, "/files/debug", context, files,
             [](const FileSpace& space, const net::Query&) { return debug_files(space); });
  v0::add_read(router, "/files/download", [context, files](http::Request request, http::Responder responder) {
    const auto waiting = std::make_shared<http::Responder>(std::move(responder));
    const auto asked = std::make_shared<const http::Request>(std::move(request));
    files([loop = context().loop, waiting, asked](const std::shared_ptr<const FileSpace>& space) {
      loop->post([loop, waiting, asked, space] { download_file(*space, *asked, std::move(*waiting), *loop); });
    });
  });
}

}  // namespace stoa::api
