"""The agent as a process: how it starts, whom it tells what is wrong, how it ends."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from cluster import STOA, Cluster, Process, Scheduler, free_port, get, wait_until

DOMAIN = '{"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}'


class Agent(unittest.TestCase):
    # RES-067
    def test_a_bad_list_of_resources_ends_it_before_anything_is_written(self):
        folder = tempfile.mkdtemp(prefix="stoa-test-")
        try:
            for resources in ('[{"name":"cpus","type":"SCALAR","scalar":{"value":-1},"role":"*"}]',
                              '[{"name":"disk","type":"SCALAR","scalar":{"value":64},"disk":{"source":{"type":"MOUNT",'
                              '"mount":{"root":"/no/mount/here"}}}}]'):
                ended = subprocess.run(
                    [STOA, "agent", f"--port={free_port()}", "--master=127.0.0.1:1", f"--work_dir={folder}/work",
                     f"--runtime_dir={folder}/run", f"--resources={resources}"], capture_output=True, timeout=20)
                self.assertEqual(ended.returncode, 1)
                self.assertIn(b"Failed to determine agent resources: ", ended.stderr)
                self.assertEqual(os.listdir(folder), [])
        finally:
            shutil.rmtree(folder)

    # AGT-188
    def test_it_ends_within_two_seconds_whoever_is_connected(self):
        with Cluster() as cluster:
            scheduler = Scheduler(cluster.port)
            scheduler.launch({"long": "sleep 600"})
            scheduler.take_until(lambda: scheduler.state("long") == "TASK_RUNNING")
            port = cluster.port + 1
            idle = socket.create_connection(("127.0.0.1", port))
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"POST /api/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
            agent = cluster.agents[0]
            time.sleep(0.1)
            begin = time.monotonic()
            agent.process.send_signal(signal.SIGTERM)
            self.assertEqual(agent.process.wait(10), 0)
            self.assertLess(time.monotonic() - begin, 2.0)
            idle.close()
            half.close()
            # What it had promised is written: the next life goes on with the task.
            agent.start()
            wait_until(cluster.is_ready, what="the agent's return")
            scheduler.call({"type": "KILL", "kill": {"task_id": {"value": "long"}}})
            scheduler.take_until(lambda: scheduler.state("long") == "TASK_KILLED")
            scheduler.call({"type": "TEARDOWN"})
            scheduler.close()

    # AGT-025 AGT-044
    def test_a_refused_domain_is_told_to_the_agent_which_keeps_trying(self):
        with Cluster() as cluster:
            port = free_port()
            agent = Process("agent-x", cluster.folder, "agent", f"--port={port}", f"--master=127.0.0.1:{cluster.port}",
                            f"--work_dir={cluster.folder}/agent-x", f"--runtime_dir={cluster.folder}/run-x",
                            "--resources=cpus:1", "--registration_backoff_factor=10ms", f"--domain={DOMAIN}")
            try:
                def told():
                    try:
                        status, body = get(port, "/health")
                    except OSError:
                        return False
                    return status == 200 and b"domain" in body
                wait_until(told, what="the refusal")
                self.assertEqual(json.loads(get(port, "/state")[1])["domain"], json.loads(DOMAIN))
                wait_until(lambda: json.loads(get(port, "/metrics/snapshot")[1])["slave/registrations_refused"] >= 3)
                self.assertIsNone(agent.process.poll())
            finally:
                agent.end()


if __name__ == "__main__":
    unittest.main()
