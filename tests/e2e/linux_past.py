"""What a status tells of who held the port before, from a service that remembers."""

import json
import os
import shutil
import sqlite3
import time
import unittest

import harness
from harness import ServiceCase, capture, listener, run, wait_until, write_capture

FREE = capture([])
NGINX_80 = capture([listener(80, 5120)])
APACHE_80 = capture([listener(80, 6230)])
NGINX = r"process:C:\nginx\nginx.exe"


class Past(ServiceCase):
    def setUp(self):
        self.addCleanup(shutil.rmtree, "state", ignore_errors=True)

    def launch(self, content, more=("--state", "state")):
        return self.start(content, "past", more=more)

    def past(self, service, port=80):
        """What is remembered, once it is on the disk."""
        connection = self.connect(service.pipe)
        return wait_until(lambda: connection.status(port)["history"], "the history")

    def client(self, *arguments):
        result = run("portguardctl", "--pipe", "past.sock", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def test_a_free_port_tells_who_held_it_last(self):
        service = self.launch(NGINX_80)
        write_capture("past.json", FREE)
        service.wait_event(1101, 80)
        past = self.past(service)
        self.assertIsNone(past["since"])
        last = past["last_holder"]
        self.assertEqual((last["identity"], last["how"]), (NGINX, "released"))
        self.assertEqual(last["holder"]["process"], "nginx.exe")
        self.assertLess(last["from"], last["to"])
        self.assertEqual(past["last_change"]["event"], 1101)
        self.assertIn("nginx.exe", past["last_change"]["summary"])
        self.assertIn("\n  Last held   by nginx.exe, until ", self.client("status", "80"))
        self.assertEqual(json.loads(self.client("status", "80", "--json"))["history"], past)

    def test_a_port_in_use_tells_who_had_it_before(self):
        service = self.launch(NGINX_80)
        write_capture("past.json", APACHE_80)
        service.wait_event(1102, 80)
        past = self.past(service)
        self.assertEqual((past["last_holder"]["identity"], past["last_holder"]["how"]),
                         (NGINX, "replaced"))
        self.assertEqual(past["since"], past["last_holder"]["to"])
        text = self.client("status", "80")
        self.assertIn("\n  Before      nginx.exe, until ", text)
        self.assertIn("\n  Held        since ", text)

    def test_since_outlives_the_service_and_its_sudden_death(self):
        service = self.launch(NGINX_80)
        since = self.past(service)["since"]
        service.stop()
        service = self.launch(NGINX_80)
        self.assertEqual(self.past(service)["since"], since)
        service.kill()
        service = self.launch(NGINX_80)
        self.assertEqual(self.past(service)["since"], since)

    def test_who_left_while_the_service_was_away_is_gone_by_its_start(self):
        service = self.launch(NGINX_80)
        since = self.past(service)["since"]
        service.stop()
        service = self.launch(FREE)
        last = self.past(service)["last_holder"]
        self.assertEqual((last["from"], last["how"]), (since, "unknown"))
        self.assertIn("by nginx.exe, gone by ", self.client("status", "80"))

    def test_an_answer_never_mixes_what_is_with_what_was(self):
        service = self.launch(FREE)
        self.past(service)
        connection = self.connect(service.pipe)
        for round_number in range(6):
            write_capture("past.json", FREE if round_number % 2 else NGINX_80)
            service.wait_event(1101 if round_number % 2 else 1100, 80, round_number // 2 + 1)
            for _ in range(20):
                answer = connection.status(80)
                if answer["history"] is not None:
                    self.assertEqual(answer["state"] == "in_use",
                                     answer["history"]["since"] is not None, answer)

    def test_without_a_folder_there_is_no_history(self):
        service = self.launch(NGINX_80, more=())
        self.assertIsNone(self.connect(service.pipe).status(80)["history"])
        self.assertNotIn("Held  ", self.client("status", "80"))

    def test_a_database_that_cannot_be_had_delays_nothing(self):
        os.mkdir("state", 0o700)
        other = sqlite3.connect("state/history.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN EXCLUSIVE")
        service = self.launch(NGINX_80)
        service.wait_event(1004)
        connection = self.connect(service.pipe)
        begun = time.monotonic()
        for _ in range(20):
            answer = connection.status(80)
            self.assertEqual((answer["history"], answer["complete"]), (None, True))
        self.assertLess(time.monotonic() - begun, 20 * 0.2)
        other.execute("ROLLBACK")
        other.close()
        self.assertIsNotNone(self.past(service)["since"])

    def test_explaining_a_capture_has_no_such_member(self):
        write_capture("past.json", NGINX_80)
        done = run("portguardsvc", "explain", "--capture", "past.json", "--port", "80", "--json")
        self.assertNotIn("history", json.loads(done.stdout))


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
