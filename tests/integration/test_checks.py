"""Checks and health checks of real tasks under `stoa up`, as their scheduler sees them."""
import pathlib
import shlex
import sys
import tempfile
import time
import unittest

from cluster import Cluster, Process, Scheduler, free_port, get, wait_until

# Serves HTTP on argv[1] at port argv[2]; the status of every answer is what the file `status` says.
SERVER = """
import http.server, pathlib, socket, sys
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/moved':
            self.send_response(302); self.send_header('Location', '/'); self.end_headers(); return
        self.send_response(int(pathlib.Path('status').read_text())); self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *words): pass
Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""


def server(address, port, status=200):
    return f"echo {status} > status; exec {sys.executable} -c {shlex.quote(SERVER)} {address} {port}"


def times(**more):
    return {"delay_seconds": 0.1, "interval_seconds": 0.1, "timeout_seconds": 5, **more}


def replace(path, text):
    """At once, so that no probe sees half of it."""
    (path.parent / "new").write_text(text)
    (path.parent / "new").rename(path)


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="stoa-test-", ignore_cleanup_errors=True)
        cls.folder = pathlib.Path(cls.holder.name)
        cls.port = free_port(2)
        cls.up = Process("up", cls.folder, "up", f"--port={cls.port}", f"--work_dir={cls.folder}/up",
                         "--resources=cpus:4;mem:4096;disk:1024")

        def ready():
            try:
                return b'"activated_slaves":1' in get(cls.port, "/state")[1]
            except OSError:
                return False
        wait_until(ready, what="the cluster")
        cls.scheduler = Scheduler(cls.port)

    @classmethod
    def tearDownClass(cls):
        cls.scheduler.call({"type": "TEARDOWN"})
        cls.scheduler.close()
        cls.up.end()
        cls.holder.cleanup()

    def launch(self, name, program, **extra):
        self.scheduler.launch({name: program}, extra=extra)
        self.scheduler.take_until(lambda: self.scheduler.state(name) == "TASK_RUNNING")

    def statuses(self, name):
        return self.scheduler.statuses[name]

    def until(self, name, condition):
        """The first status of the task that fulfils the condition."""
        self.scheduler.take_until(lambda: any(condition(status) for status in self.statuses(name)))
        return next(status for status in self.statuses(name) if condition(status))

    def until_last(self, name, condition):
        self.scheduler.take_until(lambda: condition(self.statuses(name)[-1]))
        return self.statuses(name)[-1]

    def kill(self, name):
        self.scheduler.call({"type": "KILL", "kill": {"task_id": {"value": name}}})
        self.scheduler.take_until(lambda: self.scheduler.state(name) == "TASK_KILLED")

    def sandbox(self, task):
        return next(iter(self.folder.glob(f"up/**/executors/{task}/runs/latest"))).resolve()

    # EXE-163 EXE-164 EXE-167 EXE-168
    def test_a_commands_result_is_told_when_it_changes(self):
        self.launch("command", "echo 3 > code; sleep 600",
                    command={"value": "echo 3 > code; sleep 600", "environment": {"variables": [
                        {"name": "COLOUR", "value": "red"}, {"name": "SHAPE", "value": "round"}]}},
                    check={"type": "COMMAND", "command": {"command": {
                        "value": "echo $COLOUR $SHAPE; [ -e code ] || exit 3; exit $(cat code)",
                        "environment": {"variables": [{"name": "COLOUR", "value": "blue"}]}}}, **times()},
                    health_check={"type": "COMMAND", "command": {"value": "test -d ."}, **times()})
        first = self.statuses("command")[0]
        self.assertEqual((first["state"], first["check_status"]), ("TASK_STARTING", {"type": "COMMAND", "command": {}}))
        self.assertNotIn("healthy", first)
        told = self.until("command", lambda s: s["check_status"]["command"].get("exit_code") == 3)
        self.assertEqual((told["state"], told["reason"]), ("TASK_RUNNING", "REASON_TASK_CHECK_STATUS_UPDATED"))
        healthy = self.until("command", lambda s: s.get("healthy"))
        self.assertEqual((healthy["state"], healthy["reason"]),
                         ("TASK_RUNNING", "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"))
        sandbox = self.sandbox("command")
        wait_until(lambda: (sandbox / "stderr").read_text().count("blue round\n") > 5, what="some probes")
        self.assertEqual((sandbox / "stdout").read_text(), "")
        replace(sandbox / "code", "4")
        self.until("command", lambda s: s["check_status"]["command"].get("exit_code") == 4)
        self.kill("command")
        told = [s["check_status"]["command"].get("exit_code") for s in self.statuses("command")
                if s.get("reason") == "REASON_TASK_CHECK_STATUS_UPDATED"]
        self.assertEqual(told, [3, 4])
        last = self.statuses("command")[-1]
        self.assertTrue(last["healthy"])
        self.assertEqual(last["check_status"]["command"], {"exit_code": 4})

    # EXE-162 EXE-164 EXE-165 EXE-170
    def test_http_over_ipv4(self):
        port = free_port()
        self.launch("http4", server("127.0.0.1", port),
                    check={"type": "HTTP", "http": {"port": port}, **times()},
                    health_check={"type": "HTTP", "http": {"port": port, "path": "/moved", "protocol": "IPv4"},
                                  **times(consecutive_failures=1000)})
        self.until("http4", lambda s: s.get("healthy"))
        self.until("http4", lambda s: s["check_status"]["http"].get("status_code") == 200)
        replace(self.sandbox("http4") / "status", "503")
        sick = self.until("http4", lambda s: s.get("healthy") is False and "503" in s.get("message", ""))
        self.assertEqual(sick["state"], "TASK_RUNNING")
        self.until("http4", lambda s: s["check_status"]["http"].get("status_code") == 503)
        replace(self.sandbox("http4") / "status", "200")
        self.until_last("http4", lambda s: s.get("healthy") and s["check_status"]["http"].get("status_code") == 200)
        self.kill("http4")

    # EXE-170
    def test_http_and_tcp_over_ipv6(self):
        port = free_port()
        self.launch("http6", server("::1", port),
                    check={"type": "HTTP", "http": {"port": port}, **times()},
                    health_check={"type": "TCP", "tcp": {"port": port, "protocol": "IPv6"}, **times()})
        self.until("http6", lambda s: s.get("healthy"))
        self.until("http6", lambda s: s["check_status"]["http"].get("status_code") == 200)
        self.kill("http6")

    # EXE-162 EXE-163
    def test_https_with_a_certificate_that_nobody_signed(self):
        port = free_port()
        self.launch("https", "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 1 -subj /CN=x 2>/dev/null;"
                             f"exec openssl s_server -accept 127.0.0.1:{port} -key k -cert c -www -quiet",
                    health_check={"type": "HTTP", "http": {"port": port, "scheme": "https"},
                                  **times(consecutive_failures=1000, grace_period_seconds=20)})
        self.until("https", lambda s: s.get("healthy"))
        self.kill("https")

    # EXE-163 EXE-171
    def test_tcp_tells_whether_somebody_listens_and_forks_nothing(self):
        port = free_port()
        listen = f"import socket; s = socket.create_server(('127.0.0.1', {port})); input()"
        self.launch("tcp", "sleep 0.5; mkfifo gate; exec 3<>gate; "
                           f"{sys.executable} -c {shlex.quote(listen)} < gate; exec sleep 600",
                    check={"type": "TCP", "tcp": {"port": port}, **times(interval_seconds=0)})
        self.until("tcp", lambda s: s["check_status"]["tcp"].get("succeeded") is False)
        self.until("tcp", lambda s: s["check_status"]["tcp"].get("succeeded") is True)
        children = pathlib.Path(f"/proc/{self.up.process.pid}/task").glob("*/children")
        paths = [path for path in children]
        seen = set()
        for _ in range(500):
            for path in paths:
                seen.update(pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in path.read_text().split())
            time.sleep(0.001)
        self.assertEqual(seen, {"stoa-shim"})
        (self.sandbox("tcp") / "gate").write_text("go\n")
        self.until_last("tcp", lambda s: s["check_status"]["tcp"].get("succeeded") is False)
        self.kill("tcp")

    # EXE-165 EXE-166 EXE-120
    def test_a_sick_task_is_killed_by_its_policy(self):
        begin = time.monotonic()
        self.launch("sick", "trap '' TERM; while true; do sleep 0.05; done",
                    kill_policy={"grace_period": {"nanoseconds": 300_000_000}},
                    health_check={"type": "COMMAND", "command": {"value": "exit 9"},
                                  **times(consecutive_failures=3, grace_period_seconds=1)})
        self.scheduler.take_until(lambda: self.scheduler.state("sick") == "TASK_KILLED")
        self.assertGreater(time.monotonic() - begin, 1.3)
        statuses = self.statuses("sick")
        self.assertEqual([(s["state"], s.get("healthy")) for s in statuses],
                         [("TASK_STARTING", None), ("TASK_RUNNING", None)] + 3 * [("TASK_RUNNING", False)] +
                         [("TASK_KILLED", False)])
        self.assertIn("exited with status 9", statuses[2]["message"])

    # EXE-163
    def test_a_late_command_is_killed_with_all_its_children(self):
        self.launch("late", "sleep 600",
                    health_check={"type": "COMMAND", "command": {
                        "value": "trap '' TERM; (setsid sh -c 'echo $$ >> children; sleep 600' &); sleep 600"},
                        **times(timeout_seconds=0.3, consecutive_failures=2, grace_period_seconds=0)})
        self.scheduler.take_until(lambda: self.scheduler.state("late") == "TASK_KILLED")
        self.assertIs(self.statuses("late")[-1]["healthy"], False)
        children = (self.sandbox("late") / "children").read_text().split()
        self.assertEqual(len(children), 2)
        for pid in children:
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), "a child outlived its probe")

    # EXE-160
    def test_a_wrong_check_is_refused_before_the_launch(self):
        for name, check in {"no-type": {"tcp": {"port": 1}}, "no-slash": {"type": "HTTP", "http": {"port": 1, "path": "x"}},
                            "negative": {"type": "TCP", "tcp": {"port": 1}, "delay_seconds": -1}}.items():
            self.scheduler.launch({name: "true"}, extra={"check": check})
            self.scheduler.take_until(lambda: self.scheduler.state(name))
            self.assertEqual(self.scheduler.state(name), "TASK_ERROR")
            self.assertEqual(self.statuses(name)[-1]["reason"], "REASON_TASK_INVALID")


class ChecksAndRestarts(unittest.TestCase):
    # EXE-168 EXE-169
    def test_probes_go_on_after_the_agent_was_killed(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            port = free_port()
            scheduler.launch({"web": server("127.0.0.1", port)}, extra={
                "check": {"type": "COMMAND", "command": {"command": {"value": "exit $(cat status)"}}, **times()},
                "health_check": {"type": "HTTP", "http": {"port": port}, **times(consecutive_failures=1000)}})

            def last():
                return scheduler.statuses.get("web", [{}])[-1]
            scheduler.take_until(lambda: last().get("healthy") and "exit_code" in last()["check_status"]["command"])
            cluster.agents[0].kill()
            sandbox = next(iter(cluster.folder.glob("agent-1/**/executors/web/runs/latest"))).resolve()
            replace(sandbox / "status", "404")
            cluster.agents[0].start()
            scheduler.take_until(lambda: last().get("healthy") is False and
                                 last()["check_status"]["command"].get("exit_code") == 404 % 256)
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "web"}}})
            scheduler.take_until(lambda: scheduler.state("web") == "TASK_KILLED")
            self.assertIs(last()["healthy"], False)
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()


if __name__ == "__main__":
    unittest.main()
