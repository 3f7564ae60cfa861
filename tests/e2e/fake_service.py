"""A fake service on a Unix socket, and portguardctl to ask it: for tests of what the
client says, and which exit code it gives, when the service misbehaves."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

BIN = os.environ.get("PG_BIN", "build/linux-asan/bin")
CLIENT = os.path.join(BIN, "portguardctl")
MIB = 1024 * 1024


def result(request, value):
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": value}) + "\n"


def error(request_id, code, message, **data):
    value = {"code": code, "message": message, "data": data}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": value}) + "\n"


def free(request):
    port = request["params"]["port"]
    return result(request, {"schema": 1, "port": port, "state": "free", "complete": True,
                            "wildcard_bindable": "yes", "summary": f"nothing listens on port {port}",
                            "listeners": [], "holders": [], "reservations": None,
                            "fixes": [], "warnings": []})


class Server:
    """Answers every line of every connection with what |behave| returns (text or
    bytes); |behave| may also use the connection itself and return None."""

    def __init__(self, path, behave):
        self.behave = behave
        self.requests = []
        self.connections = 0
        self.over = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            # Who watches keeps one connection and asks over others.
            threading.Thread(target=self.attend, args=(connection,), daemon=True).start()

    def attend(self, connection):
        with connection:
            try:
                self.serve(connection)
            except OSError:
                pass

    def serve(self, connection):
        lines = connection.makefile("rb")
        for line in lines:
            request = json.loads(line)
            self.requests.append(request)
            answer = self.behave(request, connection)
            if answer is None:
                return
            connection.sendall(answer.encode() if isinstance(answer, str) else answer)

    def close(self):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


class ClientCase(unittest.TestCase):
    def setUp(self):
        # Relative: the path of a socket must be short.
        self.folder = os.path.relpath(tempfile.mkdtemp(prefix="pg-client-", dir=os.getcwd()))
        self.path = os.path.join(self.folder, "s")
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.close()
        shutil.rmtree(self.folder)

    def serve(self, behave):
        self.server = Server(self.path, behave)

    def client(self, *words, pipe=True, program=CLIENT, env=None):
        command = [program, *words] + (["--pipe", self.path] if pipe else [])
        done = subprocess.run(command, capture_output=True, timeout=60, env=env)
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        self.code = done.returncode
        return self.code

    def check(self, code, *words):
        self.assertEqual(self.code, code, self.out + self.err)
        for word in words:
            self.assertIn(word, self.err)


def main():
    if not os.path.exists(CLIENT):
        sys.exit(f"{CLIENT} is not built; set PG_BIN")
    unittest.main()
