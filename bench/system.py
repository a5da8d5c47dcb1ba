#!/usr/bin/env python3
"""What a user waits for, measured on real processes of the release build over loopback.

Usage: bench/system.py [--stoa PROGRAM] [--json FILE] [--runs N] [--only NAME]
Prints a table of medians with smallest and largest value and the load beside it, and writes JSON. Every server and task
it starts ends with it; every loop is bounded. Standard library only; the scheduler sends its calls without waiting for
their answers, so that the client is not what is measured.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import cluster  # noqa: E402

TERMINAL = cluster.TERMINAL


class Pipelined:
    """A framework on two raw connections: one for events, one for calls, whose answers are read when they are there."""

    def __init__(self, port, name="bench"):
        self.port = port
        self.events = socket.create_connection(("127.0.0.1", port))
        self.calls = socket.create_connection(("127.0.0.1", port))
        for each in (self.events, self.calls):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.body = b""
        self.offers = []
        self.states = {}
        self.times = {}
        info = {"user": "root", "name": name, "checkpoint": True, "roles": ["*"],
                "capabilities": [{"type": "MULTI_ROLE"}, {"type": "PARTITION_AWARE"}]}
        self._post(self.events, json.dumps({"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}), "")
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.events.recv(65536)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.stream_id = next(line.split(b": ")[1].decode() for line in head.split(b"\r\n")
                              if line.lower().startswith(b"mesos-stream-id"))
        self.framework_id = None
        while self.framework_id is None:
            self.take()

    def _post(self, where, body, headers):
        where.sendall((f"POST /api/v1/scheduler HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Accept: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}").encode())

    def call(self, message):
        message["framework_id"] = {"value": self.framework_id}
        self._post(self.calls, json.dumps(message), f"Mesos-Stream-Id: {self.stream_id}\r\n")
        self.calls.setblocking(False)
        try:
            while self.calls.recv(65536):
                pass
        except BlockingIOError:
            pass
        finally:
            self.calls.setblocking(True)

    def take(self, seconds=30.0):
        """Reads what is there, at least one chunk, and deals with every whole record."""
        self.events.settimeout(seconds)
        data = self.events.recv(1 << 20)
        if not data:
            raise RuntimeError("the stream ended")
        self.buffer += data
        now = time.perf_counter()
        while True:  # Chunks of HTTP ...
            at = self.buffer.find(b"\r\n")
            if at < 0:
                break
            size = int(self.buffer[:at], 16)
            if len(self.buffer) < at + 4 + size:
                break
            self.body += self.buffer[at + 2:at + 2 + size]
            self.buffer = self.buffer[at + 4 + size:]
        while True:  # ... hold records.
            at = self.body.find(b"\n")
            if at < 0 or len(self.body) < at + 1 + int(self.body[:at]):
                break
            end = at + 1 + int(self.body[:at])
            self.on_event(json.loads(self.body[at + 1:end]), now)
            self.body = self.body[end:]

    def on_event(self, event, now):
        kind = event["type"]
        if kind == "SUBSCRIBED":
            self.framework_id = event["subscribed"]["framework_id"]["value"]
        elif kind == "OFFERS":
            self.offers += event["offers"]["offers"]
        elif kind == "RESCIND":
            gone = event["rescind"]["offer_id"]["value"]
            self.offers = [offer for offer in self.offers if offer["id"]["value"] != gone]
        elif kind == "UPDATE":
            status = event["update"]["status"]
            task = status["task_id"]["value"]
            self.states[task] = status["state"]
            self.times[task, status["state"]] = now
            if "uuid" in status:
                self.call({"type": "ACKNOWLEDGE", "acknowledge": {
                    "agent_id": status["agent_id"], "task_id": status["task_id"], "uuid": status["uuid"]}})

    def offer(self):
        end = time.monotonic() + 30
        while not self.offers and time.monotonic() < end:
            self.take()
        return self.offers.pop(0)

    def launch(self, names, command, cpus=0.001, mem=1):
        offer = self.offer()
        tasks = [{"name": "bench", "task_id": {"value": name}, "agent_id": offer["agent_id"],
                  "command": {"value": command},
                  "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}},
                                {"name": "mem", "type": "SCALAR", "scalar": {"value": mem}}]} for name in names]
        start = time.perf_counter()
        self.call({"type": "ACCEPT", "accept": {
            "offer_ids": [offer["id"]], "operations": [{"type": "LAUNCH", "launch": {"task_infos": tasks}}],
            "filters": {"refuse_seconds": 0}}})
        return start

    def wait(self, names, wanted, seconds=120.0):
        end = time.monotonic() + seconds
        while not all(self.states.get(name) in wanted for name in names):
            if time.monotonic() > end:
                raise RuntimeError(f"tasks are not {wanted} within {seconds} s")
            self.take()

    def close(self):
        self.call({"type": "TEARDOWN"})
        time.sleep(0.05)
        self.events.close()
        self.calls.close()


def resident_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def shims_below(folder):
    """Pids of the shims whose arguments name the folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if name.startswith("stoa-shim") and str(folder).encode() in words:
            found.append(int(entry.name))
    return found


def small_cluster():
    return cluster.Cluster(resources="cpus:64;mem:65536;disk:65536;ports:[31000-32000]")


# Each measurement yields {name: value of one run}.

def throughput():
    """PAP-100: 500 `true` tasks in one ACCEPT on one agent, offer to last acknowledged end."""
    with small_cluster() as made:
        scheduler = Pipelined(made.port)
        names = [f"t{i}" for i in range(500)]
        start = scheduler.launch(names, "true")
        scheduler.wait(names, TERMINAL)
        took = time.perf_counter() - start
        assert all(scheduler.states[name] == "TASK_FINISHED" for name in names)
        scheduler.close()
    return {"500 tasks `true`, tasks/s": 500 / took}


def latency():
    """ACCEPT to TASK_RUNNING as the framework sees it, one task after another."""
    with small_cluster() as made:
        scheduler = Pipelined(made.port)
        taken = []
        for i in range(100):
            name = f"t{i}"
            start = scheduler.launch([name], "true")
            scheduler.wait([name], TERMINAL)
            taken.append((scheduler.times[name, "TASK_RUNNING"] - start) * 1e3)
        scheduler.close()
    taken.sort()
    return {"ACCEPT to TASK_RUNNING, p50 ms": taken[50], "ACCEPT to TASK_RUNNING, p99 ms": taken[98]}


def one_command():
    """PAP-101: `stoa run -- true`, start to exit, idle cluster."""
    with small_cluster() as made:
        subprocess.run([cluster.STOA, "run", f"--master=127.0.0.1:{made.port}", "--", "true"], check=True, timeout=30)
        taken = []
        for _ in range(10):
            start = time.perf_counter()
            subprocess.run([cluster.STOA, "run", f"--master=127.0.0.1:{made.port}", "--", "true"], check=True,
                           timeout=30)
            taken.append((time.perf_counter() - start) * 1e3)
    return {"`stoa run -- true`, ms": statistics.median(taken)}


def start_up():
    """Start of a master to its first answer; PAP-102: start of an agent to its registration."""
    with tempfile.TemporaryDirectory(prefix="stoa-bench-") as folder:
        folder = pathlib.Path(folder)
        port = cluster.free_port(2)
        start = time.perf_counter()
        master = cluster.Process("master", folder, "master", f"--port={port}", f"--work_dir={folder}/m")
        agent = None
        try:
            while True:
                try:
                    if cluster.get(port, "/health")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.001)
            answered = (time.perf_counter() - start) * 1e3
            start = time.perf_counter()
            agent = cluster.Process("agent", folder, "agent", f"--port={port + 1}", f"--master=127.0.0.1:{port}",
                                    f"--work_dir={folder}/a", f"--runtime_dir={folder}/run",
                                    "--registration_backoff_factor=10ms")
            while json.loads(cluster.get(port, "/metrics/snapshot")[1])["master/slaves_active"] < 1:
                time.sleep(0.001)
            registered = (time.perf_counter() - start) * 1e3
            time.sleep(0.5)
            idle = {"master idle, MB": resident_kb(master.process.pid) / 1024,
                    "agent idle, MB": resident_kb(agent.process.pid) / 1024}
        finally:
            if agent:
                agent.process.send_signal(10)
                agent.process.wait(20)
            master.end()
    return {"master, start to first answer, ms": answered, "agent, start to registered, ms": registered, **idle}


def memory():
    """PAP-103: memory for each running task: growth of master and agent, and its shim."""
    count = 300
    with small_cluster() as made:
        scheduler = Pipelined(made.port)
        scheduler.launch(["first"], "sleep 600")
        scheduler.wait(["first"], {"TASK_RUNNING"})
        before = [resident_kb(made.master.process.pid), resident_kb(made.agents[0].process.pid)]
        names = [f"t{i}" for i in range(count)]
        scheduler.launch(names, "sleep 600")
        scheduler.wait(names, {"TASK_RUNNING"})
        time.sleep(0.5)
        after = [resident_kb(made.master.process.pid), resident_kb(made.agents[0].process.pid)]
        shims = [resident_kb(pid) for pid in shims_below(made.folder)]
        scheduler.close()
        result = {"master, each running task, KB": (after[0] - before[0]) / count,
                  "agent, each running task, KB": (after[1] - before[1]) / count}
        if shims:
            result["shim, KB"] = statistics.median(shims)
    return result


def recovery():
    """kill -9 of an agent with 1,000 running tasks: start to registered with all of them."""
    count = 1000
    with small_cluster() as made:
        scheduler = Pipelined(made.port)
        for first in range(0, count, 250):
            names = [f"t{i}" for i in range(first, first + 250)]
            scheduler.launch(names, "sleep 600")
            scheduler.wait(names, {"TASK_RUNNING"})
        made.agents[0].kill()
        cluster.wait_until(lambda: json.loads(cluster.get(made.port, "/metrics/snapshot")[1])
                           ["master/slaves_disconnected"] == 1, what="the loss of the agent")
        start = time.perf_counter()
        made.agents[0].start()
        while json.loads(cluster.get(made.port, "/metrics/snapshot")[1])["master/slaves_active"] < 1:
            time.sleep(0.005)
        took = time.perf_counter() - start
        running = json.loads(cluster.get(made.port, "/metrics/snapshot")[1])["master/tasks_running"]
        assert running == count, running
        scheduler.close()
    return {"agent with 1,000 tasks, start to registered, s": took}


def sizes():
    program = pathlib.Path(cluster.STOA)
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "stoa"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        return {"program, MB": program.stat().st_size / 2**20, "program stripped, MB": stripped.stat().st_size / 2**20}


MEASUREMENTS = {f.__name__: f for f in (throughput, latency, one_command, start_up, memory, recovery, sizes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stoa", default=cluster.STOA)
    parser.add_argument("--json", default=str(ROOT / "build/bench/system.json"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=sorted(MEASUREMENTS))
    given = parser.parse_args()
    cluster.STOA = given.stoa
    rows = []
    print(f"{'what':50} {'median':>10} {'least':>10} {'most':>10}  load")
    for name, measure in MEASUREMENTS.items():
        if given.only and name != given.only:
            continue
        values = {}
        runs = 1 if name == "sizes" else given.runs
        for _ in range(runs):
            for what, value in measure().items():
                values.setdefault(what, []).append(value)
        load = os.getloadavg()[0]
        for what, each in values.items():
            rows.append({"name": what, "median": statistics.median(each), "min": min(each), "max": max(each),
                         "runs": len(each), "load": load})
            print(f"{what:50} {statistics.median(each):10.2f} {min(each):10.2f} {max(each):10.2f}  {load:.1f}",
                  flush=True)
    path = pathlib.Path(given.json)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cores": os.cpu_count(), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
