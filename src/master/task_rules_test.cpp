#include "master/task_rules.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "master/testing.h"
#include "mesos/v1/mesos.pb.h"
#include "mesos/v1/scheduler/scheduler.pb.h"
#include "stoa/link.pb.h"

namespace stoa::master {
namespace {

using mesos::v1::CheckInfo;
using mesos::v1::ContainerInfo;
using mesos::v1::Environment;
using mesos::v1::HealthCheck;
using mesos::v1::Resource;
using mesos::v1::TaskInfo;
using mesos::v1::Volume;

OfferId id_of(const mesos::v1::Offer& offer) { return OfferId(offer.id().value()); }

// The text with which a task is refused on an agent with `cpus:4;mem:1024;gpus:2;ports:[1-100];cpus(eng):2`; empty if
// it runs.
std::string refusal_of(const std::function<void(TaskInfo&)>& change, const char* resources = "cpus:1;mem:64") {
  Bench bench;
  FakeAgent& agent = bench.add_agent("cpus:4;mem:1024;gpus:2;ports:[1-100];cpus(eng):2");
  mesos::v1::FrameworkInfo info = test_framework();
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::GPU_RESOURCES);
  FakeScheduler& scheduler = bench.subscribe(info);
  bench.round();
  TaskInfo task = test_task("t1", agent.id, resources);
  change(task);
  scheduler.told();
  agent.told();
  bench.accept(scheduler, {id_of(scheduler.offer())}, {task});
  if (agent.told() == Lines{"run t1"}) return "";
  EXPECT_EQ(scheduler.told().size(), 1U);
  EXPECT_EQ(scheduler.status().state(), mesos::v1::TASK_ERROR);
  EXPECT_EQ(scheduler.status().reason(), mesos::v1::TaskStatus::REASON_TASK_INVALID);
  EXPECT_TRUE(bench.snapshot().frameworks[0]->tasks.empty());
  return scheduler.status().message();
}

std::string refusal_of_id(const std::string& id) {
  return refusal_of([&](TaskInfo& task) { task.mutable_task_id()->set_value(id); });
}

bool starts(const std::string& text, std::string_view prefix) { return text.starts_with(prefix); }

Resource scalar(const std::string& name, double value) {
  Resource resource;
  resource.set_name(name);
  resource.set_type(mesos::v1::Value::SCALAR);
  resource.mutable_scalar()->set_value(value);
  return resource;
}

// SCH-138
TEST(TaskRules, AGoodTaskRuns) {
  EXPECT_EQ(refusal_of([](TaskInfo&) {}), "");
}

// SCH-138 SEC-223
TEST(TaskRules, TheIdIsAnIdentifier) {
  EXPECT_EQ(refusal_of_id(""), "ID must not be empty");
  EXPECT_EQ(refusal_of_id(std::string(256, 'x')), "ID must not be greater than 255 characters");
  EXPECT_EQ(refusal_of_id("."), "'.' is disallowed");
  EXPECT_EQ(refusal_of_id(".."), "'..' is disallowed");
  EXPECT_EQ(refusal_of_id("../../x"), "'../../x' contains invalid characters");
  EXPECT_NE(refusal_of_id(std::string("a\0b", 3)), "");
}

// SCH-138
TEST(TaskRules, GracePeriodAndMaxCompletionTimeAreNotNegative) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(-1); }),
            "Task's 'kill_policy.grace_period' must be non-negative");
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_max_completion_time()->set_nanoseconds(-1); }),
            "Task's `max_completion_time` must be non-negative");
}

// SCH-138 RES-172
TEST(TaskRules, ResourcesAreNotEmptyAndValid) {
  EXPECT_EQ(refusal_of([](TaskInfo&) {}, ""), "Task uses no resources");
  EXPECT_EQ(refusal_of([](TaskInfo& task) { *task.add_resources() = scalar("cpus", 0); }, ""), "");
  EXPECT_TRUE(starts(refusal_of([](TaskInfo& task) { *task.add_resources() = scalar("cpus", -1); }, ""), "Resource '"));
  EXPECT_NE(refusal_of([](TaskInfo& task) { *task.add_resources() = scalar("cpus", std::nan("")); }), "");
}

// SCH-138 SCH-130 RES-153
TEST(TaskRules, ThereIsOneAllocationRole) {
  const std::string text = refusal_of([](TaskInfo& task) {
    task.mutable_resources(0)->mutable_allocation_info()->set_role("eng");
    task.mutable_resources(1)->mutable_allocation_info()->set_role("ops");
  });
  EXPECT_TRUE(starts(text, "Invalid task resources: The resources have multiple allocation roles")) << text;
}

// SCH-138
TEST(TaskRules, RevocableAndOtherResourcesOfOneNameAreNotMixed) {
  const std::string text = refusal_of([](TaskInfo& task) {
    *task.add_resources() = scalar("cpus", 1);
    task.mutable_resources()->rbegin()->mutable_revocable();
  });
  EXPECT_TRUE(starts(text, "Task mixes revocable and non-revocable resources: Cannot use both")) << text;
}

// SCH-138
TEST(TaskRules, ExactlyOneOfCommandAndExecutorIsThere) {
  constexpr const char* text = "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.clear_command(); }), text);
  EXPECT_EQ(refusal_of([](TaskInfo& task) { task.mutable_executor()->mutable_executor_id()->set_value("e"); }), text);
}

// SCH-138 SCH-148 SCH-118
TEST(TaskRules, TheTaskFitsIntoWhatIsOffered) {
  const std::string text = refusal_of([](TaskInfo&) {}, "cpus:4.001;mem:64");
  EXPECT_TRUE(starts(text, "Total resources ")) << text;
  EXPECT_NE(text.find(" required by task and its executor is more than available "), std::string::npos);
  EXPECT_EQ(refusal_of([](TaskInfo&) {}, "cpus:4.0001;mem:64"), "");
  EXPECT_NE(refusal_of([](TaskInfo&) {}, "ports:[90-101]"), "");
  EXPECT_NE(refusal_of([](TaskInfo&) {}, "tape:1"), "");
}

// SCH-148
TEST(TaskRules, ReservedResourcesAreTakenAsListedOnly) {
  EXPECT_NE(refusal_of([](TaskInfo&) {}, "cpus:5"), "");
  EXPECT_EQ(refusal_of([](TaskInfo&) {}, "cpus:4;cpus(eng):2"), "");
  EXPECT_NE(refusal_of([](TaskInfo&) {}, "cpus(eng):3"), "");
}

// SCH-138
TEST(TaskRules, ShareCgroupsIsNotFalseOutsideOfAGroup) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              task.mutable_container()->set_type(ContainerInfo::MESOS);
              task.mutable_container()->mutable_linux_info()->set_share_cgroups(false);
            }),
            "Only tasks in a task group may have 'share_cgroups' set to 'false'");
}

// SCH-138
TEST(TaskRules, TheFirstFailureIsReported) {
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              task.mutable_kill_policy()->mutable_grace_period()->set_nanoseconds(-1);
              task.mutable_max_completion_time()->set_nanoseconds(-1);
              task.clear_resources();
              task.clear_command();
            }),
            "Task's 'kill_policy.grace_period' must be non-negative");
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              task.clear_command();
              *task.mutable_resources(0) = scalar("cpus", 99);
            }),
            "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present");
}

// SCH-144
TEST(TaskRules, GpusAreWhole) {
  EXPECT_EQ(refusal_of([](TaskInfo&) {}, "cpus:1;gpus:1"), "");
  EXPECT_NE(refusal_of([](TaskInfo& task) { *task.add_resources() = scalar("gpus", 0.5); }), "");
  EXPECT_EQ(refusal_of([](TaskInfo& task) {
              *task.add_resources() = scalar("gpus", 1);
              *task.add_resources() = scalar("gpus", 1);
            }),
            "");
}

// SCH-145
TEST(TaskRules, LimitsAreForCpusAndMemAndAtLeastTheRequest) {
  const auto with_limit = [](const char* name, double value) {
    return refusal_of([&](TaskInfo& task) { (*task.mutable_limits())[name].set_value(value); });
  };
  EXPECT_EQ(with_limit("cpus", 1), "");
  EXPECT_EQ(with_limit("cpus", HUGE_VAL), "");
  EXPECT_EQ(with_limit("mem", 128), "");
  EXPECT_NE(with_limit("cpus", 0.5), "");
  EXPECT_NE(with_limit("mem", std::nan("")), "");
  EXPECT_NE(with_limit("ports", 1), "");
  EXPECT_NE(refusal_of([](TaskInfo& task) { (*task.mutable_limits())["mem"].set_value(64); }, "cpus:1"), "");
}

// SCH-139 SCH-138
TEST(TaskRules, VariablesHaveWhatTheirTypeSays) {
  const auto with_variable = [](const std::function<void(Environment::Variable&)>& change) {
    return refusal_of([&](TaskInfo& task) {
      auto& variable = *task.mutable_command()->mutable_environment()->add_variables();
      variable.set_name("X");
      change(variable);
    });
  };
  EXPECT_EQ(with_variable([](auto& v) { v.set_value("1"); }), "");
  EXPECT_TRUE(starts(with_variable([](auto&) {}), "Task's `CommandInfo` is invalid: "));
  EXPECT_NE(with_variable([](auto& v) {
              v.set_value("1");
              v.mutable_secret()->set_type(mesos::v1::Secret::VALUE);
              v.mutable_secret()->mutable_value()->set_data("s");
            }),
            "");
  const auto with_secret = [&](const std::function<void(mesos::v1::Secret&)>& change) {
    return with_variable([&](auto& v) {
      v.set_type(Environment::Variable::SECRET);
      change(*v.mutable_secret());
    });
  };
  const auto value = [](std::string data) {
    return [data](mesos::v1::Secret& secret) {
      secret.set_type(mesos::v1::Secret::VALUE);
      secret.mutable_value()->set_data(data);
    };
  };
  EXPECT_EQ(with_secret(value("s")), "");
  EXPECT_NE(with_secret(value(std::string("a\0b", 3))), "");
  EXPECT_NE(with_secret([](mesos::v1::Secret& secret) { secret.set_type(mesos::v1::Secret::VALUE); }), "");
  EXPECT_NE(with_secret([](mesos::v1::Secret& secret) { secret.set_type(mesos::v1::Secret::REFERENCE); }), "");
  EXPECT_NE(with_secret([&](mesos::v1::Secret& secret) {
              value("s")(secret);
              secret.mutable_reference()->set_name("n");
            }),
            "");
  EXPECT_NE(with_variable([](auto& v) {
              v.set_type(Environment::Variable::SECRET);
              v.set_value("1");
            }),
            "");
  EXPECT_NE(with_variable([](auto& v) {
              v.set_type(Environment::Variable::UNKNOWN);
              v.set_value("1");
            }),
            "");
}

std::string refusal_of_check(const std::function<void(CheckInfo&)>& change) {
  return refusal_of([&](TaskInfo& task) { change(*task.mutable_check()); });
}

// SCH-140 SCH-138 EXE-160
TEST(TaskRules, AChecksMemberIsThatOfItsType) {
  EXPECT_EQ(refusal_of_check([](CheckInfo& check) {
              check.set_type(CheckInfo::COMMAND);
              check.mutable_command()->mutable_command()->set_value("true");
            }),
            "");
  EXPECT_EQ(refusal_of_check([](CheckInfo& check) {
              check.set_type(CheckInfo::HTTP);
              check.mutable_http()->set_port(80);
              check.mutable_http()->set_path("/x");
            }),
            "");
  EXPECT_EQ(refusal_of_check([](CheckInfo& check) {
              check.set_type(CheckInfo::TCP);
              check.mutable_tcp()->set_port(80);
            }),
            "");
  EXPECT_TRUE(starts(refusal_of_check([](CheckInfo&) {}), "Task uses invalid check: "));
  EXPECT_NE(refusal_of_check([](CheckInfo& check) { check.mutable_tcp()->set_port(80); }), "");
  EXPECT_NE(refusal_of_check([](CheckInfo& check) { check.set_type(CheckInfo::UNKNOWN); }), "");
  for (const auto type : {CheckInfo::COMMAND, CheckInfo::HTTP, CheckInfo::TCP}) {
    EXPECT_NE(refusal_of_check([&](CheckInfo& check) { check.set_type(type); }), "") << type;
  }
  EXPECT_NE(refusal_of_check([](CheckInfo& check) {
              check.set_type(CheckInfo::COMMAND);
              check.mutable_command()->mutable_command()->add_arguments("true");
            }),
            "");
  EXPECT_NE(refusal_of_check([](CheckInfo& check) {
              check.set_type(CheckInfo::HTTP);
              check.mutable_http()->set_port(80);
              check.mutable_http()->set_path("x");
            }),
            "");
}

// SCH-140 EXE-160
TEST(TaskRules, TheTimesOfAChecksAreNotNegative) {
  const auto with = [](const std::function<void(CheckInfo&)>& change) {
    return refusal_of_check([&](CheckInfo& check) {
      check.set_type(CheckInfo::TCP);
      check.mutable_tcp()->set_port(80);
      change(check);
    });
  };
  EXPECT_EQ(with([](CheckInfo& check) { check.set_timeout_seconds(0); }), "");
  EXPECT_NE(with([](CheckInfo& check) { check.set_delay_seconds(-1); }), "");
  EXPECT_NE(with([](CheckInfo& check) { check.set_interval_seconds(-0.1); }), "");
  EXPECT_NE(with([](CheckInfo& check) { check.set_timeout_seconds(-1); }), "");
}

std::string refusal_of_health_check(const std::function<void(HealthCheck&)>& change) {
  return refusal_of([&](TaskInfo& task) { change(*task.mutable_health_check()); });
}

// SCH-141 SCH-138 EXE-160
TEST(TaskRules, AHealthChecksMemberIsThatOfItsType) {
  EXPECT_EQ(refusal_of_health_check([](HealthCheck& check) {
              check.set_type(HealthCheck::TCP);
              check.mutable_tcp()->set_port(80);
            }),
            "");
  EXPECT_TRUE(starts(refusal_of_health_check([](HealthCheck&) {}), "Task uses invalid health check: "));
  for (const auto type : {HealthCheck::COMMAND, HealthCheck::HTTP, HealthCheck::TCP, HealthCheck::UNKNOWN}) {
    EXPECT_NE(refusal_of_health_check([&](HealthCheck& check) { check.set_type(type); }), "") << type;
  }
  const auto http = [](const char* scheme, const char* path) {
    return refusal_of_health_check([&](HealthCheck& check) {
      check.set_type(HealthCheck::HTTP);
      check.mutable_http()->set_port(80);
      check.mutable_http()->set_scheme(scheme);
      check.mutable_http()->set_path(path);
    });
  };
  EXPECT_EQ(http("http", "/"), "");
  EXPECT_EQ(http("https", "/"), "");
  EXPECT_NE(http("ftp", "/"), "");
  EXPECT_NE(http("http", "health"), "");
  for (const int which : {0, 1, 2, 3}) {
    EXPECT_NE(refusal_of_health_check([&](HealthCheck& check) {
                check.set_type(HealthCheck::TCP);
                check.mutable_tcp()->set_port(80);
                if (which == 0) check.set_grace_period_seconds(-1);
                if (which == 1) check.set_delay_seconds(-1);
                if (which == 2) check.set_interval_seconds(-1);
                if (which == 3) check.set_timeout_seconds(-1);
              }),
              "");
  }
}

// SCH-141
TEST(TaskRules, AnAbsentTypeOfAHealthCheckIsInferred) {
  EXPECT_EQ(refusal_of_health_check([](HealthCheck& check) { check.mutable_command()->set_value("true"); }), "");
  EXPECT_EQ(refusal_of_health_check([](HealthCheck& check) { check.mutable_http()->set_port(80); }), "");
  EXPECT_NE(refusal_of_health_check([](HealthCheck& check) { check.mutable_tcp()->set_port(80); }), "");
  EXPECT_NE(refusal_of_health_check([](HealthCheck& check) {
              check.mutable_command()->set_value("true");
              check.mutable_http()->set_port(80);
            }),
            "");
}

std::string refusal_of_container(const std::function<void(ContainerInfo&)>& change) {
  return refusal_of([&](TaskInfo& task) {
    task.mutable_container()->set_type(ContainerInfo::MESOS);
    change(*task.mutable_container());
  });
}

// SCH-143 SCH-138
TEST(TaskRules, AVolumeHasOneOriginAndASourceTheMemberOfItsType) {
  const auto with_volume = [](const std::function<void(Volume&)>& change) {
    return refusal_of_container([&](ContainerInfo& container) {
      Volume& volume = *container.add_volumes();
      volume.set_container_path("data");
      volume.set_mode(Volume::RW);
      change(volume);
    });
  };
  EXPECT_EQ(with_volume([](Volume& volume) { volume.set_host_path("/x"); }), "");
  EXPECT_TRUE(starts(with_volume([](Volume&) {}), "Task's `ContainerInfo` is invalid: "));
  EXPECT_NE(with_volume([](Volume& volume) {
              volume.set_host_path("/x");
              volume.mutable_image()->set_type(mesos::v1::Image::DOCKER);
            }),
            "");
  EXPECT_EQ(with_volume([](Volume& volume) {
              volume.mutable_source()->set_type(Volume::Source::SANDBOX_PATH);
              volume.mutable_source()->mutable_sandbox_path()->set_path("x");
            }),
            "");
  for (const auto type : {Volume::Source::DOCKER_VOLUME, Volume::Source::HOST_PATH, Volume::Source::SANDBOX_PATH,
                          Volume::Source::SECRET, Volume::Source::CSI_VOLUME, Volume::Source::UNKNOWN}) {
    EXPECT_NE(with_volume([&](Volume& volume) { volume.mutable_source()->set_type(type); }), "") << type;
  }
}

// SCH-143
TEST(TaskRules, DockerNeedsItsInfoAndMayNotNameTheContainer) {
  EXPECT_NE(refusal_of_container([](ContainerInfo& container) { container.set_type(ContainerInfo::DOCKER); }), "");
  const auto with_parameter = [](const char* key) {
    return refusal_of_container([&](ContainerInfo& container) {
      container.set_type(ContainerInfo::DOCKER);
      container.mutable_docker()->set_image("busybox");
      auto& parameter = *container.mutable_docker()->add_parameters();
      parameter.set_key(key);
      parameter.set_value("x");
    });
  };
  EXPECT_EQ(with_parameter("volume"), "");
  EXPECT_NE(with_parameter("name"), "");
  // Members of other types are tolerated.
  EXPECT_EQ(refusal_of_container([](ContainerInfo& container) { container.mutable_docker()->set_image("busybox"); }),
            "");
}

// RES-014
TEST(TaskRules, AThousandthOfACpuIsEnoughAndLoggedOnce) {
  Bench bench;
  FakeAgent& agent = bench.add_agent();
  FakeScheduler& scheduler = bench.subscribe(test_framework());
  bench.round();
  ASSERT_TRUE(bench.accept(scheduler, {id_of(scheduler.offer())},
                           {test_task("t1", agent.id, "cpus:0.001"), test_task("t2", agent.id, "cpus:1;mem:32")}));
  EXPECT_EQ(agent.told(), (Lines{"registered M-S0", "run t1", "run t2"}));
  int logged = 0;
  for (const Effect& effect : bench.effects) {
    const auto* log = std::get_if<Log>(&effect);
    if (log != nullptr && log->message.contains("less than 0.01 cpus or 32 MB")) ++logged;
  }
  EXPECT_EQ(logged, 1);
}

}  // namespace
}  // namespace stoa::master
