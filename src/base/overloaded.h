// Overloaded: one function object from several lambdas, for std::visit.
#pragma once

namespace stoa {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace stoa
