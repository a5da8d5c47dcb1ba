// The logging front: what happened, at which level, in which component. Cores never call it; they say what is worth
// logging with a Log effect, and their shell writes it here. Where lines go is decided once, in main().
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace stoa::log {

enum class Level { debug, info, warning, error };

using Sink = std::function<void(Level, std::string_view component, std::string_view message)>;

// Replaces the place where lines go (default: stderr, info and above). Not thread-safe: call it before any thread
// starts. This is the one process-wide setting of the project: a log line must be possible anywhere in a shell.
void set_sink(Sink sink);

// Writes one line. Thread-safe if the sink is. Newlines in `message` are escaped by the default sink.
void write(Level level, std::string_view component, std::string_view message);

// Line ends and control characters escaped, so that one message is one line.
std::string one_line(std::string_view text);

template <typename... Args>
void info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warning, component, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace stoa::log
