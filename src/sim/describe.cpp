#include "sim/describe.h"

#include <fmt/format.h>

#include "base/overloaded.h"
#include "mesos/v1/executor/executor.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::sim {
namespace {

using mesos::v1::scheduler::Call;
using mesos::v1::scheduler::Event;

std::string outcome(const Result<>& result) { return result ? "done" : "failed: " + result.error().message; }

std::string describe(const mesos::v1::TaskStatus& status) {
  std::string text = fmt::format("{} {}", status.task_id().value(), TaskState_Name(status.state()));
  if (!status.has_uuid()) text += fmt::format(" ({})", status.message());
  return text;
}

std::string describe(const mesos::v1::OperationStatus& status) {
  return fmt::format("{} {}", status.operation_id().value(), OperationState_Name(status.state()));
}

std::string describe(const link::ToMaster& message) {
  switch (message.kind_case()) {
    case link::ToMaster::kRegister: {
      std::string text = "Register " + message.register_().agent_info().id().value();
      for (const auto& task : message.register_().tasks())
        text += fmt::format(" {}={}", task.task_id().value(), TaskState_Name(task.state()));
      return text;
    }
    case link::ToMaster::kUpdate:
      return "Update " + describe(message.update().status()) + " latest " +
             TaskState_Name(message.update().latest_state());
    case link::ToMaster::kUpdateOperation:
      return "UpdateOperation " + describe(message.update_operation().status());
    default:
      return fmt::format("message {}", static_cast<int>(message.kind_case()));
  }
}

std::string describe(const link::ToAgent& message) {
  switch (message.kind_case()) {
    case link::ToAgent::kRegistered:
      return "Registered " + message.registered().agent_id().value();
    case link::ToAgent::kRefused:
      return "Refused " + message.refused().message();
    case link::ToAgent::kRun:
      return "Run " + message.run().task().task_id().value();
    case link::ToAgent::kKill:
      return "Kill " + message.kill().task_id().value();
    case link::ToAgent::kAcknowledge:
      return "Acknowledge " + message.acknowledge().task_id().value();
    case link::ToAgent::kReconcileTasks: {
      std::string text = "ReconcileTasks";
      for (const auto& id : message.reconcile_tasks().task_ids()) text += " " + id.value();
      return text;
    }
    case link::ToAgent::kApplyOperation:
      return "ApplyOperation " + message.apply_operation().info().id().value();
    default:
      return fmt::format("message {}", static_cast<int>(message.kind_case()));
  }
}

std::string describe(const Event& event) {
  if (event.type() == Event::UPDATE) return "UPDATE " + describe(event.update().status());
  if (event.type() == Event::RESCIND) return "RESCIND " + event.rescind().offer_id().value();
  if (event.type() == Event::OFFERS) return fmt::format("OFFERS {}", event.offers().offers_size());
  if (event.type() == Event::ERROR) return "ERROR " + event.error().message();
  if (event.type() == Event::UPDATE_OPERATION_STATUS)
    return "UPDATE_OPERATION_STATUS " + describe(event.update_operation_status().status());
  return Event::Type_Name(event.type());
}

std::string describe(const Call& call) {
  std::string text = Call::Type_Name(call.type()) + " of " + call.framework_id().value();
  if (call.type() == Call::KILL) text += " " + call.kill().task_id().value();
  if (call.type() == Call::ACKNOWLEDGE) text += " " + call.acknowledge().task_id().value();
  if (call.type() == Call::ACCEPT) {
    for (const auto& id : call.accept().offer_ids()) text += " " + id.value();
    for (const auto& operation : call.accept().operations()) {
      if (operation.has_id()) text += " " + operation.id().value();
      for (const auto& task : operation.launch().task_infos()) text += " " + task.task_id().value();
    }
  }
  return text;
}

std::string_view kind_of(const link::ToMaster& message) {
  const auto* field = link::ToMaster::descriptor()->FindFieldByNumber(static_cast<int>(message.kind_case()));
  return field == nullptr ? "empty message" : std::string_view(field->name());
}

}  // namespace

std::string_view kind_of(const master::Event& event) {
  return std::visit(
      Overloaded{[](const master::RegistryLoaded&) -> std::string_view { return "RegistryLoaded"; },
                 [](const master::Persisted&) -> std::string_view { return "Persisted"; },
                 [](const master::Subscribe&) -> std::string_view { return "SUBSCRIBE"; },
                 [](const master::SchedulerCall& e) -> std::string_view { return Call::Type_Name(e.call->type()); },
                 [](const master::StreamClosed&) -> std::string_view { return "StreamClosed"; },
                 [](const master::Teardown&) -> std::string_view { return "Teardown"; },
                 [](const master::MarkGone&) -> std::string_view { return "MarkGone"; },
                 [](const master::Operate&) -> std::string_view { return "Operate"; },
                 [](const master::UpdateMaintenance&) -> std::string_view { return "UpdateMaintenance"; },
                 [](const master::SwitchMachines&) -> std::string_view { return "SwitchMachines"; },
                 [](const master::SwitchAgent&) -> std::string_view { return "SwitchAgent"; },
                 [](const master::UpdateWeights&) -> std::string_view { return "UpdateWeights"; },
                 [](const master::UpdatePriorities&) -> std::string_view { return "UpdatePriorities"; },
                 [](const master::UpdateQuota&) -> std::string_view { return "UpdateQuota"; },
                 [](const master::SetQuota&) -> std::string_view { return "SetQuota"; },
                 [](const master::RemoveQuota&) -> std::string_view { return "RemoveQuota"; },
                 [](const master::FromAgent& e) -> std::string_view { return kind_of(*e.message); },
                 [](const master::LinkClosed&) -> std::string_view { return "LinkClosed"; },
                 [](const master::Tick&) -> std::string_view { return "Tick"; }},
      event);
}

void note(Trace& trace, const std::string& who, const agent::Event& event) {
  std::visit(
      Overloaded{
          [&](const agent::Recovered& e) { trace.note(who, fmt::format("-> Recovered {} records", e.records.size())); },
          [&](const agent::ContainersRecovered& e) {
            trace.note(who, fmt::format("-> ContainersRecovered {}", e.containers.size()));
          },
          [&](const agent::LeaderChanged& e) { trace.note(who, fmt::format("-> LeaderChanged {}", e.is_known)); },
          [&](const agent::LinkUp& e) { trace.note(who, fmt::format("-> LinkUp {}", e.link.value)); },
          [&](const agent::LinkDown& e) { trace.note(who, fmt::format("-> LinkDown {}", e.link.value)); },
          [&](const agent::FromMaster& e) {
            if (e.message->has_ping()) return trace.note_quietly(who, "-> Ping");
            trace.note(who, "-> " + describe(*e.message));
          },
          [&](const agent::Persisted& e) {
            trace.note(who, fmt::format("-> Persisted {} {}", e.write.value, outcome(e.result)));
          },
          [&](const agent::SandboxReady& e) {
            trace.note(who, fmt::format("-> SandboxReady {} {}", e.id.value, outcome(e.result)));
          },
          [&](const agent::ContainerLaunched& e) {
            trace.note(who, fmt::format("-> ContainerLaunched {} {}", e.id.value, e.pid.value_or(-1)));
          },
          [&](const agent::ContainerExited& e) {
            trace.note(who, fmt::format("-> ContainerExited {} {}", e.id.value, e.wait_status));
          },
          [&](const agent::ContainerResized& e) {
            trace.note(who, fmt::format("-> ContainerResized {} {}", e.id.value, outcome(e.result)));
          },
          [&](const agent::ExecutorSubscribe& e) {
            trace.add(*e.call);
            trace.note(who, fmt::format("-> ExecutorSubscribe {}", e.stream.value));
          },
          [&](const agent::ExecutorCall& e) {
            trace.add(*e.call);
            trace.note(who, fmt::format("-> ExecutorCall {}", e.reply.value));
          },
          [&](const agent::ExecutorStreamClosed& e) {
            trace.note(who, fmt::format("-> ExecutorStreamClosed {}", e.stream.value));
          },
          [&](const agent::ProbeEnded& e) {
            trace.note(who, fmt::format("-> ProbeEnded {} {} {} {}", e.probe.container.value, e.probe.number,
                                        static_cast<int>(e.outcome.kind), e.outcome.value));
          },
          [&](const agent::VolumesChanged& e) {
            trace.note(who, fmt::format("-> VolumesChanged {} {}", e.number, outcome(e.result)));
          },
          [&](const agent::GarbageFound& e) {
            trace.note(who, fmt::format("-> GarbageFound {}", e.directories.size()));
          },
          [&](const agent::DiskMeasured&) { trace.note_quietly(who, "-> DiskMeasured"); },
          [&](const agent::TreeRemoved& e) { trace.note(who, "-> TreeRemoved " + e.path); },
          [&](const agent::Leave&) { trace.note(who, "-> Leave"); },
          [&](const agent::Tick&) { trace.note_quietly(who, "-> Tick"); }},
      event);
}

void note(Trace& trace, const std::string& who, const agent::Effect& effect) {
  std::visit(
      Overloaded{[&](const agent::Persist& e) {
                   std::string text = fmt::format("Persist {}", e.write.value);
                   for (const auto& change : e.changes)
                     text.append(change.bytes ? " " : " -").append(change.kind).append(":").append(change.id);
                   trace.note(who, text);
                   for (const auto& change : e.changes) trace.add(change.bytes.value_or(""));
                 },
                 [&](const agent::LinkAgentDirectory& e) { trace.note(who, "LinkAgentDirectory " + e.id.value); },
                 [&](const agent::Connect& e) { trace.note(who, fmt::format("Connect {}", e.link.value)); },
                 [&](const agent::SendMaster& e) {
                   trace.add(*e.message);
                   if (e.message->has_pong()) return trace.note_quietly(who, "Pong");
                   trace.note(who, describe(*e.message));
                 },
                 [&](const agent::CloseLink& e) { trace.note(who, fmt::format("CloseLink {}", e.link.value)); },
                 [&](const agent::RecoverContainers& e) {
                   trace.note(who, fmt::format("RecoverContainers {}", e.known.size()));
                 },
                 [&](const agent::PrepareSandbox& e) { trace.note(who, "PrepareSandbox " + e.id.value); },
                 [&](const agent::Launch& e) {
                   if (e.task) trace.add(*e.task);
                   trace.note(who, fmt::format("Launch {} for {}", e.id.value,
                                               e.task ? e.task->task_id().value() : e.executor->executor_id().value()));
                 },
                 [&](const agent::Resize& e) { trace.note(who, fmt::format("Resize {}", e.id.value)); },
                 [&](const agent::OpenExecutorStream& e) {
                   trace.note(who, fmt::format("OpenExecutorStream {} {}", e.stream.value, outcome(e.result)));
                 },
                 [&](const agent::SendExecutor& e) {
                   trace.add(*e.event);
                   trace.note(who, fmt::format("SendExecutor {} {}", e.stream.value,
                                               mesos::v1::executor::Event::Type_Name(e.event->type())));
                 },
                 [&](const agent::CloseExecutorStream& e) {
                   trace.note(who, fmt::format("CloseExecutorStream {}", e.stream.value));
                 },
                 [&](const agent::ReplyExecutor& e) {
                   trace.note(who, fmt::format("ReplyExecutor {} {}", e.reply.value, outcome(e.result)));
                 },
                 [&](const agent::Signal& e) { trace.note(who, fmt::format("Signal {} {}", e.id.value, e.signal)); },
                 [&](const agent::Destroy& e) { trace.note(who, "Destroy " + e.id.value); },
                 [&](const agent::Remove& e) { trace.note(who, "Remove " + e.id.value); },
                 [&](const agent::Probe& e) {
                   trace.note(who, fmt::format("Probe {} {}", e.name.container.value, e.name.number));
                 },
                 [&](const agent::CancelProbe& e) {
                   trace.note(who, fmt::format("CancelProbe {} {}", e.name.container.value, e.name.number));
                 },
                 [&](const agent::ChangeVolumes& e) {
                   trace.note(who, fmt::format("ChangeVolumes {} +{} -{}", e.number, e.make.size(), e.remove.size()));
                 },
                 [&](const agent::ReleaseVolumes& e) { trace.note(who, "ReleaseVolumes " + e.directory); },
                 [&](const agent::MarkGarbage& e) { trace.note_quietly(who, "MarkGarbage " + e.path); },
                 [&](const agent::FindGarbage&) { trace.note_quietly(who, "FindGarbage"); },
                 [&](const agent::MeasureDisk&) { trace.note_quietly(who, "MeasureDisk"); },
                 [&](const agent::RemoveTree& e) { trace.note(who, "RemoveTree " + e.path); },
                 [&](const agent::Exit& e) { trace.note(who, fmt::format("Exit {} {}", e.code, e.message)); },
                 [&](const agent::Log& e) { trace.note_quietly(who, e.message); }},
      effect);
}

void note(Trace& trace, const std::string& who, const master::Event& event) {
  std::visit(
      Overloaded{
          [&](const master::RegistryLoaded& e) {
            trace.note(who, fmt::format("-> RegistryLoaded {} records", e.records.size()));
          },
          [&](const master::Persisted& e) {
            trace.note(who, fmt::format("-> Persisted {} {}", e.write.value, outcome(e.result)));
          },
          [&](const master::Subscribe& e) {
            trace.add(*e.call);
            trace.note(who, fmt::format("-> stream {} {}", e.stream.value, describe(*e.call)));
          },
          [&](const master::SchedulerCall& e) {
            trace.add(*e.call);
            trace.note(who, "-> " + describe(*e.call));
          },
          [&](const master::StreamClosed& e) { trace.note(who, fmt::format("-> StreamClosed {}", e.stream.value)); },
          [&](const master::Teardown& e) { trace.note(who, "-> Teardown " + e.framework.value); },
          [&](const master::MarkGone& e) { trace.note(who, "-> MarkGone " + e.agent.value); },
          [&](const master::Operate& e) { trace.note(who, "-> Operate " + e.agent.value); },
          [&](const master::UpdateMaintenance&) { trace.note(who, "-> UpdateMaintenance"); },
          [&](const master::SwitchMachines&) { trace.note(who, "-> SwitchMachines"); },
          [&](const master::SwitchAgent& e) { trace.note(who, "-> SwitchAgent " + e.agent.value); },
          [&](const master::UpdateWeights&) { trace.note(who, "-> UpdateWeights"); },
          [&](const master::UpdatePriorities&) { trace.note(who, "-> UpdatePriorities"); },
          [&](const master::UpdateQuota&) { trace.note(who, "-> UpdateQuota"); },
          [&](const master::SetQuota& e) { trace.note(who, "-> SetQuota " + e.role); },
          [&](const master::RemoveQuota& e) { trace.note(who, "-> RemoveQuota " + e.role); },
          [&](const master::FromAgent& e) {
            if (e.message->has_pong()) return trace.note_quietly(who, "-> Pong");
            trace.note(who, fmt::format("-> link {} {}", e.link.value, describe(*e.message)));
          },
          [&](const master::LinkClosed& e) { trace.note(who, fmt::format("-> LinkClosed {}", e.link.value)); },
          [&](const master::Tick&) { trace.note_quietly(who, "-> Tick"); }},
      event);
}

void note(Trace& trace, const std::string& who, const master::Effect& effect) {
  std::visit(
      Overloaded{[&](const master::Persist& e) {
                   std::string text = fmt::format("Persist {}", e.write.value);
                   for (const auto& change : e.changes)
                     text.append(" ").append(change.kind).append(":").append(change.id);
                   trace.note(who, text);
                   for (const auto& change : e.changes) trace.add(change.bytes);
                 },
                 [&](const master::SendEvent& e) {
                   trace.add(*e.event);
                   if (e.event->type() == Event::HEARTBEAT) return trace.note_quietly(who, "HEARTBEAT");
                   trace.note(who, fmt::format("stream {} {}", e.stream.value, describe(*e.event)));
                 },
                 [&](const master::CloseStream& e) { trace.note(who, fmt::format("CloseStream {}", e.stream.value)); },
                 [&](const master::Reply& e) {
                   if (e.outcome) return trace.note_quietly(who, "Reply done");
                   trace.note(who, "Reply " + outcome(e.outcome));
                 },
                 [&](const master::SendAgent& e) {
                   trace.add(*e.message);
                   if (e.message->has_ping()) return trace.note_quietly(who, "Ping");
                   trace.note(who, fmt::format("link {} {}", e.link.value, describe(*e.message)));
                 },
                 [&](const master::CloseLink& e) { trace.note(who, fmt::format("CloseLink {}", e.link.value)); },
                 [&](const master::StepDown& e) { trace.note(who, "StepDown " + e.why); },
                 [&](const master::Log& e) { trace.note_quietly(who, e.message); }},
      effect);
}

}  // namespace stoa::sim
