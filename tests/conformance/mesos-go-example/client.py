"""Runs the two example programs of mesos-go as they are: a scheduler, and the executor that it has the agent fetch.

The scheduler serves the executor's binary over HTTP, launches N tasks that share one executor, and says "mission
accomplished" when all finished. Its exit code tells nothing. Nothing here is ours but this judgement.
"""
import getpass
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tasks import arguments, result_line

SEEN = re.compile(r"Task (\d+) is in state (\w+)")


def check(done, count):
    """Returns why it is not as it should be, or an empty text."""
    if "mission accomplished" not in done.stderr:
        return done.stderr[-500:]
    states = {}
    for task, state in SEEN.findall(done.stderr):
        if state not in states.setdefault(task, []):  # Delivered at least once.
            states[task].append(state)
    # SCH-209 EXE-007 EXE-043 EXE-047 EXE-088 EXE-089 AGT-110: this executor sends RUNNING and FINISHED, nothing
    # else; it needs its binary, its environment with the durations in it, SUBSCRIBED, LAUNCH and 202.
    odd = {task: path for task, path in states.items() if path != ["TASK_RUNNING", "TASK_FINISHED"]}
    if odd or len(states) != count:
        return f"{len(states)} tasks of {count}: {odd}"
    return ""


def main():
    options = arguments(("--binaries", dict(required=True)), ("--encoding", dict(default="protobuf")))
    command = [
        os.path.join(options.binaries, "example-scheduler"), "-url", f"http://{options.master}/api/v1/scheduler",
        "-codec", options.encoding, "-executor", os.path.join(options.binaries, "example-executor"), "-exec.image", "",
        "-tasks", str(options.tasks), "-cpu", "0.1", "-memory", "32", "-verbose", "-failoverTimeout", "0",
        "-server.address", "127.0.0.1", "-metrics.port", "0", "-user", getpass.getuser(),
        "-name", "conformance-mesos-go-example"]
    updates = 0
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=options.timeout)
        updates = len(SEEN.findall(done.stderr))
        why = check(done, options.tasks)
    except subprocess.TimeoutExpired as expired:
        why = f"not over after {options.timeout} s: {(expired.stderr or b'')[-500:].decode(errors='replace')}"
    result_line("mesos-go-example", options.encoding, options.tasks, updates, why)


if __name__ == "__main__":
    main()
