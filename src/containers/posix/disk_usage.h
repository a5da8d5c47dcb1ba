// How much of the disk a directory takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace stoa::containers {

// The bytes of the disk that files below `directory` take, each once however many names it has there. Links are not
// followed, and mounts not entered. Nothing if it cannot be read, is too large to be walked (5 million files, 100,000
// directories that lie deep), or `stop` became true. The memory it takes does not grow with the number of files in a
// directory: a task can make as many as it likes.
std::optional<std::uint64_t> bytes_below(const std::string& directory, const std::atomic<bool>& stop);

}  // namespace stoa::containers
