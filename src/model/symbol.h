// Symbol: an immutable text that is copied often and compared often: names of resources, roles.
//
// Copies share one string. The few texts that are everywhere (`cpus`, `mem`, `*`, ...) are constants without an owner,
// so that copying them touches no reference count and comparing them is mostly a comparison of pointers.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

namespace stoa::model {

class Symbol {
 public:
  Symbol() = default;  // The empty text.
  Symbol(std::string_view text);
  Symbol(const std::string& text) : Symbol(std::string_view(text)) {}
  Symbol(const char* text) : Symbol(std::string_view(text)) {}

  bool empty() const { return text_ == nullptr; }
  const std::string& text() const;

  friend bool operator==(const Symbol& a, const Symbol& b) { return a.text_ == b.text_ || a.text() == b.text(); }
  friend std::strong_ordering operator<=>(const Symbol& a, const Symbol& b) {
    return a.text_ == b.text_ ? std::strong_ordering::equal : a.text() <=> b.text();
  }

 private:
  std::shared_ptr<const std::string> text_;  // Null for the empty text.
};

}  // namespace stoa::model
