// Symbol: an immutable text that is copied often and compared often: names of resources, roles.
//
// Copies share one string, and unequal ones mostly differ in their hash. The few texts that are everywhere (`cpus`,
// `mem`, `*`, ...) are constants without an owner, so that copying them touches no reference count.
#pragma once

#include <compare>
#include <cstddef>
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

  bool empty() const { return entry_ == nullptr; }
  const std::string& text() const { return entry_ == nullptr ? nothing() : entry_->text; }

  friend bool operator==(const Symbol& a, const Symbol& b) {
    if (a.entry_ == b.entry_) return true;
    return a.entry_ != nullptr && b.entry_ != nullptr && a.entry_->hash == b.entry_->hash &&
           a.entry_->text == b.entry_->text;
  }
  friend std::strong_ordering operator<=>(const Symbol& a, const Symbol& b) {
    return a.entry_ == b.entry_ ? std::strong_ordering::equal : a.text() <=> b.text();
  }

 private:
  struct Entry {
    explicit Entry(std::string_view value);

    std::size_t hash;
    std::string text;
  };

  static const std::string& nothing();
  static const Entry* well_known(std::string_view text);

  std::shared_ptr<const Entry> entry_;  // Null for the empty text.
};

}  // namespace stoa::model
