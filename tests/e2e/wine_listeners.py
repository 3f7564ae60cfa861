#!/usr/bin/env python3
"""Ports that plain programs hold, and the client: its exit codes, its captures, and
what it does when the service is not there or is somebody else."""

import contextlib
import json
import unittest

import harness_wine
from harness_wine import TOOLS, MachineCase, wait_until

LISTEN = TOOLS + r"\listen.exe"


class Listeners(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def listen(self, *words):
        return self.start("listen", *words)

    def one_holder(self, answer):
        self.assertEqual(len(answer["holders"]), 1, answer)
        return answer["holders"][0]

    def free(self, port):
        return self.machine.status(port)["state"] == "free"

    def test_a_plain_process_is_named_with_its_path(self):
        program = self.listen("127.0.0.1", "8085")
        answer = self.ask(8085).json()
        self.assertEqual((answer["state"], answer["complete"]), ("in_use", True), answer)
        self.assertEqual(answer["wildcard_bindable"], "yes",
                         "another address of the port is still free")
        self.assertEqual(answer["listeners"][0]["address"], "127.0.0.1")
        self.assertEqual(answer["listeners"][0]["path"].lower(), LISTEN.lower())
        holder = self.one_holder(answer)
        self.assertEqual((holder["kind"], holder["confidence"]), ("process", "certain"))
        self.assertEqual(holder["process"]["name"], "listen.exe")
        self.assertEqual(holder["process"]["path"].lower(), LISTEN.lower())
        self.assertEqual(answer["fixes"][0]["kind"], "stop-process")
        self.assertIn("listen.exe", self.done(self.machine.ctl("status", "8085")).out)
        program.stop()
        wait_until(lambda: self.free(8085), "8085 is free")

    def test_ipv4_and_ipv6_are_two_listeners(self):
        first = self.listen("0.0.0.0", "8086")
        second = self.listen("::", "8086", "v6")
        answer = self.ask(8086, listeners=2).json()
        found = {(row["family"], row["address"]) for row in answer["listeners"]}
        self.assertEqual(found, {("ipv4", "0.0.0.0"), ("ipv6", "::")})
        self.assertEqual(answer["wildcard_bindable"], "no")
        self.assertEqual(len({row["pid"] for row in answer["listeners"]}), 2)
        first.stop()
        left = self.ask(8086).json()
        self.assertEqual(left["listeners"][0]["address"], "::")
        second.stop()
        wait_until(lambda: self.free(8086), "8086 is free")

    def test_list_has_every_listener_in_the_order_of_ports(self):
        self.listen("127.0.0.1", "8088")
        self.listen("127.0.0.1", "8087")
        self.ask(8087)
        listed = self.done(self.machine.ctl("list", "--json")).json()
        ports = [entry["port"] for entry in listed["ports"]]
        self.assertEqual(ports, sorted(ports))
        self.assertLessEqual({8087, 8088}, set(ports))
        text = self.done(self.machine.ctl("list")).out
        self.assertRegex(text, r"(?m)^8087 .*listen\.exe.*127\.0\.0\.1")

    def test_taking_and_releasing_a_port_are_events(self):
        program = self.listen("127.0.0.1", "8089")
        taken = self.machine.wait_event(1100, first="8089")
        self.assertIn("listen.exe", taken[1])
        self.assertEqual(taken[2], "127.0.0.1:8089")
        program.stop()
        released = self.machine.wait_event(1101, first="8089")
        self.assertIn("listen.exe", released[1])

    def test_several_ports_give_one_block_each(self):
        self.listen("127.0.0.1", "8090")
        self.ask(8090)
        text = self.done(self.machine.ctl("status", "8090", "8091")).out
        self.assertIn("TCP 8090  IN USE", text)
        self.assertIn("TCP 8091  FREE", text)
        lines = self.done(self.machine.ctl("status", "8090", "8091", "--json")).out
        states = [json.loads(line)["state"] for line in lines.splitlines()]
        self.assertEqual(states, ["in_use", "free"])

    def test_a_capture_of_this_machine_explains_the_same(self):
        self.listen("127.0.0.1", "8092")
        live = self.ask(8092).json()
        self.done(self.machine.ctl("capture", "-o", r"C:\host.json"))
        words = ("explain", "--capture", r"C:\host.json", "--port", "8092")
        told = self.done(self.machine.svc(*words, "--json")).json()
        for same in ("state", "holders", "listeners", "fixes", "summary"):
            self.assertEqual(told[same], live[same])
        self.assertIn("listen.exe", self.done(self.machine.svc(*words)).out)
        printed = self.done(self.machine.ctl("capture")).json()
        self.assertEqual(printed["portguard_capture"], 1)

    def test_a_report_of_this_machine_is_a_page_with_its_name(self):
        self.listen("127.0.0.1", "8093")
        self.ask(8093)
        page = self.done(self.machine.ctl("report", "8093", "-o", "-")).out
        self.assertRegex(page, r"<h1>Port report of [\w-]+</h1>")
        self.assertIn('<h2>TCP 8093 <span class="state in-use">IN USE</span></h2>', page)
        self.assertIn("listen.exe", page)
        saved = self.done(self.machine.ctl("report", "8093", "-o", r"C:\report.html"))
        self.assertRegex(saved.err, r"\d+ bytes written to C:.report\.html")
        refused = self.done(self.machine.ctl("report", "-o", r"C:\report.cmd", "--open"), 64)
        self.assertIn(".html", refused.err)

    def test_bad_ports_are_quoted(self):
        for port in ("0", "65536", "80a", "", "8 0"):
            with self.subTest(port):
                refused = self.done(self.machine.ctl("status", port), 64)
                self.assertIn(f'"{port}"', refused.err)
                self.assertIn("hint:", refused.err)
                self.assertEqual(refused.out, "")
        self.done(self.machine.ctl("status", "-1"), 64)
        self.done(self.machine.ctl("nosuchverb"), 64)

    def test_answers_are_quick(self):
        """The best of three: the machine may be busy."""
        best = min(self.machine.ctl("status", "8093").seconds for _ in range(3))
        self.assertLess(best, 2)


class WithoutTheService(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()
        cls.machine.stop_service("PortGuard")

    def test_status_is_a_one_off_look_and_says_so(self):
        self.start("listen", "127.0.0.1", "8085")
        asked = self.done(self.machine.ctl("status", "8085", "--json"))
        answer = asked.json()
        self.assertEqual(answer["state"], "in_use")
        self.assertIs(answer["complete"], False)
        self.assertEqual(answer["holders"][0]["process"]["name"], "listen.exe")
        self.assertTrue(any("not running" in line for line in answer["warnings"]), answer)
        self.assertIn("one-off look", asked.err)
        self.assertIn("hint:", asked.err)

    def test_list_is_a_one_off_look_too(self):
        self.start("listen", "127.0.0.1", "8086")
        listed = self.done(self.machine.ctl("list"))
        self.assertIn("8086", listed.out)
        self.assertIn("one-off look", listed.err)

    def test_what_only_the_service_knows_fails_with_5(self):
        for verb in ("health", "capture"):
            failed = self.done(self.machine.ctl(verb), 5)
            self.assertIn("not running", failed.err)
            self.assertIn("hint: ", failed.err)

    def test_status_fails_with_5_when_the_look_fails_too(self):
        look = self.machine.path(harness_wine.INSTALLED + r"\portguardsvc.exe")
        hidden = look.with_suffix(".hidden")
        look.rename(hidden)
        self.addCleanup(hidden.rename, look)
        failed = self.done(self.machine.ctl("status", "80"), 5)
        self.assertIn("not running", failed.err)
        self.assertIn("look failed", failed.err)

    def test_a_pipe_that_is_not_systems_is_sent_nothing(self):
        fake = self.start("fakepipe")
        refused = self.done(self.machine.ctl("status", "80"), 5)
        self.assertIn("not to SYSTEM", refused.err)
        self.assertIn("hint:", refused.err)
        self.assertEqual(refused.out, "")
        fake.wait_for("client sent 0")

    def test_with_a_pipe_of_ones_own_choice_the_owner_does_not_matter(self):
        service = self.machine.start("portguardsvc", "run", "--pipe", r"\\.\pipe\pg-test")
        # It has no console to be told over: it ends with the machine.
        self.addCleanup(self.end, service)
        service.wait_for('"event":1000')
        asked = self.machine.ctl("status", "80", "--pipe", r"\\.\pipe\pg-test")
        self.assertIn("TCP 80  FREE", self.done(asked).out)

    @staticmethod
    def end(program):
        with contextlib.suppress(ProcessLookupError):
            program.process.terminate()
        program.stop()


if __name__ == "__main__":
    harness_wine.main()
