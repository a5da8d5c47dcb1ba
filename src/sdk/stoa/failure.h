// Failure: why a master or an agent would not, as both drivers tell it.
#pragma once

#include <string>

namespace stoa {

struct Failure {
  int status = 0;  // The HTTP status of the refusal; 0 if there was no answer.
  std::string message;

  bool operator==(const Failure&) const = default;
};

}  // namespace stoa
