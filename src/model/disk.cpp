#include "model/disk.h"

#include <fmt/format.h>

namespace stoa::model {
namespace {

std::string source_text(const Disk::Source& source) {
  const auto root_text = [](const std::optional<Disk::Root>& root) {
    return root.has_value() && root->path.has_value() ? ":" + *root->path : std::string();
  };
  const auto provider_text = [&source](const char* type) {
    return fmt::format("{}({},{},{})", type, source.vendor.value_or(""), source.id.value_or(""),
                       source.profile.value_or(""));
  };
  switch (source.type) {
    case Disk::Source::Type::path:
      return "PATH" + root_text(source.path);
    case Disk::Source::Type::mount:
      return "MOUNT" + root_text(source.mount);
    case Disk::Source::Type::block:
      return provider_text("BLOCK");
    case Disk::Source::Type::raw:
      return provider_text("RAW");
  }
  return {};
}

}  // namespace

bool Disk::is_divisible() const {
  if (!source.has_value()) return true;
  switch (source->type) {
    case Source::Type::path:
      return true;
    case Source::Type::mount:
    case Source::Type::block:
      return false;
    case Source::Type::raw:
      return !source->id.has_value();
  }
  return false;
}

bool Disk::operator==(const Disk& other) const {
  if (persistence.has_value() != other.persistence.has_value()) return false;
  if (persistence.has_value() && persistence->id != other.persistence->id) return false;
  return source == other.source;
}

std::string Disk::to_text() const {
  std::string text;
  if (source.has_value()) text += source_text(*source);
  if (persistence.has_value()) {
    if (!text.empty()) text += ",";
    text += persistence->id;
  }
  if (volume.has_value()) text += ":" + volume->container_path;
  return text;
}

}  // namespace stoa::model
