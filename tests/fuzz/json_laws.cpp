#include "json_laws.h"

#include <google/protobuf/message.h>
#include <simdjson.h>

#include <string>

#include "codec/json.h"
#include "fuzz.h"

namespace {

using stoa::codec::read_json;
using stoa::codec::to_json;

void check_agrees_with_simdjson(std::string_view text, const stoa::Result<>& ours) {
  const bool is_json = ours.has_value() || ours.error().code != stoa::Code::malformed;
  simdjson::dom::parser parser;
  const auto theirs = parser.parse(text.data(), text.size()).error();
  if (theirs == simdjson::CAPACITY || theirs == simdjson::MEMALLOC) return;
  // It takes half pairs of surrogates; depth is limited elsewhere.
  const bool stricter = !is_json && (ours.error().message.starts_with("unpaired surrogate") ||
                                     ours.error().message.starts_with("nested too deep"));
  if (theirs == simdjson::SUCCESS) CHECK(is_json || stricter, ours.error().message);
  if (is_json) {
    const bool looser = theirs == simdjson::NUMBER_ERROR;
    CHECK(theirs == simdjson::SUCCESS || looser, simdjson::error_message(theirs));
  }
}

}  // namespace

void check_json_laws(std::string_view text, google::protobuf::Message& message, google::protobuf::Message& again) {
  const auto status = read_json(text, message);
  check_agrees_with_simdjson(text, status);
  if (!status) return;
  const std::string written = to_json(message);
  const auto status_again = read_json(written, again);
  CHECK(status_again.has_value(), written);
  CHECK(to_json(again) == written, written);
}
