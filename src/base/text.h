// Small operations on text that the standard library lacks. ASCII only, independent of the locale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoa {

std::string lower_case(std::string_view text);

// Without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text);

// The parts between separators; one empty part for an empty text.
std::vector<std::string_view> split(std::string_view text, char separator);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace stoa
