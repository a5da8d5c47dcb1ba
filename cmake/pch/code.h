// Precompiled for every folder but those that use Asio (net/pch.h). Nothing may rely on it: each file includes what it
// uses. It holds what takes long to parse and seldom changes; who may include what is checked from the files
// themselves.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "http/message.h"
#include "mesos/v1/agent/agent.pb.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/master/master.pb.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/resource_provider/resource_provider.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "model/resources.h"
#include "proto/forward.h"
#include "stoa/checkpoint.pb.h"
#include "stoa/link.pb.h"
#include "stoa/registry.pb.h"

// Checking a format string is half of what a short file costs; the checkers of the usual arguments are made here once.
namespace stoa::pch {
inline void common_formats(const std::string& text, std::string_view view, const char* literal, std::size_t size,
                           int number, unsigned positive) {
  (void)fmt::format("{}", text);
  (void)fmt::format("{}{}", text, text);
  (void)fmt::format("{}{}{}", text, text, text);
  (void)fmt::format("{}{}{}{}", text, text, text, text);
  (void)fmt::format("{}{}", text, view);
  (void)fmt::format("{}", view);
  (void)fmt::format("{}{}", view, view);
  (void)fmt::format("{}", literal);
  (void)fmt::format("{}", size);
  (void)fmt::format("{}", number);
  (void)fmt::format("{}", positive);
}
}  // namespace stoa::pch
