"""portguardctl against the real service: what a user types and sees."""

import json
import os
import stat
import time
import unittest

import harness
from harness import ServiceCase, run, write_capture

UNREACHABLE, USAGE, FAILURE = 5, 64, 7
PIPE = "client.sock"


def ctl(*arguments, pipe=PIPE, **options):
    return run("portguardctl", "--pipe", pipe, *arguments, **options)


class Client(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(harness.web_host(), "client")

    def good(self, *arguments, **options):
        result = ctl(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def test_status_tells_who_holds_the_port(self):
        text = self.good("status", "80")
        self.assertTrue(text.startswith("TCP 80  IN USE"), text)
        for word in ("HTTP.sys", "W3SVC", "World Wide Web Publishing Service", "0.0.0.0:80",
                     "[::]:80", "w3wp.exe", "3248", "ShopPool", "PID 4"):
            self.assertIn(word, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_status_of_a_free_port(self):
        text = self.good("status", "443")
        self.assertIn("TCP 443  FREE  nothing listens on it", text)

    def test_several_ports_give_one_block_each(self):
        text = self.good("status", "80", "443", "8080")
        blocks = [line.split()[1] for line in text.splitlines() if line.startswith("TCP ")]
        self.assertEqual(blocks, ["80", "443", "8080"])

    def test_without_a_port_the_guarded_ones_are_told(self):
        text = self.good("status")
        blocks = [line.split()[1] for line in text.splitlines() if line.startswith("TCP ")]
        self.assertEqual(blocks, ["80", "443"])

    def test_status_in_json_is_one_object_per_line(self):
        lines = self.good("--json", "status", "80", "443").splitlines()
        answers = [json.loads(line) for line in lines]
        self.assertEqual([answer["port"] for answer in answers], [80, 443])
        self.assertEqual(answers[0]["holders"][0]["service"]["name"], "W3SVC")

    def test_list_has_one_line_per_port(self):
        text = self.good("list")
        rows = [line.split()[0] for line in text.splitlines() if line[:6].strip().isdigit()
                or line.split()[:1] and line.split()[0].isdigit()]
        self.assertEqual(rows, ["80", "3306", "8080"])
        self.assertIn("MySQL80", text)
        listed = json.loads(self.good("list", "--json"))
        self.assertEqual([row["port"] for row in listed["ports"]], [80, 3306, 8080])

    def test_http_queues(self):
        text = self.good("http", "queues")
        for word in ("ShopPool", "W3SVC", "3248"):
            self.assertIn(word, text)
        self.assertIn("ShopPool", json.dumps(json.loads(self.good("http", "queues", "--json"))))

    def test_capture_into_a_file_explains_the_same(self):
        result = ctl("capture", "-o", "saved.json")
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertIn("saved.json", result.stderr)
        self.assertEqual(stat.S_IMODE(os.stat("saved.json").st_mode) & 0o022, 0)
        explained = run("portguardsvc", "explain", "--capture", "saved.json", "--port", "80",
                        "--json")
        holders = json.loads(explained.stdout)["holders"]
        self.assertEqual(holders, json.loads(self.good("status", "80", "--json"))["holders"])

    def test_capture_to_the_screen_is_the_file(self):
        self.assertEqual(json.loads(self.good("capture"))["portguard_capture"], 1)

    def test_capture_into_a_folder_that_is_not_there(self):
        result = ctl("capture", "-o", "nowhere/saved.json")
        self.assertEqual(result.returncode, FAILURE)
        self.assertIn("nowhere/saved.json", result.stderr)

    def test_version_names_both_programs(self):
        text = self.good("version")
        for word in ("portguardctl", "portguardsvc", "libuv", "protocol 1"):
            self.assertIn(word, text)
        versions = json.loads(self.good("version", "--json"))
        self.assertEqual(versions["client"], versions["service"])

    def test_health(self):
        text = self.good("health")
        for word in ("running", "80, 443", "tcp.ipv4", "read", "median ", "  Refused  "):
            self.assertIn(word, text)
        self.assertEqual(json.loads(self.good("health", "--json"))["schema"], 1)

    def test_no_colour_leaves_the_terminal(self):
        self.assertNotIn("\x1b", self.good("status", "80", env={**os.environ, "TERM": "xterm"}))

    def refuse(self, arguments, code, *words):
        result = ctl(*arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_bad_ports_are_quoted(self):
        for port in ("0", "65536", "-1", "80a", "", "1.5", "443 80"):
            with self.subTest(port=port):
                self.refuse(["status", port], USAGE, f'"{port}"', "1-65535", "hint: ")

    def test_one_bad_port_among_good_ones_asks_nothing(self):
        self.refuse(["status", "80", "80a"], USAGE, '"80a"')

    def test_a_bad_port_in_json(self):
        result = ctl("--json", "status", "80a")
        self.assertEqual((result.returncode, result.stderr), (USAGE, ""))
        error = json.loads(result.stdout)["error"]
        self.assertEqual(error["code"], -32602)
        self.assertIn("80a", error["message"])
        self.assertTrue(error["hint"])

    def test_unknown_words_are_quoted(self):
        self.refuse(["statsu", "80"], USAGE, '"statsu"', "hint: portguardctl status")
        self.refuse(["status", "80", "--prot", "udp"], USAGE, "--prot")
        self.refuse(["list", "80"], USAGE, '"80"')
        self.refuse(["http", "cats"], USAGE, "http cats")
        self.refuse(["--timeout", "0", "list"], USAGE, "0")
        self.refuse([], USAGE, "hint: ")


class NoService(ServiceCase):
    def refuse(self, *arguments, pipe, code=UNREACHABLE):
        result = ctl(*arguments, pipe=pipe)
        self.assertEqual(result.returncode, code, result)
        self.assertEqual(result.stdout, "")
        self.assertIn("hint: ", result.stderr)
        return result.stderr

    def test_nobody_there(self):
        for verb in (["status", "80"], ["list"], ["http", "queues"], ["capture"], ["health"]):
            with self.subTest(verb=verb):
                self.assertIn("not running", self.refuse(*verb, pipe="nobody.sock"))

    def test_nobody_there_in_json(self):
        result = ctl("--json", "list", pipe="nobody.sock")
        self.assertEqual((result.returncode, result.stderr), (UNREACHABLE, ""))
        self.assertIn("not running", json.loads(result.stdout)["error"]["message"])

    def test_version_knows_at_least_its_own(self):
        result = ctl("version", pipe="nobody.sock")
        self.assertEqual(result.returncode, UNREACHABLE)
        self.assertIn("portguardctl", result.stdout)

    def test_a_service_that_stopped(self):
        service = self.start(harness.web_host(), "stopped")
        self.assertEqual(ctl("health", pipe=service.pipe).returncode, 0)
        service.stop()
        self.refuse("health", pipe=service.pipe)

    def test_a_service_that_was_killed(self):
        service = self.start(harness.web_host(), "killed")
        service.kill()
        self.assertIn("not running", self.refuse("health", pipe=service.pipe))

    def test_a_service_that_hangs_is_given_up_on_in_time(self):
        service = self.start(harness.web_host(), "hung")
        service.process.send_signal(harness.signal.SIGSTOP)
        try:
            begun = time.monotonic()
            message = self.refuse("--timeout", "1s", "status", "80", pipe=service.pipe)
            self.assertLess(time.monotonic() - begun, 5)
            self.assertIn("in time", message)
        finally:
            service.process.send_signal(harness.signal.SIGCONT)

    def test_a_service_that_is_full_says_so(self):
        service = self.start(harness.web_host(), "full")
        held = [self.connect(service.pipe) for _ in range(32)]
        for connection in held:
            connection.ask("ping")
        message = self.refuse("status", "80", pipe=service.pipe)
        self.assertIn("too many connections", message)


class Broken(ServiceCase):
    def test_an_unknown_state_is_said_in_words(self):
        service = self.start(harness.web_host(), "broken")
        write_capture("broken.json", b"nothing")
        service.wait_event(1004)
        result = ctl("status", "80", pipe=service.pipe)
        self.assertEqual(result.returncode, 0)
        self.assertIn("TCP 80  UNKNOWN", result.stdout)
        health = ctl("health", pipe=service.pipe)
        self.assertIn("failed", health.stdout)

    def test_hostile_names_are_escaped_on_the_screen(self):
        name = "a\x1b[2J\u202e%n.exe"
        service = self.start(harness.capture([harness.listener(80, 9)],
                                             [harness.process(9, name)]), "hostile")
        for verb in (["status", "80"], ["list"]):
            text = ctl(*verb, pipe=service.pipe).stdout
            self.assertNotIn("\x1b", text)
            self.assertIn("a<1B>[2J<202E>", text)

    def test_a_big_list_arrives_whole(self):
        service = self.start(harness.many_listeners(20000), "big")
        result = ctl("list", "--json", "--timeout", "20s", pipe=service.pipe)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(json.loads(result.stdout)["ports"]), 20000)

    def test_a_reader_that_leaves_early_is_no_crash(self):
        service = self.start(harness.many_listeners(5000), "early")
        reader = harness.subprocess.Popen(
            [harness.BIN / "portguardctl", "--pipe", service.pipe, "list"],
            stdout=harness.subprocess.PIPE, stderr=harness.subprocess.PIPE)
        reader.stdout.readline()
        reader.stdout.close()
        noise = reader.stderr.read()
        reader.stderr.close()
        self.assertNotIn(b"Sanitizer", noise)
        self.assertNotEqual(reader.wait(harness.PATIENCE), 0)
        self.assert_answers(service)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
