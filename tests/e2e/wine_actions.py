#!/usr/bin/env python3
"""Real services of the real SCM that grab real ports, stopped, disabled and restored by
portguardctl: ones that stop, refuse, hang, come back and have dependents."""

import json
import unittest

from harness_wine import MachineCase, main, wait_until

STATE = r"C:\ProgramData\PortGuard\state.json"


class Actions(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.run("net", "start", "http")
        cls.machine.install()

    def started(self, name, port, behaviour="normal", needs=None):
        self.service(name, port, behaviour, needs)
        self.machine.start_service(name)
        if port:
            self.wait_holder(port, name)

    def holder(self, port):
        holders = self.machine.status(port)["holders"]
        return holders[0]["service"]["name"] if holders and holders[0]["service"] else None

    def wait_holder(self, port, name):
        wait_until(lambda: self.holder(port) == name, f"{name} on port {port}")

    def act(self, *words, code=0):
        done = self.machine.ctl(*words, "--yes", "--json")
        self.assertEqual(done.code, code, done)
        return json.loads(done.out)

    def noted(self, name):
        """How the service was before, as state.json has it; None when it has not."""
        path = self.machine.path(STATE)
        records = json.loads(path.read_text())["undo"] if path.exists() else []
        return next((record for record in records if record["service"] == name), None)

    def test_a_port_is_freed_and_given_back(self):
        self.started("PgOne", 8201)
        plan = self.machine.ctl("free", "8201", "--dry-run")
        self.assertEqual((plan.code, plan.out),
                         (0, "To free port 8201:\n  1. stop PgOne (PgOne)\n"
                             "  Undo        portguardctl restore PgOne\n"))
        self.assertEqual(self.machine.state("PgOne"), "RUNNING")
        self.assertEqual(self.act("free", "8201")["summary"], "port 8201 is free")
        self.assertEqual(self.machine.state("PgOne"), "STOPPED")
        strings = self.machine.wait_event(1400)
        self.assertIn("port.free 8201", strings[1])
        self.assertIn("done", strings[2])
        self.act("restore", "pgone")
        self.wait_holder(8201, "PgOne")
        self.assertIsNone(self.noted("PgOne"))

    def test_what_was_disabled_is_restored_after_the_service_was_ended(self):
        self.started("PgTwo", 8202)
        self.act("disable", "PgTwo")
        self.assertNotEqual(self.machine.run("net", "start", "PgTwo").code, 0)
        self.assertEqual(self.noted("PgTwo")["start_type"], "manual")
        self.machine.stop_service("PortGuard")
        self.machine.start_service("PortGuard")
        wait_until(lambda: self.machine.ctl("health").code == 0, "the service")
        self.act("restore", "PgTwo")
        self.wait_holder(8202, "PgTwo")

    @unittest.skip("Wine tells no dependencies of a service; actions.ps1 shows this")
    def test_dependents_are_asked_about_stopped_first_and_restored(self):
        self.started("PgBase", 8203)
        self.started("PgTop", 0, needs="PgBase")
        refused = self.act("free", "8203", code=6)
        self.assertIn("PgTop", refused["error"]["message"])
        self.assertEqual(self.machine.state("PgTop"), "RUNNING")
        done = self.act("free", "8203", "--dependents", "stop")
        self.assertEqual([step["service"] for step in done["steps"]], ["PgTop", "PgBase"])
        self.act("restore", "PgBase")
        self.machine.wait_state("PgTop", "RUNNING")

    def test_one_that_refuses_is_told(self):
        self.started("PgNo", 8204, "refuse")
        failed = self.act("free", "8204", code=7)
        self.assertEqual(failed["error"]["code"], -32006)
        self.assertIn("PgNo: it refuses to stop", failed["error"]["message"])
        self.assertEqual(self.holder(8204), "PgNo")

    def test_one_that_comes_back_is_an_honest_failure(self):
        self.started("PgAgain", 8205, "again")
        failed = self.act("free", "8205", code=7)
        self.assertEqual(failed["outcome"], "failed")
        self.assertIn("PgAgain", failed["summary"])

    def test_protected_services_and_unknown_ones_are_refused(self):
        self.assertEqual(self.act("stop", "RpcSs", code=6)["error"]["code"], -32005)
        self.assertEqual(self.act("stop", "NoSuchThing", code=7)["error"]["code"], -32004)

    def test_the_listen_list_is_changed_and_changed_back(self):
        self.act("http", "iplisten", "add", "127.0.0.2")
        self.assertEqual(self.machine.ctl("http", "iplisten", "--json").json()["ip_listen_list"],
                         ["127.0.0.2"])
        self.act("http", "iplisten", "delete", "127.0.0.2")
        self.assertEqual(self.machine.ctl("http", "iplisten", "--json").json()["ip_listen_list"], [])

    def test_control_verbs_are_denied_on_the_status_pipe(self):
        done = self.machine.ctl("stop", "PgOne", "--yes", "--control", r"\\.\pipe\portguard")
        self.assertEqual(done.code, 4, done)
        self.machine.wait_event(1401)


class Ended(MachineCase):
    """In a console, since Wine's SCM does not notice that a service's process has ended."""

    PIPES = ("--pipe", r"\\.\pipe\pg-ended", "--control", r"\\.\pipe\pg-ended-control")

    def run_service(self):
        running = self.start("portguardsvc", "run", *self.PIPES, "--state", r"C:\State",
                             ready='"event":1000')
        self.addCleanup(running.kill)
        return running

    def test_in_the_middle_of_an_action_nothing_is_lost(self):
        self.service("PgSlow", 8206, "slow")
        self.machine.start_service("PgSlow")
        running = self.run_service()
        asking = self.machine.start("portguardctl", "free", "8206", "--yes", *self.PIPES)
        self.addCleanup(asking.stop)
        self.machine.wait_state("PgSlow", "STOP_PENDING")
        running.kill()
        self.machine.wait_state("PgSlow", "STOPPED")
        noted = json.loads(self.machine.path(r"C:\State\state.json").read_text())["undo"]
        self.assertEqual([record["service"] for record in noted], ["PgSlow"])
        self.run_service()
        self.done(self.machine.ctl("restore", "PgSlow", "--yes", *self.PIPES))
        self.assertEqual(self.machine.state("PgSlow"), "RUNNING")


if __name__ == "__main__":
    main()
