"""Clients that mean harm, or do some: none ends, stalls or grows the service."""

import contextlib
import json
import time
import unittest

import harness
from harness import Connection, ServiceCase

FIRST_REQUEST_S = 5
# Of a busy machine. Bytes that moved a deadline would move it further than this.
SLACK_S = 8
PER_USER = 32
BUSY = -32002

# A freed block must go back to the system, or the sanitizer's own hoard is measured.
THRIFTY = {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


class Connections(ServiceCase):
    def test_10000_that_connect_and_leave_leave_nothing_behind(self):
        service = self.start(harness.web_host())
        bystander = self.connect(service.pipe)
        self.assertEqual(bystander.ask("ping"), {"pong": True})
        before = service.open_files()
        for _ in range(10000):
            Connection(service.pipe).close()
        self.assertEqual(bystander.ask("status", port=80)["state"], "in_use")
        self.assert_answers(service)
        harness.wait_until(lambda: service.open_files() == before, "files are back")
        self.assertEqual(bystander.ask("health")["connections"], 1)

    def test_leaving_in_the_middle_of_everything_is_normal(self):
        service = self.start(harness.many_listeners(500))
        before = service.open_files()
        request = b'{"jsonrpc":"2.0","id":1,"method":"list"}\n'
        for number in range(300):
            # Those that left and are not noticed yet count: some are turned away.
            with Connection(service.pipe) as connection, contextlib.suppress(ConnectionError):
                connection.send((request * 3)[:number % (3 * len(request)) + 1])
        harness.wait_until(lambda: answered(service.pipe), "a place")
        harness.wait_until(lambda: service.open_files() == before, "files are back")

    def test_over_quota_is_told_and_closed(self):
        service = self.start(harness.web_host())
        held = [self.connect(service.pipe) for _ in range(PER_USER)]
        for connection in held:
            self.assertEqual(connection.ask("ping"), {"pong": True})
        extra = self.connect(service.pipe)
        answer = extra.line()
        self.assertEqual(answer["error"]["code"], BUSY)
        self.assertIsNone(answer["id"])
        self.assertIn("32", answer["error"]["message"])
        self.assertTrue(extra.closed())
        self.assertEqual(held[0].ask("health")["refused_connections"], 1)
        held.pop().close()
        harness.wait_until(lambda: held[0].ask("health")["connections"] == PER_USER - 1,
                           "the place is free again")
        self.assert_answers(service)

    def test_a_flood_over_quota_does_not_pile_up(self):
        service = self.start(harness.web_host())
        held = [self.connect(service.pipe) for _ in range(PER_USER)]
        for connection in held:
            connection.ask("ping")
        before = service.open_files()
        turned_away = [self.connect(service.pipe) for _ in range(300)]
        self.assertEqual(held[0].ask("status", port=80)["state"], "in_use")
        self.assertLessEqual(service.open_files(), before + 96)
        for connection in turned_away:
            answer = connection.line()
            self.assertTrue(answer is None or answer["error"]["code"] == BUSY)
        harness.wait_until(lambda: service.open_files() == before, "files are back")

    def test_a_slow_loris_meets_deadlines_that_bytes_do_not_move(self):
        service = self.start(harness.web_host())
        silent = [self.connect(service.pipe) for _ in range(PER_USER - 2)]
        dripping = self.connect(service.pipe)
        late = self.connect(service.pipe)
        self.assertEqual(late.ask("ping"), {"pong": True})
        begun = time.monotonic()
        closed_after = {}
        for step in range(40):
            now = time.monotonic() - begun
            for name, connection in (("first", dripping), ("later", late)):
                if name not in closed_after and not drip(connection):
                    closed_after[name] = now
            if len(closed_after) == 2:
                break
            time.sleep(max(0, begun + 0.5 * (step + 1) - time.monotonic()))
        self.assertEqual(set(closed_after), {"first", "later"})
        for seconds in closed_after.values():
            self.assertGreater(seconds, FIRST_REQUEST_S - 1)
            self.assertLess(seconds, FIRST_REQUEST_S + SLACK_S)
        for connection in silent:
            self.assertTrue(connection.closed())
        self.assertLess(time.monotonic() - begun, FIRST_REQUEST_S + SLACK_S)
        self.assert_answers(service)

    def test_silence_takes_no_place_from_others_for_long(self):
        service = self.start(harness.web_host())
        for _ in range(PER_USER):
            self.connect(service.pipe)
        begun = time.monotonic()
        harness.wait_until(lambda: answered(service.pipe), "a place")
        self.assertLess(time.monotonic() - begun, FIRST_REQUEST_S + SLACK_S)


def drip(connection):
    """One byte more of a request that never ends; False when the service closed."""
    try:
        connection.send(b" ")
        connection.socket.settimeout(0.001)
        return connection.socket.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def answered(pipe):
    with Connection(pipe) as connection:
        try:
            return "result" in connection.call("ping")
        except (OSError, TypeError):
            return False


class Unread(ServiceCase):
    """Answers that nobody reads."""

    def test_a_reader_that_never_reads_is_closed(self):
        service = self.start(harness.many_listeners(1200))
        connection = self.connect(service.pipe)
        self.assertLess(len(json.dumps(connection.ask("list"))), 1 << 20)
        connection.send(b'{"jsonrpc":"2.0","id":1,"method":"list"}\n')
        begun = time.monotonic()
        bystander = self.connect(service.pipe)
        harness.wait_until(lambda: bystander.ask("health")["connections"] == 1, "closed")
        self.assertGreater(time.monotonic() - begun, 4)
        self.assertLess(time.monotonic() - begun, FIRST_REQUEST_S + SLACK_S)
        self.assertIsNone(connection.line())

    def test_unread_lists_of_20000_listeners_do_not_grow_the_service(self):
        service = self.start(harness.many_listeners(20000), interval=60000, env=THRIFTY)
        connection = self.connect(service.pipe)
        size = len(json.dumps(connection.ask("list"))) >> 10
        before = service.resident_kib()
        unread = [self.connect(service.pipe) for _ in range(PER_USER - 1)]
        for each in unread:
            each.send(b'{"jsonrpc":"2.0","id":1,"method":"list"}\n')
        for _ in range(20):
            self.assertEqual(connection.ask("status", port=1024)["state"], "in_use")
        grown = service.resident_kib() - before
        self.assertGreater(size * len(unread), 2 * LIMIT_KIB)
        self.assertLess(grown, LIMIT_KIB)
        answers = []
        for each in unread:
            answers.append(each.line())
            each.close()
        self.assertTrue(any("result" in answer for answer in answers))
        for answer in answers:
            self.assertTrue("result" in answer or answer["error"]["code"] == BUSY)
        self.assertEqual(len(connection.ask("list")["ports"]), 20000)
        harness.wait_until(lambda: service.resident_kib() - before < 3 * size, "memory is back")


# What one user may leave unread, one answer more, and room to write it.
LIMIT_KIB = 2 * 64 * 1024


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
