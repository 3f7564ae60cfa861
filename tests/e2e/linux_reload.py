#!/usr/bin/env python3
"""config.json in a running service: read at start, when it changes and when it is told;
a bad one leaves the old one in force and says where it is wrong."""

import json
import os
import unittest

import harness
from harness import ServiceCase, run, web_host
from waiting import wait_until


class Reload(ServiceCase):
    def setUp(self):
        os.makedirs("etc", mode=0o700, exist_ok=True)

    def tearDown(self):
        if os.path.exists("etc/config.json"):
            os.unlink("etc/config.json")

    def write(self, **settings):
        harness.write_capture("etc/config.json", {"version": 1, **settings})

    def launch(self):
        return self.start(web_host(), "reload",
                          more=("--config", "etc/config.json", "--control", "reload.control"))

    def reload(self, *options):
        return run("portguardctl", "--control", "reload.control", "policy", "reload", *options)

    def health(self):
        with harness.Connection("reload.sock") as connection:
            return connection.ask("health")

    def test_without_a_file_the_defaults_hold_and_nothing_is_said(self):
        started = self.launch()
        self.assertEqual(started.of(1002, 1003), [])
        self.assertEqual(self.health()["guarded_ports"], [80, 443])
        self.assertIsNone(self.health()["configuration"]["file"])

    def test_a_file_is_in_force_from_the_start(self):
        self.write(guarded_ports=[8080, "9000-9010"])
        started = self.launch()
        event = started.wait_event(1002)
        self.assertEqual(event["data"]["guarded_ports"], [8080, "9000-9010"])
        baseline = started.wait_event(1000)["data"]["guarded"]
        self.assertEqual([entry["port"] for entry in baseline], [8080, *range(9000, 9011)])

    def test_a_change_is_noticed(self):
        started = self.launch()
        self.write(guarded_ports=[3306])
        started.wait_event(1002)
        self.assertEqual(self.health()["guarded_ports"], [3306])
        os.unlink("etc/config.json")
        event = started.wait_event(1002, count=2)
        self.assertIsNone(event["data"]["file"])
        self.assertEqual(self.health()["guarded_ports"], [80, 443])

    def test_a_bad_file_leaves_the_old_one_in_force_and_is_told_once(self):
        self.write(guarded_ports=[8080])
        started = self.launch()
        self.write(guarded_ports=[8080, "90-80"])
        event = started.wait_event(1003)
        self.assertEqual(event["data"]["path"], "guarded_ports[1]")
        self.assertIn("90-80", event["data"]["error"])
        health = self.health()
        self.assertEqual(health["guarded_ports"], [8080])
        self.assertIn("90-80", health["configuration"]["error"])
        refused = self.reload()
        self.assertEqual(refused.returncode, 7)
        self.assertIn("90-80", refused.stderr)
        self.assertEqual(len(started.of(1003)), 1)
        self.write(guarded_ports=[80])
        started.wait_event(1002, count=2)
        self.assertIsNone(self.health()["configuration"]["error"])

    def test_whoever_asks_has_it_at_once(self):
        started = self.launch()
        self.write(guarded_ports=[22, 80], interval_ms=500)
        done = self.reload()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("22, 80", done.stdout)
        self.assertIn("config.json", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ *Rules +0$")
        answer = json.loads(self.reload("--json").stdout)
        self.assertEqual(answer["guarded_ports"], [22, 80])
        event = started.wait_event(1400)
        self.assertEqual(event["data"]["what"], "policy.reload")

    def test_whoever_asks_need_not_wait_for_a_file_that_is_gone(self):
        self.write(guarded_ports=[22])
        started = self.launch()
        os.unlink("etc/config.json")
        self.assertEqual(json.loads(self.reload("--json").stdout)["guarded_ports"], [80, 443])
        self.assertIsNone(started.wait_event(1002, count=2)["data"]["file"])

    def test_a_file_that_others_may_write_is_not_trusted(self):
        self.write(guarded_ports=[8080])
        os.chmod("etc/config.json", 0o666)
        started = self.launch()
        started.wait_event(1003)
        self.assertEqual(self.health()["guarded_ports"], [80, 443])
        os.chmod("etc/config.json", 0o600)
        started.wait_event(1002)
        self.assertEqual(self.health()["guarded_ports"], [8080])

    def test_ports_of_rules_are_guarded(self):
        self.write(guarded_ports=[80], rules=[{"name": "r", "ports": [8080], "services": ["X"]}])
        self.launch()
        wait_until(lambda: self.health()["guarded_ports"] == [80, 8080], "the ports of both")


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
