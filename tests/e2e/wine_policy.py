#!/usr/bin/env python3
"""Rules at work on real services of the real SCM that take real ports: who is stopped
and how soon, who is left alone, and what the Event Log says of it."""

import datetime
import statistics
import time

import harness_wine
from policy_wine import LONG_S, PolicyCase, rule

# Beside what a rule and the interval say, until the service is asked to stop.
PROMISED_MS = 100
# Half of what a look at HTTP.sys takes when no rule is open there, twice as long as
# one takes when one is.
JOINED_S = 15


class WorkCase(PolicyCase):
    @classmethod
    def furnish(cls):
        cls.machine.start_service("http")
        cls.machine.install()

    def wait_running(self, name):
        self.machine.wait_state(name, "RUNNING")


class Stopped(WorkCase):
    def stop_in_time(self, name, port, interval_ms, rounds):
        confirm_s = 1
        self.rules(rule(name, port, name, confirm_s=confirm_s, max_strikes=rounds + 1),
                   interval_ms=interval_ms)
        self.service(name, port)
        for count in range(1, rounds + 1):
            self.machine.start_service(name)
            strings = self.told(1301, name, count)
            self.assertEqual(strings[1:4], [name, str(port), f"port {port} is free"])
            self.assertEqual(self.told(1304, name, count)[1:3], [name, str(port)])
            self.assertEqual(self.machine.state(name), "STOPPED")
        took = [asked - taken for taken, asked in zip(
            self.diary(name, "listening"), self.diary(name, "asked"))]
        at_most = confirm_s * 1000 + interval_ms + PROMISED_MS
        print(f"from taking the port to the stop request: at most {at_most} ms:",
              *(f"{ms:.0f}" for ms in took))
        self.assertEqual(len(took), rounds)
        self.assertGreaterEqual(min(took), confirm_s * 1000)
        # The slowest is only shown: on a machine that has more to do than it can, any
        # single one may wait for a processor longer than the rest takes.
        self.assertLessEqual(statistics.median_low(took), at_most)

    def test_in_time_and_the_port_is_seen_free(self):
        self.stop_in_time("PgUsual", 8301, 1000, 2)

    def test_in_time_when_it_is_looked_at_most_often(self):
        """Little of what is measured is waiting for the next look."""
        self.stop_in_time("PgOften", 8306, 100, 4)

    def test_behind_http_sys(self):
        self.rules(rule("web", 8302, "PgWeb"))
        self.web_service("PgWeb", 8302)
        self.machine.start_service("PgWeb")
        self.assertEqual(self.told(1301, "web")[1:4],
                         ["PgWeb", "8302", "port 8302 is free"])
        self.told(1304, "web")
        self.assertEqual(self.machine.state("PgWeb"), "STOPPED")

    def test_when_it_joins_a_listener_that_another_service_holds(self):
        """The table of listeners stays as it is. (Wine's HTTP.sys drops the listener
        with either of them, so it is not told who holds it still.)"""
        self.rules(rule("join", 8303, "PgJoins"))
        for name in ("PgHost", "PgJoins"):
            self.web_service(name, 8303)
        self.machine.start_service("PgHost")
        self.machine.wait_event(1100, first="8303")
        before = self.machine.status(8303)["listeners"]
        begun = time.monotonic()
        self.machine.start_service("PgJoins")
        self.assertEqual(self.machine.status(8303)["listeners"], before)
        self.assertEqual(self.told(1301, "join")[1:3], ["PgJoins", "8303"])
        took = time.monotonic() - begun
        print(f"from joining HTTP.sys's listener to event 1301: {took:.1f} s")
        self.assertLess(took, JOINED_S)
        self.assertEqual(self.machine.state("PgJoins"), "STOPPED")
        self.assertEqual(self.machine.state("PgHost"), "RUNNING")

    def test_disabled_and_restored(self):
        self.rules(rule("off", 8304, "PgOff", action="disable", cooldown_s=LONG_S))
        self.started("PgOff", 8304)
        self.assertEqual(self.told(1303, "off")[1:5], ["PgOff", "8304", "manual", "PgOff"])
        self.told(1301, "off")
        self.assertEqual(self.start_type("PgOff"), "disabled")
        self.assertNotEqual(self.machine.run("net", "start", "PgOff").code, 0)
        self.restore("PgOff")
        self.wait_running("PgOff")
        self.assertEqual(self.start_type("PgOff"), "manual")
        self.assertNotIn("PgOff", self.noted())
        # It holds the port again, and is left alone until the cool-down is over.
        self.wait_shown("off", "PgOff", state="cooling_down", port=8304, strikes=1)
        self.assertEqual(len(self.diary("PgOff", "asked")), 1)

    def test_and_disabled_when_it_comes_again(self):
        self.rules(rule("worse", 8305, "PgWorse", max_strikes=1, on_strikes="disable"))
        self.started("PgWorse", 8305)
        self.told(1304, "worse")
        self.assertEqual(self.start_type("PgWorse"), "manual")
        self.machine.start_service("PgWorse")
        self.told(1301, "worse", 2)
        self.told(1303, "worse")
        self.assertEqual(self.start_type("PgWorse"), "disabled")


class LeftAlone(WorkCase):
    def test_who_is_not_listed(self):
        self.rules(rule("mine", ["8311-8312"], "PgMine"))
        self.started("PgOther", 8311)
        self.assertIn("PgOther", self.machine.wait_event(1100, first="8311")[1])
        self.started("PgMine", 8312)
        self.assertEqual(self.told(1301, "mine")[1], "PgMine")
        self.assertEqual(self.machine.state("PgOther"), "RUNNING")
        self.assertEqual(self.diary("PgOther", "asked"), [])
        self.assertIsNone(self.shown("mine", "PgOther"))

    def test_whom_a_rule_only_observes_and_it_says_so_once(self):
        self.rules(rule("looking", 8313, "PgSeen", mode="observe"),
                   rule("acting", 8314, "PgBeside"))
        self.started("PgSeen", 8313)
        self.assertEqual(self.told(1300, "looking")[1:5],
                         ["PgSeen", "8313", "stop", "it only observes"])
        self.started("PgBeside", 8314)
        self.told(1304, "acting")
        self.assertEqual(self.count(1300, "looking"), 1)
        self.assertEqual(self.diary("PgSeen", "asked"), [])

    def test_who_refuses_to_stop_is_asked_again_after_a_cool_down(self):
        self.rules(rule("stubborn", 8315, "PgStubborn", max_strikes=2))
        self.started("PgStubborn", 8315, "refuse")
        strings = self.told(1302, "stubborn")
        self.assertEqual(strings[1:3], ["PgStubborn", "8315"])
        self.assertIn("PgStubborn: it refuses to stop", strings[3])
        self.told(1302, "stubborn", 2)
        self.assertEqual(self.told(1305, "stubborn")[1:4], ["PgStubborn", "8315", "600"])
        self.assertEqual(self.machine.state("PgStubborn"), "RUNNING")
        self.assertNotIn("PgStubborn", self.noted())
        self.assertEqual(self.count(1302, "stubborn"), 2)

    def test_who_comes_back_three_times_also_by_the_next_run_until_resumed(self):
        self.rules(rule("again", 8316, "PgAgain", max_strikes=3))
        self.started("PgAgain", 8316, "again")
        self.assertEqual(self.told(1305, "again")[1:4], ["PgAgain", "8316", "600"])
        self.assertEqual(self.count(1301, "again"), 3)
        before = self.wait_shown("again", "PgAgain", state="suspended", port=8316,
                                 suspensions=1)
        self.machine.stop_service("PortGuard")
        self.machine.start_service("PortGuard")
        after = self.wait_shown("again", "PgAgain", state="suspended", port=8316,
                                suspensions=1)
        self.assertLessEqual(abs(seconds(after) - seconds(before)), 5)
        self.assertEqual(self.machine.state("PgAgain"), "RUNNING")
        self.assertEqual(self.count(1305, "again"), 1)
        self.assertEqual(len(self.diary("PgAgain", "asked")), 3)
        self.done(self.ctl("policy", "resume", "again"))
        self.told(1306, "again")
        self.told(1301, "again", 4)


def seconds(shown):
    """When the suspension ends."""
    return datetime.datetime.fromisoformat(shown["suspended_until"]).timestamp()


if __name__ == "__main__":
    harness_wine.main()
