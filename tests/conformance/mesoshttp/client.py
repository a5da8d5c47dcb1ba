"""Runs real tasks through mesoshttp, or its fork avmesos: Python over requests, JSON only, the stream read by lines.

Reading by lines means that an event is seen only when the next one begins to arrive, the last one of a burst thus up to
a heartbeat later. Offers refused for a short time keep the stream moving.
"""
import getpass
import importlib
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tasks import Run, Unexpected

BRIEFLY = {"filters": {"refuse_seconds": 1.0}}


class Conformance:
    def __init__(self, run, client):
        self.run = run
        self.client = client
        self.driver = None
        self.beaten = False
        for name, handler in [("SUBSCRIBED", self.on_subscribed), ("OFFERS", self.on_offers), ("UPDATE", self.on_update),
                              ("ERROR", run.fail), ("HEARTBEAT", self.on_heartbeat), ("DISCONNECTED", self.on_disconnected)]:
            client.on(name, handler)

    def on_subscribed(self, driver):
        self.driver = driver

    def on_heartbeat(self, _):
        self.beaten = True

    def on_offers(self, offers):
        # SCH-015
        if not self.beaten:
            self.run.fail("OFFERS before the first HEARTBEAT")
        for offer in offers:
            launch = self.run.tasks.fit(offer.get_offer())
            if launch:
                offer.accept(launch, BRIEFLY)
            else:
                offer.decline(BRIEFLY)

    def on_update(self, update):
        if self.run.over.is_set():
            return
        status = update["status"]
        try:
            moved = self.run.tasks.note(status)
        except Unexpected as unexpected:
            self.run.fail(unexpected)
            return
        if moved and status["state"] == "TASK_RUNNING" and status["task_id"]["value"] == "kill":
            self.driver.kill(status["agent_id"]["value"], "kill")
        if self.run.tasks.complete:
            self.run.over.set()

    def on_disconnected(self, reason):
        self.run.fail(reason)


def main():
    run = Run("mesoshttp", ("--library", dict(choices=["mesoshttp", "avmesos"], default="mesoshttp")))
    run.client = run.arguments.library
    library = importlib.import_module(run.client + ".client")
    client = library.MesosClient([f"http://{run.arguments.master}"], frameworkName=f"conformance-{run.client}",
                                 frameworkUser=getpass.getuser(), max_reconnect=1, connection_timeout=run.arguments.timeout)
    conformance = Conformance(run, client)

    def register():
        client.register()
        run.fail("the event stream ended")

    # HTTP-084 HTTP-087: every event is one line, behind a line with its length.
    # SCH-220: the library acknowledges; were that refused, no second update of any task would come.
    threading.Thread(target=register, daemon=True).start()
    run.wait()
    if conformance.driver:
        conformance.driver.tearDown()
    run.finish()


if __name__ == "__main__":
    main()
