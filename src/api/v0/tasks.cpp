#include <algorithm>
#include <charconv>

#include "api/v0/documents.h"
#include "api/v0/values.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::api::v0 {

using codec::JsonWriter;

namespace {

std::string_view parameter(const net::Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

// What is no integer falls back to the default (V0-065).
std::int64_t integer(const net::Query& query, std::string_view name, std::int64_t otherwise) {
  const std::string_view text = parameter(query, name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? value : otherwise;
}

using Chosen = std::vector<const mesos::v1::Task*>;

Chosen choose(const master::Snapshot& state, const net::Query& query) {
  const std::string_view framework_id = parameter(query, "framework_id");
  const std::string_view task_id = parameter(query, "task_id");
  Chosen chosen;
  for (const auto* frameworks : {&state.frameworks, &state.completed_frameworks}) {
    for (const auto& framework : *frameworks) {
      if (!framework_id.empty() && framework->id.value != framework_id) continue;
      for (const auto* list : {&framework->tasks, &framework->unreachable_tasks, &framework->completed_tasks}) {
        for (const auto& task : *list) {
          if (task_id.empty() || task->task_id().value() == task_id) chosen.push_back(task.get());
        }
      }
    }
  }
  return chosen;
}

// By the time of the first status; those without one are the oldest (V0-064).
void sort(Chosen& tasks, bool ascending) {
  const auto time = [](const mesos::v1::Task* task) {
    return task->statuses_size() > 0 ? task->statuses(0).timestamp() : -1.0;
  };
  std::ranges::stable_sort(
      tasks, [&](const auto* a, const auto* b) { return ascending ? time(a) < time(b) : time(a) > time(b); });
}

}  // namespace

std::string tasks(const master::Snapshot& state, const net::Query& query) {
  Chosen chosen = choose(state, query);
  sort(chosen, parameter(query, "order") == "asc");
  const std::int64_t limit = integer(query, "limit", 100);
  const auto count = static_cast<std::int64_t>(chosen.size());
  const std::int64_t first = std::clamp<std::int64_t>(integer(query, "offset", 0), 0, count);
  const std::int64_t last = limit < 0 || limit > count - first ? count : first + limit;
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("tasks").begin_array();
  for (std::int64_t i = first; i < last; ++i) {
    const mesos::v1::Task& task = *chosen[static_cast<std::size_t>(i)];
    write_task(out, task);
  }
  out.end_array().end_object();
  return text;
}

}  // namespace stoa::api::v0
