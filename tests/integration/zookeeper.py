"""Real ZooKeeper servers for tests (Debian package `zookeeper`): on loopback, on free ports, with short ticks."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

from cluster import free_port, wait_until

JAR = pathlib.Path(os.environ.get("ZOOKEEPER_JAR", "/usr/share/java/zookeeper.jar"))
AVAILABLE = JAR.exists() and shutil.which("java") is not None
TICK = 0.5  # Seconds. Sessions last 2 to 20 ticks.


class Server:
    def __init__(self, folder, number, host, port, members):
        self.host, self.port = host, port
        self.folder = folder / f"zookeeper-{number}"
        self.folder.mkdir()
        (self.folder / "myid").write_text(f"{number}\n")
        lines = [f"tickTime={int(TICK * 1000)}", "initLimit=20", "syncLimit=10", f"dataDir={self.folder}",
                 f"clientPortAddress={host}", f"clientPort={port}", "admin.enableServer=false",
                 "4lw.commands.whitelist=ruok,srvr,wchs", *members]
        (self.folder / "zoo.cfg").write_text("\n".join(lines) + "\n")
        self.process = None
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["java", "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=false",
                 "-Dzookeeper.admin.enableServer=false", "-cp", str(JAR),
                 "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def serves(self):
        """Whether it belongs to a quorum."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(b"srvr")
                answer = b""
                while part := connection.recv(4096):
                    answer += part
        except OSError:
            return False
        return b"Mode: " in answer


class Ensemble:
    """Servers that end with the context."""

    def __init__(self, folder, count=3, host="127.0.0.1"):
        ports = free_port(3 * count)
        members = [] if count == 1 else [
            f"server.{i}={host if ':' not in host else f'[{host}]'}:{ports + count + 2 * i}:{ports + count + 2 * i + 1}"
            for i in range(count)]
        self.servers = [Server(folder, i, host, ports + i, members) for i in range(count)]

    def __enter__(self):
        try:
            wait_until(lambda: all(server.serves() for server in self.servers), 60, "the quorum of ZooKeeper")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()

    def url(self, path="/stoa", credentials=""):
        hosts = ",".join(f"[{s.host}]:{s.port}" if ":" in s.host else f"{s.host}:{s.port}" for s in self.servers)
        return f"zk://{credentials}{hosts}{path}"


class Client:
    """Reads znodes by the plain protocol, as any client does: no code of ours is between the test and the servers."""

    def __init__(self, server, timeout_ms=5000):
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        self.xid = 0
        body = (0).to_bytes(4, "big") + (0).to_bytes(8, "big") + timeout_ms.to_bytes(4, "big")
        body += (0).to_bytes(8, "big") + (16).to_bytes(4, "big") + bytes(16) + b"\0"
        self.send(body)
        self.receive()

    def send(self, body):
        self.socket.sendall(len(body).to_bytes(4, "big") + body)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise AssertionError("ZooKeeper closed the connection")
            data += part
        return data

    def receive(self):
        return self.exactly(int.from_bytes(self.exactly(4), "big"))

    def call(self, kind, body):
        self.xid += 1
        self.send(self.xid.to_bytes(4, "big") + kind.to_bytes(4, "big") + body)
        answer = self.receive()
        assert int.from_bytes(answer[:4], "big", signed=True) == self.xid
        error = int.from_bytes(answer[12:16], "big", signed=True)
        return error, answer[16:]

    @staticmethod
    def text(value):
        data = value if isinstance(value, bytes) else value.encode()
        return len(data).to_bytes(4, "big") + data

    def children(self, path):
        """Sorted names, or None where there is no such znode."""
        error, body = self.call(8, self.text(path) + b"\0")
        if error == -101:
            return None
        assert error == 0, error
        names, at = [], 4
        for _ in range(int.from_bytes(body[:4], "big")):
            length = int.from_bytes(body[at:at + 4], "big")
            names.append(body[at + 4:at + 4 + length].decode())
            at += 4 + length
        return sorted(names)

    def get(self, path):
        error, body = self.call(4, self.text(path) + b"\0")
        assert error == 0, (path, error)
        length = int.from_bytes(body[:4], "big", signed=True)
        return body[4:4 + max(length, 0)]

    def acl(self, path):
        """List of (permissions, scheme, id)."""
        error, body = self.call(6, self.text(path))
        assert error == 0, (path, error)
        out, at = [], 4
        for _ in range(int.from_bytes(body[:4], "big")):
            permissions = int.from_bytes(body[at:at + 4], "big")
            at += 4
            words = []
            for _ in range(2):
                length = int.from_bytes(body[at:at + 4], "big")
                words.append(body[at + 4:at + 4 + length].decode())
                at += 4 + length
            out.append((permissions, *words))
        return out

    def set(self, path, data):
        error, _ = self.call(5, self.text(path) + self.text(data) + (-1).to_bytes(4, "big", signed=True))
        assert error == 0, (path, error)

    def delete(self, path):
        error, _ = self.call(2, self.text(path) + (-1).to_bytes(4, "big", signed=True))
        assert error == 0, (path, error)

    def create(self, path, data=b"", scheme="world", who="anyone", credentials=None):
        if credentials is not None:
            self.send((-4).to_bytes(4, "big", signed=True) + (100).to_bytes(4, "big") + (0).to_bytes(4, "big") +
                      self.text("digest") + self.text(credentials))
            self.receive()
        acl = (1).to_bytes(4, "big") + (31).to_bytes(4, "big") + self.text(scheme) + self.text(who)
        error, _ = self.call(1, self.text(path) + self.text(data) + acl + (0).to_bytes(4, "big"))
        assert error == 0, (path, error)

    def close(self):
        self.socket.close()
