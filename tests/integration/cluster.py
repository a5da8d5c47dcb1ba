"""Real processes for tests: a master, agents, and a scheduler that speaks the API over plain sockets.

Standard library only. Everything listens on loopback and ends with its owner.
"""
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STOA = os.environ.get("STOA", str(ROOT / "build/release/bin/stoa"))
TERMINAL = {"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED", "TASK_GONE"}


def free_port(count=1):
    """A port of 127.0.0.1 behind which count - 1 more are free; none that a connection may take while its server is dead."""
    for _ in range(100):
        port = random.randrange(20000, 32000)
        sockets = []
        try:
            for i in range(count):
                sockets.append(socket.create_server(("127.0.0.1", port + i)))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return port
    raise RuntimeError("no free port")


def wait_until(condition, seconds=20.0, what="the condition"):
    """Polls until condition() is true; its last value is returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds} s")


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Process:
    """One daemon; its output goes to a file that is shown when something fails."""

    def __init__(self, name, folder, *words):
        self.log = folder / f"{name}.log"
        self.words = [STOA, *words]
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        return self.process.returncode


class Cluster:
    """A master and agents as processes of their own. A context: everything ends with it, tasks included."""

    def __init__(self, agents=1, resources="cpus:8;mem:8192;disk:1024;ports:[31000-31100]"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-test-"))
        self.port = free_port(agents + 1)
        self.master = Process("master", self.folder, "master", f"--port={self.port}",
                              f"--work_dir={self.folder}/master")
        self.agents = []
        for number in range(1, agents + 1):
            self.agents.append(Process(
                f"agent-{number}", self.folder, "agent", f"--port={self.port + number}",
                f"--master=127.0.0.1:{self.port}", f"--work_dir={self.folder}/agent-{number}",
                f"--runtime_dir={self.folder}/run-{number}", f"--resources={resources}",
                "--registration_backoff_factor=10ms"))

    def __enter__(self):
        wait_until(self.is_ready, what="the cluster")
        return self

    def is_ready(self):
        try:
            status, body = get(self.port, "/state")
        except OSError:
            return False
        return status == 200 and json.loads(body)["activated_slaves"] == float(len(self.agents))

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for each in [self.master, *self.agents]:
                print(f"--- {each.log.name}\n{each.log.read_text(errors='replace')[-4000:]}")
        # The agents leave the cluster first, so that no task outlives the test.
        for agent in self.agents:
            if agent.process.poll() is None:
                agent.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 15
        for agent in self.agents:
            try:
                agent.process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            agent.end()
        self.master.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def has_cpus(offer, cpus):
    return sum(r["scalar"]["value"] for r in offer["resources"] if r["name"] == "cpus") + 1e-9 >= cpus


class Scheduler:
    """A framework over the JSON API: launches tasks, acknowledges, and remembers every status."""

    def __init__(self, port, checkpoint=True, failover_timeout=600.0, framework_id=None):
        self.port = port
        self.statuses = {}  # Task id -> list of statuses in the order received.
        self.offers = []
        self.events = []
        self.framework_id = framework_id
        info = {"user": "root", "name": "test", "checkpoint": checkpoint, "failover_timeout": failover_timeout,
                "roles": ["*"], "capabilities": [{"type": "MULTI_ROLE"}, {"type": "PARTITION_AWARE"}]}
        call = {"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}
        if framework_id:
            info["id"] = {"value": framework_id}
            call["framework_id"] = {"value": framework_id}
        self.stream_connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.stream_connection.request("POST", "/api/v1/scheduler", json.dumps(call),
                                       {"Content-Type": "application/json"})
        self.stream = self.stream_connection.getresponse()
        assert self.stream.status == 200, (self.stream.status, self.stream.read())
        self.stream_id = self.stream.getheader("Mesos-Stream-Id")
        self.calls = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.take_until(lambda: self.framework_id is not None and self.events, 10)

    def close(self):
        self.stream_connection.close()
        self.calls.close()

    def call(self, message):
        message["framework_id"] = {"value": self.framework_id}
        self.calls.request("POST", "/api/v1/scheduler", json.dumps(message),
                           {"Content-Type": "application/json", "Mesos-Stream-Id": self.stream_id})
        answer = self.calls.getresponse()
        body = answer.read()
        assert answer.status == 202, (answer.status, body)

    def read(self):
        """The next event."""
        digits = b""
        while (byte := self.stream.read(1)) != b"\n":
            if not byte:
                raise AssertionError("the stream ended")
            digits += byte
        return json.loads(self.stream.read(int(digits)))

    def take(self):
        """Reads one event and deals with it."""
        event = self.read()
        self.on_event(event)
        return event

    def on_event(self, event):
        self.events.append(event["type"])
        if event["type"] == "SUBSCRIBED":
            self.framework_id = event["subscribed"]["framework_id"]["value"]
        elif event["type"] == "OFFERS":
            self.offers += event["offers"]["offers"]
        elif event["type"] == "RESCIND":
            self.offers = [offer for offer in self.offers if offer["id"] != event["rescind"]["offer_id"]]
        elif event["type"] == "UPDATE":
            self.on_status(event["update"]["status"])

    def on_status(self, status):
        task = status["task_id"]["value"]
        self.statuses.setdefault(task, []).append(status)
        if "uuid" in status:
            self.call({"type": "ACKNOWLEDGE", "acknowledge": {
                "agent_id": status["agent_id"], "task_id": status["task_id"], "uuid": status["uuid"]}})

    def take_until(self, condition, seconds=30.0):
        end = time.monotonic() + seconds
        while not condition():
            self.stream_connection.sock.settimeout(max(0.05, end - time.monotonic()))
            self.take()

    def take_event(self, kind, seconds=30.0):
        """Reads until an event of the kind comes, and returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.stream_connection.sock.settimeout(max(0.05, end - time.monotonic()))
            event = self.take()
            if event["type"] == kind:
                return event
        raise AssertionError(f"no {kind} within {seconds} s")

    def state(self, task):
        return self.statuses[task][-1]["state"] if task in self.statuses else None

    def has_room(self, count, cpus):
        return any(has_cpus(offer, cpus * count) for offer in self.offers)

    def launch(self, commands, cpus=0.1, mem=8, extra=None):
        """Launches {task id: shell command} on the next offers that have room for all of it; `extra` goes into each
        TaskInfo."""
        self.take_until(lambda: self.has_room(len(commands), cpus))
        offer = next(offer for offer in self.offers if has_cpus(offer, cpus * len(commands)))
        self.offers.remove(offer)
        tasks = [{"name": task, "task_id": {"value": task}, "agent_id": offer["agent_id"], "command": {"value": command},
                  "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}},
                                {"name": "mem", "type": "SCALAR", "scalar": {"value": mem}}], **(extra or {})}
                 for task, command in commands.items()]
        self.call({"type": "ACCEPT", "accept": {
            "offer_ids": [offer["id"]], "operations": [{"type": "LAUNCH", "launch": {"task_infos": tasks}}],
            "filters": {"refuse_seconds": 0}}})
        return offer
