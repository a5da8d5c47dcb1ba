"""Custom executors and task groups on real processes: they outlive a killed agent, and a group ends as one."""
import base64
import json
import pathlib
import sys
import unittest

from cluster import Cluster, Scheduler, get, wait_until

EXECUTOR = pathlib.Path(__file__).resolve().parent / "executor.py"


def scalars(**amounts):
    return [{"name": name, "type": "SCALAR", "scalar": {"value": value}} for name, value in amounts.items()]


def custom_executor():
    return {"executor_id": {"value": "e"}, "type": "CUSTOM", "resources": scalars(cpus=0.1, mem=32),
            "command": {"shell": False, "value": sys.executable, "arguments": [sys.executable, str(EXECUTOR)]}}


def accept(scheduler, operation):
    scheduler.take_until(lambda: scheduler.offers)
    offer = scheduler.offers.pop(0)
    for key in ("launch", "launch_group"):
        if key in operation:
            infos = operation[key].get("task_infos") or operation[key]["task_group"]["tasks"]
            for task in infos:
                task["agent_id"] = offer["agent_id"]
    scheduler.call({"type": "ACCEPT", "accept": {"offer_ids": [offer["id"]], "operations": [operation],
                                                 "filters": {"refuse_seconds": 0}}})
    return offer


def task(name, **more):
    return dict({"name": name, "task_id": {"value": name}, "resources": scalars(cpus=0.1, mem=32)}, **more)


def agent_executors(cluster):
    state = json.loads(get(cluster.port + 1, "/state")[1])
    return [executor for framework in state["frameworks"] for executor in framework["executors"]]


class Executors(unittest.TestCase):
    # EXE-001 EXE-044 EXE-109 AGT-081
    def test_an_executor_and_its_tasks_survive_a_killed_agent(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            infos = [task(name, executor=custom_executor()) for name in ("stays", "ends")]
            accept(scheduler, {"type": "LAUNCH", "launch": {"task_infos": infos}})
            scheduler.take_until(lambda: scheduler.state("stays") == scheduler.state("ends") == "TASK_RUNNING")
            (executor,) = agent_executors(cluster)
            self.assertEqual([t["id"] for t in executor["tasks"]], ["ends", "stays"])
            sandbox = pathlib.Path(executor["directory"])
            cluster.agents[0].kill()
            (sandbox / "end-ends").touch()  # While nobody listens.
            cluster.agents[0].start()
            scheduler.take_until(lambda: scheduler.state("ends") == "TASK_FINISHED")
            # One whose acknowledgement the kill took comes again.
            told = {s["uuid"]: s["state"] for s in scheduler.statuses["ends"]}
            self.assertEqual(list(told.values()), ["TASK_RUNNING", "TASK_FINISHED"])
            self.assertEqual(scheduler.statuses["ends"][-1]["executor_id"]["value"], "e")
            self.assertEqual(scheduler.statuses["ends"][-1]["message"], "as told")
            self.assertEqual(scheduler.state("stays"), "TASK_RUNNING")
            (sandbox / "end-stays").touch()
            scheduler.take_until(lambda: scheduler.state("stays") == "TASK_FINISHED")
            (again,) = agent_executors(cluster)
            self.assertEqual(again["container"], executor["container"])
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    # EXE-102
    def test_messages_kill_and_shutdown_reach_the_executor(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            offer = accept(scheduler, {"type": "LAUNCH", "launch": {"task_infos": [
                task("a", executor=custom_executor())]}})
            scheduler.take_until(lambda: scheduler.state("a") == "TASK_RUNNING")
            data = base64.b64encode(b"\x00\xff hello").decode()
            scheduler.call({"type": "MESSAGE", "message": {"agent_id": offer["agent_id"], "executor_id": {"value": "e"},
                                                           "data": data}})
            event = scheduler.take_event("MESSAGE")
            self.assertEqual(event["message"]["data"], data)
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "a"}}})
            scheduler.take_until(lambda: scheduler.state("a") == "TASK_KILLED")
            scheduler.call({"type": "SHUTDOWN", "shutdown": {"agent_id": offer["agent_id"],
                                                             "executor_id": {"value": "e"}}})
            event = scheduler.take_event("FAILURE")
            self.assertEqual(event["failure"]["agent_id"], offer["agent_id"])
            self.assertEqual(event["failure"]["executor_id"]["value"], "e")
            self.assertEqual(event["failure"]["status"], 0)
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    # EXE-136 EXE-140 EXE-142 EXE-147
    def test_a_failing_member_ends_its_group(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            executor = {"executor_id": {"value": "pod"}, "type": "DEFAULT",
                        "resources": scalars(cpus=0.1, mem=32, disk=1)}
            members = [task("ok", command={"value": "echo ok; exit 0"}), task("long", command={"value": "sleep 600"}),
                       task("bad", command={"value": "while [ ! -e go ]; do sleep 0.05; done; exit 3"})]
            accept(scheduler, {"type": "LAUNCH_GROUP", "launch_group": {
                "executor": executor, "task_group": {"tasks": members}}})
            scheduler.take_until(lambda: scheduler.state("ok") == "TASK_FINISHED" and scheduler.state("bad") ==
                                 scheduler.state("long") == "TASK_RUNNING")
            (shown,) = agent_executors(cluster)
            sandbox = pathlib.Path(shown["directory"])
            self.assertEqual((sandbox / "tasks/ok/stdout").read_text(), "ok\n")
            parents = {s["container_status"]["container_id"]["parent"]["value"]
                       for statuses in scheduler.statuses.values() for s in statuses}
            self.assertEqual(parents, {shown["container"]})
            (sandbox / "tasks/bad/go").touch()
            scheduler.take_until(lambda: scheduler.state("bad") == "TASK_FAILED" and
                                 scheduler.state("long") == "TASK_KILLED")
            self.assertIn("exited with status 3", scheduler.statuses["bad"][-1]["message"])
            wait_until(lambda: not agent_executors(cluster), what="the executor's end")
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()


if __name__ == "__main__":
    unittest.main()
