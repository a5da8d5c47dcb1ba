// Random bytes from the kernel, for what nobody may guess: stream ids, tokens, keys. Cores never call it; they are
// given a seeded Random (base/random.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace stoa::net {

std::string random_bytes(std::size_t count);
std::uint64_t random_number();
// 36 characters, version 4, lower case (HTTP-098).
std::string random_uuid();

}  // namespace stoa::net
