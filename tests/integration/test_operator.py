"""What operators do to agents and machines, by the command line, on running clusters."""
import json
import os
import signal
import subprocess
import unittest

from cluster import STOA, Cluster, Scheduler, get, wait_until


def stoa(cluster, *words, code=0):
    done = subprocess.run([STOA, words[0], f"--master=127.0.0.1:{cluster.port}", *words[1:]], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def agents_of(cluster):
    return json.loads(get(cluster.port, "/slaves")[1])["slaves"]


class Operator(unittest.TestCase):
    # AGT-189 OPR-165 OPR-166 FE-091
    def test_a_deactivated_agent_goes_on_with_all_but_offers(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            scheduler.launch({"long": "echo begun; sleep 600", "soon": "sleep 1"})
            scheduler.take_until(lambda: scheduler.state("long") == scheduler.state("soon") == "TASK_RUNNING")
            agent = agents_of(cluster)[0]
            scheduler.take_until(lambda: scheduler.offers)
            self.assertEqual(stoa(cluster, "deactivate", agent["id"]), agent["id"] + "\n")
            scheduler.take_until(lambda: not scheduler.offers)
            shown = agents_of(cluster)[0]
            self.assertEqual((shown["active"], shown["deactivated"]), (False, True))
            # Ends and kills are told, files and the agent's own calls are served.
            scheduler.take_until(lambda: scheduler.state("soon") == "TASK_FINISHED")
            self.assertEqual(scheduler.state("long"), "TASK_RUNNING")
            state = json.loads(get(cluster.port + 1, "/state")[1])
            directories = {e["id"]: e["directory"] for f in state["frameworks"] for e in f["executors"]}
            text = json.loads(get(cluster.port + 1, f"/files/read?path={directories['long']}/stdout&offset=0")[1])
            self.assertEqual(text["data"], "begun\n")
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "long"}}})
            scheduler.take_until(lambda: scheduler.state("long") == "TASK_KILLED")
            self.assertEqual(scheduler.offers, [])
            stoa(cluster, "reactivate", agent["hostname"])
            scheduler.take_until(lambda: scheduler.offers)
            self.assertIn("not deactivated", stoa(cluster, "reactivate", agent["id"], code=7))
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    # OPR-160 OPR-161 AGT-180 AGT-181
    def test_a_drain_ends_tasks_and_waits_for_their_ends(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            scheduler.launch({"stubborn": "trap '' TERM; sleep 600"})
            scheduler.take_until(lambda: scheduler.state("stubborn") == "TASK_RUNNING")
            agent = agents_of(cluster)[0]["id"]
            waiting = subprocess.Popen([STOA, "drain", f"--master=127.0.0.1:{cluster.port}", "--grace=200ms", "--wait",
                                        agent], stdout=subprocess.PIPE, text=True)
            scheduler.take_until(lambda: scheduler.state("stubborn") == "TASK_KILLED")
            self.assertEqual(scheduler.statuses["stubborn"][-1]["reason"], "REASON_AGENT_DRAINING")
            self.assertEqual(waiting.communicate(timeout=20)[0], agent + "\n")
            self.assertEqual(waiting.returncode, 0)
            shown = agents_of(cluster)[0]
            self.assertEqual(shown["drain_info"]["state"], "DRAINED")
            # A new leader knows it, and so does the agent that comes back to it.
            cluster.master.kill()
            scheduler.close()
            cluster.master.start()
            wait_until(lambda: b'"slaves":[{' in get(cluster.port, "/slaves")[1] if up(cluster.port) else False)
            self.assertEqual(agents_of(cluster)[0]["drain_info"]["state"], "DRAINED")
            stoa(cluster, "reactivate", agent)
            wait_until(cluster.is_ready, what="the agent's return to use")

    # OPR-155 OPR-156 FE-099
    def test_a_machine_goes_down_for_maintenance_and_comes_up_again(self):
        with Cluster(agents=2) as cluster:
            # Both agents are on this machine: they have one name and address.
            agent = agents_of(cluster)[0]
            stoa(cluster, "maintenance", "--in=1hrs", "--for=30mins", "schedule", agent["id"])
            self.assertIn("DRAINING", stoa(cluster, "maintenance", "status"))
            self.assertIn("maintenance schedule", stoa(cluster, "drain", agent["id"], code=7))
            stoa(cluster, "maintenance", "start", agent["hostname"])
            for each in cluster.agents:
                each.process.wait(10)
            self.assertIn("DOWN", stoa(cluster, "maintenance", "status"))
            self.assertEqual(agents_of(cluster), [])
            cluster.agents[0].start()
            cluster.agents[0].process.wait(10)
            stoa(cluster, "maintenance", "stop", agent["hostname"])
            self.assertEqual(json.loads(get(cluster.port, "/maintenance/schedule")[1]), {})
            cluster.agents[0].start()
            wait_until(lambda: len(agents_of(cluster)) == 1, what="the agent")
            self.assertIn("not in the maintenance schedule", stoa(cluster, "maintenance", "stop", "nobody", code=3))


def up(port):
    try:
        return get(port, "/slaves")[0] == 200
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
