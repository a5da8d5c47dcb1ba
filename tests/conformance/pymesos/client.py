"""Runs real tasks through pymesos, the pure Python scheduler driver; JSON only, IPv4 only."""
import getpass
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from pymesos import MesosSchedulerDriver, Scheduler
from tasks import Run, Unexpected


class Conformance(Scheduler):
    def __init__(self, run):
        self.run = run
        self.connected = False
        self.reconciled = False

    def registered(self, driver, framework_id, master_info):
        self.connected = True
        # HTTP-200: the driver reads /version first and adds this only if each part of it is a plain number.
        if {"type": "GPU_RESOURCES"} not in driver.framework.get("capabilities", []):
            self.run.fail(f"the driver made nothing of the version of {master_info}")

    def resourceOffers(self, driver, offers):
        for offer in offers:
            launch = self.run.tasks.fit(offer)
            if launch:
                driver.launchTasks(offer["id"], launch, {"refuse_seconds": 1})
            else:
                driver.declineOffer(offer["id"], {"refuse_seconds": 1})

    def statusUpdate(self, driver, status):
        if self.run.over.is_set():
            return
        try:
            self.on_status(driver, status)
        except Unexpected as unexpected:
            self.run.fail(unexpected)

    def on_status(self, driver, status):
        task = status["task_id"]
        if status.get("reason") == "REASON_RECONCILIATION":
            # SCH-229 SCH-232
            if status["state"] != "TASK_RUNNING" or status["source"] != "SOURCE_MASTER" or "uuid" in status:
                raise Unexpected(f"reconciled: {status}")
            self.reconciled = True
            driver.killTask(task)
            return
        if self.run.tasks.note(status) and status["state"] == "TASK_RUNNING" and task["value"] == "kill":
            driver.reconcileTasks([{"task_id": task}])
        if self.run.tasks.complete:
            self.run.over.set()

    def error(self, driver, message):
        self.run.fail(f"ERROR: {message}")

    def disconnected(self, driver):
        if self.connected:  # Before that it may be a redirect.
            self.run.fail("the event stream ended")


def main():
    run = Run("pymesos")
    framework = {"user": getpass.getuser(), "name": "conformance-pymesos", "hostname": "localhost"}
    scheduler = Conformance(run)
    # SCH-220: the driver acknowledges; were that refused, no second update of any task would come.
    driver = MesosSchedulerDriver(scheduler, framework, run.arguments.master)
    try:
        driver.start()
        run.wait()
    except BaseException as death:  # The driver's thread died: it raises here, through SIGINT, what it died of.
        run.fail(f"the driver gave up: {death!r}")
    driver.stop()
    driver.join()
    # SCH-073: the driver forgets the id when TEARDOWN was accepted, else it only logs.
    if "id" in framework:
        run.object("TEARDOWN was not accepted")
    if not scheduler.reconciled:
        run.object("no answer to RECONCILE")
    run.finish()


if __name__ == "__main__":
    main()
