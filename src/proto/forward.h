// Forward declarations of the messages that our headers mention, so that no header drags in generated code.
#pragma once

namespace google::protobuf {
class Message;
template <typename Element>
class RepeatedPtrField;
}  // namespace google::protobuf

namespace mesos::v1 {
class AgentInfo;
class Attribute;
class CommandInfo;
class DomainInfo;
class ExecutorInfo;
class Filters;
class FrameworkInfo;
class MasterInfo;
class Offer;
class Offer_Operation;
class OperationStatus;
class Resource;
class Task;
class TaskInfo;
class TaskStatus;
class KillPolicy;
enum TaskState : int;
}  // namespace mesos::v1

namespace mesos::v1::scheduler {
class Call;
class Event;
}  // namespace mesos::v1::scheduler

namespace mesos::v1::executor {
class Call;
class Event;
}  // namespace mesos::v1::executor

namespace mesos::v1::master {
class Call;
class Response;
class Event;
}  // namespace mesos::v1::master

namespace mesos::v1::agent {
class Call;
class Response;
}  // namespace mesos::v1::agent

namespace stoa::link {
class ToAgent;
class ToMaster;
}  // namespace stoa::link

namespace mesos::v1 {
class CheckInfo;
class ContainerInfo;
class HealthCheck;
}  // namespace mesos::v1
