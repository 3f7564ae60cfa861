"""`portguardsvc explain` and the other verbs that a person types."""

import json
import os
import unittest

import harness
from harness import capture, listener, run, write_capture

USAGE, FAILURE = 64, 7
MIB = 1 << 20


def explain(*arguments):
    return run("portguardsvc", "explain", *arguments)


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        write_capture("host.json", harness.web_host())

    def test_a_port_of_http_sys_in_words(self):
        result = explain("--capture", "host.json", "--port", "80")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for word in ("80", "HTTP.sys", "W3SVC", "World Wide Web Publishing Service"):
            self.assertIn(word, result.stdout)

    def test_words_say_what_was_seen_and_what_frees_the_port(self):
        lines = explain("--capture", "host.json", "--port", "80").stdout.splitlines()
        self.assertIn("  because  PID 4 listens on 0.0.0.0:80", lines)
        self.assertEqual(len(lines), len(set(lines)), "said twice")
        self.assertTrue(any(line.startswith("  to free  net stop W3SVC") for line in lines))
        self.assertFalse(any(line.startswith("  note") for line in lines))

    def test_words_say_what_could_not_be_read(self):
        write_capture("bare.json", {"portguard_capture": 1, "tcp": [listener(80, 4)]})
        for arguments in ((), ("--port", "80")):
            shown = explain("--capture", "bare.json", *arguments).stdout
            self.assertIn("\n  note     http.service_state: ", shown)

    def test_a_port_in_json_lives_at_the_time_of_the_capture(self):
        result = explain("--capture", "host.json", "--port", "80", "--json")
        answer = json.loads(result.stdout)
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertEqual(answer["sampled_at"], "2026-03-02T12:26:31Z")
        self.assertEqual(answer["holders"][0]["service"]["name"], "W3SVC")

    def test_a_free_port(self):
        result = explain("--capture", "host.json", "--port", "443", "--json")
        self.assertEqual(json.loads(result.stdout)["state"], "free")

    def test_the_first_and_the_last_port(self):
        write_capture("ends.json", capture([listener(1, 5120), listener(65535, 6230)]))
        for port in ("1", "65535"):
            result = explain("--capture", "ends.json", "--port", port, "--json")
            self.assertEqual(json.loads(result.stdout)["state"], "in_use")

    def test_without_a_port_it_lists(self):
        result = explain("--capture", "host.json")
        self.assertEqual(result.returncode, 0)
        rows = [line.split()[0] for line in result.stdout.splitlines()]
        self.assertEqual(rows, ["80", "3306", "8080"])
        listed = json.loads(explain("--capture", "host.json", "--json").stdout)
        self.assertEqual([row["port"] for row in listed["ports"]], [80, 3306, 8080])

    def test_a_capture_without_sources_is_incomplete_not_broken(self):
        write_capture("bare.json", {"portguard_capture": 1, "tcp": [listener(80, 4)]})
        answer = json.loads(explain("--capture", "bare.json", "--port", "80", "--json").stdout)
        self.assertEqual((answer["state"], answer["complete"]), ("in_use", False))
        self.assertTrue(answer["warnings"])

    def test_hostile_names_are_escaped_on_the_screen(self):
        name = "a\x1b[2J\u202e%n<.exe"
        write_capture("hostile.json", capture([listener(80, 9)], [harness.process(9, name)]))
        shown = explain("--capture", "hostile.json", "--port", "80").stdout
        self.assertIn("a<1B>[2J<202E><25>n<3C>.exe", shown)

    def test_20000_listeners_are_listed(self):
        write_capture("many.json", harness.many_listeners(20000))
        answer = json.loads(explain("--capture", "many.json", "--json").stdout)
        self.assertEqual(len(answer["ports"]), 20000)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            result = harness.subprocess.run(
                [harness.BIN / "portguardsvc", "explain", "--capture", "host.json"],
                stdout=full, stderr=harness.subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, FAILURE)
        self.assertIn(b"written", result.stderr)


class BadCapture(unittest.TestCase):
    def refuse(self, path, *words):
        for verb in (["explain", "--port", "80"], ["run", "--pipe", "never.sock"]):
            result = run("portguardsvc", *verb, "--capture", path)
            self.assertEqual((result.returncode, result.stdout), (FAILURE, ""), result.stderr)
            for word in (path, *words):
                self.assertIn(word, result.stderr)
            self.assertFalse(os.path.exists("never.sock"))

    def refuse_text(self, text, *words):
        write_capture("wrong.json", text)
        self.refuse("wrong.json", *words)

    def test_a_missing_file(self):
        self.refuse("nowhere.json", "no such file")

    def test_a_directory(self):
        os.mkdir("folder.json")
        self.refuse("folder.json", "directory")

    def test_a_pipe_is_not_waited_for(self):
        os.mkfifo("fifo.json")
        self.refuse("fifo.json", "regular file")

    def test_65_mib(self):
        with open("huge.json", "wb") as file:
            file.truncate(65 * MIB)
        self.refuse("huge.json", "64 MiB")

    def test_an_empty_file(self):
        self.refuse_text(b"")

    def test_words(self):
        self.refuse_text(b"netstat -aon")

    def test_json_that_is_no_capture(self):
        self.refuse_text({"name": "package"}, "portguard_capture")
        self.refuse_text([1, 2, 3])

    def test_a_capture_of_the_future(self):
        self.refuse_text(dict(harness.web_host(), portguard_capture=2), "portguard_capture", "2")

    def test_a_capture_without_a_table(self):
        self.refuse_text({"portguard_capture": 1}, "tcp")

    def test_wrong_rows_are_named_by_their_path(self):
        good = listener(80, 4)
        self.refuse_text(capture([good, dict(good, local_port=70000)]),
                         "tcp[1].local_port", "70000", "1-65535")
        self.refuse_text(capture([dict(good, local_address="999.1.1.1")]),
                         "tcp[0].local_address", "999.1.1.1")
        self.refuse_text(capture([dict(good, pid="four")]), "tcp[0].pid", "four")

    def test_duplicate_keys(self):
        self.refuse_text(b'{"portguard_capture":1,"tcp":[],"tcp":[]}', "tcp")

    def test_17_deep(self):
        self.refuse_text(b'{"portguard_capture":1,"tcp":[],"x":'
                         + b"[" * 16 + b"]" * 16 + b"}", "16")


class Usage(unittest.TestCase):
    def refuse(self, arguments, *words):
        result = run("portguardsvc", *arguments)
        self.assertEqual((result.returncode, result.stdout), (USAGE, ""), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_bad_ports(self):
        for port in ("0", "65536", "-1", "80a", "", "1.5", " 80", "+80", "080x"):
            with self.subTest(port=port):
                self.refuse(["explain", "--capture", "x", "--port", port],
                            f'"{port}"', "1-65535")

    def test_an_unknown_verb(self):
        self.refuse(["explian"], "explian", "hint: portguardsvc help")

    def test_an_unknown_option(self):
        self.refuse(["explain", "--prot", "80"], "--prot")

    def test_a_hostile_verb_is_escaped(self):
        self.refuse(["\x1b[31m"], "<1B>[31m")

    def test_run_without_a_pipe(self):
        self.refuse(["run", "--capture", "x"], "--pipe")

    def test_run_with_an_empty_pipe(self):
        write_capture("host.json", harness.web_host())
        self.refuse(["run", "--capture", "host.json", "--pipe", ""], "pipe")

    def test_run_without_a_capture(self):
        self.refuse(["run", "--pipe", "never.sock"], "capture")

    def test_a_bad_interval(self):
        for interval in ("99", "60001", "1s", "-5", ""):
            with self.subTest(interval=interval):
                self.refuse(["run", "--capture", "x", "--pipe", "y", "--interval", interval],
                            f'"{interval}"', "100-60000")

    def test_an_option_of_another_verb(self):
        self.refuse(["run", "--capture", "x", "--pipe", "y", "--port", "80"], "--port")
        self.refuse(["explain", "--capture", "x", "--pipe", "y"], "--pipe")
        self.refuse(["install", "--capture", "x"], "--capture")

    def test_a_missing_value(self):
        self.refuse(["explain", "--capture"], "--capture")

    def test_an_argument_too_many(self):
        self.refuse(["explain", "--capture", "x", "80"], '"80"')

    def test_what_is_for_windows_says_so(self):
        for arguments in (["install"], ["uninstall"], []):
            with self.subTest(arguments=arguments):
                self.refuse(arguments, "Windows", "hint:")

    def test_looking_at_this_machine_is_for_windows(self):
        self.refuse(["explain", "--port", "80"], "capture")

    def test_help_and_version(self):
        for word in ("help", "--help", "-h"):
            self.assertIn("explain", run("portguardsvc", word).stdout)
        for word in ("version", "--version"):
            self.assertIn("libuv", run("portguardsvc", word).stdout)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
