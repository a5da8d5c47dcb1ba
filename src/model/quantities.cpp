#include "model/quantities.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/text.h"
#include "model/value_text.h"

namespace stoa::model {
namespace {

auto lower_bound(auto& amounts, std::string_view name) {
  return std::ranges::lower_bound(amounts, name, {},
                                  [](const Amount& amount) -> std::string_view { return amount.first.text(); });
}

std::string text_of(const std::vector<Amount>& amounts) {
  std::string text;
  for (const auto& [name, amount] : amounts) {
    if (!text.empty()) text += ";";
    text += name.text() + ":" + amount.to_text();
  }
  return text;
}

Result<std::vector<Amount>> parse_amounts(std::string_view text) {
  std::vector<Amount> amounts;
  for (std::string_view item : split(text, ';')) {
    item = trim(item);
    if (item.empty()) continue;
    const auto colon = item.find(':');
    if (colon == std::string_view::npos || item.find(':', colon + 1) != std::string_view::npos) {
      return invalid(fmt::format("Failed to parse '{}': missing or extra ':'", item));
    }
    const std::string name(trim(item.substr(0, colon)));
    if (name.empty()) return invalid(fmt::format("Failed to parse '{}': missing name", item));
    const std::string value = without_spaces(item.substr(colon + 1));
    const auto number = parse_number(value);
    if (!number.has_value()) {
      if (value.starts_with('-') && parse_number(value.substr(1)).has_value()) {
        return invalid(fmt::format("Failed to parse '{}': negative values are not allowed", item));
      }
      return invalid(fmt::format("Failed to parse '{}': only scalar values are allowed", item));
    }
    LET(const Scalar amount, Scalar::from_double(*number, name));
    amounts.emplace_back(Symbol(name), amount);
  }
  return amounts;
}

}  // namespace

Result<Quantities> Quantities::parse(std::string_view text) {
  LET(const std::vector<Amount> amounts, parse_amounts(text));
  Quantities result;
  for (const auto& [name, amount] : amounts) result.add(name, amount);
  return result;
}

Scalar Quantities::get(std::string_view name) const {
  const auto found = lower_bound(amounts_, name);
  return found != amounts_.end() && found->first.text() == name ? found->second : Scalar();
}

void Quantities::add(const Symbol& name, Scalar amount) {
  if (amount.is_zero()) return;
  const auto found = lower_bound(amounts_, name.text());
  if (found != amounts_.end() && found->first == name) {
    found->second += amount;
  } else {
    amounts_.insert(found, {name, amount});
  }
}

void Quantities::subtract(const Symbol& name, Scalar amount) {
  const auto found = lower_bound(amounts_, name.text());
  if (found == amounts_.end() || found->first != name) return;
  found->second -= amount;
  if (found->second <= Scalar()) amounts_.erase(found);
}

Quantities& Quantities::operator+=(const Quantities& other) {
  for (const auto& [name, amount] : other) add(name, amount);
  return *this;
}

Quantities& Quantities::operator-=(const Quantities& other) {
  if (&other == this) {
    amounts_.clear();
    return *this;
  }
  for (const auto& [name, amount] : other) subtract(name, amount);
  return *this;
}

bool Quantities::contains(const Quantities& other) const {
  return std::ranges::all_of(other, [this](const Amount& amount) { return get(amount.first.text()) >= amount.second; });
}

std::string Quantities::to_text() const { return text_of(amounts_); }

Result<Limits> Limits::parse(std::string_view text) {
  LET(const std::vector<Amount> amounts, parse_amounts(text));
  Limits result;
  for (const auto& [name, amount] : amounts) {
    if (result.get(name.text()).has_value()) {
      return invalid(fmt::format("Failed to parse '{}': duplicate names are not allowed", name.text()));
    }
    result.set(name, amount);
  }
  return result;
}

std::optional<Scalar> Limits::get(std::string_view name) const {
  const auto found = lower_bound(amounts_, name);
  if (found == amounts_.end() || found->first.text() != name) return std::nullopt;
  return found->second;
}

void Limits::set(const Symbol& name, Scalar limit) {
  const auto found = lower_bound(amounts_, name.text());
  if (found != amounts_.end() && found->first == name) {
    found->second = limit;
  } else {
    amounts_.insert(found, {name, limit});
  }
}

bool Limits::contains(const Quantities& quantities) const {
  return std::ranges::all_of(
      amounts_, [&quantities](const Amount& limit) { return limit.second >= quantities.get(limit.first.text()); });
}

Limits& Limits::operator-=(const Quantities& quantities) {
  for (auto& [name, limit] : amounts_) limit = std::max(limit - quantities.get(name.text()), Scalar());
  return *this;
}

std::string Limits::to_text() const { return text_of(amounts_); }

}  // namespace stoa::model
