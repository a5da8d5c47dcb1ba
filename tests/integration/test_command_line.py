"""The command line against a cluster of one machine."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from cluster import STOA, Process, free_port, get, wait_until


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="stoa-test-", ignore_cleanup_errors=True)
        folder = pathlib.Path(cls.holder.name)
        cls.port = free_port(2)
        cls.up = Process("up", folder, "up", f"--port={cls.port}", f"--work_dir={folder}/up",
                         "--resources=cpus:4;mem:4096;disk:1024")
        wait_until(cls.is_ready, what="the cluster")

    @classmethod
    def is_ready(cls):
        try:
            status, body = get(cls.port, "/state")
        except OSError:
            return False
        return status == 200 and json.loads(body)["activated_slaves"] == 1.0

    @classmethod
    def tearDownClass(cls):
        code = cls.up.end()
        cls.holder.cleanup()
        assert code == 0, code  # FE-143

    def stoa(self, *words, timeout=30):
        return subprocess.run([STOA, words[0], f"--master=127.0.0.1:{self.port}", *words[1:]], capture_output=True,
                              text=True, timeout=timeout, stdin=subprocess.DEVNULL)

    # FE-077
    def test_run_shows_the_output_and_ends_with_the_tasks_exit_code(self):
        done = self.stoa("run", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("out\n", done.stdout)
        self.assertIn("err", done.stderr)

    def test_run_on_success_is_silent_but_for_the_task(self):
        done = self.stoa("run", "--", "echo", "hello")
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)

    def test_a_detached_task_is_listed_logged_and_killed(self):
        started = self.stoa("run", "-d", "--name=nap", "--", "sh", "-c", "echo dreaming; sleep 600")
        self.assertEqual(started.returncode, 0, started.stderr)
        task = started.stdout.strip().split()[-1]
        listed = wait_until(lambda: [t for t in json.loads(self.stoa("ps", "-o", "json").stdout) if "nap" in str(t)],
                            what="the task in ps")
        self.assertTrue(listed)
        logs = wait_until(lambda: self.stoa("logs", task).stdout, what="the task's output")
        self.assertEqual(logs, "dreaming\n")
        killed = self.stoa("kill", task)
        self.assertEqual(killed.returncode, 0, killed.stderr)

    # FE-070
    def test_unknown_commands_and_masters_say_so(self):
        unknown = subprocess.run([STOA, "rnu"], capture_output=True, text=True, timeout=10)
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("run", unknown.stderr)
        nobody = subprocess.run([STOA, "ps", f"--master=127.0.0.1:{free_port()}"], capture_output=True, text=True,
                                timeout=30)
        self.assertEqual(nobody.returncode, 5)


if __name__ == "__main__":
    unittest.main()
