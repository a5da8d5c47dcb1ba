"""Standby masters: ZooKeeper elects, and whatever happens to the leader, agents, frameworks and tasks go on."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from cluster import STOA, Cluster, Process, Scheduler, free_port, get, wait_until
from zookeeper import AVAILABLE, Client, Ensemble

SESSION = 6.0  # Seconds, as asked for.


def location(port, path="/master/redirect"):
    """Status and Location of a master's answer, or (0, None) if nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location")
    except OSError:
        return 0, None
    finally:
        connection.close()


def state(port):
    try:
        status, body = get(port, "/state")
    except OSError:
        return None
    return json.loads(body) if status == 200 else None


class Masters:
    """Masters that elect one of them, agents that look for it. Everything ends with the context."""

    def __init__(self, servers=3, masters=3, agents=1, host="127.0.0.1", master_flags=(), agent_master=None,
                 credentials=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-test-"))
        self.zookeeper = Ensemble(self.folder, servers, host)
        self.url = self.zookeeper.url(credentials=credentials)
        self.master_flags = master_flags
        self.count = agents
        self.agent_master = agent_master
        self.masters, self.agents = {}, []
        self.wanted = masters

    def __enter__(self):
        try:
            self.zookeeper.__enter__()
            port = free_port(self.wanted + self.count)
            for number in range(self.wanted):
                self.add_master(port + number)
            master = self.agent_master(self) if self.agent_master else self.url
            for number in range(self.count):
                self.agents.append(Process(
                    f"agent-{number}", self.folder, "agent", f"--port={port + self.wanted + number}",
                    f"--master={master}", f"--work_dir={self.folder}/agent-{number}",
                    f"--runtime_dir={self.folder}/run-{number}", "--registration_backoff_factor=100ms",
                    f"--zk_session_timeout={SESSION}secs", "--resources=cpus:8;mem:8192;disk:1024"))
            self.wait_for_agents()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def add_master(self, port):
        self.masters[port] = Process(f"master-{port}", self.folder, "master", f"--port={port}", f"--zk={self.url}",
                                     f"--zk_session_timeout={SESSION}secs", "--no-hostname_lookup",
                                     *self.master_flags)

    def leader(self):
        """The port of the master that leads and has recovered, or None."""
        for port in self.masters:
            if state(port) is not None:
                return port
        return None

    def wait_for_leader(self, seconds=20.0, other_than=None):
        def found():
            port = self.leader()
            return port if port != other_than else None
        return wait_until(found, seconds, "a leader")

    def wait_for_agents(self, seconds=30.0):
        def are_there():
            port = self.leader()
            shown = state(port) if port else None
            return shown and shown["activated_slaves"] == float(self.count)
        wait_until(are_there, seconds, "the agents")

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for each in [*self.masters.values(), *self.agents]:
                print(f"--- {each.log.name}\n{each.log.read_text(errors='replace')[-4000:]}")
        for agent in self.agents:
            if agent.process.poll() is None:
                agent.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 10
        for agent in self.agents:
            try:
                agent.process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            agent.end()
        for master in self.masters.values():
            if master.process.poll() is None:
                master.process.send_signal(signal.SIGCONT)
            master.end()
        self.zookeeper.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)


def resume(cluster, port, scheduler):
    """The same framework at the new leader."""
    scheduler.close()
    return Scheduler(port, framework_id=scheduler.framework_id)


def knows(scheduler, task):
    """Asks until the task is told to run."""
    scheduler.statuses.pop(task, None)
    end = time.monotonic() + 20
    while scheduler.state(task) != "TASK_RUNNING" and time.monotonic() < end:
        scheduler.call({"type": "RECONCILE", "reconcile": {"tasks": []}})
        try:
            scheduler.take_until(lambda: scheduler.state(task) == "TASK_RUNNING", 1)
        except OSError:
            pass
    return scheduler.state(task) == "TASK_RUNNING"


@unittest.skipUnless(AVAILABLE, "Debian's zookeeper is not installed")
class Failover(unittest.TestCase):
    def resumes(self, cluster, scheduler, old, seconds):
        """A new leader within `seconds`, with the agent, the framework and the task that runs for long."""
        begin = time.monotonic()
        new = cluster.wait_for_leader(seconds + 5, other_than=old)
        took = time.monotonic() - begin
        self.assertLessEqual(took, seconds)
        cluster.wait_for_agents()
        print(f"    new leader after {took:.2f} s, agents after {time.monotonic() - begin:.2f} s", flush=True)
        again = resume(cluster, new, scheduler)
        self.assertTrue(knows(again, "long"))
        return new, again

    # HA-001 HA-002 HA-003 HA-020 HA-022 HA-025 HA-029 HA-160 HA-167 HA-195
    def test_a_killed_leader_is_followed_by_a_standby_and_tasks_go_on(self):
        with Masters() as cluster:
            old = cluster.leader()
            client = Client(cluster.zookeeper.servers[0])
            members = [name for name in client.children("/stoa") if name != "log_replicas"]
            self.assertEqual(len(members), 3)
            infos = [json.loads(client.get(f"/stoa/{name}")) for name in members]
            for name, info in zip(members, infos):
                self.assertRegex(name, r"^json\.info_\d{10}$")
                self.assertEqual(set(info), {"id", "ip", "port", "pid", "hostname", "version", "address",
                                             "capabilities"})
                self.assertEqual(info["ip"], 0x0100007f)
                self.assertEqual(info["address"], {"hostname": "127.0.0.1", "ip": "127.0.0.1", "port": info["port"]})
                self.assertEqual(info["pid"], f"master@127.0.0.1:{info['port']}")
            # The byte-wise smallest child leads; so clients find it.
            self.assertEqual(infos[0]["port"], old)
            for port in cluster.masters:
                self.assertEqual(location(port), (307, f"//127.0.0.1:{old}"))
            standby = next(port for port in cluster.masters if port != old)
            self.assertEqual(location(standby, "/master/state?x=1"), (307, f"//127.0.0.1:{old}/master/state?x=1"))

            scheduler = Scheduler(old)
            ticks = cluster.folder / "ticks"
            scheduler.launch({"long": f"while :; do date +%s.%N >> {ticks}; sleep 0.1; done", "soon": "sleep 3"})
            scheduler.take_until(lambda: scheduler.state("long") == scheduler.state("soon") == "TASK_RUNNING")
            # A standby that dies is missed by nobody.
            third = next(port for port in cluster.masters if port not in (old, standby))
            cluster.masters.pop(third).kill()
            time.sleep(1)
            self.assertEqual(cluster.leader(), old)
            cluster.masters.pop(old).kill()
            new, again = self.resumes(cluster, scheduler, old, 5.0)
            self.assertEqual(new, standby)
            again.take_until(lambda: again.state("soon") == "TASK_FINISHED")
            again.launch({"after": "true"})
            again.take_until(lambda: again.state("after") == "TASK_FINISHED")
            # The long one never stopped: no gap between its marks.
            marks = [float(line) for line in ticks.read_text().split()]
            self.assertLess(max(b - a for a, b in zip(marks, marks[1:])), 2.0)
            again.call({"type": "KILL", "kill": {"task_id": {"value": "long"}}})
            again.take_until(lambda: again.state("long") == "TASK_KILLED")
            again.call({"type": "TEARDOWN"})
            again.close()
            client.close()

    # HA-034 HA-040 HA-041 HA-042 HA-043 HA-152 HA-163 HA-184
    def test_a_leader_that_was_stopped_for_long_wakes_up_as_a_standby(self):
        with Masters(servers=1, masters=2) as cluster:
            old = cluster.leader()
            process = cluster.masters[old].process
            scheduler = Scheduler(old)
            scheduler.launch({"long": "sleep 600"})
            scheduler.take_until(lambda: scheduler.state("long") == "TASK_RUNNING")
            process.send_signal(signal.SIGSTOP)
            stopped = cluster.masters.pop(old)
            new, again = self.resumes(cluster, scheduler, old, SESSION + 5)
            cluster.masters[old] = stopped
            process.send_signal(signal.SIGCONT)
            # The same process, as a fresh image that redirects to the new leader.
            wait_until(lambda: location(old) == (307, f"//127.0.0.1:{new}"), 15, "the old leader as a standby")
            self.assertIsNone(process.poll())
            self.assertIn("stepping down", stopped.log.read_text())
            self.assertEqual(cluster.leader(), new)
            # And it can lead again.
            cluster.masters.pop(new).kill()
            back, third = self.resumes(cluster, again, new, 5.0)
            self.assertEqual(back, old)
            third.call({"type": "TEARDOWN"})
            third.close()

    # HA-027 HA-040 HA-044 HA-162
    def test_a_leader_hands_over_when_it_is_told_to_end_or_its_znode_is_removed(self):
        with Masters(servers=1, masters=3, agents=1) as cluster:
            first = cluster.leader()
            begin = time.monotonic()
            process = cluster.masters.pop(first)
            process.process.terminate()
            second = cluster.wait_for_leader(5, other_than=first)
            self.assertLessEqual(time.monotonic() - begin, 2.0)
            self.assertEqual(process.process.wait(10), 0)
            cluster.wait_for_agents()
            client = Client(cluster.zookeeper.servers[0])
            leading = [name for name in client.children("/stoa") if name.startswith("json.info_")][0]
            client.delete(f"/stoa/{leading}")
            begin = time.monotonic()
            third = cluster.wait_for_leader(5, other_than=second)
            self.assertLessEqual(time.monotonic() - begin, 2.0)
            cluster.wait_for_agents()
            wait_until(lambda: location(second) == (307, f"//127.0.0.1:{third}"), 10, "the old leader as a standby")
            client.close()

    # HA-045
    def test_a_master_whose_guardian_dies_steps_down(self):
        with Masters(servers=1, masters=2, agents=0) as cluster:
            old = wait_until(cluster.leader, 20, "a leader")
            parent = cluster.masters[old].process.pid
            guardians = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
            self.assertEqual(len(guardians), 1)
            os.kill(int(guardians[0]), signal.SIGKILL)
            new = cluster.wait_for_leader(5, other_than=old)
            self.assertNotEqual(new, old)

    # HA-165 HA-037
    def test_without_zookeeper_nobody_leads_and_tasks_go_on(self):
        with Masters(servers=1, masters=2) as cluster:
            old = cluster.leader()
            scheduler = Scheduler(old)
            scheduler.launch({"long": "sleep 600", "soon": "sleep 4"})
            scheduler.take_until(lambda: scheduler.state("long") == scheduler.state("soon") == "TASK_RUNNING")
            server = cluster.zookeeper.servers[0]
            server.kill()
            wait_until(lambda: cluster.leader() is None and all(location(port)[0] == 503 for port in cluster.masters),
                       SESSION + 8, "the end of the lead")
            server.start()
            wait_until(server.serves, 30, "ZooKeeper")
            begin = time.monotonic()
            new = cluster.wait_for_leader(30)
            print(f"    leader {time.monotonic() - begin:.2f} s after ZooKeeper came back", flush=True)
            self.assertLessEqual(time.monotonic() - begin, 5.0)
            cluster.wait_for_agents()
            again = resume(cluster, new, scheduler)
            again.take_until(lambda: again.state("soon") == "TASK_FINISHED")
            self.assertTrue(knows(again, "long"))
            again.call({"type": "TEARDOWN"})
            again.close()

    # HA-166
    def test_a_server_of_zookeeper_may_die(self):
        with Masters(servers=3, masters=2) as cluster:
            old = cluster.leader()
            for server in cluster.zookeeper.servers:
                server.kill()
                time.sleep(3)
                self.assertEqual(cluster.leader(), old)
                server.start()
                wait_until(server.serves, 30, "the server")
            self.assertEqual(state(old)["activated_slaves"], 1.0)

    # HA-002
    def test_agents_find_the_leader_by_the_address_of_a_standby_and_commands_by_zookeeper(self):
        def standby(cluster):
            leader = cluster.wait_for_leader()
            return "127.0.0.1:%d" % next(port for port in cluster.masters if port != leader)
        with Masters(servers=1, masters=2, agent_master=standby) as cluster:
            command = subprocess.run([STOA, "run", f"--master={cluster.url}", "--", "echo", "found"],
                                     capture_output=True, text=True, timeout=60)
            self.assertEqual((command.returncode, command.stdout), (0, "found\n"), command.stderr)
            command = subprocess.run([STOA, "agents", f"--master={cluster.url}", "--no-headers"], capture_output=True,
                                     text=True, timeout=60)
            self.assertEqual(command.returncode, 0, command.stderr)
            self.assertEqual(len(command.stdout.splitlines()), 1)

    # HA-002 SCH-258
    def test_a_command_outlasts_the_leader(self):
        with Masters(servers=1, masters=2) as cluster:
            old = cluster.leader()
            command = subprocess.Popen([STOA, "run", f"--master={cluster.url}", "--", "sh", "-c",
                                        "sleep 6; echo survived"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       stdin=subprocess.DEVNULL, text=True)
            wait_until(lambda: b"TASK_RUNNING" in get(old, "/state")[1], what="the task")
            cluster.masters.pop(old).kill()
            output, complaints = command.communicate(timeout=60)
            self.assertEqual((command.returncode, output), (0, "survived\n"), complaints)

    # HA-012
    def test_with_credentials_only_the_owner_may_change_what_all_may_read(self):
        with Masters(servers=1, masters=1, credentials="ops:se@cret@") as cluster:
            client = Client(cluster.zookeeper.servers[0])
            for path in ("/stoa", "/stoa/" + client.children("/stoa")[0]):
                acl = client.acl(path)
                self.assertEqual(acl[0], (1, "world", "anyone"), path)
                self.assertEqual(acl[1][:2], (31, "digest"), path)
                self.assertTrue(acl[1][2].startswith("ops:"), path)
            port = cluster.leader()
            self.assertNotIn(b"se@cret", get(port, "/flags")[1])
            self.assertNotIn("se@cret", next(iter(cluster.masters.values())).log.read_text())
            client.close()

    # HA-013 HA-014
    def test_a_tree_of_another_owner_is_an_error_at_the_start(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-test-"))
        try:
            with Ensemble(folder, 1) as zookeeper:
                client = Client(zookeeper.servers[0])
                client.create("/stoa", scheme="auth", who="", credentials="somebody:else")
                client.close()
                master = subprocess.run([STOA, "master", "--port=0", f"--zk={zookeeper.url()}"], capture_output=True,
                                        text=True, timeout=20)
                self.assertEqual(master.returncode, 1)
                self.assertIn("/stoa", master.stderr)
                self.assertIn("not authenticated", master.stderr)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # HA-002 HA-011 HA-023
    def test_zookeeper_and_masters_are_reached_over_ipv6(self):
        with Masters(servers=3, masters=1, host="::1") as cluster:
            client = Client(cluster.zookeeper.servers[0])
            port = free_port()
            six = Process("six", cluster.folder, "master", "--ip=::1", f"--port={port}", f"--zk={cluster.url}",
                          f"--zk_session_timeout={SESSION}secs", "--no-hostname_lookup")
            try:
                names = wait_until(lambda: len(found := client.children("/stoa")) == 3 and found, 20, "the member")
                self.assertEqual(names[2], "log_replicas")
                info = json.loads(client.get(f"/stoa/{names[1]}"))
                self.assertEqual((info["ip"], info["address"]["ip"], info["pid"]), (0, "::1", f"master@[::1]:{port}"))
                cluster.masters.popitem()[1].kill()
                agents = lambda: subprocess.run([STOA, "agents", f"--master={cluster.url}", "--no-headers"],
                                                capture_output=True, text=True, timeout=60).stdout.splitlines()
                wait_until(lambda: len(agents()) == 1, 20, "the agent at the master without IPv4")
            finally:
                six.end()
            client.close()


if __name__ == "__main__":
    unittest.main()
