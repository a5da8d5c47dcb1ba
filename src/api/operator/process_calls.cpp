// Calls of the master that need no look at the cluster: they are answered at once, however busy the core is (OPR-040).
#include "api/answers.h"
#include "api/operator/master_calls.h"
#include "api/operator/process_answers.h"
#include "mesos/v1/master/master.pb.h"

namespace stoa::api {

using mesos::v1::master::Response;

http::Response get_health(const MasterRequest& request) {
  Response response;
  response.set_type(Response::GET_HEALTH);
  response.mutable_get_health()->set_healthy(true);
  return encoded(response, request.encoding);
}

http::Response get_version(const MasterRequest& request) {
  Response response;
  response.set_type(Response::GET_VERSION);
  fill_version(request.context, *response.mutable_get_version()->mutable_version_info());
  return encoded(response, request.encoding);
}

http::Response get_flags(const MasterRequest& request) {
  Response response;
  response.set_type(Response::GET_FLAGS);
  fill_flags(request.context, *response.mutable_get_flags()->mutable_flags());
  return encoded(response, request.encoding);
}

http::Response get_logging_level(const MasterRequest& request) {
  Response response;
  response.set_type(Response::GET_LOGGING_LEVEL);
  response.mutable_get_logging_level()->set_level(request.context.verbosity->level(net::now()));
  return encoded(response, request.encoding);
}

http::Response set_logging_level(const MasterRequest& request) {
  const auto& wanted = request.call.set_logging_level();
  return set_logging(wanted.level(), wanted.duration().nanoseconds(), request.context);
}

http::Response list_files(const MasterRequest& request) {
  const auto listing = master_files(request.context).list(request.call.list_files().path());
  if (!listing) return refusal(listing.error());
  Response response;
  response.set_type(Response::LIST_FILES);
  fill_files(*listing, *response.mutable_list_files()->mutable_file_infos());
  return encoded(response, request.encoding);
}

http::Response read_file(const MasterRequest& request) {
  const auto& asked = request.call.read_file();
  auto piece = read_piece(master_files(request.context), asked.path(), asked.offset(),
                          asked.has_length() ? asked.length() : file_read_bytes_max);
  if (!piece) return refusal(piece.error());
  Response response;
  response.set_type(Response::READ_FILE);
  response.mutable_read_file()->set_size(piece->size);
  response.mutable_read_file()->set_data(std::move(piece->data));
  return encoded(response, request.encoding);
}

}  // namespace stoa::api
