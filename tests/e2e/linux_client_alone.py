#!/usr/bin/env python3
"""portguardctl when no service is there: the one-off look, and how it may fail."""

import json
import os
import shutil
import signal
import socket
import sys
import threading
import time

from fake_service import CLIENT, ClientCase, main


class Alone(ClientCase):
    def installed(self, script):
        """A copy of the client with |script| as the service program beside it."""
        client = os.path.join(self.folder, "portguardctl")
        service = os.path.join(self.folder, "portguardsvc")
        shutil.copy(CLIENT, client)
        with open(service, "w") as file:
            file.write(f"#!{sys.executable}\nimport json, os, sys, time, subprocess\n"
                       f"folder = {self.folder!r}\n" + script)
        os.chmod(service, 0o755)
        return client

    LOOK = ("open(folder + '/asked', 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
            "port = int(sys.argv[sys.argv.index('--port') + 1]) if '--port' in sys.argv else 0\n"
            "print('chatter', file=sys.stderr)\n"
            "print(json.dumps({'schema': 1, 'port': port, 'state': 'free', 'complete': True,\n"
            "  'ports': [], 'listeners': [], 'holders': [], 'warnings': ['old']}))\n")

    def test_without_a_service_a_one_off_look_answers(self):
        client = self.installed(self.LOOK)
        self.client("status", "80", "443", program=client)
        self.check(0, "the service is not running", "one-off", "hint: portguardsvc run ")
        self.assertEqual(self.err.count("hint:"), 1)
        self.assertNotIn("chatter", self.err)
        self.assertIn("TCP 80  FREE", self.out)
        self.assertIn("TCP 443  FREE", self.out)
        self.assertEqual(self.out.count("INCOMPLETE"), 2)
        with open(os.path.join(self.folder, "asked")) as asked:
            self.assertEqual([json.loads(line) for line in asked],
                             [["explain", "--json", "--port", "80"],
                              ["explain", "--json", "--port", "443"]])

    def test_a_one_off_answer_in_json_is_marked(self):
        client = self.installed(self.LOOK)
        self.client("status", "80", "--json", program=client)
        self.check(0, "one-off")
        answer = json.loads(self.out)
        self.assertIs(answer["complete"], False)
        self.assertEqual(len(answer["warnings"]), 2)
        self.assertIn("one-off", answer["warnings"][1])
        self.client("list", "--json", program=client)
        self.check(0, "one-off")
        self.assertIs(json.loads(self.out)["complete"], False)

    def test_without_ports_a_one_off_look_takes_the_default_ones(self):
        client = self.installed(self.LOOK)
        self.client("status", program=client)
        self.check(0)
        self.assertIn("TCP 80  ", self.out)
        self.assertIn("TCP 443  ", self.out)

    def test_other_verbs_take_no_one_off_look(self):
        client = self.installed(self.LOOK)
        for words in (["health"], ["capture"], ["http", "queues"]):
            self.client(*words, program=client)
            self.check(5, "the service is not running: nobody listens on", "hint: portguardsvc run ")
            self.assertEqual(self.out, "")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "asked")))

    def look_fails(self, script, words, timeout="20s"):
        client = self.installed(script)
        self.client("status", "80", "--timeout", timeout, program=client)
        self.check(5, "the service is not running, and the one-off look failed", words,
                   "hint: portguardsvc run ")
        self.assertEqual(self.err.count("hint:"), 1)
        self.assertEqual(self.out, "")

    def test_a_one_off_look_that_fails_is_unreachable(self):
        self.look_fails("sys.exit(64)\n", "code 64")

    def test_a_one_off_look_that_prints_garbage_is_unreachable(self):
        self.look_fails("print('nonsense')\n", "failed")

    def test_a_one_off_look_that_answers_something_else_is_unreachable(self):
        self.look_fails("print('{}')\n", "not an answer")

    def test_a_one_off_look_that_dies_is_unreachable(self):
        self.look_fails("os.kill(os.getpid(), 9)\n", "code -1")

    def test_a_one_off_look_that_hangs_meets_the_deadline_with_its_children(self):
        begun = time.monotonic()
        self.look_fails("child = subprocess.Popen(['sleep', '300'])\n"
                        "open(folder + '/child', 'w').write(str(child.pid))\n"
                        "child.wait()\n", "took too long", timeout="2s")
        self.assertLess(time.monotonic() - begun, 30)
        with open(os.path.join(self.folder, "child")) as file:
            self.assert_ends(int(file.read()))

    def test_a_one_off_look_that_lingers_meets_the_deadline(self):
        begun = time.monotonic()
        self.look_fails("print('{}')\nsys.stdout.flush()\nos.close(1)\ntime.sleep(300)\n",
                        "code -1", timeout="2s")
        self.assertLess(time.monotonic() - begun, 30)

    def assert_ends(self, pid):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                with open(f"/proc/{pid}/stat") as file:
                    if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                        return
            except FileNotFoundError:
                return
            threading.Event().wait(0.02)
        os.kill(pid, signal.SIGKILL)
        self.fail("the child of the one-off look outlived it")

    def test_without_the_service_program_it_is_unreachable(self):
        client = os.path.join(self.folder, "portguardctl")
        shutil.copy(CLIENT, client)
        self.client("status", "80", program=client)
        self.check(5, "the one-off look failed", "No such file", "hint: portguardsvc run ")
        self.client("list", "--json", program=client)
        self.check(5)
        self.assertEqual(json.loads(self.out)["error"]["code"], -32000)

    def test_a_stale_socket_counts_as_no_service(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.close()
        self.client("health")
        self.check(5, "nobody listens on")


if __name__ == "__main__":
    main()
