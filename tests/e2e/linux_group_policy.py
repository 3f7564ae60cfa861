#!/usr/bin/env python3
"""Group Policy in a running service, from a file in the place of the registry: it wins
over config.json, is told as the source, and what is wrong in it changes nothing."""

import json
import os
import unittest

import harness
from harness import ServiceCase, run, web_host
from waiting import wait_until

RULES = [{"name": "act", "mode": "enforce", "ports": [80], "services": ["Apache"]},
         {"name": "watch", "ports": [8080], "services": ["Other"]}]


class GroupPolicy(ServiceCase):
    def setUp(self):
        os.makedirs("etc", mode=0o700, exist_ok=True)
        self.addCleanup(self.forget)

    def forget(self):
        for name in ("etc/config.json", "etc/policy.json"):
            if os.path.exists(name):
                os.unlink(name)

    def write(self, **settings):
        harness.write_capture("etc/config.json", {"version": 1, **settings})

    def policy(self, **values):
        harness.write_capture("etc/policy.json", values)

    def launch(self, *more):
        return self.start(web_host(), "gp", more=(
            "--config", "etc/config.json", "--group-policy", "etc/policy.json",
            "--control", "gp.control", *more))

    def ask(self, method):
        with harness.Connection("gp.sock") as connection:
            return connection.ask(method)

    def configuration(self):
        return self.ask("health")["configuration"]

    def reload(self, *options):
        return run("portguardctl", "--control", "gp.control", "policy", "reload", *options)

    def shown(self):
        return run("portguardctl", "--pipe", "gp.sock", "policy", "show").stdout

    # --- which one wins ---

    def test_without_both_the_defaults_hold_and_nothing_is_said(self):
        started = self.launch()
        configuration = self.configuration()
        self.assertEqual(configuration["source"], "defaults")
        self.assertEqual(configuration["sources"], {
            # The harness says --interval.
            "interval_ms": "command-line", "guarded_ports": "defaults",
            **{key: "defaults" for key in configuration["sources"]
               if key not in ("interval_ms", "guarded_ports")}})
        self.assertIsNone(configuration["policy_mode"])
        self.assertEqual(started.of(1002, 1003), [])

    def test_single_values_win_over_single_members(self):
        self.write(guarded_ports=[8080], rules=RULES)
        self.policy(GuardedPorts=["22", "7000-7009"], PolicyMode="observe")
        started = self.launch()
        event = started.wait_event(1002)["data"]
        self.assertTrue(event["file"].endswith("etc/config.json"))
        self.assertEqual(event["source"], "mixed")
        self.assertEqual(event["sources"]["guarded_ports"], "group-policy")
        self.assertEqual(event["sources"]["rules"], "file")
        self.assertEqual(event["policy_mode"], "observe")
        # The ports of rules stay guarded.
        self.assertEqual(self.ask("health")["guarded_ports"],
                         [22, 80, "7000-7009", 8080])
        rules = self.ask("policy.show")["rules"]
        self.assertEqual([(r["name"], r["mode"], r["written_mode"], r["mode_source"])
                          for r in rules],
                         [("act", "observe", "enforce", "group-policy"),
                          ("watch", "observe", "observe", "group-policy")])
        shown = " ".join(self.shown().split())
        self.assertIn("config.json; Group Policy for guarded_ports, mode", shown)
        self.assertIn("observe by Group Policy; written is enforce", shown)

    def test_a_configuration_replaces_the_file_be_it_good_or_bad(self):
        self.write(guarded_ports=["90-80"], rules=RULES)
        text = json.dumps({"version": 1, "guarded_ports": [25], "rules": RULES[:1]}, indent=1)
        self.policy(Configuration=text.splitlines(), GuardedPorts="22")
        started = self.launch()
        event = started.wait_event(1002)["data"]
        self.assertIsNone(event["file"])
        self.assertEqual(event["source"], "group-policy")
        self.assertEqual(self.ask("health")["guarded_ports"], [22, 80])
        self.assertEqual(event["sources"]["rules"], "group-policy")
        self.assertEqual(started.of(1003), [])
        self.assertIn("Group Policy", self.shown())

    def test_off_takes_the_rules_away_and_names_them(self):
        self.write(rules=RULES)
        self.policy(PolicyMode="off")
        started = self.launch()
        self.assertEqual(started.wait_event(1002)["data"]["rules"], 0)
        shown = self.ask("policy.show")
        self.assertEqual(shown["rules"], [])
        self.assertEqual(shown["switched_off"], ["act", "watch"])
        self.assertEqual(self.ask("health")["guarded_ports"], [80, 443, 8080])
        self.assertIn("by Group Policy (PolicyMode): act, watch", self.shown())

    # --- when it changes ---

    def test_a_change_is_noticed_and_so_is_its_end(self):
        self.write(guarded_ports=[8080])
        started = self.launch()
        started.wait_event(1002)
        self.policy(GuardedPorts=["22"])
        self.assertEqual(started.wait_event(1002, count=2)["data"]["source"], "mixed")
        self.assertEqual(self.ask("health")["guarded_ports"], [22])
        os.unlink("etc/policy.json")
        self.assertEqual(started.wait_event(1002, count=3)["data"]["source"], "file")
        self.assertEqual(self.ask("health")["guarded_ports"], [8080])

    def test_a_file_that_changes_beside_it_is_read_with_it(self):
        self.policy(PolicyMode="observe")
        started = self.launch()
        started.wait_event(1002)
        self.write(guarded_ports=[8080], rules=RULES)
        started.wait_event(1002, count=2)
        self.assertEqual([r["mode"] for r in self.ask("policy.show")["rules"]],
                         ["observe", "observe"])

    def test_whoever_asks_has_it_at_once(self):
        self.launch()
        self.policy(GuardedPorts="22")
        answer = json.loads(self.reload("--json").stdout)
        self.assertEqual(answer["guarded_ports"], [22])
        self.assertEqual(answer["configuration"]["source"], "mixed")
        self.policy(GuardedPorts="23")
        self.assertIn("Group Policy for guarded_ports", " ".join(self.reload().stdout.split()))

    # --- what is wrong ---

    def test_a_wrong_value_changes_nothing_and_is_told_by_its_name(self):
        self.write(guarded_ports=[8080], rules=RULES)
        started = self.launch()
        started.wait_event(1002)
        self.policy(GuardedPorts="22", IntervalMs=99)
        event = started.wait_event(1003)
        self.assertEqual(event["data"]["path"], "IntervalMs")
        self.assertEqual(event["data"]["source"], "group-policy")
        self.assertIsNone(event["data"]["file"])
        self.assertIn("IntervalMs: found 99, expected 100-60000", event["data"]["error"])
        # Not the port that was right beside it either.
        health = self.ask("health")
        self.assertEqual(health["guarded_ports"], [80, 8080])
        self.assertEqual(health["configuration"]["error_source"], "group-policy")
        self.assertTrue(any("Group Policy" in words for words in health["warnings"]))
        refused = self.reload()
        self.assertEqual(refused.returncode, 7)
        self.assertIn("IntervalMs", refused.stderr)
        self.assertIn("gpresult", refused.stderr)
        self.assertEqual(len(started.of(1003)), 1)
        self.policy(GuardedPorts="22", IntervalMs=100)
        started.wait_event(1002, count=2)
        self.assertIsNone(self.configuration()["error"])

    def test_a_wrong_value_at_start_leaves_no_rule_in_force(self):
        self.write(guarded_ports=[8080], rules=RULES)
        self.policy(PolicyMode="Observe")
        started = self.launch()
        self.assertEqual(started.wait_event(1003)["data"]["path"], "PolicyMode")
        self.assertEqual(self.ask("policy.show")["rules"], [])
        self.assertEqual(self.ask("health")["guarded_ports"], [80, 443])
        os.unlink("etc/policy.json")
        started.wait_event(1002)
        self.assertEqual(len(self.ask("policy.show")["rules"]), 2)

    def test_a_wrong_file_refuses_the_values_beside_it_too(self):
        self.write(guarded_ports=["90-80"])
        self.policy(IntervalMs=500)
        started = self.launch()
        event = started.wait_event(1003)["data"]
        self.assertEqual((event["path"], event["source"]), ("guarded_ports[0]", "file"))
        self.assertEqual(self.configuration()["source"], "defaults")

    def test_a_wrong_configuration_does_not_bring_the_file_back(self):
        self.write(rules=RULES)
        self.policy(Configuration=['{"version": 1,', ' "rules": [}'])
        started = self.launch()
        event = started.wait_event(1003)["data"]
        self.assertEqual(event["path"], "Configuration")
        self.assertIn("Configuration: line 2", event["error"])
        self.assertEqual(self.ask("policy.show")["rules"], [])

    def test_without_a_file_to_read_it_holds_alone(self):
        self.policy(GuardedPorts="22")
        started = self.start(web_host(), "gp", more=("--group-policy", "etc/policy.json"))
        started.wait_event(1002)
        wait_until(lambda: self.ask("health")["guarded_ports"] == [22], "its port")


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
