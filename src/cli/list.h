// What all listing commands do: ask for the state once and print a table, JSON or ids.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/output.h"

namespace stoa::cli {

// One line: the object itself for -o json, the cells for the table; the first cell is the id for -q.
struct ListEntry {
  const JsonValue* object;
  std::vector<std::string> cells;
};

// Prints as the options say. Returns the exit code.
int print_list(const CommonOptions& common, std::vector<std::string> columns, const std::vector<ListEntry>& entries);

// Connects and gives the master's state to `list`. Returns the exit code.
int with_state(const CommonOptions& common, const std::function<int(const JsonValue& state)>& list);

}  // namespace stoa::cli
