"""A small executor over the JSON API, run by test_executors.py: it ends each task when a file appears.

It subscribes again whenever its stream breaks, and names what is not acknowledged, as the shipped libraries do.
"""
import base64
import http.client
import json
import os
import sys
import threading
import time
import uuid

ADDRESS = os.environ["MESOS_AGENT_ENDPOINT"]
NAMES = {"framework_id": {"value": os.environ["MESOS_FRAMEWORK_ID"]},
         "executor_id": {"value": os.environ["MESOS_EXECUTOR_ID"]}}
lock = threading.RLock()
tasks = {}    # Task id -> TaskInfo, until an update of it is acknowledged.
updates = {}  # Uuid -> status, until acknowledged.


def post(call):
    connection = http.client.HTTPConnection(ADDRESS, timeout=5)
    connection.request("POST", "/slave(1)/api/v1/executor", json.dumps(dict(call, **NAMES)),
                       {"Content-Type": "application/json"})
    return connection, connection.getresponse()


def send(task, state):
    status = {"task_id": {"value": task}, "state": state, "source": "SOURCE_EXECUTOR", "message": "as told",
              "uuid": base64.b64encode(uuid.uuid4().bytes).decode()}
    with lock:
        updates[status["uuid"]] = status
    try:
        post({"type": "UPDATE", "update": {"status": status}})
    except OSError:
        pass  # It comes with the next subscription.


def run(task):
    send(task, "TASK_RUNNING")
    while not os.path.exists(f"end-{task}"):
        time.sleep(0.02)
    send(task, "TASK_FINISHED")


def take(event):
    kind = event["type"]
    if kind == "LAUNCH":
        task = event["launch"]["task"]
        name = task["task_id"]["value"]
        with lock:
            tasks[name] = task
        threading.Thread(target=run, args=(name,), daemon=True).start()
    elif kind == "ACKNOWLEDGED":
        with lock:
            updates.pop(event["acknowledged"]["uuid"], None)
            tasks.pop(event["acknowledged"]["task_id"]["value"], None)
    elif kind == "KILL":
        send(event["kill"]["task_id"]["value"], "TASK_KILLED")
    elif kind == "MESSAGE":
        post({"type": "MESSAGE", "message": event["message"]})
    elif kind == "SHUTDOWN":
        os._exit(0)


def listen():
    with lock:
        call = {"type": "SUBSCRIBE", "subscribe": {"unacknowledged_tasks": list(tasks.values()),
                                                   "unacknowledged_updates": [{"status": s} for s in updates.values()]}}
    connection, answer = post(call)
    if answer.status == 503:
        return
    if answer.status != 200:
        sys.exit(f"subscription refused: {answer.status} {answer.read()}")
    connection.sock.settimeout(None)
    while True:
        digits = b""
        while (byte := answer.read(1)) != b"\n":
            if not byte:
                return
            digits += byte
        take(json.loads(answer.read(int(digits))))


while True:
    try:
        listen()
    except (OSError, http.client.HTTPException):
        pass
    time.sleep(0.1)
