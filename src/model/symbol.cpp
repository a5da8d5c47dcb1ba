#include "model/symbol.h"

#include <array>

namespace stoa::model {
namespace {

const std::string* well_known(std::string_view text) {
  static const std::array<std::string, 6> texts{"cpus", "mem", "disk", "gpus", "ports", "*"};
  for (const std::string& known : texts) {
    if (known == text) return &known;
  }
  return nullptr;
}

}  // namespace

Symbol::Symbol(std::string_view text) {
  if (text.empty()) return;
  if (const std::string* known = well_known(text)) {
    text_ = std::shared_ptr<const std::string>(std::shared_ptr<const std::string>(), known);
  } else {
    text_ = std::make_shared<const std::string>(text);
  }
}

const std::string& Symbol::text() const {
  static const std::string nothing;
  return text_ == nullptr ? nothing : *text_;
}

}  // namespace stoa::model
