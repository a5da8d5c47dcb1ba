#include "model/attribute.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mesos/v1/mesos.pb.h"
#include "model/value_text.h"

namespace stoa::model {
namespace {

bool contains_all(const std::vector<Attribute>& all, const std::vector<Attribute>& some) {
  return std::ranges::all_of(
      some, [&all](const Attribute& attribute) { return std::ranges::find(all, attribute) != all.end(); });
}

struct Writer {
  mesos::v1::Attribute& message;

  void operator()(double number) const {
    message.set_type(mesos::v1::Value::SCALAR);
    message.mutable_scalar()->set_value(number);
  }
  void operator()(const Ranges& ranges) const {
    message.set_type(mesos::v1::Value::RANGES);
    auto* list = message.mutable_ranges();
    for (const Range& range : ranges.intervals()) {
      auto* added = list->add_range();
      added->set_begin(range.begin);
      added->set_end(range.end);
    }
  }
  void operator()(const ItemSet& set) const {
    message.set_type(mesos::v1::Value::SET);
    auto* list = message.mutable_set();
    for (const std::string& item : set.items()) list->add_item(item);
  }
  void operator()(const std::string& text) const {
    message.set_type(mesos::v1::Value::TEXT);
    message.mutable_text()->set_value(text);
  }
};

}  // namespace

Result<Attribute> Attribute::from_message(const mesos::v1::Attribute& message) {
  if (message.name().empty()) return invalid("Empty attribute name");
  const auto disagrees = [&message] {
    return invalid(fmt::format("Invalid attribute '{}': type and value do not agree", message.name()));
  };
  switch (message.type()) {
    case mesos::v1::Value::SCALAR:
      if (!message.has_scalar()) return disagrees();
      return Attribute{message.name(), message.scalar().value()};
    case mesos::v1::Value::RANGES: {
      if (!message.has_ranges()) return disagrees();
      std::vector<Range> list;
      for (const auto& range : message.ranges().range()) list.push_back({range.begin(), range.end()});
      LET(Ranges ranges, Ranges::coalesced(std::move(list)));
      return Attribute{message.name(), std::move(ranges)};
    }
    case mesos::v1::Value::SET: {
      if (!message.has_set()) return disagrees();
      LET(ItemSet set, ItemSet::distinct({message.set().item().begin(), message.set().item().end()}));
      return Attribute{message.name(), std::move(set)};
    }
    case mesos::v1::Value::TEXT:
      if (!message.has_text()) return disagrees();
      return Attribute{message.name(), message.text().value()};
  }
  return disagrees();
}

void Attribute::to_message(mesos::v1::Attribute& message) const {
  message.set_name(name);
  std::visit(Writer{message}, value);
}

Result<std::vector<Attribute>> parse_attributes(std::string_view text) {
  std::vector<Attribute> attributes;
  std::string lines(text);
  std::ranges::replace(lines, '\n', ';');
  for (std::string_view item : split(lines, ';')) {
    item = trim(item);
    if (item.empty()) continue;
    const auto refused = [item] { return invalid(fmt::format("Invalid attribute key:value pair '{}'", item)); };
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) return refused();
    const std::string_view name = trim(item.substr(0, colon));
    const std::string value = without_spaces(item.substr(colon + 1));
    if (name.empty() || value.empty() || value.starts_with('{')) return refused();
    // Only what has the shape of ranges can fail as ranges; brackets elsewhere are text.
    if (!value.starts_with('[')) {
      const auto number = parse_number(value);
      attributes.push_back({std::string(name), {}});
      if (number.has_value()) {
        attributes.back().value = *number;
      } else {
        attributes.back().value = value;
      }
      continue;
    }
    auto parsed = parse_value(value);
    if (!parsed.has_value()) {
      return invalid(fmt::format("Invalid attribute key:value pair '{}': {}", item, parsed.error().message));
    }
    attributes.push_back({std::string(name), *std::move(parsed)});
  }
  return attributes;
}

bool same_attributes(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  return contains_all(a, b) && contains_all(b, a);
}

}  // namespace stoa::model
