// Disk: what makes one piece of disk differ from another: where it lies, and which volume it holds.
//
// Two fields are carried but are not part of what a disk is: the volume's description and the principal of its
// persistence. A framework may use one volume under another path or mode each time (RES-033).
#pragma once

#include <optional>
#include <string>

#include "model/label.h"

namespace stoa::model {

struct Disk {
  struct Persistence {
    std::string id;
    std::optional<std::string> principal;  // Not compared.
  };

  struct Volume {
    std::string container_path;
    bool host_path_set = false;
    bool read_only = false;
    std::string encoded;  // The whole message, for what only the container runtime understands.
  };

  struct Root {
    std::optional<std::string> path;
    bool operator==(const Root&) const = default;
  };

  struct Source {
    enum class Type { path, mount, block, raw };
    Type type = Type::path;
    std::optional<Root> path;
    std::optional<Root> mount;
    std::optional<std::string> vendor;
    std::optional<std::string> id;
    std::optional<Labels> metadata;
    std::optional<std::string> profile;
    bool operator==(const Source&) const = default;
  };

  std::optional<Persistence> persistence;
  std::optional<Volume> volume;  // Not compared.
  std::optional<Source> source;

  // False for what is used whole or not at all: MOUNT, BLOCK, and RAW with an id (RES-032).
  bool is_divisible() const;
  // True if `source` is set and of this type.
  bool is(Source::Type type) const { return source.has_value() && source->type == type; }
  bool operator==(const Disk& other) const;
  // `MOUNT:/mnt/a,id1:data`, see RES-040.
  std::string to_text() const;
};

}  // namespace stoa::model
