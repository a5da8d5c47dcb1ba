#include "api/agent_files.h"

#include "mesos/v1/mesos.pb.h"

namespace stoa::api {
namespace {

void attach_run(FileSpace::Attachments& attachments, const std::string& framework,
                const agent::ExecutorRecord& executor) {
  const std::string& directory = executor.directory;
  const std::size_t slash = directory.rfind('/');
  if (slash == std::string::npos || slash == 0) return;
  attachments.insert_or_assign(directory, directory);
  attachments.insert_or_assign(directory.substr(0, slash) + "/latest", directory);
  attachments.insert_or_assign(
      "/frameworks/" + framework + "/executors/" + executor.info->executor_id().value() + "/runs/latest", directory);
}

// Newer runs of an executor come later, and `latest` is theirs.
void attach(FileSpace::Attachments& attachments, const std::vector<agent::FrameworkRecord>& frameworks) {
  for (const agent::FrameworkRecord& framework : frameworks) {
    const std::string& id = framework.info->id().value();
    for (const auto& executor : framework.completed_executors) attach_run(attachments, id, *executor);
    for (const auto& executor : framework.executors) attach_run(attachments, id, *executor);
  }
}

}  // namespace

FileSpace agent_files(const agent::Snapshot& state, const ReadingContext& context) {
  FileSpace::Attachments attachments;
  if (!context.log_file.empty()) attachments["/slave/log"] = context.log_file;
  attach(attachments, state.completed_frameworks);
  attach(attachments, state.frameworks);
  return FileSpace(std::move(attachments));
}

}  // namespace stoa::api
