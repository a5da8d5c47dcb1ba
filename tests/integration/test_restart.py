"""Tasks outlive the processes that watch over them: kill -9 of the agent and of the master loses nothing."""
import time
import unittest

from cluster import TERMINAL, Cluster, Scheduler, wait_until


class Restart(unittest.TestCase):
    # AGT-081 AGT-185 HA-168 EXE-109
    def test_tasks_and_their_ends_survive_a_killed_agent(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            commands = {"long": "sleep 600", "ends-ok": "sleep 1", "ends-badly": "sleep 1; exit 3",
                        "by-signal": "sleep 1; kill -SEGV $$"}
            scheduler.launch(commands)
            scheduler.take_until(lambda: all(scheduler.state(task) == "TASK_RUNNING" for task in commands))
            cluster.agents[0].kill()
            time.sleep(1.5)  # The short ones end while nobody looks.
            cluster.agents[0].start()
            scheduler.take_until(lambda: all(scheduler.state(t) in TERMINAL for t in commands if t != "long"))
            self.assertEqual(scheduler.state("ends-ok"), "TASK_FINISHED")
            self.assertEqual(scheduler.state("ends-badly"), "TASK_FAILED")
            self.assertIn("exited with status 3", scheduler.statuses["ends-badly"][-1]["message"])
            self.assertEqual(scheduler.state("by-signal"), "TASK_FAILED")
            self.assertEqual(scheduler.state("long"), "TASK_RUNNING")
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "long"}}})
            scheduler.take_until(lambda: scheduler.state("long") == "TASK_KILLED")
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    # SCH-253 SCH-254 HA-093
    def test_a_killed_master_comes_back_with_agents_and_tasks(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            scheduler.launch({"long": "sleep 600", "soon": "sleep 2"})
            scheduler.take_until(lambda: scheduler.state("long") == scheduler.state("soon") == "TASK_RUNNING")
            cluster.master.kill()
            scheduler.close()
            cluster.master.start()
            wait_until(cluster.is_ready, what="the agent's return")
            again = Scheduler(cluster.port, framework_id=scheduler.framework_id)
            again.take_until(lambda: again.state("soon") == "TASK_FINISHED")
            again.call({"type": "RECONCILE", "reconcile": {"tasks": []}})
            again.take_until(lambda: again.state("long") == "TASK_RUNNING")
            again.call({"type": "KILL", "kill": {"task_id": {"value": "long"}}})
            again.take_until(lambda: again.state("long") == "TASK_KILLED")
            again.call({"type": "TEARDOWN"})
            again.close()


if __name__ == "__main__":
    unittest.main()
