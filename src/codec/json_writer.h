// JsonWriter writes JSON documents that are not messages: the v0 endpoints and everything of our own.
//
// Commas and quotes are its business; the order and nesting of calls is the caller's, and is checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/forward.h"

namespace stoa::codec {

// Appends one JSON value to `out`, which must outlive it and holds all that was written after each call. In an object
// every value follows a key(). Strings, numbers and messages look as in write_json().
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view value);
  JsonWriter& number(double value);  // `3.0`
  JsonWriter& integer(std::int64_t value);
  JsonWriter& unsigned_integer(std::uint64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // Text that is JSON already, for example a cached rendering.
  JsonWriter& raw(std::string_view json);
  JsonWriter& message(const google::protobuf::Message& value);

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void before_value();

  std::string& out_;
  std::vector<char> open_;    // The bracket that closes each level.
  bool needs_comma_ = false;  // Whether the level has a member already.
  bool after_key_ = false;
};

}  // namespace stoa::codec
