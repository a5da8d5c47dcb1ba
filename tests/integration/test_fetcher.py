"""What a task asks for is in its sandbox before it starts: a real cluster, real origins of http, https and ftp."""
import http.server
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest

from cluster import Process, Scheduler, free_port, get, wait_until


class Origin(http.server.ThreadingHTTPServer):
    """Serves `files` by path; a value of None is a file that never ends. Counts what it is asked."""
    daemon_threads = True

    def __init__(self, files, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.asked = []
        self.broken = threading.Event()  # A client went before the end.
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path, scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        if self.path not in self.server.files:
            return self.send_error(404)
        body = self.server.files[self.path]
        self.send_response(200)
        self.send_header("ETag", f'"{self.path}"')
        self.send_header("Content-Length", str(len(body) if body is not None else 1 << 30))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if body is not None:
            return self.wfile.write(body)
        try:
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            self.server.broken.set()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


def serve_ftp(files):
    """An FTP server of one file system of bytes, as much of it as a download needs. Returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def session(connection):
        data, folder = None, "/"
        stream = connection.makefile("rwb")

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 ready")
        for line in stream:
            word, _, rest = line.decode().strip().partition(" ")
            path = folder + rest
            if word == "USER":
                say("331 who are you")
            elif word == "PASS":
                say("230 in")
            elif word == "PWD":
                say('257 "/"')
            elif word == "CWD":
                folder = (rest if rest.startswith("/") else folder + rest).rstrip("/") + "/"
                say("250 there")
            elif word == "TYPE":
                say("200 fine")
            elif word == "EPSV":
                data = socket.create_server(("127.0.0.1", 0))
                say(f"229 passive (|||{data.getsockname()[1]}|)")
            elif word == "SIZE" and path in files:
                say(f"213 {len(files[path])}")
            elif word == "RETR" and path in files:
                say("150 comes")
                with data, data.accept()[0] as transfer:
                    transfer.sendall(files[path])
                say("226 done")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("550 no")
        connection.close()

    def accept():
        while True:
            threading.Thread(target=session, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def make_tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content, mode in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Fetcher(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-test-"))
        # Others must be able to pass, since tasks of this test run as users of their own.
        cls.folder.chmod(0o755)
        cls.origin = Origin({
            "/tool.tar.gz": make_tar([("tool/run.sh", b"#!/bin/sh\necho unpacked $1\n", 0o755)]),
            "/binary": b"#!/bin/sh\necho executable\n",
            "/data": b"data" * 1000,
            "/kept": b"kept" * 1000,
            "/endless": None,
        })
        certificate = cls.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", cls.folder / "key.pem", "-out", certificate],
                       check=True, capture_output=True)
        certificate.chmod(0o644)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, cls.folder / "key.pem")
        cls.secure = Origin({"/safe": b"over tls"}, context)
        cls.ftp_port = serve_ftp({"/pub/file": b"over ftp"})
        cls.port = free_port(2)
        os.environ["SSL_CERT_FILE"] = str(certificate)
        cls.up = Process("up", cls.folder, "up", f"--port={cls.port}", f"--work_dir={cls.folder}/work",
                         "--resources=cpus:8;mem:8192;disk:1024", "--fetcher_allowed_networks=127.0.0.0/8",
                         f"--fetcher_cache_dir={cls.folder}/cache", "--fetcher_stall_timeout=20secs")
        del os.environ["SSL_CERT_FILE"]
        wait_until(cls.is_ready, what="the cluster")
        cls.scheduler = Scheduler(cls.port)

    @classmethod
    def is_ready(cls):
        try:
            status, body = get(cls.port, "/state")
        except OSError:
            return False
        return status == 200 and json.loads(body)["activated_slaves"] == 1.0

    @classmethod
    def tearDownClass(cls):
        cls.scheduler.call({"type": "TEARDOWN"})
        cls.scheduler.close()
        cls.up.process.send_signal(signal.SIGUSR1)
        try:
            cls.up.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        cls.up.end()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def launch(self, task, command, uris, user="root"):
        self.scheduler.take_until(lambda: self.scheduler.offers)
        offer = self.scheduler.offers.pop()
        info = {"name": task, "task_id": {"value": task}, "agent_id": offer["agent_id"],
                "command": {"value": command, "user": user, "uris": uris},
                "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.1}},
                              {"name": "mem", "type": "SCALAR", "scalar": {"value": 8}}]}
        self.scheduler.call({"type": "ACCEPT", "accept": {
            "offer_ids": [offer["id"]], "operations": [{"type": "LAUNCH", "launch": {"task_infos": [info]}}],
            "filters": {"refuse_seconds": 0}}})

    def run_task(self, task, command, uris, user="root"):
        self.launch(task, command, uris, user)
        self.scheduler.take_until(lambda: self.scheduler.state(task) in ("TASK_FINISHED", "TASK_FAILED", "TASK_DROPPED"))
        return self.scheduler.statuses[task][-1]

    def sandbox(self, task):
        runs = list(self.folder.glob(f"work/agent-1/slaves/*/frameworks/*/executors/{task}/runs/latest"))
        self.assertEqual(len(runs), 1)
        return pathlib.Path(runs[0])

    def metric(self, name):
        return json.loads(get(self.port + 1, "/metrics/snapshot")[1])[f"containerizer/fetcher/{name}"]

    # AGT-110 AGT-111 AGT-114 AGT-155
    def test_a_task_runs_what_was_fetched_for_it(self):
        status = self.run_task("fetched", "./tool/run.sh well && ./program && test ! -x data", [
            {"value": self.origin.url("/tool.tar.gz")},
            {"value": self.origin.url("/binary"), "executable": True, "output_file": "program"},
            {"value": self.origin.url("/data")}])
        self.assertEqual(status["state"], "TASK_FINISHED", status)
        sandbox = self.sandbox("fetched")
        self.assertEqual((sandbox / "stdout").read_text(), "unpacked well\nexecutable\n")
        self.assertIn("Fetched", (sandbox / "stderr").read_text())
        self.assertEqual([s["state"] for s in self.scheduler.statuses["fetched"]],
                         ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"])

    # AGT-110 CON-025 CON-026
    def test_a_failed_fetch_fails_the_launch_and_says_why(self):
        status = self.run_task("missing", "true", [{"value": self.origin.url("/data")},
                                                   {"value": self.origin.url("/nothing")}])
        self.assertEqual((status["state"], status["reason"], status["source"]),
                         ("TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", "SOURCE_AGENT"))
        self.assertTrue(status["message"].startswith(
            "Failed to launch container: Failed to fetch all URIs for container"), status["message"])
        self.assertIn("HTTP status 404", (self.sandbox("missing") / "stderr").read_text())
        bad = self.run_task("bad", "true", [{"value": "http://h/it's"}])
        self.assertEqual((bad["state"], bad["reason"]), ("TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED"))
        self.assertIn("Illegal characters in URI", bad["message"])
    def test_a_cached_file_is_downloaded_once(self):
        before = self.metric("task_fetches_succeeded")
        for number in range(3):
            status = self.run_task(f"cached{number}", "test $(wc -c < kept) = 4000",
                                   [{"value": self.origin.url("/kept"), "cache": True}])
            self.assertEqual(status["state"], "TASK_FINISHED", status)
        self.assertEqual(self.origin.asked.count("GET /kept"), 1)
        self.assertEqual(self.metric("task_fetches_succeeded"), before + 3)
        self.assertEqual(self.metric("cache_size_total_bytes"), float(2 << 30))
        self.assertGreaterEqual(self.metric("cache_size_used_bytes"), 4000.0)

    # AGT-058 AGT-122
    def test_a_kill_stops_the_fetch(self):
        self.launch("endless", "true", [{"value": self.origin.url("/endless")}])
        wait_until(lambda: "GET /endless" in self.origin.asked, what="the request")
        begin = time.monotonic()
        self.scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "endless"}}})
        self.scheduler.take_until(lambda: self.scheduler.state("endless"))
        status = self.scheduler.statuses["endless"][-1]
        self.assertEqual((status["state"], status["reason"]), ("TASK_KILLED", "REASON_TASK_KILLED_DURING_LAUNCH"))
        self.assertTrue(self.origin.broken.wait(10), "the transfer went on")
        self.assertLess(time.monotonic() - begin, 1.0)

    # AGT-111
    def test_https_and_ftp_are_origins_too(self):
        status = self.run_task("schemes", "cat safe file", [
            {"value": self.secure.url("/safe", "https")},
            {"value": f"ftp://127.0.0.1:{self.ftp_port}/pub/file"}])
        self.assertEqual(status["state"], "TASK_FINISHED", status)
        self.assertEqual((self.sandbox("schemes") / "stdout").read_text(), "over tlsover ftp")
        status = self.run_task("no-ftp", "true", [{"value": f"ftp://127.0.0.1:{self.ftp_port}/pub/nothing"}])
        self.assertEqual(status["state"], "TASK_FAILED")
        # Its certificate is for an address.
        self.assertEqual(self.run_task("no-tls", "true", [
            {"value": self.secure.url("/safe", "https", "localhost")}])["state"], "TASK_FAILED")

    # AGT-121 SEC-113 SEC-236
    def test_the_tasks_user_owns_what_it_gets_and_reaches_no_more(self):
        status = self.run_task("owner", "test -O data && test -O tool/run.sh", [
            {"value": self.origin.url("/data"), "cache": True}, {"value": self.origin.url("/tool.tar.gz")}], "nobody")
        self.assertEqual(status["state"], "TASK_FINISHED", status)
        status = self.run_task("shadow", "true", [{"value": "file:///etc/shadow"}], "nobody")
        self.assertEqual(status["state"], "TASK_FAILED")
        self.assertFalse((self.sandbox("shadow") / "shadow").exists())


if __name__ == "__main__":
    unittest.main()
