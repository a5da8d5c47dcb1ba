#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::v0 {

using codec::JsonWriter;
using mesos::v1::Environment;

namespace {

void write_environment(JsonWriter& out, const Environment& environment) {
  out.begin_object().key("variables").begin_array();
  for (const Environment::Variable& variable : environment.variables()) {
    out.begin_object().key("name").string(variable.name());
    // What is secret is not shown (V0-053).
    if (variable.type() == Environment::Variable::VALUE) out.key("value").string(variable.value());
    if (variable.has_type()) out.key("type").string(Environment::Variable::Type_Name(variable.type()));
    out.end_object();
  }
  out.end_array().end_object();
}

void write_command(JsonWriter& out, const mesos::v1::CommandInfo& command) {
  out.begin_object();
  if (command.has_shell()) out.key("shell").boolean(command.shell());
  if (command.has_value()) out.key("value").string(command.value());
  out.key("argv").begin_array();
  for (const std::string& argument : command.arguments()) out.string(argument);
  out.end_array();
  if (command.has_environment()) write_environment(out.key("environment"), command.environment());
  out.key("uris").begin_array();
  for (const auto& uri : command.uris()) {
    out.begin_object().key("value").string(uri.value()).key("executable").boolean(uri.executable()).end_object();
  }
  out.end_array().end_object();
}

void write_executor(JsonWriter& out, const master::ExecutorView& executor) {
  const mesos::v1::ExecutorInfo& info = *executor.info;
  out.begin_object().key("executor_id").string(info.executor_id().value()).key("name").string(info.name());
  out.key("framework_id").string(info.framework_id().value());
  write_command(out.key("command"), info.command());
  write_resources(out.key("resources"), resources_of(info.resources()));
  if (info.resources_size() > 0) out.key("role").string(allocation_role_of(info.resources()));
  if (info.has_labels()) write_labels(out.key("labels"), info.labels());
  if (info.has_type()) out.key("type").string(mesos::v1::ExecutorInfo::Type_Name(info.type()));
  out.key("slave_id").string(executor.agent.value);
  out.end_object();
}

}  // namespace

void write_executors(JsonWriter& out, const master::FrameworkView& framework) {
  out.begin_array();
  for (const master::ExecutorView& executor : framework.executors) write_executor(out, executor);
  out.end_array();
}

}  // namespace stoa::api::v0
