#include "codec/name_index.h"

#include "base/check.h"

namespace stoa::codec {

NameIndex::NameIndex(const std::vector<std::string_view>& names) {
  constexpr std::size_t slots_per_name = 4;
  CHECK(names.size() <= 65'535, "a list of names that is too long");
  slots_.resize(std::bit_ceil(names.size() * slots_per_name + 1));
  mask_ = slots_.size() - 1;
  for (std::size_t position = 0; position < names.size(); ++position) {
    const std::string_view name = names[position];
    CHECK(find(name) == none, name);
    std::size_t i = place_of(ends_of(name), name.size());
    while (slots_[i].text != nullptr) i = (i + 1) & mask_;
    slots_[i] = {.ends = ends_of(name),
                 .text = name.data(),
                 .size = static_cast<std::uint32_t>(name.size()),
                 .position = static_cast<std::uint32_t>(position)};
  }
}

}  // namespace stoa::codec
