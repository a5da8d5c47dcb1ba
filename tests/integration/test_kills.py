"""kill -9 of the agent at random moments while tasks run, finish, fail and are killed: nothing is lost, nothing is told
twice, nothing is left.

What really happened is in files that the tasks write themselves: `NAME.start` gets a line whenever the task begins,
`NAME.end` the way it is about to end. Short in the ordinary run; STOA_KILLS=200 is the full form, STOA_SEED repeats one.
"""
import json
import os
import pathlib
import queue
import random
import threading
import time
import unittest

from cluster import TERMINAL, Cluster, Scheduler, get, wait_until

KILLS = int(os.environ.get("STOA_KILLS", "20"))
SEED = int(os.environ.get("STOA_SEED", str(random.randrange(1 << 32))))
TASKS_AT_A_TIME = 50
LAUNCH_MAX = 25  # In one ACCEPT.
KILL_AGAIN_SECONDS = 0.5

# What each kind of task does; {start} and {end} are files, {seconds} how long it takes.
KINDS = {
    "finishes": "echo x >> {start}; sleep {seconds}; echo finished > {end}",
    "fails": "echo x >> {start}; sleep {seconds}; echo failed > {end}; exit 3",
    "crashes": "echo x >> {start}; sleep {seconds}; echo crashed > {end}; kill -SEGV $$",
    # Wants a kill, and exits well.
    "obeys": "trap 'echo killed > {end}; exit 0' TERM; echo x >> {start}; sleep 600 & wait",
    # Wants a kill, and has to be killed with all that ran away from it.
    "resists": "trap '' TERM; (setsid sh -c 'sleep 600' &); echo x >> {start}; sleep 600",
}
WANTS_KILL = ("obeys", "resists")
ENDS = {"finished": ("TASK_FINISHED", "exited with status 0"), "failed": ("TASK_FAILED", "exited with status 3"),
        "crashed": ("TASK_FAILED", "signal Segmentation fault"), "killed": ("TASK_KILLED", "")}
# A task that never began may only be told as one of these.
NEVER_RAN = {"TASK_DROPPED", "TASK_LOST", "TASK_FAILED", "TASK_KILLED"}


class Task:
    def __init__(self, name, kind, folder, seconds):
        self.kind = kind
        self.start, self.end = folder / f"{name}.start", folder / f"{name}.end"
        self.command = KINDS[kind].format(start=self.start, end=self.end, seconds=seconds)
        self.kill_at = time.monotonic() + seconds if kind in WANTS_KILL else None

    def truth(self):
        starts = self.start.read_text().count("x") if self.start.exists() else 0
        return starts, self.end.read_text().strip() if self.end.exists() else None

    def complaint(self, statuses):
        """What is wrong with what was told about it; empty if nothing."""
        # A kill that comes after the end is answered, too, and says nothing about the task.
        told = {status.get("uuid", number): status for number, status in enumerate(statuses)
                if status["state"] != "TASK_UNKNOWN"}
        told = list(told.values())
        starts, end = self.truth()
        ends = [status for status in told if status["state"] in TERMINAL]
        if len(ends) != 1 or told[-1] is not ends[0]:
            return "not one end, and that last"
        state, message = ends[0]["state"], ends[0].get("message", "")
        if starts > 1:
            return "ran more than once"
        if starts == 0:
            return "" if state in NEVER_RAN else "ended well without having begun"
        if end:
            wanted, words = ENDS[end]
            return "" if state == wanted and words in message else f"it {end}"
        return "" if self.kind in WANTS_KILL and state == "TASK_KILLED" else "it began and was cut off"


class Reader(Scheduler):
    """A scheduler whose events are read by a thread of its own, so that waiting for one has a limit."""

    def __init__(self, port):
        self.queue = None
        super().__init__(port)
        self.stream_connection.sock.settimeout(None)
        self.queue = queue.SimpleQueue()
        threading.Thread(target=self.read_all, daemon=True).start()

    def read_all(self):
        try:
            while True:
                self.queue.put(self.read())
        except (AssertionError, OSError, ValueError, AttributeError):
            self.queue.put(None)

    def take_for(self, seconds):
        """Deals with what has come, at least one event unless the time passes."""
        try:
            while True:
                event = self.queue.get(timeout=seconds)
                if event is None:
                    raise AssertionError("the stream ended")
                self.on_event(event)
                seconds = 0
        except queue.Empty:
            pass


def processes_of(folder):
    """Every process that names the folder in its words or its variables, but for the daemons themselves."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words, variables = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        is_daemon = words.split(b"\0")[1:2] in ([b"agent"], [b"master"])
        if not is_daemon and str(folder).encode() in words + variables:
            found.append((int(entry.name), words))
    return found


class Killer(threading.Thread):
    """Kills the agent at random moments of its lives, its first milliseconds included."""

    def __init__(self, agent, randomness):
        super().__init__(daemon=True)
        self.agent, self.random, self.kills = agent, randomness, 0
        self.fault = "it did not get to its last kill"

    def run(self):
        for self.kills in range(1, KILLS + 1):
            time.sleep(self.random.choice((self.random.uniform(0, 0.1), self.random.uniform(0.1, 1.2))))
            if self.agent.process.poll() is not None:
                self.fault = f"before kill {self.kills} the agent had ended by itself: {self.agent.process.returncode}"
                return
            self.agent.kill()
            time.sleep(self.random.choice((0, self.random.uniform(0, 0.3))))
            self.agent.start()
        self.fault = None


class Kills(unittest.TestCase):
    # AGT-056 AGT-081
    def test_every_end_is_told_as_it_was(self):
        print(f"{KILLS} kills, STOA_SEED={SEED}", flush=True)
        randomness = random.Random(SEED)
        with Cluster() as cluster:
            truth = cluster.folder / "truth"
            truth.mkdir()
            scheduler = Reader(cluster.port)
            killer = Killer(cluster.agents[0], random.Random(randomness.random()))
            tasks, live = {}, set()
            began = time.monotonic()
            killer.start()
            while killer.is_alive() or live:
                self.assertLess(time.monotonic() - began, 60 + 3 * KILLS, f"no end in sight of {sorted(live)}")
                scheduler.take_for(0.05)
                live = {name for name in live if scheduler.state(name) not in TERMINAL}
                if killer.is_alive():
                    self.launch_more(scheduler, tasks, live, truth, randomness)
                self.kill_due(scheduler, tasks, live)
            self.assertIsNone(killer.fault)
            self.check(scheduler, tasks, killer.kills, time.monotonic() - began)
            self.check_nothing_is_left(cluster)
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    def launch_more(self, scheduler, tasks, live, truth, randomness):
        count = min(TASKS_AT_A_TIME - len(live), LAUNCH_MAX)
        if count <= 0 or not scheduler.has_room(count, 0.1):
            return
        made = {}
        for _ in range(count):
            name = f"t{len(tasks)}"
            made[name] = tasks[name] = Task(name, randomness.choice(list(KINDS)), truth, randomness.uniform(0, 1.5))
        policy = {"kill_policy": {"grace_period": {"nanoseconds": 100_000_000}}}
        scheduler.launch({name: task.command for name, task in made.items()}, extra=policy)
        live.update(made)

    @staticmethod
    def kill_due(scheduler, tasks, live):
        now = time.monotonic()
        for name in live:
            task = tasks[name]
            if task.kill_at and now >= task.kill_at:
                task.kill_at = now + KILL_AGAIN_SECONDS  # The agent may die before it has heard of it.
                grace = {"grace_period": {"nanoseconds": 5_000_000_000 if task.kind == "obeys" else 100_000_000}}
                scheduler.call({"type": "KILL", "kill": {"task_id": {"value": name}, "kill_policy": grace}})

    def check(self, scheduler, tasks, kills, seconds):
        wrong, tally = [], {}
        for name, task in tasks.items():
            statuses = scheduler.statuses[name]
            told = statuses[-1]
            key = f"{told['state']} of {'one that began' if task.truth()[0] else 'none'}"
            tally[key] = tally.get(key, 0) + 1
            if complaint := task.complaint(statuses):
                words = [(status["state"], status.get("reason"), status.get("message")) for status in statuses]
                wrong.append((name, task.kind, complaint, words))
        print(f"{kills} kills, {len(tasks)} tasks in {seconds:.0f} s: {json.dumps(tally)}", flush=True)
        self.assertEqual(wrong, [])
        self.assertEqual(set(scheduler.statuses), set(tasks))
        # Enough was at stake: tasks that began, of every kind, and ended in every way.
        began = [task for task in tasks.values() if task.truth()[0]]
        self.assertGreater(len(began), 5 * kills)
        self.assertGreater(len(began), len(tasks) / 2)
        self.assertEqual({task.kind for task in began}, set(KINDS))
        self.assertEqual({task.truth()[1] for task in began} - {None}, set(ENDS))

    def check_nothing_is_left(self, cluster):
        wait_until(lambda: not processes_of(cluster.folder), what="the end of the last process")
        wait_until(lambda: not list((cluster.folder / "run-1/containers").iterdir()), what="the last container's removal")
        wait_until(cluster.is_ready, what="the agent's return")
        state = json.loads(get(cluster.port, "/state")[1])
        self.assertEqual(state["slaves"][0]["used_resources"]["cpus"], 0)
        self.assertEqual([f["tasks"] for f in state["frameworks"]], [[]])


if __name__ == "__main__":
    unittest.main()
