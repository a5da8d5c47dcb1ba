// NameIndex: which of a fixed list of names a text is.
//
// Every member of every JSON object is looked up once, so this is among the hottest steps of reading. Names are short:
// the first and the last eight bytes tell nearly all of them apart, and are compared without a call.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace stoa::codec {

class NameIndex {
 public:
  NameIndex() = default;
  // The texts behind `names` must outlive the index; at most 65,535 of them, all different.
  explicit NameIndex(const std::vector<std::string_view>& names);

  static constexpr std::size_t none = ~std::size_t{0};
  // The position of `name` in the list, or none. O(1).
  std::size_t find(std::string_view name) const {
    const Ends ends = ends_of(name);
    for (std::size_t i = place_of(ends, name.size());; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.text == nullptr) return none;
      if (slot.ends.head != ends.head || slot.ends.tail != ends.tail || slot.size != name.size()) continue;
      if (name.size() <= 16 || std::memcmp(slot.text, name.data(), name.size()) == 0) return slot.position;
    }
  }

 private:
  // With its length, the whole of a text of up to 16 bytes.
  struct Ends {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
  };
  struct Slot {
    Ends ends;
    const char* text = nullptr;
    std::uint32_t size = 0;
    std::uint32_t position = 0;
  };

  template <typename Word>
  static std::uint64_t load(const char* from) {
    Word word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  static Ends ends_of(std::string_view text) {
    const char* first = text.data();
    const char* last = first + text.size();
    if (text.size() >= 8) return {load<std::uint64_t>(first), load<std::uint64_t>(last - 8)};
    if (text.size() >= 4) return {load<std::uint32_t>(first), load<std::uint32_t>(last - 4)};
    if (text.size() >= 2) return {load<std::uint16_t>(first), load<std::uint16_t>(last - 2)};
    return {text.empty() ? 0 : load<std::uint8_t>(first), 0};
  }
  std::size_t place_of(const Ends& ends, std::size_t size) const {
    const std::uint64_t mixed = (ends.head ^ std::rotl(ends.tail, 29) ^ size) * 0x9e3779b97f4a7c15u;
    return mixed >> 40 & mask_;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1);  // One at least is free.
  std::size_t mask_ = 0;
};

}  // namespace stoa::codec
