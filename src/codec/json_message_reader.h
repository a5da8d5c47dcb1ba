// MessageReader writes what a JSON text says as the binary form of a message (wire/http.md sections 11.2 and 12).
//
// Part of read_json(): containers are in json_read.cpp, single values in json_read_values.cpp.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "codec/json.h"
#include "codec/json_scanner.h"
#include "codec/message_tables.h"
#include "codec/wire_buffer.h"

namespace stoa::codec {

// What became of one value. All but `malformed` have read it to its end: a value that does not fit must not hide that
// the rest is no JSON (HTTP-066), nor a later member of the same name, which alone counts (HTTP-130).
enum class Outcome {
  stored,
  absent,  // null, or the name of an unknown enum value.
  misfit,
  malformed,
};

class MessageReader {
 public:
  explicit MessageReader(std::string_view text) : scanner_(text, json_depth_max), out_(text.size() + 64) {}

  // Fails as read_json() does, but for required fields that are missing.
  Result<> read(const MessageTable& table);
  std::string_view wire() const { return out_.view(); }
  // Whether a required field may be missing somewhere; false is certain.
  bool may_be_incomplete() const { return may_be_incomplete_; }

 private:
  // Which members an open object has had, as bits by their index, and where those seen stand in the binary form.
  struct Members {
    std::uint64_t seen = 0;
    std::uint64_t stored = 0;
    std::array<std::size_t, fields_max> begin;
    std::array<std::size_t, fields_max> end;
  };

  Outcome read_object(const MessageTable& table);
  Outcome read_member(const FieldTable& field, const Members& members);
  Outcome read_list(const FieldTable& field);
  Outcome read_map(const FieldTable& field);
  Outcome read_map_value(const FieldTable& value);
  Outcome read_value(const FieldTable& field);
  Outcome read_message(const FieldTable& field);
  Outcome read_duration(const FieldTable& field);
  Outcome read_enum(const FieldTable& field);
  Outcome read_boolean(const FieldTable& field);
  Outcome read_text(const FieldTable& field);
  Outcome read_number(const FieldTable& field);
  Outcome read_floating(const FieldTable& field);

  void forget(std::size_t index, Members& members);
  Outcome misfit(std::string detail) {
    detail_ = std::move(detail);
    return Outcome::misfit;
  }
  Outcome wrong_kind(const FieldTable& field);
  Outcome null() { return scanner_.literal("null") ? Outcome::absent : Outcome::malformed; }
  // A number, or a string that holds one and nothing else; `token` is empty if the string does not.
  bool number_token(std::string_view& token);

  JsonScanner scanner_;
  WireBuffer out_;
  bool may_be_incomplete_ = false;
  std::string detail_;  // Of the last misfit.
};

}  // namespace stoa::codec
