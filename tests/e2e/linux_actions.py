#!/usr/bin/env python3
"""The control verbs of the Linux build, which has nothing to stop: plans are shown, and
everything else is refused with a clear word."""

import json
import os
import stat
import unittest

import harness
from harness import ServiceCase, run, web_host


class Actions(ServiceCase):
    @classmethod
    def setUpClass(cls):
        harness.write_capture("act.json", web_host())
        cls.service = harness.Service("act.json", "act.sock", more=(
            "--control", "act.control", "--state", "act.state"))
        cls.addClassCleanup(cls.end, cls.service)
        cls.service.ready()

    def ctl(self, *words):
        return run("portguardctl", "--control", "act.control", *words)

    def test_a_plan_is_shown(self):
        shown = self.ctl("free", "80", "--dry-run")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("To free port 80:\n  1. stop W3SVC", shown.stdout)
        self.assertIn("Caution     Internet Information Services", shown.stdout)
        self.assertIn("Undo        portguardctl restore W3SVC", shown.stdout)

    def test_nothing_is_stopped(self):
        refused = self.ctl("free", "80", "--yes", "--json")
        self.assertEqual(refused.returncode, 7)
        error = json.loads(refused.stdout)["error"]
        self.assertEqual(error["code"], -32006)
        self.assertIn("nothing can be stopped", error["message"])
        event = self.service.wait_event(1400)
        self.assertEqual(event["data"]["what"], "port.free 80")
        self.assertFalse(os.path.exists("act.state/state.json"), "nothing is to be noted")

    def test_both_sockets_are_for_their_user_alone(self):
        for name in "act.sock", "act.control":
            self.assertEqual(stat.S_IMODE(os.stat(name).st_mode), 0o600)

    def test_the_control_pipe_answers_the_other_verbs_too(self):
        answered = run("portguardctl", "--pipe", "act.control", "status", "80")
        self.assertEqual(answered.returncode, 0, answered.stderr)
        self.assertIn("W3SVC", answered.stdout)

    def test_programs_are_told_and_not_touched(self):
        shown = self.ctl("free", "8080", "--yes")
        self.assertEqual(shown.returncode, 7, shown)
        self.assertIn("nginx.exe (PID 5120): it is a program, not a service", shown.stdout)

    def test_a_state_that_cannot_be_read_is_told_and_kept(self):
        os.makedirs("bad.state", mode=0o700)
        with open("bad.state/state.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1, "undo": [7]}')
        started = self.start(web_host(), "bad", more=("--control", "bad.control",
                                                      "--state", "bad.state"))
        event = started.wait_event(1007)
        self.assertIn("undo[0]", event["data"]["reason"])
        refused = run("portguardctl", "--control", "bad.control", "stop", "W3SVC", "--yes")
        self.assertEqual(refused.returncode, 7)
        self.assertIn("undo[0]", refused.stderr)
        with open("bad.state/state.json", encoding="utf-8") as file:
            self.assertIn("[7]", file.read())

    def test_a_folder_that_somebody_else_planted_is_not_used(self):
        """Nothing is read from it, nothing is stopped, and it is left as it is."""
        os.makedirs("planted.state", mode=0o700)
        with open("planted.state/state.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1, "undo": []}')
        os.chmod("planted.state", 0o777)
        started = self.start(web_host(), "planted", more=(
            "--control", "planted.control", "--state", "planted.state"))
        event = started.wait_event(1007)
        self.assertIn("others may write to it", event["data"]["reason"])
        refused = run("portguardctl", "--control", "planted.control", "stop", "W3SVC", "--yes")
        self.assertEqual(refused.returncode, 7, refused)
        self.assertIn("others may write to it", refused.stderr)
        answered = run("portguardctl", "--pipe", "planted.sock", "health", "--json")
        self.assertTrue(any("nothing can be stopped" in warning
                            for warning in json.loads(answered.stdout)["warnings"]))
        self.assertEqual(os.listdir("planted.state"), ["state.json"])
        self.assertEqual(stat.S_IMODE(os.stat("planted.state").st_mode), 0o777)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
