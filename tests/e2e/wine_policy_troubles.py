#!/usr/bin/env python3
"""Rules at work while something comes between: a service that hangs, administrators
who want the same, another configuration, and the end of portguard itself."""

import harness_wine
from policy_wine import LONG_S, PolicyCase, rule, wait_until

# A question is answered at once; the rest is starting a program on a busy machine.
ANSWER_S = 4


class Meanwhile(PolicyCase):
    """While a service hangs in STOP_PENDING, which the test ends when it likes. (On
    Windows ending the process would do; Wine's SCM does not notice that.)"""

    @classmethod
    def furnish(cls):
        cls.machine.install()

    def wait_loaded(self, count):
        self.machine.wait_event(1002, count)

    def test_everything_else_goes_on_and_its_end_is_noticed(self):
        self.rules(rule("hung", 8321, "PgHung"), rule("next", 8322, "PgNext"))
        self.hangs("PgHung", 8321)
        self.wait_diary("PgHung", "asked")
        self.assertEqual(self.machine.state("PgHung"), "STOP_PENDING")
        self.wait_shown("hung", "PgHung", state="acting", strikes=1)
        self.started("PgNext", 8322)
        self.wait_shown("next", "PgNext", state="acting", port=8322)
        answer = self.done(self.machine.ctl("status", "8322", "--json"))
        self.assertLess(answer.seconds, ANSWER_S)
        self.assertIs(answer.json()["complete"], True, answer)
        self.assertEqual(answer.json()["holders"][0]["service"]["name"], "PgNext")
        self.assertLess(self.done(self.machine.ctl("list")).seconds, ANSWER_S)
        self.assertEqual(self.count(1301, "hung") + self.count(1302, "hung"), 0)
        self.assertEqual(self.diary("PgNext", "asked"), [], "one action after the other")
        self.let_go("PgHung")
        self.assertEqual(self.told(1301, "hung")[3], "port 8321 is free")
        self.told(1304, "hung")
        self.assertEqual(self.told(1301, "next")[3], "port 8322 is free")

    # --- administrators ---

    def free_twice(self, port):
        """Two administrators, both of whom wait for an answer."""
        both = [self.machine.start("portguardctl", "free", str(port), "--yes")
                for _ in range(2)]
        for one in both:
            self.addCleanup(one.stop)
        wait_until(lambda: self.connections() == 1 + len(both), "both have asked")
        return both

    def connections(self):
        return self.done(self.ctl("health", "--json")).json()["connections"]

    def ends(self, program):
        return program.stop(), program.text()

    def test_two_administrators_come_while_a_rule_acts(self):
        self.rules(rule("before", 8323, "PgBefore", cooldown_s=LONG_S))
        self.hangs("PgBefore", 8323)
        self.wait_diary("PgBefore", "asked")
        both = self.free_twice(8323)
        self.let_go("PgBefore")
        self.assertEqual([self.ends(one) for one in both],
                         [(0, "DONE  nothing listens on port 8323\n")] * 2)
        self.told(1304, "before")
        self.assertEqual(len(self.diary("PgBefore", "asked")), 1)

    def test_a_rule_comes_while_two_administrators_act(self):
        self.rules(rule("after", 8324, "PgAfter", mode="observe", cooldown_s=LONG_S))
        self.hangs("PgAfter", 8324)
        self.told(1300, "after")
        both = self.free_twice(8324)
        self.wait_diary("PgAfter", "asked")
        self.rules(rule("after", 8324, "PgAfter", cooldown_s=LONG_S))
        self.wait_shown("after", "PgAfter", state="acting")
        self.let_go("PgAfter")
        first, last = sorted((self.ends(one) for one in both), key=lambda end: -len(end[1]))
        self.assertIn("DONE  port 8324 is free", first[1])
        self.assertEqual(last[1], "DONE  nothing listens on port 8324\n")
        self.assertEqual((first[0], last[0]), (0, 0))
        self.wait_shown("after", "PgAfter", state="idle", strikes=0, cooldown_until=None)
        self.assertEqual(len(self.diary("PgAfter", "asked")), 1)
        self.assertEqual(self.count(1301, "after") + self.count(1302, "after"), 0)

    # --- another configuration ---

    def test_a_rule_that_is_gone_by_then_has_acted_and_acts_no_more(self):
        self.rules(rule("gone", 8325, "PgGone"))
        self.hangs("PgGone", 8325)
        self.wait_diary("PgGone", "asked")
        loaded = len(self.machine.events(1002))
        self.write_rules(rule("other", 8326, "PgStays"))
        self.done(self.machine.run("paramchange", "PortGuard"))
        self.wait_loaded(loaded + 1)
        self.assertEqual(self.count(1301, "gone"), 0)
        self.let_go("PgGone")
        self.assertEqual(self.told(1301, "gone")[1:4],
                         ["PgGone", "8325", "port 8325 is free"])
        self.told(1304, "gone")
        self.machine.start_service("PgGone")
        self.machine.wait_event(1100, 2, first="8325")
        self.started("PgStays", 8326)
        self.told(1304, "other")
        self.assertEqual(len(self.diary("PgGone", "asked")), 1)
        self.restore("PgGone")

    def test_a_rule_that_says_something_else_by_then_remembers_the_strike(self):
        self.rules(rule("kept", 8327, "PgKept"))
        self.hangs("PgKept", 8327)
        self.wait_diary("PgKept", "asked")
        loaded = len(self.machine.events(1002))
        self.write_rules(rule("kept", 8327, "PgKept", cooldown_s=LONG_S))
        self.wait_loaded(loaded + 1)
        self.let_go("PgKept")
        self.told(1304, "kept")
        self.machine.start_service("PgKept")
        self.wait_shown("kept", "PgKept", state="cooling_down", port=8327, strikes=1)
        self.assertEqual(len(self.shown("kept", "PgKept")["strikes_at"]), 1)
        self.assertEqual(len(self.diary("PgKept", "asked")), 1)

    def test_a_configuration_that_is_wrong_changes_nothing(self):
        self.rules(rule("right", 8328, "PgRight"))
        self.hangs("PgRight", 8328)
        self.wait_diary("PgRight", "asked")
        self.write_rules(rule("wrong", 8328, "RpcSs"))
        self.machine.run("paramchange", "PortGuard")
        self.machine.wait_event(1003)
        self.let_go("PgRight")
        self.told(1304, "right")
        self.assertEqual(self.shown("right", "PgRight")["strikes"], 1)

    # --- the end, in good order ---

    def test_portguard_is_stopped_and_first_ends_what_it_has_begun(self):
        self.rules(rule("leaves", 8329, "PgLeaves", cooldown_s=LONG_S))
        self.hangs("PgLeaves", 8329)
        self.wait_diary("PgLeaves", "asked")
        self.done(self.machine.run("sc", "stop", "PortGuard"))
        self.assertEqual(self.machine.state("PortGuard"), "STOP_PENDING")
        self.let_go("PgLeaves")
        self.machine.wait_state("PortGuard", "STOPPED")
        self.assertIn("has not looked again", self.told(1301, "leaves")[3])
        self.assertEqual(self.count(1304, "leaves"), 0)
        self.machine.start_service("PortGuard")
        self.assertEqual(self.shown("leaves", "PgLeaves")["strikes"], 1)
        self.restore("PgLeaves")
        self.wait_shown("leaves", "PgLeaves", state="cooling_down", port=8329)
        self.assertEqual(len(self.diary("PgLeaves", "asked")), 1)


class Ended(PolicyCase):
    """Portguard ends as by a loss of power, and is started again. In a console, since
    Wine's SCM does not notice that a service's process has ended."""

    CONFIG = r"C:\Ended\config.json"
    STATE = r"C:\Ended\state.json"
    PIPES = ("--pipe", r"\\.\pipe\pg-ended", "--control", r"\\.\pipe\pg-ended-control")

    def run_it(self):
        running = self.machine.start("portguardsvc", "run", *self.PIPES, "--state",
                                     r"C:\Ended", "--config", self.CONFIG)
        self.addCleanup(running.kill)
        running.wait_for('"event":1000')
        return running

    def again(self, running):
        """After what `running` had begun."""
        running.kill()
        self.state()
        return self.run_it()

    def restored(self, name):
        """By the next run, and left alone until the cool-down is over."""
        self.restore(name)
        self.assertEqual(self.machine.state(name), "RUNNING")
        self.assertNotIn(name, self.noted())
        self.wait_shown("keep", name, state="cooling_down", strikes=1)

    def test_before_the_first_step(self):
        """Which waits for the end of another action."""
        self.write_rules(rule("keep", [8331, 8332], "PgLong", "PgQueued",
                              cooldown_s=LONG_S))
        running = self.run_it()
        self.hangs("PgLong", 8331)
        self.wait_diary("PgLong", "asked")
        self.started("PgQueued", 8332)
        self.wait_shown("keep", "PgQueued", state="acting")
        running.kill()
        self.assertEqual(self.noted(), ["PgLong"])
        self.assertEqual(self.diary("PgQueued", "asked"), [])
        self.let_go("PgLong")
        self.machine.wait_state("PgLong", "STOPPED")
        running = self.run_it()
        running.wait_for('"event":1304')
        self.assertEqual(self.noted(), ["PgLong", "PgQueued"])
        self.restored("PgQueued")
        self.restored("PgLong")
        for name in ("PgLong", "PgQueued"):
            self.assertEqual(len(self.diary(name, "asked")), 1)

    def test_in_the_middle_of_a_slow_stop(self):
        self.write_rules(rule("keep", 8333, "PgSlow", action="disable", cooldown_s=LONG_S))
        running = self.run_it()
        self.hangs("PgSlow", 8333)
        self.wait_diary("PgSlow", "asked")
        self.again(running)
        self.assertEqual(self.noted(), ["PgSlow"])
        self.wait_shown("keep", "PgSlow", state="cooling_down", port=8333, strikes=1)
        self.let_go("PgSlow")
        self.machine.wait_state("PgSlow", "STOPPED")
        self.assertEqual(self.start_type("PgSlow"), "disabled")
        self.restored("PgSlow")
        self.assertEqual(self.start_type("PgSlow"), "manual")
        self.assertEqual(len(self.diary("PgSlow", "asked")), 1)

    def test_between_the_stop_and_the_second_look(self):
        """A quarter of a second lies between the looks."""
        self.write_rules(rule("keep", 8334, "PgQuick", cooldown_s=LONG_S))
        running = self.run_it()
        self.started("PgQuick", 8334)
        self.wait_diary("PgQuick", "stopped")
        running.kill()
        self.assertNotIn('"event":1301', running.text(), "that was too late")
        self.assertEqual(self.noted(), ["PgQuick"])
        self.run_it()
        self.assertEqual(self.shown("keep", "PgQuick")["strikes"], 1)
        self.assertIsNotNone(self.shown("keep", "PgQuick")["cooldown_until"])
        self.restored("PgQuick")

    def test_when_the_third_strike_was_told(self):
        self.write_rules(rule("keep", 8335, "PgNever"))
        running = self.run_it()
        self.started("PgNever", 8335, "refuse")
        running.wait_for('"event":1305')
        running = self.again(running)
        self.wait_shown("keep", "PgNever", state="suspended", port=8335, suspensions=1)
        self.assertNotIn('"event":1302', running.text())
        self.assertEqual(self.noted(), [])


if __name__ == "__main__":
    harness_wine.main()
