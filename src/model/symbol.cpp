#include "model/symbol.h"

#include <array>
#include <functional>

namespace stoa::model {

Symbol::Entry::Entry(std::string_view value) : hash(std::hash<std::string_view>{}(value)), text(value) {}

const Symbol::Entry* Symbol::well_known(std::string_view text) {
  static const std::array<Entry, 6> entries{Entry("cpus"), Entry("mem"),   Entry("disk"),
                                            Entry("gpus"), Entry("ports"), Entry("*")};
  for (const Entry& entry : entries) {
    if (entry.text == text) return &entry;
  }
  return nullptr;
}

Symbol::Symbol(std::string_view text) {
  if (text.empty()) return;
  if (const Entry* known = well_known(text)) {
    entry_ = std::shared_ptr<const Entry>(std::shared_ptr<const Entry>(), known);
  } else {
    entry_ = std::make_shared<const Entry>(text);
  }
}

const std::string& Symbol::nothing() {
  static const std::string empty;
  return empty;
}

}  // namespace stoa::model
