// Memory for messages that are read from a peer once and then only looked at.
//
// A call or frame is made of many small objects. On the heap each is asked for and given back one by one, which takes
// longer than reading the text; in an arena they lie side by side in the order in which they were read, and go at once.
#pragma once

#include <memory>

#include "proto/forward.h"

namespace stoa::codec {

// An empty message of the type of `prototype`, in an arena of its own that goes with the last pointer. What is
// overwritten or cleared in it stays until then, so it is for messages that are filled once.
std::shared_ptr<google::protobuf::Message> make_in_arena(const google::protobuf::Message& prototype);

template <typename Type>
std::shared_ptr<Type> make_in_arena() {
  return std::static_pointer_cast<Type>(make_in_arena(Type::default_instance()));
}

}  // namespace stoa::codec
