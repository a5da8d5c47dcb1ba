// OperationKey: the name of an operation on resources, between agent and master, for as long as its outcome is not
// acknowledged.
#pragma once

#include <compare>
#include <string>

#include "base/id.h"

namespace stoa::agent {

struct OperationKey {
  FrameworkId framework;  // Empty: an operator's.
  std::string uuid;       // 16 raw bytes, chosen by the master.

  auto operator<=>(const OperationKey&) const = default;
};

}  // namespace stoa::agent
