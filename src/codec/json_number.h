// Numbers of JSON text into the types of fields, exactly or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stoa::codec {

// `token` is a number by the grammar of JSON. Nothing: beyond the range of the type.
std::optional<double> to_double(std::string_view token);  // To the nearest (HTTP-133).
// Fraction and exponent are allowed and truncated toward zero (HTTP-135); integers in plain digits are exact.
std::optional<std::int32_t> to_int32(std::string_view token);
std::optional<std::int64_t> to_int64(std::string_view token);
std::optional<std::uint32_t> to_uint32(std::string_view token);
std::optional<std::uint64_t> to_uint64(std::string_view token);

}  // namespace stoa::codec
