// Reservation: one element of the stack that says whose a resource is. The last element is the current owner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/label.h"

namespace stoa::model {

struct Reservation {
  enum class Type { static_reservation, dynamic_reservation };

  Type type = Type::static_reservation;
  std::string role;
  std::optional<std::string> principal;
  std::optional<Labels> labels;

  bool is_dynamic() const { return type == Type::dynamic_reservation; }
  bool operator==(const Reservation&) const = default;
  // `(DYNAMIC,ads,ops,{k: v})`.
  std::string to_text() const;
};

// Roles are valid and not `*`, only the first element is static, each role refines the one before (RES-090, RES-091).
// Fails with invalid_argument and the texts given there.
Result<> validate_reservations(const std::vector<Reservation>& stack);

}  // namespace stoa::model
