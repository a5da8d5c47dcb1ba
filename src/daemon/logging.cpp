#include "daemon/logging.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "net/loop.h"

namespace stoa::daemon {
namespace {

constexpr std::size_t file_bytes_max = 100u << 20;
constexpr std::size_t files_max = 10;

spdlog::level::level_enum level_of(log::Level level) {
  switch (level) {
    case log::Level::debug:
      return spdlog::level::debug;
    case log::Level::info:
      return spdlog::level::info;
    case log::Level::warning:
      return spdlog::level::warn;
    case log::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::level::level_enum threshold(const std::string& name) {
  const std::string lower = lower_case(name);
  if (lower == "warning") return spdlog::level::warn;
  if (lower == "error") return spdlog::level::err;
  return spdlog::level::info;
}

}  // namespace

void set_up_logging(const LoggingOptions& options) {
  std::vector<spdlog::sink_ptr> sinks;
  if (!options.quiet) sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  std::string problem;
  if (!options.directory.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.directory + "/stoa.log",
                                                                             file_bytes_max, files_max));
    } catch (const spdlog::spdlog_ex& error) {
      problem = error.what();
    }
  }
  auto logger = std::make_shared<spdlog::logger>("stoa", sinks.begin(), sinks.end());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %l %v");
  logger->set_level(spdlog::level::debug);  // What is less than wanted is held back by the sink.
  logger->flush_on(spdlog::level::info);
  log::set_sink([logger, least = threshold(options.level), verbosity = options.verbosity](
                    log::Level level, std::string_view component, std::string_view message) {
    if (level_of(level) < least && (!verbosity || verbosity->level(net::now()) == 0)) return;
    logger->log(level_of(level), "{}: {}", component, log::one_line(message));
  });
  if (!problem.empty()) log::warning("stoa", "no log file: {}", problem);
}

}  // namespace stoa::daemon
