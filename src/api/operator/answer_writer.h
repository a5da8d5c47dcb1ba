// AnswerWriter: a v1 answer made member by member, in either encoding.
//
// A whole state as one message would be a copy of everything first. So the records, which are messages already, are
// written one after another, and only the frame around them is made here. JSON shows the lists opened here even when
// they are empty (OPR-069); protobuf cannot.
#pragma once

#include <string>
#include <vector>

#include "codec/json_writer.h"
#include "codec/media_type.h"
#include "http/message.h"
#include "proto/forward.h"

namespace stoa::api {

// One member of a message: both of its names.
struct Field {
  const char* name;
  int number;
};

class AnswerWriter {
 public:
  // json or protobuf. `type` is that of the answer: its name, and its number in member 1.
  AnswerWriter(codec::MediaType encoding, const std::string& type_name, int type_number);
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  // Opens and ends a member that is a message.
  void begin(Field field);
  void end();
  // Opens and ends a list of messages.
  void begin_list(Field field);
  void element(const google::protobuf::Message& message);
  void end_list();

  // Ends the answer: 200 with what was written.
  http::Response finish();

 private:
  void put_varint(std::uint64_t value);
  void put_tag(int number);

  const codec::MediaType encoding_;
  std::string text_;  // All of it as JSON; the innermost open message as protobuf.
  codec::JsonWriter json_;
  struct Outer {
    int number;
    std::string bytes;
  };
  std::vector<Outer> outer_;
  int list_ = 0;  // Number of the open list.
};

}  // namespace stoa::api
