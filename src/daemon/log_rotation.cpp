#include "daemon/log_rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/flags/values.h"
#include "base/text.h"

namespace stoa::daemon {
namespace {

constexpr unsigned files_default = 9;
constexpr unsigned files_max = 1000;
constexpr std::string_view passed[] = {"missingok", "notifempty", "nocompress", "copytruncate", "nocreate"};

Result<std::uint64_t> parse_size(const std::string& text) {
  flags::Bytes bytes;
  TRY(flags::read(text, bytes));
  if (bytes.count < log_bytes_min) return invalid(fmt::format("expecting at least {} bytes", log_bytes_min));
  return bytes.count;
}

Result<> override_one(const LogRotation& rotation, const std::map<std::string, std::string>& environment,
                      const char* stream, ports::OutputRotation& output) {
  const std::string size_name = fmt::format("{}MAX_{}_SIZE", rotation.prefix, stream);
  const std::string options_name = fmt::format("{}LOGROTATE_{}_OPTIONS", rotation.prefix, stream);
  const auto named = [](const std::string& name, const std::string& value, const Error& error) {
    return invalid(fmt::format("invalid value '{}' of variable {}: {}", value.substr(0, 256), name, error.message));
  };
  if (const auto size = environment.find(size_name); size != environment.end()) {
    const auto bytes = parse_size(size->second);
    if (!bytes) return named(size_name, size->second, bytes.error());
    output.bytes_max = *bytes;
  }
  if (const auto options = environment.find(options_name); options != environment.end()) {
    const auto files = parse_rotate_options(options->second);
    if (!files) return named(options_name, options->second, files.error());
    output.files = *files;
  }
  return {};
}

}  // namespace

Result<unsigned> parse_rotate_options(const std::string& text) {
  std::string lines = text;
  std::ranges::replace(lines, '\n', ';');
  unsigned files = files_default;
  for (const std::string_view part : split(lines, ';')) {
    const std::string_view option = trim(part);
    if (option.empty() || std::ranges::find(passed, option) != std::end(passed)) continue;
    const std::string_view count = option.starts_with("rotate ") ? trim(option.substr(7)) : std::string_view();
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), files);
    if (count.empty() || error != std::errc() || end != count.data() + count.size() || files > files_max) {
      return invalid(fmt::format("expecting 'rotate N' with N from 0 to {}, not '{}'", files_max, option));
    }
  }
  return files;
}

Result<ContainerRotation> rotation_of(const LogRotation& rotation,
                                      const std::map<std::string, std::string>& environment) {
  if (!rotation.enabled) return ContainerRotation{};
  ContainerRotation result{.standard = rotation.standard, .error = rotation.error};
  TRY(override_one(rotation, environment, "STDOUT", result.standard));
  TRY(override_one(rotation, environment, "STDERR", result.error));
  return result;
}

}  // namespace stoa::daemon
