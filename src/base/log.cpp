#include "base/log.h"

#include <chrono>
#include <cstdio>

#include "base/time.h"

namespace stoa::log {
namespace {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO";
    case Level::warning:
      return "WARNING";
    case Level::error:
      return "ERROR";
  }
  return "?";
}

void write_stderr(Level level, std::string_view component, std::string_view message) {
  if (level < Level::info) return;
  const double wall = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string line =
      fmt::format("{} {} {}: {}\n", format_wall(wall), name_of(level), component, one_line(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Sink& sink() {
  static Sink current = write_stderr;
  return current;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

void set_sink(Sink replacement) { sink() = std::move(replacement); }

void write(Level level, std::string_view component, std::string_view message) { sink()(level, component, message); }

}  // namespace stoa::log
