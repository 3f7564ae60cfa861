#!/usr/bin/env python3
"""Group Policy in the registry of a running service: it wins over config.json while it is
there, is told as the source, and what is wrong in it changes nothing."""

import json
import unittest

import harness_wine
from harness_wine import wait_until
from policy_wine import PolicyCase, rule

KEY = r"HKLM\Software\Policies\PortGuard"


class GroupPolicyCase(PolicyCase):
    def setUp(self):
        self.machine.delete_key(KEY)
        self.addCleanup(self.machine.delete_key, KEY)

    def health(self):
        return self.done(self.machine.ctl("health", "--json")).json()

    def show(self):
        return self.done(self.machine.ctl("policy", "show", "--json")).json()

    def guards(self, *ports):
        wait_until(lambda: self.health()["guarded_ports"] == list(ports), f"{ports} guarded")

    def set(self, name, data, kind):
        self.machine.set_value(KEY, name, data, kind)

    def count_events(self, event_id):
        return len(self.machine.events(event_id))


class Values(GroupPolicyCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def setUp(self):
        super().setUp()
        self.rules(rule("act", 8401, "PgAct"), rule("watch", 8402, "PgWatch", mode="observe"))
        self.guards(80, 443, "8401-8402")

    def test_a_value_is_noticed_told_and_gone_with_the_key(self):
        loaded = self.count_events(1002)
        self.set("GuardedPorts", r"22\07000-7009", "REG_MULTI_SZ")
        self.guards(22, "7000-7009", "8401-8402")
        strings = self.machine.wait_event(1002, loaded + 1)
        self.assertIn("has the last word on guarded_ports", strings[0])
        self.assertEqual(self.show()["configuration"]["sources"]["guarded_ports"],
                         "group-policy")
        shown = " ".join(self.done(self.machine.ctl("policy", "show")).out.split())
        self.assertIn("Group Policy for guarded_ports", shown)
        self.machine.delete_key(KEY)
        self.guards(80, 443, "8401-8402")
        self.assertEqual(self.show()["configuration"]["source"], "file")

    def test_a_key_that_goes_and_comes_back_is_noticed_again(self):
        for port in (22, 23):
            self.set("GuardedPorts", str(port), "REG_SZ")
            self.guards(port, "8401-8402")
            self.machine.delete_key(KEY)
            self.guards(80, 443, "8401-8402")

    def test_modes_are_overridden_and_given_back(self):
        def modes():
            return [r["mode"] for r in self.show()["rules"]]
        self.set("PolicyMode", "observe", "REG_SZ")
        wait_until(lambda: modes() == ["observe", "observe"], "all observe")
        self.set("PolicyMode", "enforce", "REG_SZ")
        wait_until(lambda: modes() == ["enforce", "enforce"], "all enforce")
        self.set("PolicyMode", "off", "REG_SZ")
        wait_until(lambda: modes() == [], "none")
        self.assertEqual(self.show()["switched_off"], ["act", "watch"])
        self.machine.delete_value(KEY, "PolicyMode")
        wait_until(lambda: modes() == ["enforce", "observe"], "their own")

    def test_whom_a_rule_would_stop_is_left_alone_while_group_policy_observes(self):
        self.set("PolicyMode", "observe", "REG_SZ")
        self.done(self.machine.ctl("policy", "reload"))
        self.started("PgAct", 8401)
        self.assertEqual(self.told(1300, "act")[1:5],
                         ["PgAct", "8401", "stop", "it only observes"])
        self.assertEqual(self.diary("PgAct", "asked"), [])
        self.machine.delete_key(KEY)
        self.assertEqual(self.told(1301, "act")[1], "PgAct")

    def test_a_configuration_replaces_the_file(self):
        text = json.dumps({"version": 1, "interval_ms": 300, "guarded_ports": [25]})
        self.set("Configuration", text.replace(", ", r",\0"), "REG_MULTI_SZ")
        self.guards(25)
        configuration = self.health()["configuration"]
        self.assertEqual((configuration["source"], configuration["file"]),
                         ("group-policy", None))
        self.set("IntervalMs", "500", "REG_DWORD")
        wait_until(lambda: self.health()["interval_ms"] == 500, "the single value wins")

    def test_whoever_asks_has_it_at_once(self):
        self.set("GuardedPorts", "22", "REG_SZ")
        answer = self.done(self.machine.ctl("policy", "reload", "--json")).json()
        self.assertEqual(answer["guarded_ports"], [22, "8401-8402"])
        self.assertEqual(answer["configuration"]["source"], "mixed")

    def test_a_bad_value_is_named_and_changes_nothing(self):
        bad = self.count_events(1003)
        self.set("IntervalMs", "99", "REG_DWORD")
        strings = self.machine.wait_event(1003, bad + 1)
        self.assertIn(r"of Group Policy (HKLM\Software\Policies\PortGuard)", strings[0])
        self.assertEqual(strings[1], "IntervalMs: found 99, expected 100-60000")
        self.assertEqual(self.health()["interval_ms"], 200)
        refused = self.done(self.machine.ctl("policy", "reload"), 7)
        self.assertIn("IntervalMs", refused.err)
        self.set("IntervalMs", "500", "REG_SZ")
        strings = self.machine.wait_event(1003, bad + 2)
        self.assertEqual(strings[1], "IntervalMs: found REG_SZ, expected REG_DWORD")
        self.assertEqual(len(self.show()["rules"]), 2)
        self.machine.delete_key(KEY)
        wait_until(lambda: self.health()["configuration"]["error"] is None, "mended")

    def test_values_of_other_names_are_passed_over(self):
        self.set("Later", "1", "REG_DWORD")
        self.set("GuardedPorts", "22", "REG_SZ")
        self.guards(22, "8401-8402")


class AtStart(GroupPolicyCase):
    def test_a_bad_value_leaves_no_rule_in_force(self):
        self.set("PolicyMode", "Enforce", "REG_SZ")
        self.write_rules(rule("act", 8403, "PgAct"))
        self.machine.install()
        self.addCleanup(self.machine.svc, "uninstall")
        self.assertIn("PolicyMode: found", self.machine.wait_event(1003)[1])
        self.assertEqual(self.show()["rules"], [])
        self.machine.delete_key(KEY)
        wait_until(lambda: len(self.show()["rules"]) == 1, "the file's rule")

    def test_good_values_hold_from_the_first_look(self):
        self.set("GuardedPorts", "22", "REG_SZ")
        baselines = self.count_events(1000)
        self.machine.install()
        self.addCleanup(self.machine.svc, "uninstall")
        self.assertIn("22: free", self.machine.wait_event(1000, baselines + 1)[1])


if __name__ == "__main__":
    harness_wine.main()
