#include "cli/sandbox.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::cli {
namespace {

constexpr std::uint64_t page = 64 << 10;
constexpr int silences_before_probe = 8;  // Empty readings after which a shrunken file is thought of.

const JsonValue* executor_of(const JsonValue& executors, const std::string& task_id) {
  for (const JsonValue& executor : executors.elements()) {
    if (executor["id"].text() == task_id) return &executor;
    for (const char* list : {"tasks", "queued_tasks", "completed_tasks"}) {
      for (const JsonValue& task : executor[list].elements()) {
        if (task["id"].text() == task_id) return &executor;
      }
    }
  }
  return nullptr;
}

}  // namespace

Result<Sandbox> find_sandbox(Cluster& cluster, const net::Url& agent, const std::string& framework_id,
                             const std::string& task_id) {
  LET(const JsonValue state, cluster.get(agent, "/state"));
  for (const char* frameworks : {"frameworks", "completed_frameworks"}) {
    for (const JsonValue& framework : state[frameworks].elements()) {
      if (framework["id"].text() != framework_id) continue;
      for (const char* executors : {"executors", "completed_executors"}) {
        const JsonValue* executor = executor_of(framework[executors], task_id);
        if (executor == nullptr) continue;
        const bool is_ended = std::string_view(executors) == "completed_executors";
        Sandbox out{agent, (*executor)["directory"].text(), is_ended};
        // Tasks of a default executor have a folder each below that of their executor.
        if ((*executor)["type"].text() == "DEFAULT") out.directory += "/tasks/" + task_id;
        return out;
      }
    }
  }
  return fail(Code::not_found, fmt::format("the agent has no sandbox of task '{}' (any more)", task_id));
}

std::string RemoteFile::target(std::int64_t offset) const {
  return fmt::format("/files/read?path={}&offset={}&length={}", net::percent_encode(path_, "/"), offset, page);
}

Result<std::string> RemoteFile::next(Cluster& cluster) {
  Result<JsonValue> answer = cluster.get(agent_, target(static_cast<std::int64_t>(offset_)));
  if (!answer && answer.error().code == Code::not_found) return std::string();
  if (!answer) return std::unexpected(std::move(answer).error());
  std::string data = (*answer)["data"].text();
  silences_ = data.empty() ? silences_ + 1 : 0;
  if (silences_ == silences_before_probe) {
    silences_ = 0;
    LET(const std::uint64_t end, size(cluster));
    offset_ = std::min(offset_, end);
  }
  offset_ += data.size();
  return data;
}

Result<std::uint64_t> RemoteFile::size(Cluster& cluster) const {
  LET(const JsonValue answer, cluster.get(agent_, target(-1)));
  return static_cast<std::uint64_t>(answer["offset"].number());
}

Result<> seek_last_lines(Cluster& cluster, RemoteFile& file, std::size_t lines) {
  LET(const std::uint64_t size, file.size(cluster));
  if (lines == 0) {
    file.seek(size);
    return {};
  }
  std::uint64_t begin = size;
  std::string tail;
  while (begin > 0) {
    const std::uint64_t from = begin > page ? begin - page : 0;
    file.seek(from);
    LET(std::string piece, file.next(cluster));
    piece.resize(std::min<std::size_t>(piece.size(), begin - from));
    tail.insert(0, piece);
    begin = from;
    // A last line without an end counts, and the end of the last line does not begin another.
    const auto ends = static_cast<std::size_t>(std::ranges::count(tail, '\n')) - (tail.ends_with('\n') ? 1 : 0);
    if (ends >= lines) break;
  }
  std::size_t at = tail.size() - (tail.ends_with('\n') ? 1 : 0);
  for (std::size_t found = 0; at > 0 && found < lines; --at) {
    if (tail[at - 1] == '\n' && ++found == lines) break;
  }
  file.seek(begin + at);
  return {};
}

}  // namespace stoa::cli
