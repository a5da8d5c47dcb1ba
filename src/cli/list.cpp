#include "cli/list.h"

#include "cli/cluster.h"
#include "cli/exit_code.h"

namespace stoa::cli {

int print_list(const CommonOptions& common, std::vector<std::string> columns, const std::vector<ListEntry>& entries) {
  std::string out;
  if (common.output == "json") {
    std::vector<const JsonValue*> objects;
    for (const ListEntry& entry : entries) objects.push_back(entry.object);
    out = json_lines(objects);
  } else if (common.quiet) {
    for (const ListEntry& entry : entries) out += entry.cells.front() + "\n";
  } else {
    TextTable table(std::move(columns));
    for (const ListEntry& entry : entries) table.add(entry.cells);
    out = table.to_text(!common.no_headers);
  }
  print(out);
  return exit_done;
}

int with_state(const CommonOptions& common, const std::function<int(const JsonValue&)>& list) {
  Cluster cluster;
  if (const Result<> found = cluster.connect(common.connection); !found) return failed(found.error());
  const Result<JsonValue> state = cluster.get("/state");
  if (!state) return failed(state.error());
  return list(*state);
}

}  // namespace stoa::cli
