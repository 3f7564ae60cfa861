#!/usr/bin/env python3
"""The rules of a policy in the Linux build, which can stop nothing: they observe, are
shown, tried out, paused and resumed, and are remembered."""

import datetime
import json
import os
import unittest

import harness
from harness import ServiceCase, capture, listener, web_host
from waiting import wait_until

RULE = {"name": "keep-80-free", "mode": "enforce", "ports": [80], "services": ["w3svc"],
        "confirm_s": 0}
NOBODY_CAN = "nothing can be stopped or changed here: the service runs on a capture"


def seconds(told):
    return datetime.datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()


class Policy(ServiceCase):
    def setUp(self):
        self.folder = self.id().rsplit(".", maxsplit=1)[-1]
        os.makedirs(self.folder, mode=0o700)
        self.config = self.folder + "/config.json"
        self.write(RULE)

    def write(self, *rules, **settings):
        harness.write_capture(self.config, {"version": 1, "rules": rules, **settings})

    def launch(self, content=None):
        return self.start(content or web_host(), "policy", more=(
            "--config", self.config, "--control", "policy.control", "--state", self.folder))

    def launch_on_a_wrong_file(self):
        """With a pause of the rule that an earlier run has remembered."""
        started = self.launch()
        self.control("policy.pause", rule="keep-80-free", for_s=7200)
        wait_until(lambda: self.saved()["rules"], "the pause of the rule in the file")
        started.stop()
        harness.write_capture(self.config, b"{")
        started = self.launch()
        started.wait_event(1003)
        return started

    def ask(self, method, **params):
        with harness.Connection("policy.sock") as connection:
            return connection.ask(method, **params)

    def control(self, method, **params):
        with harness.Connection("policy.control") as connection:
            return connection.call(method, params)

    def rule(self):
        return self.ask("policy.show")["rules"][0]

    def watched(self):
        return self.rule()["watched"]

    def saved(self):
        """What state.json remembers; it is written a moment after the answer."""
        if not os.path.exists(self.folder + "/state.json"):
            return {"rules": []}
        with open(self.folder + "/state.json", encoding="utf-8") as file:
            return json.load(file)["policy"]

    def test_every_rule_observes_and_says_so_once(self):
        started = self.launch()
        event = started.wait_event(1300)["data"]
        self.assertEqual((event["rules"], event["service"], event["port"], event["action"]),
                         (["keep-80-free"], "W3SVC", 80, "stop"))
        self.assertEqual(event["reason"], NOBODY_CAN)
        self.assertEqual(self.ask("policy.show")["no_action"], NOBODY_CAN)
        # Somebody else comes and goes; W3SVC holds on, and nothing more is said of it.
        harness.write_capture("policy.json", capture(web_host()["tcp"] + [listener(9000, 5120)], **{
            key: web_host()[key] for key in ("processes", "services", "service_tags", "http",
                                             "excluded_port_ranges_text")}))
        started.wait_event(1100, port=9000)
        self.assertEqual(len(started.of(1300)), 1)
        # It lets go and takes the port again: that is another tenancy.
        harness.write_capture("policy.json", capture([listener(8080, 5120)]))
        started.wait_event(1101, port=80)
        harness.write_capture("policy.json", web_host())
        started.wait_event(1300, count=2)
        self.assertEqual(started.of(1301, 1302, 1304), [])

    def test_a_folder_without_a_file_is_no_fault(self):
        self.launch()
        self.assertEqual(self.ask("health")["warnings"], [])

    def test_a_rule_is_shown_whole(self):
        self.write(dict(RULE, schedule=[{"days": ["mon"], "from": "00:00", "to": "24:00"},
                                        {"days": ["tue", "wed", "thu", "fri", "sat", "sun"],
                                         "from": "00:00", "to": "24:00"}]))
        self.launch()
        wait_until(lambda: self.watched() and self.watched()[0]["state"] == "due", "the rule")
        shown = self.rule()
        self.assertEqual(shown["services"], ["w3svc"])
        self.assertTrue(shown["open"])
        self.assertEqual(shown["watched"], [
            {"service": "W3SVC", "state": "due", "port": 80, "strikes": 0,
             "cooldown_until": None, "suspended_until": None, "suspensions": 0,
             "strikes_at": []}])
        self.assertTrue(self.ask("policy.show")["configuration"]["file"].endswith(self.config))

    def test_what_would_happen_is_told(self):
        self.write(dict(RULE, schedule=[{"days": ["mon"], "from": "08:00", "to": "18:00"}]))
        self.launch()
        told = self.ask("policy.test", port=80, service="W3SVC", at="2026-03-02T09:00")
        self.assertEqual((told["result"], told["rules"][0]["part"]), ("observe", "observes"))
        told = self.ask("policy.test", port=80, service="W3SVC", at="2026-03-03T09:00")
        self.assertEqual((told["result"], told["rules"][0]["part"]), ("nothing", "closed"))
        told = self.ask("policy.test", port=81)
        self.assertEqual(told["rules"][0]["part"], "other_port")
        error = self.control("policy.test", port=80, at="tomorrow")["error"]
        self.assertEqual((error["code"], error["data"]["param"]), (-32602, "at"))

    def test_pausing_outlives_the_service(self):
        started = self.launch()
        started.wait_event(1300)
        paused = self.control("policy.pause", rule="keep-80-free", for_s=7200)["result"]
        self.assertIsNotNone(paused["paused_until"])
        self.assertEqual(started.wait_event(1400)["data"]["what"], "policy.pause keep-80-free")
        self.assertIn("paused for 7200 s", started.wait_event(1306)["data"]["what"])
        wait_until(lambda: self.saved()["rules"], "the pause in the file")
        started.kill()
        again = self.launch()
        wait_until(lambda: self.watched() and self.watched()[0]["state"] == "paused", "the pause")
        self.assertEqual(again.of(1300), [])
        self.control("policy.resume")
        again.wait_event(1300)
        wait_until(lambda: not self.saved()["rules"], "the end of the pause in the file")

    def test_when_strikes_were_outlives_the_service(self):
        harness.write_capture(self.folder + "/state.json", {
            "version": 1, "undo": [], "policy": {"rules": [], "services": [
                {"rule": "keep-80-free", "service": "W3SVC", "port": 80,
                 "strikes_ms": [500000, 590000],
                 "struck_at": [1772449202000, 1772449234500]}]}})
        for _ in range(2):
            started = self.launch()
            watched = wait_until(self.watched, "the service with its strikes")
            self.assertEqual(watched[0]["strikes"], 2)
            self.assertEqual(watched[0]["strikes_at"],
                             ["2026-03-02T11:00:02Z", "2026-03-02T11:00:34.500Z"])
            shown = harness.run("portguardctl", "--pipe", "policy.sock", "policy", "show")
            self.assertIn("\n  Struck      W3SVC: 2026-03-02 ", shown.stdout)
            started.stop()

    def test_a_file_that_is_wrong_at_start_forgets_nothing(self):
        started = self.launch_on_a_wrong_file()
        self.assertEqual(self.ask("policy.show")["rules"], [])
        self.assertIsNotNone(self.ask("policy.show")["configuration"]["error"])
        started.stop()
        self.assertEqual(self.saved()["rules"][0]["name"], "keep-80-free")
        started = self.launch()
        started.wait_event(1003)
        self.write(RULE)
        started.wait_event(1002)
        self.assertIsNotNone(self.rule()["paused_until"])

    def test_a_pause_of_all_holds_while_the_file_is_mended(self):
        started = self.launch_on_a_wrong_file()
        self.control("policy.pause", for_s=3600)
        wait_until(lambda: self.saved().get("paused_ms"), "the pause of all in the file")
        started.kill()
        started = self.launch()
        started.wait_event(1003)
        until = self.ask("policy.show")["paused_until"]
        self.assertIsNotNone(until)
        self.write(RULE)
        started.wait_event(1002)
        self.assertAlmostEqual(seconds(self.ask("policy.show")["paused_until"]), seconds(until),
                               delta=1)
        self.assertEqual(self.saved()["rules"][0]["name"], "keep-80-free")

    def test_a_pause_of_all_that_is_over_stays_over_when_the_file_is_mended(self):
        started = self.launch()
        self.control("policy.pause", for_s=7200)
        wait_until(lambda: self.saved().get("paused_ms"), "the pause in the file")
        started.stop()
        harness.write_capture(self.config, b"{")
        started = self.launch()
        started.wait_event(1003)
        self.assertIsNotNone(self.ask("policy.show")["paused_until"])
        self.control("policy.resume")
        self.write(RULE)
        started.wait_event(1002)
        self.assertIsNone(self.ask("policy.show")["paused_until"])

    def test_rules_come_and_go_with_the_file(self):
        started = self.launch()
        started.wait_event(1300)
        self.write(dict(RULE, name="other"))
        started.wait_event(1002, count=2)
        event = started.wait_event(1300, count=2)
        self.assertEqual(event["data"]["rules"], ["other"])
        self.write()
        started.wait_event(1002, count=3)
        self.assertEqual(self.ask("policy.show")["rules"], [])
        refused = self.control("policy.resume", rule="other")["error"]
        self.assertEqual((refused["code"], refused["data"]["hint"]),
                         (-32004, "portguardctl policy show"))

    def test_readers_may_not_pause(self):
        self.launch()
        with harness.Connection("policy.sock") as connection:
            answer = connection.call("policy.pause", {"for_s": 60})
        self.assertEqual(answer["error"]["code"], -32001)
        self.assertIsNone(self.ask("policy.show")["paused_until"])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
