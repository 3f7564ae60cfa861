#!/usr/bin/env python3
"""Much at once: a storm of changes is remembered whole, and what is too much or too old is
forgotten again, while the service goes on looking and answering."""

import os
import resource
import shutil
import sqlite3
import time
import unittest

import harness
from harness import ServiceCase, capture, listener, wait_until, write_capture

NGINX, APACHE = 5120, 6230
CHANGES, LOOKS = 10000, 20
MIB = 1 << 20
DAY_MS = 86400000
# What is freed must not look like growth.
FLAT = {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


def machine(first, count, pid=NGINX):
    return capture([listener(1024 + (first + i) % 60000, pid) for i in range(count)])


class StormCase(ServiceCase):
    def setUp(self):
        shutil.rmtree("host.state", ignore_errors=True)

    def launch(self, content, **settings):
        write_capture("config.json", harness.json.dumps(
            {"version": 1, "history": settings}).encode())
        return self.start(content, env=FLAT, more=("--state", "host.state", "--config",
                                                   "config.json"))

    @staticmethod
    def health(service):
        with harness.Connection(service.pipe) as connection:
            return connection.ask("health")

    def history(self, service):
        return self.health(service)["history"]

    def wait_written(self, service, count):
        wait_until(lambda: self.history(service)["written"] >= count, f"{count} rows")

    @staticmethod
    def rows(sql, *values):
        database = sqlite3.connect("host.state/history.db")
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()


class Storm(StormCase):
    def check_whole(self, service, changes, holders, before):
        """`changes` of ports, and `holders` that hold one now, besides the baseline's."""
        health = self.health(service)
        self.assertEqual(health["history"]["lost"], 0)
        self.assertLess(health["resident_bytes"] - before, 48 * MIB)
        self.assertEqual(service.stop(), 0)
        (told,), = self.rows("SELECT count(*) FROM change WHERE event IN (1100, 1101, 1102)")
        self.assertEqual(told, changes)
        (held,), = self.rows("SELECT count(*) FROM tenancy WHERE how IS NULL")
        self.assertEqual(held, holders)

    def test_ten_thousand_changes_are_remembered_whole(self):
        each = CHANGES // LOOKS // 2  # as many are released as are taken
        service = self.launch(machine(0, each))
        before = self.health(service)["resident_bytes"]
        with harness.Connection(service.pipe) as watching:
            watching.call("watch")
            for look in range(1, LOOKS + 1):
                write_capture("host.json", machine(look * each, each))
                for _ in range(2 * each):
                    self.assertEqual(watching.line()["method"], "change")
        self.check_whole(service, CHANGES, each, before)

    def test_ten_thousand_changes_of_one_look_are_remembered_whole(self):
        half = CHANGES // 2
        service = self.launch(machine(0, half))
        self.wait_written(service, half)
        before = self.health(service)["resident_bytes"]
        write_capture("host.json", machine(half, half))
        # The start, the baseline's tenancies, and of each change an entry and a tenancy.
        self.wait_written(service, 1 + half + 2 * CHANGES)
        self.check_whole(service, CHANGES, half, before)

    def test_what_comes_faster_than_it_may_stay_fills_no_disk(self):
        service = self.launch(machine(0, 1000), max_mib=4)
        for turn in range(1, 16):
            seen = self.history(service)["written"]
            write_capture("host.json", machine(turn * 1000, 1000))
            self.wait_written(service, seen + 1)
            self.assertLess(self.history(service)["bytes"], (4 + 64) * MIB)
        wait_until(lambda: self.history(service)["bytes"] <= 4 * MIB, "4 MiB are left")
        self.assertEqual(service.stop(), 0)
        (held,), = self.rows("SELECT count(*) FROM tenancy WHERE how IS NULL")
        self.assertEqual(held, 1000)


class Forgetting(StormCase):
    def fill(self, count):
        """A past: the odd ones half a year old, the others of today."""
        now = int(time.time() * 1000)
        database = sqlite3.connect("host.state/history.db")
        data = '{"filler":"' + "x" * 600 + '"}'
        with database:
            for i in range(count):
                at = now - (180 * DAY_MS if i % 2 else 3600000) + i
                change = database.execute(
                    "INSERT INTO change(at, what, event, port, summary, shown, data)"
                    " VALUES(?, 0, 1100, 7, '', 0, ?)", (at, data)).lastrowid
                database.execute("INSERT INTO concerned VALUES(?, 'service:A', 'a', 7, ?)",
                                 (change, at))
        database.close()

    def launch_on_a_past(self, entries, **settings):
        content = machine(0, 3)
        service = self.launch(content)
        self.wait_written(service, 4)
        service.stop()
        self.fill(entries)
        self.past = os.stat("host.state/history.db").st_size
        return self.launch(content, **settings)

    def check_pace(self, service, is_done, what):
        """Looks go on every 100 ms, and answers come, until it is done."""
        slowest, begun, ticks = 0, time.monotonic(), self.health(service)["ticks"]

        def look():
            nonlocal slowest
            asked = time.monotonic()
            health = self.health(service)
            slowest = max(slowest, time.monotonic() - asked)
            return is_done(health["history"])
        wait_until(look, what)
        wait_until(lambda: time.monotonic() - begun > 1, "a second")
        passed = time.monotonic() - begun
        self.assertGreater(self.health(service)["ticks"] - ticks, 0.5 * passed / 0.1)
        self.assertLess(slowest, 1)

    def test_what_is_too_much_goes_and_nothing_is_held_up(self):
        service = self.launch_on_a_past(10000, max_mib=4)
        self.assertGreater(self.past, 6 * MIB)
        self.check_pace(service, lambda history: 0 < history["bytes"] <= 4 * MIB,
                        "4 MiB are left")
        with harness.Connection(service.pipe) as connection:
            answer = connection.ask("history", limit=10000)
        self.assertEqual(len(answer["tenancies"]), 3)  # who holds a port stays
        self.assertLess(len(answer["entries"]), 5000)
        service.stop()
        (oldest,), = self.rows("SELECT min(at) FROM change")
        self.assertGreater(oldest, (time.time() - 86400) * 1000)

    def test_what_is_too_old_goes_bit_by_bit(self):
        service = self.launch_on_a_past(2000, keep_days=90, max_mib=64)

        def is_gone(_history):
            with harness.Connection(service.pipe) as connection:
                old = connection.ask("history", port=7, limit=1, until="100d")
            return not old["entries"]
        self.check_pace(service, is_gone, "what is half a year old is gone")
        service.stop()
        self.assertEqual(self.rows("SELECT count(*) FROM change WHERE port = 7"), [(1000,)])
        self.assertEqual(self.rows("SELECT count(*) FROM concerned WHERE port = 7"), [(1000,)])


class FullDisk(StormCase):
    """A limit of the size of files is as good as a full disk."""

    @staticmethod
    def set_full(service, full):
        limit = (1 if full else resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, limit)

    def begin_full(self):
        service = self.launch(machine(0, 3))
        self.wait_written(service, 4)
        self.set_full(service, True)
        write_capture("host.json", machine(1, 3))
        service.wait_event(1004)
        return service

    def ask(self, service):
        with harness.Connection(service.pipe) as connection:
            return connection.ask("history")

    def test_what_is_missing_is_said_and_comes_when_there_is_room(self):
        service = self.begin_full()
        history = self.history(service)
        self.assertEqual((history["state"], history["lost"]), ("failing", 0))
        self.assertIn("cannot be written", history["error"])
        answer = self.ask(service)
        self.assertFalse(answer["complete"])
        self.assertIn("not written yet", answer["warnings"][0])
        done = harness.run("portguardctl", "--pipe", service.pipe, "history")
        self.assertIn("not written yet", done.stdout)
        with harness.Connection(service.pipe) as connection:
            self.assertEqual(connection.status(1024)["state"], "free")
        self.set_full(service, False)
        service.wait_event(1005)
        answer = self.ask(service)
        self.assertTrue(answer["complete"])
        self.assertEqual({entry["event"] for entry in answer["entries"]}, {1000, 1100, 1101})
        self.assertEqual(service.stop(), 0)

    def test_it_keeps_nobody_from_stopping(self):
        service = self.begin_full()
        begun = time.monotonic()
        self.assertEqual(service.stop(), 0)
        self.assertLess(time.monotonic() - begun, 10)
        service = self.launch(machine(0, 3))
        self.assertTrue(self.ask(service)["complete"])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
