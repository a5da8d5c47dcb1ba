"""What the Python clients' programs launch and what must come of it: told of statuses, it never calls anything.

A broken expectation raises Unexpected, whose text is the `why` of the result line.
"""
import argparse
import json
import sys
import threading


class Unexpected(Exception):
    pass


class Tasks:
    def __init__(self, finishing):
        self.commands = {"kill": "sleep 1000", "fail": "exit 3"}
        self.commands.update({f"finish-{i}": "echo hello; exit 0" for i in range(finishing)})
        self.waiting = list(self.commands)  # Not launched yet.
        self.states = {task: [] for task in self.commands}
        self.seen = set()  # uuids
        self.updates = 0
        self.terminal = 0

    def want(self, task):
        return {"kill": "TASK_KILLED", "fail": "TASK_FAILED"}.get(task, "TASK_FINISHED")

    def fit(self, offer):
        """Takes from the waiting tasks what fits into the offer; returns their TaskInfos."""
        free = {r["name"]: r["scalar"]["value"] for r in offer["resources"] if r["type"] == "SCALAR"}
        infos = []
        while self.waiting and free.get("cpus", 0) >= 0.1 and free.get("mem", 0) >= 32:
            task = self.waiting.pop(0)
            infos.append({
                "name": task, "task_id": {"value": task}, "agent_id": dict(offer["agent_id"]),
                "command": {"value": self.commands[task]},
                "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
                              {"name": "mem", "type": "SCALAR", "scalar": {"value": 32}}]})
            free["cpus"] -= 0.1
            free["mem"] -= 32
        return infos

    def note(self, status):
        """Returns True for the first sight of a new state of a task that does not end it."""
        self.updates += 1
        task, state, uuid = status["task_id"]["value"], status["state"], status.get("uuid")
        # SCH-213 HTTP-180: 16 bytes are 24 characters of base64.
        if task not in self.states or uuid is None or len(uuid) != 24:
            raise Unexpected(f"update of {task}: {state}, uuid {uuid}, {status.get('message')}")
        if uuid in self.seen:  # Delivered at least once, with the same uuid.
            return False
        self.seen.add(uuid)
        self.states[task].append(state)
        if state in ("TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"):
            return True
        self.terminal += 1
        path = [s for s in self.states[task] if s != "TASK_KILLING"]
        # SCH-202 SCH-209 EXE-119: other servers leave STARTING out.
        if path[path[0] == "TASK_STARTING":] != ["TASK_RUNNING", self.want(task)]:
            raise Unexpected(f"task {task}: {self.states[task]}, want RUNNING and {self.want(task)}: {status.get('message')}")
        return False

    @property
    def complete(self):
        return self.terminal == len(self.states)


def arguments(*more):
    parser = argparse.ArgumentParser()
    parser.add_argument("--master", required=True, metavar="HOST:PORT")
    parser.add_argument("--tasks", type=int, default=5, help="that finish; what fails or is killed comes on top")
    parser.add_argument("--timeout", type=float, default=60)
    for name, settings in more:
        parser.add_argument(name, **settings)
    return parser.parse_args()


def result_line(client, encoding, tasks, updates, why):
    """Ends the program."""
    print(json.dumps({"client": client, "encoding": encoding, "tasks": tasks, "updates": updates, "ok": not why,
                      "why": why}), flush=True)
    sys.exit(1 if why else 0)


class Run:
    """One run of a client: the arguments, the tasks, the first failure, the result line."""

    def __init__(self, client, *more):
        self.arguments = arguments(*more)
        self.client = client
        self.tasks = Tasks(self.arguments.tasks)
        self.over = threading.Event()
        self.why = ""

    def fail(self, why):
        """Ends the run. Ignored once it is over: streams end and executors go when their framework does."""
        if not self.over.is_set():
            self.object(why)
            self.over.set()

    def object(self, why):
        """Lets the run fail, also after it is over; the first reason counts."""
        self.why = self.why or str(why)

    def wait(self):
        if not self.over.wait(self.arguments.timeout):
            self.fail(f"{self.tasks.terminal} of {len(self.tasks.states)} tasks terminal after {self.arguments.timeout} s")

    def finish(self):
        result_line(self.client, "json", self.arguments.tasks, self.tasks.updates, self.why)
