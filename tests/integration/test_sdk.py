"""The examples of the C++ SDK against real daemons; they are programs of the dev build (EXAMPLES)."""
import base64
import os
import pathlib
import subprocess
import tempfile
import unittest

from cluster import ROOT, Cluster, Process, Scheduler, free_port, get, wait_until

EXAMPLES = pathlib.Path(os.environ.get("EXAMPLES", ROOT / "build/dev/bin"))
TASKS, EXECUTOR = EXAMPLES / "example_tasks", EXAMPLES / "example_executor"


def run_tasks(masters, count, command):
    return subprocess.Popen([TASKS, masters, str(count), command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, text=True)


def finished(output):
    return [line for line in output.splitlines() if line.split()[1:2] == ["TASK_FINISHED"]]


@unittest.skipUnless(TASKS.exists(), f"{TASKS} is not built: ./dev build dev")
class Sdk(unittest.TestCase):
    def test_a_framework_runs_its_tasks_on_one_machine_and_leaves(self):
        with tempfile.TemporaryDirectory(prefix="stoa-test-", ignore_cleanup_errors=True) as holder:
            port = free_port(2)
            up = Process("up", pathlib.Path(holder), "up", f"--port={port}", f"--work_dir={holder}/up",
                         "--resources=cpus:1;mem:1024;disk:1024")
            try:
                framework = run_tasks(f"127.0.0.1:{port}", 25, "true")
                output, _ = framework.communicate(timeout=60)
            finally:
                code = up.end()
            self.assertEqual(framework.returncode, 0, output)
            self.assertEqual(len(finished(output)), 25, output)
            self.assertEqual(code, 0)

    # SCH-258
    def test_a_framework_outlasts_its_master(self):
        with Cluster(resources="cpus:0.5;mem:1024") as cluster:
            framework = run_tasks(f"127.0.0.1:{cluster.port}", 15, "sleep 1")
            wait_until(lambda: b"TASK_RUNNING" in get(cluster.port, "/state")[1], what="the first task")
            for _ in range(2):
                cluster.master.kill()
                cluster.master.start()
                wait_until(cluster.is_ready, what="the agent's return")
            output, _ = framework.communicate(timeout=90)
            self.assertEqual(framework.returncode, 0, output)
            self.assertEqual(len(finished(output)), 15, output)

    def test_a_command_outlasts_its_master(self):
        with Cluster() as cluster:
            command = subprocess.Popen([cluster.master.words[0], "run", f"--master=127.0.0.1:{cluster.port}", "--",
                                        "sh", "-c", "sleep 4; echo survived"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            wait_until(lambda: b"TASK_RUNNING" in get(cluster.port, "/state")[1], what="the task")
            cluster.master.kill()
            cluster.master.start()
            output, complaints = command.communicate(timeout=60)
            self.assertEqual((command.returncode, output), (0, "survived\n"), complaints)
            self.assertIn("looking for it", complaints)


@unittest.skipUnless(EXECUTOR.exists(), f"{EXECUTOR} is not built: ./dev build dev")
class SdkExecutor(unittest.TestCase):
    def launch(self, scheduler, tasks):
        """Launches {task id: milliseconds} under one executor."""
        scheduler.take_until(lambda: scheduler.offers)
        offer = scheduler.offers.pop(0)

        def resources(cpus, mem):
            return [{"name": name, "type": "SCALAR", "scalar": {"value": value}}
                    for name, value in (("cpus", cpus), ("mem", mem))]

        executor = {"type": "CUSTOM", "executor_id": {"value": "timers"}, "command": {"value": str(EXECUTOR)},
                    "framework_id": {"value": scheduler.framework_id}, "resources": resources(0.1, 32)}
        infos = [{"name": task, "task_id": {"value": task}, "agent_id": offer["agent_id"], "executor": executor,
                  "resources": resources(0.1, 8), "data": base64.b64encode(str(length).encode()).decode()}
                 for task, length in tasks.items()]
        scheduler.call({"type": "ACCEPT", "accept": {"offer_ids": [offer["id"]], "operations": [
            {"type": "LAUNCH", "launch": {"task_infos": infos}}], "filters": {"refuse_seconds": 0}}})
        return offer["agent_id"]

    def test_an_executor_runs_kills_and_outlasts_its_agent(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            self.launch(scheduler, {"quick": 100, "killed": 600_000, "slow": 4000})
            scheduler.take_until(lambda: scheduler.state("quick") == "TASK_FINISHED")
            scheduler.take_until(lambda: scheduler.state("killed") == scheduler.state("slow") == "TASK_RUNNING")
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "killed"}}})
            scheduler.take_until(lambda: scheduler.state("killed") == "TASK_KILLED")
            cluster.agents[0].kill()
            cluster.agents[0].start()
            scheduler.take_until(lambda: scheduler.state("slow") == "TASK_FINISHED")
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()


if __name__ == "__main__":
    unittest.main()
