#!/usr/bin/env python3
"""The service under Wine's service control manager: install, start, stop, remove,
and clients that behave badly."""

import re
import time
import unittest

import harness_wine
from harness_wine import INSTALLED, SERVICE_KEY, TOOLS, MachineCase

EVENT_KEY = (r"HKLM\System\CurrentControlSet\Services\EventLog\Application\PortGuard")


class LifeCycle(MachineCase):
    def setUp(self):
        self.addCleanup(self.machine.svc, "uninstall")

    def test_install_writes_what_the_scm_and_event_viewer_need(self):
        installed = self.done(self.machine.svc("install"))
        self.assertIn("net start PortGuard", installed.out)
        image = rf"{INSTALLED}\portguardsvc.exe"
        values = self.machine.values(SERVICE_KEY)
        self.assertEqual(values["ImagePath"], f'"{image}"', "the path must be quoted")
        self.assertEqual(values["ObjectName"], "LocalSystem")
        self.assertEqual(values["Start"], "0x2")
        self.assertEqual(values["Type"], "0x10")
        self.assertIn("portguardctl status 80", values["Description"])
        source = self.machine.values(EVENT_KEY)
        self.assertEqual(source["EventMessageFile"], image)
        self.assertEqual(source["CategoryMessageFile"], image)
        self.assertEqual(source["TypesSupported"], "0x7")

    def test_what_the_system_does_not_take_is_a_warning_and_not_a_failure(self):
        """Wine knows neither service SIDs nor privilege lists."""
        installed = self.done(self.machine.svc("install"))
        self.assertRegex(installed.err, "warning: this system does not take a service SID of a service")

    @unittest.skip("Wine accepts recovery actions and keeps nothing of them")
    def test_recovery_actions_are_kept(self):
        """tests/windows asks `sc qfailure`."""

    def test_a_start_mends_what_it_is_set_to_and_leaves_the_rest_alone(self):
        """As after a package that cannot express it, or somebody's tool. The start type
        is an administrator's to choose."""
        self.done(self.machine.svc("install"))
        right = self.machine.values(SERVICE_KEY), self.machine.values(EVENT_KEY)
        self.done(self.machine.svc("uninstall"))
        self.done(self.machine.run("sc", "create", "PortGuard", "start=", "demand",
                                   "binPath=", rf"{INSTALLED}\portguardsvc.exe",
                                   "DisplayName=", right[0]["DisplayName"]))
        self.assertFalse(self.machine.values(SERVICE_KEY)["ImagePath"].startswith('"'))
        started = len(self.machine.events(1000))
        self.machine.start_service("PortGuard")
        self.machine.wait_event(1000, started + 1)
        self.assertEqual(self.machine.values(SERVICE_KEY), {**right[0], "Start": "0x3"})
        self.assertEqual(self.machine.values(EVENT_KEY), right[1])
        self.assertEqual(self.done(self.machine.ctl("health", "--json")).json()["warnings"], [])

    def test_an_event_source_that_is_missing_or_another_ones_is_registered_again(self):
        self.done(self.machine.svc("install"))
        right = self.machine.values(EVENT_KEY)
        self.machine.delete_key(EVENT_KEY)
        started = len(self.machine.events(1000))
        self.machine.start_service("PortGuard")
        self.machine.wait_event(1000, started + 1)
        self.assertEqual(self.machine.values(EVENT_KEY), right)
        self.machine.stop_service("PortGuard")
        self.machine.set_value(EVENT_KEY, "EventMessageFile", r"C:\elsewhere.exe")
        self.machine.start_service("PortGuard")
        self.machine.wait_event(1000, started + 2)
        self.assertEqual(self.machine.values(EVENT_KEY), right)

    def test_install_twice_updates(self):
        self.done(self.machine.svc("install"))
        again = self.done(self.machine.svc("install"))
        self.assertIn("updated", again.out)

    def test_uninstall_twice_says_that_nothing_is_there(self):
        self.done(self.machine.svc("install"))
        removed = self.done(self.machine.svc("uninstall"))
        self.assertIn("PortGuard is removed", removed.out)
        self.assertIn(r"stay in %ProgramData%\PortGuard.", removed.out)
        self.assertIsNone(self.machine.values(SERVICE_KEY))
        self.assertIsNone(self.machine.values(EVENT_KEY))
        again = self.done(self.machine.svc("uninstall"))
        self.assertIn("not installed", again.out)

    def test_start_stop_and_start_again(self):
        self.machine.install()
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        twice = self.machine.run("net", "start", "PortGuard")
        self.assertNotEqual(twice.code, 0, twice)
        self.assertIn("already running", twice.out + twice.err)
        for _ in range(2):
            self.machine.stop_service("PortGuard")
            self.assertEqual(self.machine.state("PortGuard"), "STOPPED")
            self.machine.start_service("PortGuard")
            self.done(self.machine.ctl("version"))

    def test_start_and_stop_are_events(self):
        started, stopped = (len(self.machine.events(i)) for i in (1000, 1001))
        self.machine.install()
        baseline = self.machine.wait_event(1000, started + 1)
        self.assertRegex(baseline[0], r"^\d+\.\d+\.\d+")
        self.assertEqual(baseline[1], "80: free; 443: free")
        self.machine.stop_service("PortGuard")
        self.assertEqual(self.machine.wait_event(1001, stopped + 1)[0], "a stop request")

    def test_uninstall_stops_a_running_service(self):
        stopped = len(self.machine.events(1001))
        self.machine.install()
        self.done(self.machine.svc("uninstall"))
        self.machine.wait_event(1001, stopped + 1)
        self.assertIsNone(self.machine.state("PortGuard"))

    def test_a_change_of_parameters_is_accepted(self):
        self.machine.install()
        sent = self.done(self.machine.run("paramchange", "PortGuard"))
        self.assertIn("accepted in state 4", sent.out)
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")

    def test_it_reads_its_configuration_again(self):
        self.machine.install()
        folder = self.machine.path(r"C:\ProgramData\PortGuard")
        self.addCleanup(lambda: (folder / "config.json").unlink(missing_ok=True))
        loaded = len(self.machine.events(1002))
        (folder / "config.json").write_text('{"version": 1, "guarded_ports": [8080]}')
        self.done(self.machine.run("paramchange", "PortGuard"))
        self.machine.wait_event(1002, loaded + 1)
        self.assertEqual(self.machine.ctl("health", "--json").json()["guarded_ports"], [8080])
        self.assertIn("8080", self.done(self.machine.ctl("policy", "reload")).out)

    def test_without_a_verb_it_says_what_to_type(self):
        by_hand = self.done(self.machine.svc(), 64)
        self.assertIn("portguardsvc install", by_hand.err)
        self.assertIn("net start PortGuard", by_hand.err)
        self.assertEqual(by_hand.out, "")

    def test_the_products_pipe_is_not_for_running_by_hand(self):
        for name in (r"\\.\pipe\portguard", r"\\.\PIPE\PortGuard", "//./pipe/portguard"):
            refused = self.done(self.machine.svc("run", "--pipe", name), 64)
            self.assertIn("installed service's own", refused.err)


class BadManners(MachineCase):
    """One client after the other does what it can; the service must not care."""

    @classmethod
    def furnish(cls):
        cls.machine.install()

    def health(self):
        return self.done(self.machine.ctl("health", "--json")).json()

    def load(self, mode, count):
        return self.done(self.machine.run("pipeload", mode, str(count), timeout=150))

    def assert_handles_are_back(self, before):
        """A few handles more are libuv's and Wine's own caches; one per client would
        be thousands."""
        def back():
            now = self.health()
            return now["handles"] <= before["handles"] + 8 and now["connections"] <= 1
        harness_wine.wait_until(back, f"handles as before: {before['handles']}", 20)

    def test_ten_thousand_clients_that_leave_at_once(self):
        self.load("leave", 100)
        before = self.health()
        self.load("leave", 10000)
        self.done(self.machine.ctl("status", "80"))
        self.assert_handles_are_back(before)
        self.assertEqual(self.machine.events(1007), [])

    def test_ten_thousand_bad_requests_are_answered_and_not_logged(self):
        events = len(self.machine.events())
        before = self.health()
        answered = self.load("garbage", 10000)
        self.assertIn("errors 10000 of 10000", answered.out)
        after = self.health()
        self.assertGreaterEqual(after["refused_requests"],
                                before["refused_requests"] + 10000)
        self.assertLess(len(self.machine.events()) - events, 5)
        self.done(self.machine.ctl("status", "80"))

    def test_silent_clients_are_closed_and_do_not_lock_others_out_for_long(self):
        before = self.health()
        silent = self.machine.start("pipeload", "silent", "60")
        self.addCleanup(silent.stop)
        silent.wait_for("open")
        busy = self.machine.ctl("status", "80")
        self.assertIn(busy.code, (0, 5), busy)
        if busy.code == 5:
            self.assertIn("hint:", busy.err)
        silent.wait_for("closed")
        counts = re.search(r"refused (\d+) closed (\d+) after (\d+) ms", silent.text())
        refused, closed, longest = (int(number) for number in counts.groups())
        self.assertEqual(refused + closed, 60)
        self.assertLessEqual(closed, 32, "one user gets 32 connections")
        self.assertGreater(closed, 0)
        self.assertLess(longest, 15000, "the deadline is 5 s")
        self.done(self.machine.ctl("status", "80"))
        self.assert_handles_are_back(before)

    def test_dripping_clients_are_closed(self):
        before = self.health()
        begun = time.monotonic()
        dripped = self.load("drip", 8)
        self.assertIn("closed 8", dripped.out)
        self.assertLess(time.monotonic() - begun, 15, "bytes must not move the deadline")
        self.done(self.machine.ctl("status", "80"))
        self.assert_handles_are_back(before)


class NameTaken(MachineCase):
    """Somebody has the status pipe's name before the service starts."""

    def test_the_service_runs_and_takes_the_name_later(self):
        squatter = self.start("fakepipe")
        self.machine.install()
        unavailable = " ".join(self.machine.wait_event(1007))
        self.assertIn("status pipe", unavailable)
        self.assertIn(rf"{TOOLS}\fakepipe.exe", unavailable.replace("\\\\", "\\"))
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        # It goes on watching: who takes a port is an event all the same.
        listener = self.start("listen", "127.0.0.1", "80")
        self.assertEqual(self.machine.wait_event(1100)[0], "80")
        listener.stop()
        self.machine.wait_event(1101)
        squatter.stop()
        self.assertIn("status pipe", " ".join(self.machine.wait_event(1008)))
        self.done(self.machine.ctl("status", "80"))
        self.assertEqual(len(self.machine.events(1007)), 1)


if __name__ == "__main__":
    harness_wine.main()
