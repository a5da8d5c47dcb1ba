#include "sim/counts.h"

#include <fmt/format.h>

namespace stoa::sim {
namespace {

constexpr std::array<const char*, static_cast<std::size_t>(Happening::count)> words{
    "links lost",      "agents restarted",  "machines rebooted", "masters restarted",
    "schedulers lost", "failovers",         "teardowns",         "kills",
    "groups launched", "executors started", "executors ended",   "executor streams lost",
    "volumes used",    "RESERVE",           "UNRESERVE",         "CREATE",
    "DESTROY",         "GROW_VOLUME",       "SHRINK_VOLUME",     "operations told as done",
    "as refused"};

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  for (std::size_t i = 0; i < numbers_.size(); ++i) numbers_[i] += other.numbers_[i];
  return *this;
}

std::string Counts::to_text() const {
  std::string text;
  for (std::size_t i = 0; i < numbers_.size(); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", numbers_[i], words[i]);
  return text;
}

}  // namespace stoa::sim
