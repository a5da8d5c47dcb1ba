#include "store/record_text.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>

namespace stoa::store {
namespace {

void append_sized(std::string& out, std::string_view bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bytes.size() >> shift & 255));
  out += bytes;
}

// Takes what append_sized() wrote off the front.
std::optional<std::string_view> take_sized(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  bytes.remove_prefix(4);
  if (bytes.size() < size) return std::nullopt;
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

// Takes `word` off the front.
bool skip(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = read_number(text.substr(0, end));
  text.remove_prefix(end);
  return number;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string shard_of(std::string_view id) { return sha256_hex(id).substr(0, 2); }

std::string write_head(const DocumentHead& head) {
  return fmt::format(R"({{"generation":{},"chunks":{},"bytes":{},"sha256":"{}"}})", head.generation, head.chunks,
                     head.bytes, head.sha256);
}

std::optional<DocumentHead> read_head(std::string_view text) {
  DocumentHead head;
  if (!skip(text, R"({"generation":)")) return std::nullopt;
  const auto generation = take_number(text);
  if (!generation || !skip(text, R"(,"chunks":)")) return std::nullopt;
  const auto chunks = take_number(text);
  if (!chunks || !skip(text, R"(,"bytes":)")) return std::nullopt;
  const auto bytes = take_number(text);
  if (!bytes || !skip(text, R"(,"sha256":")")) return std::nullopt;
  head = {*generation, *chunks, *bytes, std::string(text.substr(0, std::min<std::size_t>(64, text.size())))};
  text.remove_prefix(head.sha256.size());
  if (text != R"("})" || head.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return head;
}

std::string write_document(const DocumentRecords& records) {
  std::string out;
  for (const auto& [id, bytes] : records) {
    append_sized(out, id);
    append_sized(out, bytes);
  }
  return out;
}

Result<DocumentRecords> read_document(std::string_view bytes) {
  DocumentRecords records;
  while (!bytes.empty()) {
    const auto id = take_sized(bytes);
    const auto content = id ? take_sized(bytes) : std::nullopt;
    if (!content) return fail(Code::malformed, "it ends in the middle of a record");
    if (!records.emplace(*id, *content).second) return fail(Code::malformed, fmt::format("it has '{}' twice", *id));
  }
  return records;
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  return number;
}

}  // namespace stoa::store
