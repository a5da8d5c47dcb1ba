#include "master/send.h"

#include "mesos/v1/scheduler/scheduler.pb.h"

namespace stoa::master {

void send(Context& context, const Framework& framework, std::shared_ptr<const mesos::v1::scheduler::Event> event) {
  if (!framework.stream) return;
  count(framework.counters->events, event->type());
  context.effects.push_back(SendEvent{*framework.stream, std::move(event)});
}

void send(Context& context, const Agent& agent, std::shared_ptr<const link::ToAgent> message) {
  if (!agent.link) return;
  context.effects.push_back(SendAgent{*agent.link, std::move(message)});
}

void persist(Context& context, std::vector<RegistryChange> changes, Continuation then) {
  const WriteNumber write{context.state.next_write++};
  context.state.writes.emplace(write, std::move(then));
  context.effects.push_back(Persist{write, std::move(changes)});
}

}  // namespace stoa::master
