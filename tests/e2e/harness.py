"""What the linux_*.py tests share: captures, the running service, raw connections.

Every test file works in a folder of its own below PG_BUILD, and makes it the
current one: a Unix socket's path may only have 107 bytes, so the names that
reach the programs are short and relative.
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

import events_page
from waiting import PATIENCE, wait_until

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
BUILD = pathlib.Path(os.environ.get("PG_BUILD", SOURCE / "build" / "linux-asan")).resolve()
BIN = pathlib.Path(os.environ.get("PG_BIN", BUILD / "bin")).resolve()


def enter_folder():
    folder = tempfile.mkdtemp(prefix="e2e-", dir=BUILD)
    os.chdir(folder)
    atexit.register(leave_folder, folder)
    return folder


def leave_folder(folder):
    os.chdir(BUILD)
    shutil.rmtree(folder)


# --- captures ---------------------------------------------------------------

QUEUES = """
Snapshot of HTTP service state (Request Queue View):
-----------------------------------------------------

Request queue name: ShopPool
    Version: 2.0
    State: Active
    Request queue 503 verbosity level: Basic
    Max requests: 1000
    Number of active processes attached: 1
    Controller process ID: 2216
    Process IDs:
        3248

    URL groups:
    URL group ID: FE00000040000001
        State: Active
        Request queue name: ShopPool
        Number of registered URLs: 1
        Registered URLs:
            HTTP://*:80/

        Server session ID: FF00000020000001
            Version: 2.0
            State: Active

"""


NO_RANGES = "Start Port    End Port\n----------    --------\n\n* -\n"


def listener(port, pid, address="0.0.0.0", **more):
    family = "ipv6" if ":" in address else "ipv4"
    return {"family": family, "local_address": address, "local_port": port,
            "state": "listen", "pid": pid, **more}


def process(pid, name, path=None, started_at=None):
    return {"pid": pid, "name": name, "path": path, "started_at": started_at}


def service(name, display_name, pid, kind="own_process", depends_on=()):
    return {"name": name, "display_name": display_name, "pid": pid, "state": "running",
            "start_type": "auto", "type": kind, "depends_on": list(depends_on)}


NGINX = process(5120, "nginx.exe", r"C:\nginx\nginx.exe")
APACHE = process(6230, "httpd.exe", r"C:\Apache24\bin\httpd.exe")


def capture(tcp, processes=(NGINX, APACHE), services=(), **more):
    return {"portguard_capture": 1, "taken_at": "2026-03-02T12:26:31Z",
            "os": "Windows 10.0.20348", "tcp": list(tcp),
            "processes": list(processes), "services": list(services), **more}


def web_host():
    """IIS on 80 and 443 free, nginx on 8080, a database service on 3306."""
    return capture(
        [listener(80, 4, created_at="2026-03-02T09:14:07Z"), listener(80, 4, "::"),
         listener(8080, 5120), listener(3306, 1840, "127.0.0.1")],
        [process(4, "System"), NGINX, process(2216, "svchost.exe"),
         process(3248, "w3wp.exe"), process(1840, "mysqld.exe")],
        [service("W3SVC", "World Wide Web Publishing Service", 2216, "share_process",
                 ["HTTP"]),
         service("MySQL80", "MySQL80", 1840)],
        service_tags=[], http={"service_state_text": QUEUES},
        excluded_port_ranges_text={"ipv4": NO_RANGES, "ipv6": NO_RANGES})


def many_listeners(count):
    """`count` listeners of one process, on as many ports."""
    return capture([listener(1024 + i, 5120) for i in range(count)])


def write_capture(path, content):
    """Replaces the file whole, so that nobody reads half of it."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)


# --- the service ------------------------------------------------------------


class Service:
    """`portguardsvc run`, with its events as they come."""

    def __init__(self, capture_path, pipe, interval=100, env=None, more=()):
        self.pipe = pipe
        self.events = []
        self.faults = []  # of events that are not as docs/events.md says
        self.noise = []
        self.process = subprocess.Popen(
            [BIN / "portguardsvc", "run", "--capture", capture_path, "--pipe", pipe,
             "--interval", str(interval), *more],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            try:
                event = json.loads(line)
                self.faults += events_page.faults(event)
                self.events.append(event)
            except ValueError:
                self.noise.append(line.decode(errors="replace"))

    def ids(self):
        return [event["event"] for event in self.events]

    def of(self, *ids):
        return [event for event in list(self.events) if event["event"] in ids]

    def wait_event(self, event_id, port=None, count=1, seconds=PATIENCE):
        """The `count`-th event of that ID (and port)."""
        def found():
            if self.process.poll() is not None and not self.reader.is_alive():
                raise AssertionError(f"the service ended: {self.noise} {self.events}")
            hits = [event for event in self.of(event_id)
                    if port is None or event["data"]["port"] == port]
            return hits[count - 1] if len(hits) >= count else None
        return wait_until(found, f"event {event_id}, there were {self.ids()}", seconds)

    def ready(self):
        self.wait_event(1000)
        return self

    def stop(self):
        """Ends it the polite way; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.ended()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        return self.ended()

    def ended(self):
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        return code

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")


class ServiceCase(unittest.TestCase):
    """A test with services of its own, which end with it."""

    def start(self, content, name="host", pipe=None, **options):
        """Starts a service on the capture `content`; waits until it is up."""
        path = name + ".json"
        write_capture(path, content)
        started = Service(path, pipe or name + ".sock", **options)
        self.addCleanup(self.end, started)
        return started.ready()

    @classmethod
    def start_shared(cls, content, name):
        """The same for all tests of a class."""
        write_capture(name + ".json", content)
        cls.service = Service(name + ".json", name + ".sock")
        cls.addClassCleanup(cls.end, cls.service)
        cls.service.ready()

    @staticmethod
    def end(started):
        """Whatever a test did to it, a service ends well and says nothing but events."""
        if started.process.poll() is None:
            code = started.stop()
            assert code == 0, f"exit code {code}: {started.noise}"
        assert not started.noise, started.noise
        assert not started.faults, started.faults

    def connect(self, pipe):
        connection = Connection(pipe)
        self.addCleanup(connection.close)
        return connection

    def assert_answers(self, started):
        """A new client is answered."""
        with Connection(started.pipe) as connection:
            self.assertEqual(connection.ask("ping"), {"pong": True})


# --- connections ------------------------------------------------------------


class Connection:
    def __init__(self, pipe, timeout=PATIENCE):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Python's own timeout would not wait for a place in the backlog.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                               struct.pack("ll", timeout, 0))
        try:
            self.socket.connect(pipe)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(timeout)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next line as JSON; None when the service closed instead."""
        pieces = [self.input]
        while b"\n" not in pieces[-1]:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionError:
                piece = b""
            if not piece:
                return None
            pieces.append(piece)
        line, _, self.input = b"".join(pieces).partition(b"\n")
        return json.loads(line)

    def closed(self):
        """Waits until the service closes; nothing else may come."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def call(self, method, params=None, identity=1):
        """The whole answer."""
        request = {"jsonrpc": "2.0", "id": identity, "method": method}
        if params is not None:
            request["params"] = params
        self.send(json.dumps(request).encode() + b"\n")
        return self.line()

    def ask(self, method, **params):
        """The result."""
        answer = self.call(method, params or None)
        if answer is None or "result" not in answer:
            raise AssertionError(f"{method} {params}: {answer}")
        return answer["result"]

    def status(self, port):
        """With a look that begins now."""
        return self.ask("status", port=port, max_age_ms=0)


# --- programs ---------------------------------------------------------------


def run(program, *arguments, **options):
    """Runs a program of the build to its end."""
    return subprocess.run([BIN / program, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
                          **options)
