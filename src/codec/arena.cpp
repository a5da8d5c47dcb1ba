#include "codec/arena.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

namespace stoa::codec {

std::shared_ptr<google::protobuf::Message> make_in_arena(const google::protobuf::Message& prototype) {
  google::protobuf::ArenaOptions options;
  // Blocks double from the first size, which holds most calls, to the last.
  options.start_block_size = 1024;
  options.max_block_size = std::size_t{64} << 10;
  const auto arena = std::make_shared<google::protobuf::Arena>(options);
  return {arena, prototype.New(arena.get())};
}

}  // namespace stoa::codec
