"""The installed SDK: find_package(stoa) in a project of its own, its program against a real cluster."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from cluster import STOA, Cluster

BUILD = pathlib.Path(STOA).resolve().parents[1]

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(framework LANGUAGES CXX)
find_package(stoa REQUIRED)
add_executable(framework main.cpp)
target_link_libraries(framework PRIVATE stoa::sdk)
"""

PROGRAM = """
#include <mesos/v1/scheduler/scheduler.pb.h>
#include <stoa/scheduler.h>

#include <cstdio>

class OneTask : public stoa::scheduler::Handler {
  using Driver = stoa::scheduler::Driver;
  void on_offers(Driver& driver, const google::protobuf::RepeatedPtrField<mesos::v1::Offer>& offers) override {
    mesos::v1::TaskInfo task;
    task.set_name("one");
    task.mutable_task_id()->set_value("one");
    *task.mutable_agent_id() = offers[0].agent_id();
    task.mutable_command()->set_value("true");
    mesos::v1::Resource& cpus = *task.add_resources();
    cpus.set_name("cpus");
    cpus.set_type(mesos::v1::Value::SCALAR);
    cpus.mutable_scalar()->set_value(0.1);
    driver.launch(offers[0].id(), {task});
    driver.suppress();
  }
  void on_update(Driver& driver, const mesos::v1::TaskStatus& status) override {
    std::puts(TaskState_Name(status.state()).c_str());
    if (stoa::scheduler::is_terminal(status.state())) driver.teardown();
  }
};

int main(int, char** arguments) {
  mesos::v1::FrameworkInfo info;
  info.set_user("root");
  info.set_name("package");
  info.add_roles("*");
  info.add_capabilities()->set_type(mesos::v1::FrameworkInfo::Capability::MULTI_ROLE);
  OneTask handler;
  const auto ended = stoa::scheduler::Driver({.masters = arguments[1]}, info, handler).run();
  if (!ended) std::puts(ended.error().message.c_str());
  return ended ? 0 : 1;
}
"""


def run(*words):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=180, check=False)


@unittest.skipUnless((BUILD / "cmake_install.cmake").exists() and shutil.which("cmake"), f"no build tree at {BUILD}")
class Package(unittest.TestCase):
    def check(self, done):
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_a_project_elsewhere_finds_it_builds_and_runs(self):
        with tempfile.TemporaryDirectory(prefix="stoa-test-") as holder:
            folder = pathlib.Path(holder)
            self.check(run("cmake", "--install", BUILD, "--prefix", folder / "prefix", "--strip"))
            (folder / "CMakeLists.txt").write_text(PROJECT)
            (folder / "main.cpp").write_text(PROGRAM)
            self.check(run("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja",
                           f"-DCMAKE_PREFIX_PATH={folder}/prefix", "-DCMAKE_CXX_COMPILER=clang++-19"))
            self.check(run("cmake", "--build", folder / "build"))
            with Cluster() as cluster:
                told = self.check(run(folder / "build/framework", f"127.0.0.1:{cluster.port}"))
            self.assertEqual(told.split(), ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"])


if __name__ == "__main__":
    unittest.main()
