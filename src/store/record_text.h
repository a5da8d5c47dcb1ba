// The content of the znodes of a registry in ZooKeeper, as text and bytes (HA-070). What is written is read strictly:
// anything else was written by somebody else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stoa::store {

// Lower-case hex.
std::string sha256_hex(std::string_view bytes);
// Of an agent's record: the first byte of the hash of its id, as two hex digits.
std::string shard_of(std::string_view id);

// A document: all records of one kind. Its bytes lie in chunks of 256 KB that its head names.
struct DocumentHead {
  std::uint64_t generation = 0;
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;
  std::string sha256;
  bool operator==(const DocumentHead&) const = default;
};
std::string write_head(const DocumentHead& head);
std::optional<DocumentHead> read_head(std::string_view text);

using DocumentRecords = std::map<std::string, std::string>;  // By id.
std::string write_document(const DocumentRecords& records);
// Fails with malformed.
Result<DocumentRecords> read_document(std::string_view bytes);

// A number without sign or leading zeros.
std::optional<std::uint64_t> read_number(std::string_view text);

}  // namespace stoa::store
