#include "cli/sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/exit_code.h"

namespace stoa::cli {
namespace {

constexpr std::uint64_t page = 64 << 10;

// `bytes */SIZE`, of an answer to a range behind the end (RFC 9110, 14.4).
std::optional<std::uint64_t> size_in(std::string_view content_range) {
  constexpr std::string_view prefix = "bytes */";
  if (!content_range.starts_with(prefix)) return std::nullopt;
  std::uint64_t size = 0;
  const char* end = content_range.data() + content_range.size();
  const bool is_number = std::from_chars(content_range.data() + prefix.size(), end, size).ec == std::errc{};
  return is_number ? std::optional(size) : std::nullopt;
}

struct Found {
  const JsonValue* executor = nullptr;
  const JsonValue* task = nullptr;  // Nothing while the agent lists only its executor.
  bool is_completed = false;        // The task is in the executor's list of those.
};

Found find_in(const JsonValue& executor, const std::string& task_id) {
  for (const char* list : {"tasks", "queued_tasks", "completed_tasks"}) {
    for (const JsonValue& task : executor[list].elements()) {
      if (task["id"].text() == task_id) return {&executor, &task, std::string_view(list) == "completed_tasks"};
    }
  }
  if (executor["id"].text() == task_id) return {.executor = &executor};
  return {};
}

// An ended task whose last update nobody acknowledges stays with its executor: its state tells.
bool is_ended(const Found& found) {
  static constexpr std::array<std::string_view, 8> terminal{
      "TASK_FINISHED", "TASK_FAILED",  "TASK_KILLED", "TASK_ERROR",
      "TASK_LOST",     "TASK_DROPPED", "TASK_GONE",   "TASK_GONE_BY_OPERATOR"};
  if (found.is_completed) return true;
  return found.task != nullptr && std::ranges::find(terminal, (*found.task)["state"].text()) != terminal.end();
}

}  // namespace

Result<Sandbox> find_sandbox(Cluster& cluster, const net::Url& agent, const std::string& framework_id,
                             const std::string& task_id) {
  LET(const JsonValue state, cluster.get(agent, "/state"));
  for (const char* frameworks : {"frameworks", "completed_frameworks"}) {
    for (const JsonValue& framework : state[frameworks].elements()) {
      if (framework["id"].text() != framework_id) continue;
      for (const char* executors : {"executors", "completed_executors"}) {
        for (const JsonValue& executor : framework[executors].elements()) {
          const Found found = find_in(executor, task_id);
          if (found.executor == nullptr) continue;
          const bool has_ended = std::string_view(executors) == "completed_executors" || is_ended(found);
          Sandbox out{agent, executor["directory"].text(), has_ended};
          // Tasks of a default executor have a folder each below that of their executor.
          if (executor["type"].text() == "DEFAULT") out.directory += "/tasks/" + task_id;
          return out;
        }
      }
    }
  }
  return fail(Code::not_found, fmt::format("the agent has no sandbox of task '{}' (any more)", task_id));
}

// Downloads of ranges rather than /files/read, whose text form cannot carry every byte (V0-093).
Result<std::string> RemoteFile::next(Cluster& cluster) {
  const http::Headers headers{{"Range", fmt::format("bytes={}-{}", offset_, offset_ + page - 1)}};
  LET(http::Response answer, cluster.fetch(agent_, "/files/download?path=" + net::percent_encode(path_, "/"), headers));
  switch (answer.status) {
    case 206:
      break;
    case 200:  // The whole file: the agent knows no ranges, or the file is empty.
      answer.body.erase(0, offset_);
      break;
    case 404:
      return std::string();
    case 416:
      offset_ = std::min(offset_, size_in(answer.headers.get("Content-Range").value_or("")).value_or(offset_));
      return std::string();
    default:
      return std::unexpected(error_of_status(answer.status, answer.body));
  }
  offset_ += answer.body.size();
  return std::move(answer.body);
}

Result<std::uint64_t> RemoteFile::size(Cluster& cluster) const {
  const std::string target = "/files/read?offset=-1&path=" + net::percent_encode(path_, "/");
  LET(const JsonValue answer, cluster.get(agent_, target));
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
