"""The custom executor of client.py: pymesos's executor driver, told by each task's data how to end it."""
import sys

from pymesos import Executor, MesosExecutorDriver, decode_data, encode_data


class Ending(Executor):
    """Ends a task as its data says; `wait` leaves it running until it is killed."""

    def launchTask(self, driver, task):
        self.send(driver, task["task_id"], "TASK_RUNNING")
        ending = decode_data(task["data"]).decode()
        if ending != "wait":
            self.send(driver, task["task_id"], ending)

    def killTask(self, driver, task_id):
        self.send(driver, task_id, "TASK_KILLED")

    def frameworkMessage(self, driver, message):
        driver.sendFrameworkMessage(encode_data(b"echo of " + decode_data(message)))

    @staticmethod
    def send(driver, task_id, state):
        driver.sendStatusUpdate({"task_id": task_id, "state": state, "message": f"as told: {state}",
                                 "data": encode_data(b"\x00\xff of the executor")})


if __name__ == "__main__":
    driver = MesosExecutorDriver(Ending())
    driver.run()
    sys.exit(0)
