#!/usr/bin/env python3
"""The network configuration of a Windows that cannot be read, wholly or in part: what
is left of an answer, and who says so."""

import re

import harness_wine
from harness_wine import wait_until
from network_wine import EVERYONE, PROXIES, NetworkCase


class Broken(NetworkCase):
    """One source fails, and says so; the others stand, and it recovers."""

    def setUp(self):
        """A service that has not failed yet: the Event Log takes five of a kind."""
        super().setUp()
        self.machine.stop_service("PortGuard")
        self.machine.start_service("PortGuard")

    def recovers(self, source, back):
        wait_until(lambda: source in str(self.machine.events(1005)[back:]),
                   f"event 1005 of {source}")
        self.wait_capture(lambda c: not c["source_errors"], "no source fails")

    def test_an_api_that_refuses(self):
        back = self.count(1005)
        self.proxy("*/80", "10.0.0.1/80")
        self.machine.set_double("httpapi", "denied-acl")
        seen = self.wait_error("http.url_reservations", "(5)")
        self.assertEqual(list(seen["source_errors"]), ["http.url_reservations"])
        self.assertEqual(seen["http"]["ip_listen_list"], [])
        self.assertEqual(len(seen["port_proxies"]), 1)
        self.assertIs(self.machine.status(80)["complete"], False)
        self.machine.set_double("httpapi", "usual")
        self.recovers("http.url_reservations", back)

    def test_an_api_that_always_wants_a_larger_buffer(self):
        self.machine.set_double("httpapi", "grow")
        for source in ("url_reservations", "ip_listen_list", "certificate_bindings"):
            self.wait_error(f"http.{source}", "asks for more than 1024 KiB")

    def test_an_api_that_never_says_the_same_twice(self):
        self.machine.set_double("httpapi", "changing")
        seen = self.wait_error("http.url_reservations", "another list each")
        self.assertEqual(list(seen["source_errors"]), ["http.url_reservations"])

    def test_a_value_that_is_no_port_proxy(self):
        back = self.count(1005)
        self.proxy("*/80", "10.0.0.1/80")
        self.proxy("%1 nonsense", "10.0.0.1/80")
        seen = self.wait_error("port_proxies", '"%1 nonsense"')
        self.assertEqual([row["listen_port"] for row in seen["port_proxies"]], [80])
        self.machine.delete_value(PROXIES + r"\v4tov4\tcp", "%1 nonsense")
        self.recovers("port_proxies", back)

    def ranges_fail(self, mode, words):
        self.machine.set_double("ranges4", "8016-8115 8200-8299")
        self.machine.set_double("ranges", mode)
        seen = self.wait_error("excluded_port_ranges.ipv4", words)
        self.assertNotIn("http.url_reservations", seen["source_errors"])
        self.assertIs(self.machine.status(8016)["complete"], False)
        return seen

    def test_ranges_of_a_netsh_that_prints_nothing(self):
        self.ranges_fail("nothing", "netsh printed nothing")

    def test_ranges_of_a_netsh_that_fails(self):
        self.ranges_fail("fail", "exit code 1")

    def test_ranges_of_a_netsh_that_prints_garbage(self):
        self.ranges_fail("garbage", "netsh printed no table")

    def test_ranges_of_a_netsh_that_was_cut_short(self):
        """What stood before the cut is kept."""
        seen = self.ranges_fail("cut", "is cut")
        self.assertIn("8115", seen["excluded_port_ranges_text"]["ipv4"])

    def test_ranges_in_another_language(self):
        self.machine.set_double("ranges", "german")
        self.machine.set_double("ranges4", "8016-8115 50000-50059*")
        seen = self.wait_capture(
            lambda c: "Ausschlussbereiche für" in c["excluded_port_ranges_text"]["ipv4"],
            "the German text")
        self.assertEqual(seen["source_errors"], {})

    def test_while_netsh_hangs_everybody_is_answered(self):
        back = self.count(1005)
        self.machine.set_double("ranges", "hang")
        self.wait_error("excluded_port_ranges.ipv4", "netsh")
        self.assertIn("took all the time",
                      self.capture()["source_errors"]["excluded_port_ranges.ipv6"])
        answer = self.machine.ctl("status", "8016", "--json")
        self.assertIs(self.done(answer).json()["complete"], False)
        self.assertLess(answer.seconds, 4.5)
        self.machine.set_double("ranges", "normal")
        self.recovers("excluded_port_ranges.ipv4", back)

    def both_netsh(self):
        """The PIDs of two netsh, one for each kind of text, since each kind runs one at
        a time. A capture asks for both kinds; none while one backs off after a failure."""
        asking = self.machine.start("portguardctl", "capture")
        self.addCleanup(asking.stop)
        while asking.process.poll() is None:
            found = self.machine.pids_of("netsh.exe")
            if len(found) == 2:
                return found
        return []

    def ping_while_both_hang(self):
        """What `pipeload ping` said between two looks at the same two netsh; false when
        there were none, or one was given up meanwhile."""
        before = self.both_netsh()
        if not before:
            return False
        pings = self.done(self.machine.run("pipeload", "ping", "501")).out
        return self.machine.pids_of("netsh.exe") == before and pings

    def test_ping_is_answered_at_once_while_both_kinds_of_netsh_hang(self):
        """The median is judged and the slowest only shown: under Wine every message
        passes through one wineserver, and where two cores are busy any single ping may
        wait for one of them longer than all the rest takes. A loop that waited for
        netsh would let no ping through until netsh was given up, and never two looks
        at the same two around 501 of them."""
        self.addCleanup(self.machine.set_double, "mode", "c")
        self.start("webdemo", "run", "http://+:8117/demo/")
        self.machine.set_double("mode", "hang")
        self.machine.set_double("ranges", "hang")
        said = wait_until(self.ping_while_both_hang, "pings while both hang")
        print(said.strip())
        median = int(re.search(r"answered 501 median (\d+) us", said)[1])
        self.assertLess(median, 5000, said)
        for source in ("http.service_state", "excluded_port_ranges.ipv4"):
            self.wait_error(source, "timed out")

    def test_a_hanging_netsh_does_not_keep_the_service_from_stopping(self):
        self.machine.set_double("ranges", "hang")
        self.wait_error("excluded_port_ranges.ipv4", "netsh")
        self.machine.stop_service("PortGuard")
        self.assertEqual(self.machine.pids_of("netsh.exe"), [])
        self.machine.start_service("PortGuard")


class HttpStopped(NetworkCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def forget(self):
        """There is nothing here to wait for."""

    def test_nobody_asks_about_a_service_that_does_not_run(self):
        """Asking might start it."""
        self.proxy("*/80", "10.0.0.1/80")
        self.reserve("http://+:80/demo/", EVERYONE)
        seen = self.wait_capture(lambda c: c.get("port_proxies"), "the port proxy")
        self.assertNotIn("url_reservations", seen.get("http", {}))
        self.assertEqual(seen["source_errors"], {})
        self.assertEqual(self.machine.state("http"), "STOPPED")


if __name__ == "__main__":
    harness_wine.main()
