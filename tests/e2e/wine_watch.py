#!/usr/bin/env python3
"""Live changes with the Windows programs: a real listener comes and goes, and who watches
or waits hears of it over the named pipe, also after the service was restarted."""

import json
import unittest

import harness_wine
from harness_wine import MachineCase, wait_until

PORT = "8085"


class Watch(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()
        # The one look that has everything: whether anything is reserved as well.
        wait_until(lambda: cls.machine.ctl("check", PORT).code == 0, f"{PORT} is free")

    def watch(self, *words):
        """A client that watches; it is not said when it has begun, so a port is taken
        until it hears of one."""
        program = self.machine.start("portguardctl", "watch", *words)
        self.addCleanup(program.kill)
        return program

    def hear(self, program, port):
        def heard():
            with self.listening(port):
                try:
                    program.wait_for(f"TCP {port} ", seconds=3)
                except AssertionError:
                    return False
            return True
        wait_until(heard, f"a change of {port}")

    def listening(self, port):
        return Listening(self, port)

    def test_a_listener_that_comes_and_goes_is_watched_and_waited_for(self):
        client = self.watch()
        self.hear(client, "8090")
        free = self.machine.ctl("wait", PORT, "--until", "free")
        self.done(free)
        with self.listening(PORT):
            used = self.machine.ctl("wait", PORT, "--until", "in-use", "--holder",
                                    "listen.exe", "--timeout", "20s")
            self.assertIn("listen.exe", self.done(used).out)
            client.wait_for("listen.exe")
            self.done(self.machine.ctl("check", PORT), code=1)
            late = self.machine.ctl("wait", PORT, "--until", "free", "--timeout", "1s")
            self.assertIn("not free in time", self.done(late, code=1).err)
            waiting = self.machine.start("portguardctl", "wait", PORT, "--until", "free",
                                         "--timeout", "30s")
        self.assertEqual(waiting.stop(), 0)
        self.assertIn(f"TCP {PORT}  FREE", waiting.text())
        client.wait_for(f"nothing listens on port {PORT} any more")
        self.done(self.machine.ctl("check", PORT))
        self.last_held()
        self.restart(client)

    def last_held(self):
        """As soon as it is on the disk, a status tells it."""
        wait_until(lambda: "Last held   by listen.exe, until "
                   in self.machine.ctl("status", PORT).out, "who held the port last")

    def restart(self, client):
        """A first boot is dear, so it is not a test of its own."""
        self.machine.stop_service("PortGuard")
        client.wait_for("the service has gone")
        self.done(self.machine.ctl("wait", PORT, "--until", "free"), code=5)
        self.machine.start_service("PortGuard")
        client.wait_for("the service is back")
        self.hear(client, "8091")
        self.last_held()

    def test_as_json(self):
        done = self.done(self.machine.ctl("check", PORT, "--json"))
        self.assertEqual(json.loads(done.out)["port"], int(PORT))


class Listening:
    """Somebody listens on a port for as long as this lasts."""

    def __init__(self, case, port):
        self.case, self.port = case, port

    def __enter__(self):
        self.program = self.case.start("listen", "0.0.0.0", self.port)

    def __exit__(self, *_):
        self.program.stop()


if __name__ == "__main__":
    harness_wine.main()
