"""Live changes: the verb `watch` of the service, and `watch`, `check` and `wait` of the
client."""

import contextlib
import json
import signal
import socket
import subprocess
import threading
import unittest

import harness
from harness import ServiceCase, capture, listener, run, wait_until, write_capture

FREE, IN_USE, RESERVED, UNKNOWN, UNREACHABLE, USAGE = 0, 1, 2, 3, 5, 64
BACKLOG, PER_USER = 1024, 16
NGINX = 5120


def host(*ports, ranges=harness.NO_RANGES, **more):
    """nginx on these ports, which are numbers or (number, address)."""
    rows = [port if isinstance(port, tuple) else (port, "0.0.0.0") for port in ports]
    return capture([listener(port, NGINX, address) for port, address in rows],
                   excluded_port_ranges_text={"ipv4": ranges, "ipv6": harness.NO_RANGES},
                   **more)


class Subscriber:
    """A raw subscription; `heard` grows as news come."""

    def __init__(self, pipe, **params):
        self.connection = harness.Connection(pipe)
        self.greeting = self.connection.call("watch", params or None)

    def next(self):
        note = self.connection.line()
        return note["method"], note["params"]

    def changes(self, count):
        found = []
        for _ in range(count):
            method, params = self.next()
            assert method == "change", (method, params)
            found.append(params)
        return found

    def close(self):
        self.connection.close()


class WatchCase(ServiceCase):
    def change(self, *ports, name="host", **more):
        write_capture(name + ".json", host(*ports, **more))

    def subscribe(self, pipe="host.sock", **params):
        subscriber = Subscriber(pipe, **params)
        self.addCleanup(subscriber.close)
        self.assertEqual(subscriber.greeting["method"], "watching", subscriber.greeting)
        return subscriber


class Verb(WatchCase):
    def test_changes_come_in_order_with_rising_ids(self):
        self.start(host(8080))
        subscriber = self.subscribe()
        first = subscriber.greeting["params"]["id"]
        self.change(80, 443)
        released, *_ = changes = sorted(subscriber.changes(3), key=lambda c: c["id"])
        self.assertEqual([c["id"] for c in changes], [first + 1, first + 2, first + 3])
        self.assertEqual([(c["event"], c["port"]) for c in changes],
                         [(1100, 80), (1100, 443), (1101, 8080)])
        self.change(8080)
        self.assertEqual([c["id"] for c in subscriber.changes(3)],
                         [first + 4, first + 5, first + 6])
        self.assertEqual(released["summary"], "nginx.exe (PID 5120) holds port 80")
        self.assertEqual(released["data"]["holders"][0]["process"], "nginx.exe")
        self.assertEqual(released["data"]["event"], 1100)
        self.assertRegex(released["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_only_the_ports_that_were_named(self):
        self.start(host())
        some, every = self.subscribe(ports=[443, 8020]), self.subscribe(ports=[])
        self.change(80, 443)
        self.assertEqual([c["port"] for c in every.changes(2)], [80, 443])
        ranges = harness.NO_RANGES.replace("* -", "      8016        8115\n* -")
        self.change(80, 443, ranges=ranges)
        ours = some.changes(2)
        self.assertEqual([(c["event"], c["port"]) for c in ours], [(1100, 443), (1210, 8016)])
        self.assertIn("8016-8115", ours[1]["summary"])

    def test_other_addresses_of_the_same_holder_are_a_change_but_no_event(self):
        service = self.start(host(80))
        subscriber = self.subscribe(ports=[80])
        self.change((80, "127.0.0.1"))
        change, = subscriber.changes(1)
        self.assertIsNone(change["event"])
        self.assertEqual(change["data"]["change"], "addresses_changed")
        self.assertIn("127.0.0.1:80", change["summary"])
        self.assertEqual(service.ids(), [1000])

    def test_flood_protection_does_not_touch_it(self):
        service = self.start(host())
        subscriber = self.subscribe(ports=[80])
        for i in range(8):
            self.change(*([80] if i % 2 == 0 else []))
            change, *more = subscriber.changes(2 if i == 5 else 1)
            self.assertEqual(change["event"], 1100 if i % 2 == 0 else 1101)
            self.assertEqual([c["event"] for c in more], [1103] if i == 5 else [])
        self.assertEqual(len(service.of(1100)), 4)

    def test_more_in_one_look_than_the_ring_holds_is_an_overflow(self):
        self.start(host())
        subscriber = self.subscribe()
        first = subscriber.greeting["params"]["id"]
        write_capture("host.json", harness.many_listeners(3000))
        self.assertEqual(subscriber.next(), ("overflow", {"id": first + 3000, "missed": 3000}))
        ports = [listener(1024 + i, NGINX) for i in range(2999)]
        write_capture("host.json", capture(ports))
        self.assertEqual(subscriber.changes(1)[0]["id"], first + 3001)

    def test_who_comes_back_hears_what_it_missed(self):
        self.start(host())
        before = self.subscribe()
        self.change(80)
        seen = before.changes(1)[0]["id"]
        before.close()
        self.change(80, 443)
        other = self.subscribe()
        wait_until(lambda: other.connection.socket.recv(1, socket.MSG_PEEK)
                   if other.greeting["params"]["id"] == seen else True, "443 was taken")
        again = self.subscribe(since_id=seen)
        self.assertEqual(again.greeting["params"]["id"], seen)
        self.assertEqual(again.changes(1)[0]["port"], 443)

    def test_an_id_of_another_run_is_an_overflow_that_counts_nothing(self):
        service = self.start(host())
        subscriber = self.subscribe()
        self.change(80)
        seen = subscriber.changes(1)[0]["id"]
        service.stop()
        self.start(host(80))
        again = self.subscribe(since_id=seen)
        method, params = again.next()
        self.assertEqual((method, params["missed"]), ("overflow", None))
        self.assertGreater(params["id"], seen)

    def test_wrong_parameters_are_refused(self):
        self.start(host())
        with harness.Connection("host.sock") as connection:
            for params in ({"ports": [0]}, {"ports": 80}, {"ports": ["80"]}, {"since_id": -1},
                           {"ports": list(range(1, 258))}, {"since": 1}):
                error = connection.call("watch", params)["error"]
                self.assertEqual(error["code"], -32602, params)
                self.assertIn("param", error["data"])
            self.assertEqual(connection.ask("ping"), {"pong": True})

    def test_more_than_may_watch_are_refused_in_words(self):
        service = self.start(host())
        held = [self.subscribe() for _ in range(PER_USER)]
        with harness.Connection(service.pipe) as connection:
            error = connection.call("watch")["error"]
            self.assertEqual(error["code"], -32002)
            self.assertIn("too many watch already", error["message"])
            self.assertTrue(error["data"]["hint"])
            # It may go on asking, and may watch when somebody has left.
            self.assertEqual(connection.ask("ping"), {"pong": True})
            held.pop().close()
            wait_until(lambda: connection.ask("health")["connections"] == PER_USER,
                       "the one that left is gone")
            self.assertEqual(connection.call("watch")["method"], "watching")

    def test_a_thousand_subscribers_are_refused_politely(self):
        # What is freed must not look like growth.
        options = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
        service = self.start(host(), env={"ASAN_OPTIONS": options})
        welcome = [self.subscribe() for _ in range(PER_USER)]
        before = service.resident_kib()
        with harness.Connection(service.pipe) as other:
            for i in range(1000):
                with harness.Connection(service.pipe) as connection:
                    error = connection.call("watch")["error"]
                self.assertEqual(error["code"], -32002)
                self.assertTrue(error["data"]["hint"])
                if i % 50 == 0:
                    self.assertEqual(other.status(80)["state"], "free")
            self.assertEqual(other.ask("health")["watching"], PER_USER)
        self.assertLess(service.resident_kib() - before, 8 * 1024)
        self.change(80)
        for subscriber in welcome:
            self.assertEqual(subscriber.changes(1)[0]["port"], 80)

    def test_a_thousand_connections_are_refused_politely(self):
        service = self.start(host())
        welcome = self.subscribe()
        other = self.connect(service.pipe)
        wanted = [harness.Connection(service.pipe) for _ in range(64)]
        refused = 0
        for i in range(1000):
            with harness.Connection(service.pipe) as connection:
                with contextlib.suppress(BrokenPipeError):
                    connection.send(b'{"jsonrpc":"2.0","id":1,"method":"watch"}\n')
                answer = connection.line()
                if answer is not None:
                    self.assertEqual(answer["error"]["code"], -32002)
                    refused += 1
            if i % 50 == 0:
                self.assertEqual(other.ask("ping"), {"pong": True})
        for connection in wanted:
            connection.close()
        # What comes faster than the refused ones leave is closed without a word.
        self.assertGreater(refused, 300)
        self.change(80)
        self.assertEqual(welcome.changes(1)[0]["port"], 80)

    def test_who_never_reads_holds_up_nobody_and_grows_nothing(self):
        # What is freed must not look like growth.
        options = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
        service = self.start(host(), env={"ASAN_OPTIONS": options})
        deaf = [self.subscribe() for _ in range(PER_USER - 1)]
        for subscriber in deaf:
            subscriber.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        quick = self.subscribe()
        before, last = 0, quick.greeting["params"]["id"]
        for turn in range(40):  # other ports each time, or they would be flapping
            write_capture("host.json", capture(
                [listener(1024 + 400 * turn + i, NGINX) for i in range(400)]))
            for change in quick.changes(400 if turn == 0 else 800):
                self.assertEqual(change["id"], last + 1)
                last = change["id"]
            if turn == 10:
                before = service.resident_kib()
        self.assertLess(service.resident_kib() - before, 16 * 1024)
        # And hears, when it reads at last, how much it missed.
        methods = []
        while "overflow" not in methods:
            method, params = deaf[0].next()
            methods.append(method)
        self.assertEqual(params["id"], last)
        self.assertGreater(params["missed"], BACKLOG)

    def test_who_leaves_is_gone_at_once(self):
        service = self.start(host())
        files = service.open_files()
        for _ in range(50):
            subscriber = Subscriber(service.pipe)
            self.assertEqual(subscriber.greeting["method"], "watching")
            subscriber.close()
            wait_until(lambda: service.open_files() <= files, "its connection is closed")

    def test_what_is_sent_after_it_is_not_read(self):
        service = self.start(host())
        subscriber = self.subscribe()
        subscriber.connection.send(b"x" * 300000)
        self.change(80)
        self.assertEqual(subscriber.changes(1)[0]["port"], 80)
        self.assert_answers(service)

    def test_the_service_stops_while_somebody_watches(self):
        service = self.start(host())
        subscriber = self.subscribe()
        self.assertEqual(service.stop(), 0)
        self.assertTrue(subscriber.connection.closed())


class Program:
    """A portguardctl that runs on."""

    def __init__(self, *words, pipe="host.sock"):
        self.process = subprocess.Popen(
            [harness.BIN / "portguardctl", "--pipe", pipe, *words], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.messages = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.messages.append(line)

    def said(self, words):
        wait_until(lambda: any(words in line for line in list(self.messages)),
                   f"{words!r} in {self.messages}")

    def line(self):
        return self.process.stdout.readline()

    def ended(self):
        """The exit code."""
        code = self.process.wait(harness.PATIENCE)
        self.reader.join(harness.PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.ended()


class ClientCase(WatchCase):
    def program(self, *words, **options):
        started = Program(*words, **options)
        self.addCleanup(started.close)
        return started

    def watching(self):
        """Waits until the client is told of changes."""
        def begun():
            with harness.Connection("host.sock") as connection:
                return connection.ask("health")["watching"] == 1
        wait_until(begun, "the client watches")

    def ctl(self, *words, code=0):
        done = run("portguardctl", "--pipe", "host.sock", *words)
        self.assertEqual(done.returncode, code, done)
        return done


class Watch(ClientCase):
    def test_one_line_for_each_change(self):
        self.start(host())
        client = self.program("watch")
        self.watching()
        self.change(80)
        self.assertRegex(client.line(), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  TCP 80     TAKEN    "
                                        r" nginx\.exe \(PID 5120\) holds port 80\n$")
        self.change()
        self.assertIn("TCP 80     RELEASED  nothing listens on port 80 any more", client.line())
        client.process.send_signal(signal.SIGINT)
        self.assertEqual(client.ended(), 0, client.messages)
        self.assertEqual(client.messages, [])

    def test_one_object_for_each_change(self):
        service = self.start(host())
        client = self.program("watch", "443", "--json")
        self.watching()
        self.change(80, 443)
        change = json.loads(client.line())
        self.assertEqual((change["event"], change["port"]), (1100, 443))
        client.process.send_signal(signal.SIGINT)
        self.assertEqual(client.ended(), 0, client.messages)

    def test_it_goes_on_when_the_service_is_restarted(self):
        service = self.start(host())
        client = self.program("watch", "80")
        self.watching()
        service.stop()
        client.said("the service has gone")
        service = self.start(host())
        client.said("the service is back")
        client.said("what changed while the service was away is not known here")
        self.change(80)
        self.assertIn("TAKEN", client.line())

    def test_a_killed_service_is_no_different(self):
        service = self.start(host())
        client = self.program("watch", "80", "--json")
        self.watching()
        service.kill()
        client.said("the service has gone")
        self.start(host())
        self.assertIsNone(json.loads(client.line())["missed"])
        self.change(80)
        self.assertEqual(json.loads(client.line())["port"], 80)

    def test_a_reader_that_leaves_ends_it_quietly(self):
        service = self.start(host())
        client = self.program("watch")
        self.watching()
        self.change(80)
        client.line()
        client.process.stdout.close()
        self.change()
        self.assertEqual(client.process.wait(harness.PATIENCE), 0)
        client.reader.join(harness.PATIENCE)
        self.assertEqual(client.messages, [])

    def test_a_time_limit_ends_it(self):
        self.start(host())
        self.assertEqual(self.ctl("watch", "--timeout", "1s").stdout, "")

    def test_without_a_service(self):
        done = run("portguardctl", "--pipe", "nobody.sock", "watch")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertIn("not running", done.stderr)

    def test_too_many(self):
        self.start(host())
        for _ in range(PER_USER):
            self.subscribe()
        self.assertIn("too many watch already", self.ctl("watch", code=UNREACHABLE).stderr)

    def test_wrong_words(self):
        self.start(host())
        self.ctl("watch", "80a", code=USAGE)
        self.ctl("watch", "--until", "free", code=USAGE)


class Check(ClientCase):
    def check(self, port, code, words, *more):
        done = self.ctl("check", str(port), *more, code=code)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertIn(words, done.stdout)

    def test_the_exit_code_says_the_state(self):
        ranges = harness.NO_RANGES.replace("* -", "      8016        8115\n* -")
        self.start(host(80, (81, "127.0.0.1"), ranges=ranges))
        self.check(80, IN_USE, "TCP 80  IN USE  nginx.exe (PID 5120) holds port 80")
        self.check(443, FREE, "TCP 443  FREE  nothing listens on port 443")
        self.check(8020, RESERVED, "TCP 8020  RESERVED  nothing listens")
        self.check(81, FREE, "TCP 81  FREE  single addresses are taken: nginx.exe")
        self.check(81, IN_USE, "TCP 81 on 127.0.0.1  IN USE", "--address", "127.0.0.1")
        self.check(81, FREE, "FREE  other addresses are taken", "--address", "127.0.0.2")
        self.check(80, IN_USE, "IN USE", "--address", "127.0.0.2")
        self.check(80, IN_USE, "IN USE", "--address", "0.0.0.0")
        self.check(8020, RESERVED, "RESERVED", "--address", "127.0.0.1")
        self.check(8020, FREE, "FREE", "--address", "::1")

    def test_what_is_not_known_is_said(self):
        self.start(capture([listener(80, NGINX)]))
        self.check(443, UNKNOWN, "TCP 443  UNKNOWN")
        self.check(443, UNKNOWN, "TCP 443 on 127.0.0.1  UNKNOWN", "--address", "127.0.0.1")
        self.check(80, IN_USE, "IN USE")

    def test_as_json_it_is_the_answer_of_status(self):
        self.start(host(80))
        done = self.ctl("check", "80", "--json", code=IN_USE)
        self.assertEqual(json.loads(done.stdout)["state"], "in_use")

    def test_without_a_service(self):
        done = run("portguardctl", "--pipe", "nobody.sock", "check", "80")
        self.assertEqual((done.returncode, done.stdout), (UNREACHABLE, ""))

    def test_wrong_words(self):
        self.start(host())
        for words in (["80a"], [], ["80", "443"], ["80", "--address", "home"]):
            self.ctl("check", *words, code=USAGE)


class Wait(ClientCase):
    def test_what_is_so_already_ends_it_at_once(self):
        self.start(host(80))
        self.assertIn("IN USE", self.ctl("wait", "80", "--until", "in-use").stdout)
        self.assertIn("FREE", self.ctl("wait", "443", "--until", "free").stdout)

    def test_it_ends_with_the_change(self):
        self.start(host(80))
        client = self.program("wait", "80", "--until", "free", "--timeout", "1m")
        self.watching()
        self.change(443)
        self.assertIn("TCP 80  FREE", client.line())
        self.assertEqual(client.ended(), 0, client.messages)
        client = self.program("wait", "80", "--until", "in-use")
        self.watching()
        self.change((80, "127.0.0.1"))
        self.assertIn("TCP 80  FREE  single addresses are taken", client.line())
        self.assertEqual(client.ended(), 0, client.messages)

    def test_the_time_may_be_over_before(self):
        self.start(host(80))
        done = self.ctl("wait", "80", "--until", "free", "--timeout", "1s", code=1)
        self.assertIn("port 80: not free in time", done.stderr)
        self.assertIn("TCP 80  IN USE", done.stdout)

    def test_what_is_late_is_said_of_the_holder_that_was_named(self):
        self.start(host(80))
        for until, holder, words in (("free", "nginx.exe", "has not let go of it"),
                                     ("in-use", "W3SVC", "has not taken it")):
            done = self.ctl("wait", "80", "--until", until, "--holder", holder,
                            "--timeout", "1s", code=1)
            self.assertIn("port 80: %s %s in time" % (holder, words), done.stderr)

    def test_without_a_service(self):
        done = run("portguardctl", "--pipe", "nobody.sock", "wait", "80", "--until", "free")
        self.assertEqual((done.returncode, done.stdout), (UNREACHABLE, ""))

    def test_only_the_holder_that_was_named_counts(self):
        service = self.start(host(80))
        self.ctl("wait", "80", "--until", "free", "--holder", "W3SVC")
        client = self.program("wait", "80", "--until", "in-use", "--holder", "W3SVC")
        self.watching()
        write_capture("host.json", harness.web_host())
        self.assertIn("W3SVC", client.line())
        self.assertEqual(client.ended(), 0, client.messages)

    def test_an_address_that_becomes_free_ends_it(self):
        self.start(host(80))
        client = self.program("wait", "80", "--until", "free")
        self.watching()
        self.change((80, "127.0.0.1"))
        self.assertEqual(client.ended(), 0, client.messages)
        client = self.program("wait", "80", "--until", "free", "--address", "127.0.0.1")
        self.watching()
        self.change((80, "127.0.0.2"))
        self.assertEqual(client.ended(), 0, client.messages)

    def test_it_outlives_the_service(self):
        service = self.start(host(80))
        client = self.program("wait", "80", "--until", "free", "--timeout", "1m")
        self.watching()
        service.stop()
        client.said("the service has gone")
        self.start(host())  # while it was away
        self.assertIn("FREE", client.line())
        self.assertEqual(client.ended(), 0, client.messages)

    def test_a_service_that_does_not_come_back_ends_it(self):
        service = self.start(host(80))
        client = self.program("wait", "80", "--until", "free", "--timeout", "2s")
        self.watching()
        service.stop()
        self.assertEqual(client.ended(), UNREACHABLE)

    def test_an_overflow_makes_it_look(self):
        self.start(host(80))
        client = self.program("wait", "80", "--until", "free")
        self.watching()
        write_capture("host.json", capture(
            [listener(1024 + i, NGINX) for i in range(3000)],
            excluded_port_ranges_text={"ipv4": harness.NO_RANGES, "ipv6": harness.NO_RANGES}))
        self.assertEqual(client.ended(), 0, client.messages)

    def test_a_port_that_flaps_fast_is_caught(self):
        """Whatever it was when it was asked about, the next change tells."""
        self.start(host(80))
        client = self.program("wait", "80", "--until", "free", "--timeout", "30s")
        self.watching()
        for i in range(10):
            self.change(*([80] if i % 2 else [443]))
        self.change()
        self.assertEqual(client.ended(), 0, client.messages)

    def test_interrupting_it_is_not_success(self):
        self.start(host(80))
        client = self.program("wait", "80", "--until", "free")
        self.watching()
        client.process.send_signal(signal.SIGINT)
        self.assertNotEqual(client.ended(), 0)

    def test_a_shell_goes_on_when_it_is_met(self):
        self.start(host(80))
        ctl = f"{harness.BIN}/portguardctl --pipe host.sock"
        script = (f"{ctl} wait 443 --until free && echo nginx starts; "
                  f"{ctl} wait 80 --until free --timeout 1s && echo never")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        self.assertIn("nginx starts", done.stdout)
        self.assertNotIn("never", done.stdout)

    def test_wrong_words(self):
        self.start(host())
        for words in (["80"], ["80", "--until", "taken"], ["--until", "free"]):
            self.ctl("wait", *words, code=USAGE)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
