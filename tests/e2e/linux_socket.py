"""The service's life, and the name of its socket."""

import os
import signal
import socket
import stat
import unittest

import harness
from harness import Connection, Service, ServiceCase, listener, write_capture

PIPE = "host.sock"


class Squatter:
    """Somebody else's server on the service's name."""

    def __init__(self, backlog=8):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(PIPE)
        self.socket.listen(backlog)
        self.queued = []

    def fill_backlog(self):
        """From here on, a blocking connect would wait for ever."""
        while True:
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.setblocking(False)
            self.queued.append(client)
            try:
                client.connect(PIPE)
            except BlockingIOError:
                return

    def leave(self):
        for client in self.queued:
            client.close()
        self.queued.clear()
        self.socket.close()


class Life(ServiceCase):
    def test_sigterm_says_goodbye_and_leaves_nothing(self):
        service = self.start(harness.web_host())
        self.assertTrue(os.path.exists(PIPE))
        self.assertEqual(service.stop(), 0)
        self.assertEqual(service.events[-1]["event"], 1001)
        self.assertIn("terminate", service.events[-1]["strings"][0])
        self.assertFalse(os.path.exists(PIPE))

    def test_sigint_ends_it_as_well(self):
        service = self.start(harness.web_host())
        service.process.send_signal(signal.SIGINT)
        self.assertEqual(service.ended(), 0)
        self.assertEqual(service.ids()[-1], 1001)

    def test_clients_in_every_state_do_not_hold_up_the_end(self):
        service = self.start(harness.many_listeners(2000))
        silent, half, unread = (self.connect(PIPE) for _ in range(3))
        half.send(b'{"jsonrpc":')
        unread.send(b'{"jsonrpc":"2.0","id":1,"method":"list"}\n')
        self.assertEqual(silent.ask("ping"), {"pong": True})
        self.assertEqual(service.stop(), 0)
        self.assertTrue(silent.closed())
        self.assertTrue(half.closed())

    def test_signals_may_come_at_any_moment_and_more_than_once(self):
        write_capture("host.json", harness.web_host())
        for _ in range(10):
            service = Service("host.json", PIPE)
            harness.wait_until(lambda: os.path.exists(PIPE), "the socket")
            service.process.terminate()
            service.process.terminate()
            self.assertEqual(service.ended(), 0, service.noise)
            self.assertEqual(service.ids()[-1], 1001)
            self.assertFalse(os.path.exists(PIPE))

    def test_it_starts_again_and_again(self):
        for _ in range(4):
            service = self.start(harness.web_host())
            self.assertEqual(self.connect(PIPE).status(80)["state"], "in_use")
            self.assertEqual(service.stop(), 0)
            self.assertEqual(service.ids(), [1000, 1001])

    def test_standard_error_that_is_gone_does_not_end_it(self):
        service = self.start(harness.web_host())
        with open("/dev/null", "rb") as nothing:
            os.dup2(nothing.fileno(), service.process.stderr.fileno())
        write_capture("host.json", harness.capture([listener(443, 5120)]))
        connection = self.connect(PIPE)
        harness.wait_until(lambda: connection.status(443)["state"] == "in_use", "taken")
        # A read that was under way kept the pipe open until that event came.
        service.reader.join(harness.PATIENCE)
        self.assertFalse(service.reader.is_alive())
        write_capture("host.json", harness.web_host())
        harness.wait_until(lambda: connection.ask("health")["events_lost"] > 0, "a lost event")


class Name(ServiceCase):
    def test_only_its_user_may_open_the_socket(self):
        self.start(harness.web_host())
        mode = os.lstat(PIPE).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_a_socket_left_by_a_killed_service_is_taken_over(self):
        dead = self.start(harness.web_host())
        self.assertEqual(dead.kill(), -signal.SIGKILL)
        self.assertTrue(os.path.exists(PIPE))
        service = self.start(harness.web_host())
        self.assertEqual(service.of(1007), [])
        self.assert_answers(service)

    def squat(self, backlog=8):
        squatter = Squatter(backlog)
        self.addCleanup(lambda: os.path.exists(PIPE) and os.unlink(PIPE))
        self.addCleanup(squatter.leave)
        return squatter

    def assert_watches(self, service):
        write_capture("host.json", harness.capture([listener(443, 5120)]))
        service.wait_event(1100, 443)

    def assert_gets_its_name(self, service):
        back = service.wait_event(1008)
        self.assertEqual(back["strings"], ["status pipe"])
        self.assert_answers(service)
        self.assertEqual(len(service.of(1007)), 1)

    def test_a_squatter_does_not_switch_the_watching_off(self):
        squatter = self.squat()
        service = self.start(harness.web_host())
        taken = service.wait_event(1007)
        self.assertEqual((taken["level"], taken["strings"][0]), ("error", "status pipe"))
        self.assertIn(PIPE, taken["strings"][1])
        self.assertIn(str(os.getpid()), taken["strings"][1])
        self.assert_watches(service)
        squatter.leave()
        self.assert_gets_its_name(service)

    def test_a_squatter_that_answers_nobody_stalls_nothing(self):
        squatter = self.squat(backlog=0)
        squatter.fill_backlog()
        service = self.start(harness.web_host())
        service.wait_event(1007)
        self.assert_watches(service)
        squatter.leave()
        self.assert_gets_its_name(service)

    def test_a_second_service_waits_for_the_first(self):
        first = self.start(harness.web_host(), "first", PIPE)
        second = self.start(harness.capture([]), "second", PIPE)
        second.wait_event(1007)
        with Connection(PIPE) as connection:
            self.assertEqual(connection.status(80)["state"], "in_use")
        self.assertEqual(first.stop(), 0)
        second.wait_event(1008)
        with Connection(PIPE) as connection:
            self.assertEqual(connection.status(80)["state"], "free")

    def test_a_service_without_its_name_ends_well_and_touches_nothing(self):
        squatter = self.squat()
        service = self.start(harness.web_host())
        service.wait_event(1007)
        self.assertEqual(service.stop(), 0)
        with Connection(PIPE), squatter.socket.accept()[0]:
            self.assertTrue(os.path.exists(PIPE))

    def assert_untouched(self, make, check):
        make()
        service = self.start(harness.web_host())
        self.assertIn("not a socket", service.wait_event(1007)["strings"][1])
        self.assertEqual(service.stop(), 0)
        check()

    def test_a_file_of_that_name_is_not_removed(self):
        def make():
            with open(PIPE, "w", encoding="ascii") as file:
                file.write("precious")
        def check():
            with open(PIPE, encoding="ascii") as file:
                self.assertEqual(file.read(), "precious")
            os.unlink(PIPE)
        self.assert_untouched(make, check)

    def test_a_folder_of_that_name_is_not_removed(self):
        self.assert_untouched(lambda: os.mkdir(PIPE), lambda: os.rmdir(PIPE))

    def test_a_link_to_a_dead_socket_is_not_followed(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind("elsewhere.sock")
        self.addCleanup(os.unlink, "elsewhere.sock")
        self.assert_untouched(lambda: os.symlink("elsewhere.sock", PIPE),
                              lambda: os.unlink(PIPE))
        self.assertTrue(os.path.exists("elsewhere.sock"))

    def test_a_name_that_is_too_long_is_said_once(self):
        service = self.start(harness.web_host(), pipe="s" * 120)
        self.assertIn("107", service.wait_event(1007)["strings"][1])
        self.assert_watches(service)

    def test_a_folder_that_is_not_there_is_waited_for(self):
        service = self.start(harness.web_host(), pipe="later/host.sock")
        self.assertIn("later", service.wait_event(1007)["strings"][1])
        os.mkdir("later")
        self.addCleanup(os.rmdir, "later")
        self.addCleanup(self.end, service)
        service.wait_event(1008)
        self.assert_answers(service)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
