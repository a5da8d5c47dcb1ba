#include "model/reservation.h"

#include <fmt/format.h>

#include <iterator>

#include "model/role.h"

namespace stoa::model {

std::string Reservation::to_text() const {
  std::string text = fmt::format("({},{}", is_dynamic() ? "DYNAMIC" : "STATIC", role);
  if (principal.has_value()) text += "," + *principal;
  if (labels.has_value()) {
    text += ",{";
    for (std::size_t i = 0; i < labels->labels.size(); ++i) {
      const Label& label = labels->labels[i];
      text += (i > 0 ? ", " : "") + label.key;
      if (label.value.has_value()) text += ": " + *label.value;
    }
    text += "}";
  }
  return text + ")";
}

Result<> validate_reservations(const std::vector<Reservation>& stack) {
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const Reservation& element = stack[i];
    if (element.role == "*") return invalid("Invalid reservation: role \"*\" cannot be reserved");
    if (auto valid = validate_role(element.role); !valid.has_value()) {
      return invalid("Invalid reservation: " + valid.error().message);
    }
    if (i == 0) continue;
    if (!element.is_dynamic()) {
      return invalid("Invalid refined reservation: A refined reservation cannot be STATIC");
    }
    if (!is_strict_subrole(element.role, stack[i - 1].role)) {
      return invalid(fmt::format("Invalid refined reservation: role '{}' is not a refinement of '{}'", element.role,
                                 stack[i - 1].role));
    }
  }
  return {};
}

}  // namespace stoa::model
