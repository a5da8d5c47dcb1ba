#include "codec/json_writer.h"

#include "base/check.h"
#include "codec/json.h"
#include "codec/json_text.h"

namespace stoa::codec {

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  CHECK(open_.empty() ? !needs_comma_ : open_.back() == ']',
        "a value in an object needs a key, a document has one value");
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

JsonWriter& JsonWriter::begin(char bracket) {
  before_value();
  out_.push_back(bracket);
  open_.push_back(bracket == '{' ? '}' : ']');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  CHECK(!open_.empty() && open_.back() == bracket && !after_key_, "brackets do not match");
  out_.push_back(bracket);
  open_.pop_back();
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_object() { return begin('{'); }
JsonWriter& JsonWriter::end_object() { return end('}'); }
JsonWriter& JsonWriter::begin_array() { return begin('['); }
JsonWriter& JsonWriter::end_array() { return end(']'); }

JsonWriter& JsonWriter::key(std::string_view name) {
  CHECK(!open_.empty() && open_.back() == '}' && !after_key_, name);
  if (needs_comma_) out_.push_back(',');
  append_string(name, out_);
  out_.push_back(':');
  needs_comma_ = true;
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  before_value();
  append_string(value, out_);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  before_value();
  TextBuffer buffer(out_);
  append_double(value, buffer);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  before_value();
  TextBuffer buffer(out_);
  append_integer(value, buffer);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t value) {
  before_value();
  TextBuffer buffer(out_);
  append_unsigned(value, buffer);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  out_.append(json);
  return *this;
}

JsonWriter& JsonWriter::message(const google::protobuf::Message& value) {
  before_value();
  write_json(value, out_);
  return *this;
}

}  // namespace stoa::codec
