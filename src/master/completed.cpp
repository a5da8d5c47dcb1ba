#include "master/completed.h"

#include "master/views.h"

namespace stoa::master {
namespace {

void remember(State& state, CompletedFramework completed) {
  state.completed_ids.insert(completed.id);
  state.completed_frameworks.push_back(std::move(completed));
  if (state.completed_frameworks.size() <= state.config.max_completed_frameworks) return;
  state.completed_ids.erase(state.completed_frameworks.front().id);
  state.completed_frameworks.pop_front();
}

}  // namespace

void remember_completed(Context& context, const Framework& framework) {
  remember(context.state, {framework.id, view_of(context.state, framework), *framework.counters});
}

void remember_completed(Context& context, const FrameworkId& id) { remember(context.state, {id, nullptr, {}}); }

}  // namespace stoa::master
