#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <simdjson.h>

#include <limits>
#include <map>
#include <vector>

#include "base/check.h"
#include "codec/json.h"
#include "codec/json_message_reader.h"

namespace stoa::codec {

Result<> MessageReader::read(const MessageTable& table) {
  Outcome outcome = Outcome::misfit;
  if (scanner_.peek() == '{') {
    outcome = read_object(table);
  } else {
    detail_ = "Expecting a JSON object";
    if (!scanner_.skip()) outcome = Outcome::malformed;
  }
  if (outcome != Outcome::malformed && !scanner_.at_end()) scanner_.fail("expecting the end");
  if (scanner_.failed()) return fail(Code::malformed, scanner_.failure());
  if (outcome == Outcome::misfit) return invalid(std::move(detail_));
  return {};
}

Outcome MessageReader::read_object(const MessageTable& table) {
  if (!scanner_.enter()) return Outcome::malformed;
  // Rarely any: the fields that do not fit, each with the reason.
  std::vector<std::pair<const FieldTable*, std::string>> misfits;
  Members members;
  bool is_first = true;
  std::string_view name;
  while (scanner_.next_member(is_first, name)) {
    const FieldTable* field = table.find(name);
    if (field == nullptr) {
      if (!scanner_.skip()) return Outcome::malformed;
      continue;
    }
    const std::uint64_t bit = std::uint64_t{1} << field->index;
    // Of members of the same name the last one counts, null too.
    if ((members.seen & bit) != 0) [[unlikely]] {
      forget(field->index, members);
      std::erase_if(misfits, [&](const auto& misfit) { return misfit.first == field; });
    }
    members.seen |= bit;
    members.begin[field->index] = out_.size();
    const Outcome outcome = read_member(*field, members);
    members.end[field->index] = out_.size();
    if (outcome == Outcome::stored) {
      members.stored |= bit;
    } else if (outcome == Outcome::misfit) {
      misfits.emplace_back(field, std::move(detail_));
    } else if (outcome == Outcome::malformed) {
      return outcome;
    }
  }
  if (scanner_.failed()) return Outcome::malformed;
  if (!misfits.empty()) return misfit(std::move(misfits.front().second));
  if ((members.stored & table.required) != table.required) may_be_incomplete_ = true;
  return Outcome::stored;
}

// Takes back what an earlier member of that name has left. O(bytes behind it); each byte is moved once at most for
// every field before it, for the member that comes instead stands last.
void MessageReader::forget(std::size_t index, Members& members) {
  const std::size_t begin = members.begin[index];
  const std::size_t bytes = members.end[index] - begin;
  members.seen &= ~(std::uint64_t{1} << index);
  members.stored &= members.seen;
  out_.erase(begin, begin + bytes);
  for (std::uint64_t left = members.seen; left != 0; left &= left - 1) {
    const auto other = static_cast<std::size_t>(std::countr_zero(left));
    if (members.begin[other] <= begin) continue;
    members.begin[other] -= bytes;
    members.end[other] -= bytes;
  }
}

Outcome MessageReader::read_member(const FieldTable& field, const Members& members) {
  const char c = scanner_.peek();
  if (c == 'n') return null();
  if (field.is_map) return read_map(field);
  if (field.is_repeated) return c == '[' ? read_list(field) : read_value(field);
  if ((field.choice & members.stored) != 0) {
    if (!scanner_.skip()) return Outcome::malformed;
    return misfit(fmt::format("Not expecting '{}' beside another member of the same choice", field.name()));
  }
  return read_value(field);
}

Outcome MessageReader::read_list(const FieldTable& field) {
  if (!scanner_.enter()) return Outcome::malformed;
  std::string first_misfit;
  bool is_first = true;
  while (scanner_.next_element(is_first)) {
    const Outcome outcome = scanner_.peek() == 'n' ? null() : read_value(field);
    if (outcome == Outcome::malformed) return Outcome::malformed;
    if (outcome == Outcome::misfit && first_misfit.empty()) first_misfit = std::move(detail_);
  }
  if (scanner_.failed()) return Outcome::malformed;
  return first_misfit.empty() ? Outcome::stored : misfit(std::move(first_misfit));
}

// Entries are messages of a key and a value. Each is written behind the others, and kept aside until it is known that
// no later one has its key.
Outcome MessageReader::read_map(const FieldTable& field) {
  if (scanner_.peek() != '{') return wrong_kind(field);
  if (!scanner_.enter()) return Outcome::malformed;
  std::map<std::string, std::string, std::less<>> entries;
  std::map<std::string, std::string, std::less<>> misfits;
  bool is_first = true;
  std::string_view name;
  while (scanner_.next_member(is_first, name)) {
    std::string key(name);
    entries.erase(key);
    misfits.erase(key);
    const std::size_t begin = out_.size();
    const Outcome outcome = read_map_value(field.message->fields[1]);
    if (outcome == Outcome::malformed) return outcome;
    std::string value(out_.view().substr(begin));
    out_.erase(begin, out_.size());
    if (outcome == Outcome::misfit) misfits.emplace(std::move(key), std::move(detail_));
    if (outcome == Outcome::stored) entries.emplace(std::move(key), std::move(value));
  }
  if (scanner_.failed()) return Outcome::malformed;
  if (!misfits.empty()) return misfit(std::move(misfits.begin()->second));
  for (const auto& [key, value] : entries) {
    const std::size_t start = out_.open(field.tag);
    out_.bytes(field.message->fields[0].tag, key);
    out_.append(value);
    out_.close(start);
  }
  return Outcome::stored;
}

Outcome MessageReader::read_map_value(const FieldTable& value) {
  const char c = scanner_.peek();
  if (c == 'n') return null();
  if (c != '{' && value.kind == Kind::message && value.message->form == MessageTable::Form::scalar) {
    // The short form {"cpus":2.0} (HTTP-141).
    const std::size_t start = out_.open(value.tag);
    const Outcome outcome = read_value(value.message->fields[0]);
    out_.close(start);
    return outcome;
  }
  return read_value(value);
}

Outcome MessageReader::read_value(const FieldTable& field) {
  switch (field.kind) {
    case Kind::message:
      return read_message(field);
    case Kind::enumeration:
      return read_enum(field);
    case Kind::boolean:
      return read_boolean(field);
    case Kind::string:
    case Kind::bytes:
      return read_text(field);
    case Kind::f64:
    case Kind::f32:
      return read_floating(field);
    case Kind::int32:
    case Kind::int64:
    case Kind::uint32:
    case Kind::uint64:
      return read_number(field);
  }
  std::unreachable();
}

Outcome MessageReader::read_message(const FieldTable& field) {
  const char c = scanner_.peek();
  const bool is_text_duration = c == '"' && field.message->form == MessageTable::Form::duration;
  if (c != '{' && !is_text_duration) return wrong_kind(field);
  const std::size_t start = out_.open(field.tag);
  const Outcome outcome = is_text_duration ? read_duration(field) : read_object(*field.message);
  out_.close(start);
  return outcome;
}

Result<> read_json(std::string_view text, google::protobuf::Message& out) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return fail(Code::malformed, "the text is not UTF-8");
  MessageReader reader(text);
  TRY(reader.read(table_of(out.GetDescriptor())));
  const std::string_view wire = reader.wire();
  if (wire.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return invalid("more than 2 GiB as protobuf");
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(wire.data()),
                                                static_cast<int>(wire.size()));
  // An entry of a map is a message of its own there.
  stream.SetRecursionLimit(json_depth_max + 1);
  CHECK(out.ParsePartialFromCodedStream(&stream) && stream.ConsumedEntireMessage(), out.GetTypeName());
  if (reader.may_be_incomplete() && !out.IsInitialized()) {
    return invalid("Missing required fields: " + out.InitializationErrorString());
  }
  return {};
}

}  // namespace stoa::codec
