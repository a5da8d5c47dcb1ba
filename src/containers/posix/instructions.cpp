#include "containers/posix/instructions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "containers/shim/protocol.h"

namespace stoa::containers {
namespace {

const std::string shell_path = "/bin/sh";
constexpr const char* path_default = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";  // EXE-091

std::vector<std::string> argument_vector(const ports::ContainerSpec& spec) {
  if (spec.shell) return {"sh", "-c", spec.executable};
  if (spec.arguments.empty()) return {spec.executable};
  return spec.arguments;
}

void append(std::string& bytes, const void* data, std::size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

Result<> append_text(std::string& bytes, const std::string& text, const char* what) {
  if (text.contains('\0')) return invalid(fmt::format("{} holds a NUL", what));
  bytes.append(text.c_str(), text.size() + 1);
  return {};
}

Result<> append_environment(std::string& bytes, const ports::ContainerSpec& spec, bool add_path) {
  for (const auto& [name, value] : spec.environment) {
    // The value may be a secret: never in a message.
    if (name.empty() || name.contains('=')) return invalid(fmt::format("'{}' cannot name a variable", name));
    TRY(append_text(bytes, name + "=" + value, "a variable of the environment"));
  }
  if (add_path) TRY(append_text(bytes, std::string("PATH=") + path_default, "PATH"));
  return {};
}

}  // namespace

const std::string& program_name(const ports::ContainerSpec& spec) {
  if (spec.shell) return shell_path;
  return spec.executable.empty() && !spec.arguments.empty() ? spec.arguments.front() : spec.executable;
}

Result<std::string> encode_instructions(const ports::ContainerSpec& spec, const std::optional<User>& user,
                                        const std::string& runtime_directory, const std::string& boot_id) {
  const std::string& program = program_name(spec);
  if (program.empty() || (spec.shell && spec.executable.empty())) return invalid("the command is empty");
  const std::vector<std::string> arguments = argument_vector(spec);
  const bool add_path = std::ranges::none_of(spec.environment, [](const auto& v) { return v.first == "PATH"; });
  const std::size_t variables = spec.environment.size() + (add_path ? 1 : 0);
  if (arguments.size() > shim::strings_max || variables > shim::strings_max) {
    return invalid("the command has too many arguments or variables");
  }

  shim::Instructions head{
      .argument_count = static_cast<std::uint32_t>(arguments.size()),
      .variable_count = static_cast<std::uint32_t>(variables),
      .output_to_stderr = spec.output_to_stderr ? 1U : 0U,
      .standard = {.bytes_max = spec.standard_rotation.bytes_max, .files = spec.standard_rotation.files},
      .error = {.bytes_max = spec.error_rotation.bytes_max, .files = spec.error_rotation.files},
  };
  if (user) {
    head.switch_user = 1;
    head.user = user->id;
    head.group = user->group;
    head.group_count = static_cast<std::uint32_t>(user->groups.size());
  }
  std::string bytes;
  append(bytes, &head, sizeof head);
  if (user) append(bytes, user->groups.data(), user->groups.size() * sizeof(gid_t));
  TRY(append_text(bytes, runtime_directory, "the runtime directory"));
  TRY(append_text(bytes, boot_id, "the boot id"));
  TRY(append_text(bytes, spec.working_directory, "the working directory"));
  TRY(append_text(bytes, program, "the executable"));
  for (const std::string& argument : arguments) TRY(append_text(bytes, argument, "an argument"));
  TRY(append_environment(bytes, spec, add_path));
  return bytes;
}

}  // namespace stoa::containers
