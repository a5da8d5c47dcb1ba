#include "api/operator/answer_writer.h"

#include "base/check.h"
#include "codec/protobuf.h"
#include "google/protobuf/message.h"

namespace stoa::api {

using codec::MediaType;

AnswerWriter::AnswerWriter(MediaType encoding, const std::string& type_name, int type_number)
    : encoding_(encoding), json_(text_) {
  if (encoding_ == MediaType::json) {
    json_.begin_object().key("type").string(type_name);
  } else {
    text_.push_back(1 << 3);  // Member 1, a varint.
    put_varint(static_cast<std::uint64_t>(type_number));
  }
}

void AnswerWriter::put_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) text_.push_back(static_cast<char>(value | 0x80));
  text_.push_back(static_cast<char>(value));
}

void AnswerWriter::put_tag(int number) { put_varint(static_cast<std::uint64_t>(number) << 3 | 2); }

void AnswerWriter::begin(Field field) {
  if (encoding_ == MediaType::json) {
    json_.key(field.name).begin_object();
  } else {
    outer_.push_back({field.number, std::move(text_)});
    text_.clear();
  }
}

void AnswerWriter::end() {
  if (encoding_ == MediaType::json) {
    json_.end_object();
    return;
  }
  CHECK(!outer_.empty(), "no message is open");
  std::string inner = std::move(text_);
  text_ = std::move(outer_.back().bytes);
  put_tag(outer_.back().number);
  put_varint(inner.size());
  text_.append(inner);
  outer_.pop_back();
}

void AnswerWriter::begin_list(Field field) {
  list_ = field.number;
  if (encoding_ == MediaType::json) json_.key(field.name).begin_array();
}

void AnswerWriter::element(const google::protobuf::Message& message) {
  if (encoding_ == MediaType::json) {
    json_.message(message);
    return;
  }
  put_tag(list_);
  put_varint(message.ByteSizeLong());
  CHECK(message.AppendToString(&text_), "a message of ours is complete");
}

void AnswerWriter::end_list() {
  if (encoding_ == MediaType::json) json_.end_array();
}

http::Response AnswerWriter::finish() {
  if (encoding_ == MediaType::json) json_.end_object();
  CHECK(outer_.empty(), "a message is still open");
  http::Response response;
  response.headers.set("Content-Type", std::string(codec::media_type_name(encoding_)));
  response.body = std::move(text_);
  return response;
}

}  // namespace stoa::api
