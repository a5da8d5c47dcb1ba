// Quantities and limits: amounts by name, without any identity. What may be summed over agents (RES-039), promised as a
// quota and compared with a total.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/scalar.h"
#include "model/symbol.h"

namespace stoa::model {

using Amount = std::pair<Symbol, Scalar>;  // Name and amount.

// Positive amounts by name, absent = 0 (RES-050). Sorted by name; a handful of entries.
class Quantities {
 public:
  Quantities() = default;
  // `cpus:1;mem:32`; repeats add up. Fails with invalid_argument and the texts of RES-052.
  static Result<Quantities> parse(std::string_view text);

  bool empty() const { return amounts_.empty(); }
  std::vector<Amount>::const_iterator begin() const { return amounts_.begin(); }
  std::vector<Amount>::const_iterator end() const { return amounts_.end(); }
  Scalar get(std::string_view name) const;

  // Amounts must not be negative.
  void add(const Symbol& name, Scalar amount);
  // Floors at 0, where the entry goes.
  void subtract(const Symbol& name, Scalar amount);
  Quantities& operator+=(const Quantities& other);
  Quantities& operator-=(const Quantities& other);
  friend Quantities operator+(Quantities a, const Quantities& b) { return std::move(a += b); }
  friend Quantities operator-(Quantities a, const Quantities& b) { return std::move(a -= b); }
  // At least as much of each name.
  bool contains(const Quantities& other) const;
  bool operator==(const Quantities&) const = default;

  std::string to_text() const;  // `cpus:1;mem:32`.

 private:
  std::vector<Amount> amounts_;
};

// Upper bounds by name: absent = unlimited, 0 = none at all (RES-051).
class Limits {
 public:
  Limits() = default;
  // As Quantities::parse, but 0 is kept and a repeated name is refused.
  static Result<Limits> parse(std::string_view text);

  bool empty() const { return amounts_.empty(); }
  std::vector<Amount>::const_iterator begin() const { return amounts_.begin(); }
  std::vector<Amount>::const_iterator end() const { return amounts_.end(); }
  std::optional<Scalar> get(std::string_view name) const;  // Nothing: unlimited.
  void set(const Symbol& name, Scalar limit);

  bool contains(const Quantities& quantities) const;
  Limits& operator-=(const Quantities& quantities);  // Floors at 0 and keeps the entry.
  bool operator==(const Limits&) const = default;

  std::string to_text() const;

 private:
  std::vector<Amount> amounts_;
};

}  // namespace stoa::model
