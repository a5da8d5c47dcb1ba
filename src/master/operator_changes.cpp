#include "master/operator_changes.h"

#include <utility>

#include "master/send.h"

namespace stoa::master {
namespace {

void answer(Context& context, const OperatorChange& change, const Result<>& outcome) {
  std::visit(
      [&](const auto& kind) {
        if constexpr (requires { kind.reply; }) context.effects.push_back(Reply{kind.reply, outcome});
      },
      change);
}

// Those that need no write end here.
void begin_first(Context& context) {
  State& state = context.state;
  while (!state.changes.empty()) {
    auto changes = std::visit([&](const auto& kind) { return prepare(context, kind); }, state.changes.front());
    if (changes && !changes->empty()) return persist(context, *std::move(changes), FinishChange{});
    answer(context, state.changes.front(), changes ? Result<>() : Result<>(std::unexpected(changes.error())));
    state.changes.pop_front();
  }
}

}  // namespace

void on_operator_change(Context& context, OperatorChange change) {
  context.state.changes.push_back(std::move(change));
  if (context.state.changes.size() == 1) begin_first(context);
}

void finish_operator_change(Context& context) {
  const OperatorChange change = std::move(context.state.changes.front());
  context.state.changes.pop_front();
  std::visit([&](const auto& kind) { finish(context, kind); }, change);
  answer(context, change, {});
  begin_first(context);
}

}  // namespace stoa::master
