#include "agent/launch_command.h"

#include "mesos/v1/mesos.pb.h"

namespace stoa::agent {

bool set_command(const mesos::v1::CommandInfo& command, Launch& launch) {
  launch.shell = command.shell();
  launch.executable = command.value();
  if (launch.shell) return !launch.executable.empty();
  launch.argv.assign(command.arguments().begin(), command.arguments().end());
  if (launch.executable.empty() && !launch.argv.empty()) launch.executable = launch.argv.front();
  if (launch.argv.empty()) launch.argv.push_back(launch.executable);
  return !launch.executable.empty();
}

}  // namespace stoa::agent
