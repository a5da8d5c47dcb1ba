"""Runs tasks on a custom executor made with pymesos's executor driver, launched by its scheduler driver; JSON both ways."""
import getpass
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, ".."))
from pymesos import MesosSchedulerDriver, Scheduler, decode_data, encode_data
from tasks import Run, Unexpected

ENDINGS = {"kill": b"wait", "fail": b"TASK_FAILED"}
MESSAGE = b"\x00\xff hello"


class Conformance(Scheduler):
    def __init__(self, run):
        self.run = run
        self.echoed = False

    def resourceOffers(self, driver, offers):
        for offer in offers:
            launch = self.run.tasks.fit(offer)
            for info in launch:
                del info["command"]
                info["data"] = encode_data(ENDINGS.get(info["name"], b"TASK_FINISHED"))
                info["executor"] = {
                    "executor_id": {"value": "ending"}, "type": "CUSTOM",
                    "command": {"shell": False, "value": sys.executable, "arguments": [sys.executable, f"{FOLDER}/executor.py"]}}
            if launch:
                driver.launchTasks(offer["id"], launch, {"refuse_seconds": 1})
            else:
                driver.declineOffer(offer["id"], {"refuse_seconds": 1})

    def statusUpdate(self, driver, status):
        if self.run.over.is_set():
            return
        try:
            moved = self.run.tasks.note(status)
            # SCH-219
            if (status["source"], status.get("message")) != ("SOURCE_EXECUTOR", f"as told: {status['state']}") \
                    or decode_data(status["data"]) != b"\x00\xff of the executor":
                raise Unexpected(f"not what the executor sent: {status}")
        except Unexpected as unexpected:
            self.run.fail(unexpected)
            return
        if moved and status["task_id"]["value"] == "kill":
            driver.sendFrameworkMessage({"value": "ending"}, status["agent_id"], encode_data(MESSAGE))
        self.check_over()

    def frameworkMessage(self, driver, executor_id, agent_id, message):
        # SCH-206
        if executor_id["value"] != "ending" or decode_data(message) != b"echo of " + MESSAGE:
            self.run.fail(f"message from {executor_id}: {message}")
        self.echoed = True
        driver.killTask({"value": "kill"})
        self.check_over()

    def check_over(self):
        if self.run.tasks.complete:
            self.run.over.set()

    def executorLost(self, driver, executor_id, agent_id, status):
        self.run.fail(f"the executor ended with {status}")

    def error(self, driver, message):
        self.run.fail(f"ERROR: {message}")


def main():
    run = Run("pymesos-executor")
    scheduler = Conformance(run)
    framework = {"user": getpass.getuser(), "name": "conformance-pymesos-executor", "hostname": "localhost"}
    driver = MesosSchedulerDriver(scheduler, framework, run.arguments.master)
    try:
        driver.start()
        run.wait()
    except BaseException as death:  # The driver's thread died: it raises here, through SIGINT, what it died of.
        run.fail(f"the driver gave up: {death!r}")
    driver.stop()
    driver.join()
    if not scheduler.echoed:
        run.object("no answer to MESSAGE")
    run.finish()


if __name__ == "__main__":
    main()
