"""What a task's process gets and how it ends, seen by its scheduler on a real agent."""
import pathlib
import unittest

from cluster import Cluster, Scheduler, wait_until


class Tasks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.cluster.__enter__()
        cls.scheduler = Scheduler(cls.cluster.port)

    @classmethod
    def tearDownClass(cls):
        cls.scheduler.call({"type": "TEARDOWN"})
        cls.scheduler.close()
        cls.cluster.__exit__(None, None, None)

    def run_task(self, name, command):
        self.scheduler.launch({name: command})
        self.scheduler.take_until(lambda: self.scheduler.state(name) in ("TASK_FINISHED", "TASK_FAILED"))
        return self.scheduler.statuses[name]

    def sandbox(self, task):
        runs = list(self.cluster.folder.glob(f"agent-1/slaves/*/frameworks/*/executors/{task}/runs/latest"))
        self.assertEqual(len(runs), 1)
        return pathlib.Path(runs[0])

    # SCH-209 SCH-211 EXE-114
    def test_a_task_starts_runs_and_finishes_in_this_order(self):
        states = [status["state"] for status in self.run_task("order", "true")]
        self.assertEqual(states, ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"])

    # EXE-117 AGT-070
    def test_output_is_in_the_sandbox_which_is_the_working_directory(self):
        self.run_task("output", "echo out; echo err >&2; pwd > where")
        sandbox = self.sandbox("output")
        self.assertEqual((sandbox / "stdout").read_text(), "out\n")
        self.assertEqual((sandbox / "stderr").read_text(), "err\n")
        self.assertEqual((sandbox / "where").read_text().strip(), str(sandbox.resolve()))

    # EXE-091 EXE-092
    def test_the_environment_is_what_the_agent_deliberately_passes(self):
        self.run_task("environment", "env > env")
        names = {line.split("=")[0] for line in (self.sandbox("environment") / "env").read_text().splitlines()}
        self.assertIn("PATH", names)
        self.assertIn("MESOS_SANDBOX", names)
        self.assertNotIn("HOME", names)

    # EXE-119
    def test_a_failure_says_why(self):
        self.assertEqual(self.run_task("fails", "exit 7")[-1]["message"], "Command exited with status 7")
        self.assertEqual(self.run_task("killed", "kill -KILL $$")[-1]["message"],
                         "Command terminated with signal Killed")

    # EXE-120 EXE-129
    def test_a_kill_reaches_the_whole_tree_even_what_ran_away(self):
        mark = self.cluster.folder / "runaway"
        self.scheduler.launch({"tree": f"trap '' TERM; (setsid sh -c 'trap \"\" TERM; echo $$ > {mark}; "
                                       "while true; do sleep 1; done' &); while true; do sleep 1; done"})
        self.scheduler.take_until(lambda: self.scheduler.state("tree") == "TASK_RUNNING")
        pid = int(wait_until(lambda: mark.exists() and mark.read_text().strip(), what="the runaway's pid"))
        self.scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "tree"}, "kill_policy": {
            "grace_period": {"nanoseconds": 200_000_000}}}})
        self.scheduler.take_until(lambda: self.scheduler.state("tree") == "TASK_KILLED")
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), "a process outlived its task")

    # SCH-134 SCH-136 SCH-149
    def test_a_bad_task_harms_no_other(self):
        offer = self.scheduler.launch({"good": "true"})
        self.scheduler.take_until(lambda: self.scheduler.state("good") == "TASK_FINISHED")
        self.scheduler.launch({"../bad": "true", "fine": "true"})
        self.scheduler.take_until(lambda: self.scheduler.state("fine") == "TASK_FINISHED" and
                                  self.scheduler.state("../bad"))
        bad = self.scheduler.statuses["../bad"][-1]
        self.assertEqual((bad["state"], bad["reason"], bad["source"]),
                         ("TASK_ERROR", "REASON_TASK_INVALID", "SOURCE_MASTER"))
        self.assertNotIn("uuid", bad)
        self.assertTrue(offer)


if __name__ == "__main__":
    unittest.main()
