// Result<T>: what a call returns when the world may say no.
//
// Three kinds of failure, three tools: Result for a refusal of the world, std::optional for a legitimate nothing, CHECK
// for a broken promise of our own. Nothing here throws.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace stoa {

// Why a call was refused, in the terms that decide what the caller should do about it.
enum class Code {
  invalid_argument,     // The request itself is wrong; repeating it is pointless.
  malformed,            // The bytes are not even of the expected format.
  not_found,            // The thing named does not exist (any more).
  already_exists,       // The thing named exists and may not exist twice.
  failed_precondition,  // The request is fine, the state of the system is not.
  permission_denied,    // Known, and not allowed.
  unauthenticated,      // Not known.
  resource_exhausted,   // A limit was reached.
  unavailable,          // Try again later.
  timed_out,
  unimplemented,
  internal,
};

struct Error {
  Code code = Code::internal;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

// Makes the error alternative of any Result.
inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}
inline std::unexpected<Error> invalid(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

}  // namespace stoa

#define STOA_CONCAT_INNER(a, b) a##b
#define STOA_CONCAT(a, b) STOA_CONCAT_INNER(a, b)

// Returns the error of `expression` from the enclosing function, if it has one.
#define TRY(expression)                                              \
  do {                                                               \
    if (auto stoa_result = (expression); !stoa_result.has_value()) { \
      return std::unexpected(std::move(stoa_result).error());        \
    }                                                                \
  } while (false)

// LET(const Offer offer, find_offer(id)): binds the value, or returns the error from the enclosing function.
#define LET(binding, ...) STOA_LET(STOA_CONCAT(stoa_let_, __LINE__), binding, __VA_ARGS__)
#define STOA_LET(name, binding, ...)                                      \
  auto name = (__VA_ARGS__);                                              \
  if (!name.has_value()) return std::unexpected(std::move(name).error()); \
  binding = *std::move(name)
