#!/usr/bin/env python3
"""portguardctl doctor: what it says of a service that is well, and of everything that can
be wrong with one here; and that what it says to type can be typed."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import threading
import time
import unittest

import fake_service
import harness
from harness import ServiceCase, run, write_capture

OK, UNREACHABLE, FAILURE, USAGE = 0, 5, 7, 64
LISTED = re.compile(r'^ *X\(\w+, "(\w+)", (CLIENT|SERVICE)\)', re.M)


def checks_of(header="common/doctor.h"):
    text = (harness.SOURCE / header).read_text(encoding="utf-8")
    setup, rest = text.split("#define PG_DOCTOR_LIST")
    rows = [(m[1], m[2]) for m in LISTED.finditer(rest)]
    place = [name for name, _ in rows].index("setup") + 1
    rows[place:place] = [(m[1], m[2]) for m in LISTED.finditer(setup)]
    return rows


CHECKS = checks_of()


class Doctor(ServiceCase):
    def doctor(self, *arguments, code=OK):
        """The checks by name, from --json; and the text must fit."""
        text = run("portguardctl", "doctor", *arguments)
        self.assertEqual(text.returncode, code, text.stdout + text.stderr)
        self.assertEqual(text.stderr, "")
        for line in text.stdout.splitlines():
            if not line.startswith(" " * 11) or line.startswith(" " * 30):
                self.assertLessEqual(len(line), 80, line)
        answer = run("portguardctl", "doctor", "--json", *arguments)
        self.assertEqual(answer.returncode, code, answer.stdout + answer.stderr)
        answer = json.loads(answer.stdout)
        self.assertEqual(answer["schema"], 1)
        self.assertEqual(answer["healthy"], code == OK)
        self.assertEqual([check["name"] for check in answer["checks"]],
                         [name for name, _ in CHECKS])
        for check in answer["checks"]:
            self.assertTrue(check["detail"], check)
            word = {"ok": "ok", "skipped": "skipped"}.get(check["state"],
                                                          check["state"].upper())
            # Behind it comes the detail, on lines of its own where that begins with a long path.
            self.assertRegex(text.stdout, rf"(?m)^  {word} +{check['name']}(?: |$)")
        self.text = text.stdout
        return {check["name"]: check for check in answer["checks"]}

    def in_state(self, checks, *states):
        return sorted(name for name, check in checks.items() if check["state"] in states)

    def furnished(self, name, content=None):
        """A service with both pipes, a folder and a configuration file."""
        return self.start(content or harness.web_host(), name, more=(
            "--control", f"{name}.control", "--state", f"{name}.state",
            "--config", f"{name}.state/config.json"))

    def wait_check(self, service, name, state, code):
        def there():
            done = run("portguardctl", "--pipe", service.pipe, "doctor", "--json")
            found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
            return found[name]["state"] == state
        harness.wait_until(there, f"{name} {state}")
        return self.doctor("--pipe", service.pipe, code=code)

    # --- a service that is well ---

    def test_a_healthy_service_passes(self):
        service = self.furnished("well")
        begun = time.monotonic()
        checks = self.doctor("--pipe", service.pipe)
        self.assertLess(time.monotonic() - begun, 4, "two questions, each at most 2 s")
        self.assertEqual(self.in_state(checks, "failed", "warning", "unknown"), [])
        self.assertTrue(self.text.startswith("PortGuard is all right\n"))
        self.assertIn("mode 0600", checks["status_pipe"]["detail"])
        self.assertIn("well.state", checks["folder"]["detail"])
        self.assertEqual({check["hint"] for check in checks.values()}, {None})

    def test_a_service_without_folder_and_control_pipe_passes(self):
        service = self.start(harness.web_host(), "bare")
        checks = self.doctor("--pipe", service.pipe)
        self.assertEqual(self.in_state(checks, "failed", "warning", "unknown"), [])
        for name in ("control_pipe", "folder", "configuration", "state", "history", "disk"):
            self.assertEqual(checks[name]["state"], "skipped", name)

    def test_twenty_who_ask_at_once_are_all_answered(self):
        service = self.furnished("crowd")
        answers = []

        def ask():
            with harness.Connection(service.pipe) as connection:
                answers.append(connection.ask("doctor")["healthy"])
        crowd = [threading.Thread(target=ask) for _ in range(20)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(harness.PATIENCE)
        self.assertEqual(answers, [True] * 20)

    def test_the_verb_takes_no_parameters(self):
        service = self.start(harness.web_host(), "strict")
        with harness.Connection(service.pipe) as connection:
            answer = connection.call("doctor", {"fast": True})
        self.assertEqual(answer["error"]["code"], -32602)

    # --- files ---

    def test_a_configuration_that_is_wrong(self):
        service = self.furnished("config")
        with open("config.state/config.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1, "interval_ms": 5}')
        os.chmod("config.state/config.json", 0o600)
        checks = self.wait_check(service, "configuration", "failed", FAILURE)
        self.assertIn("interval_ms", checks["configuration"]["detail"])
        words = shlex.split(checks["configuration"]["hint"])
        self.assertEqual(words[:2], ["portguardsvc", "check-config"])
        said = run(*words)
        self.assertNotEqual(said.returncode, 0)
        self.assertIn("interval_ms", said.stdout + said.stderr)
        os.unlink("config.state/config.json")
        self.wait_check(service, "configuration", "ok", OK)

    def test_a_configuration_that_others_may_write_and_the_command_that_mends_it(self):
        service = self.furnished("planted")
        with open("planted.state/config.json", "w", encoding="utf-8") as file:
            file.write('{"version": 1}')
        os.chmod("planted.state/config.json", 0o666)
        checks = self.wait_check(service, "configuration", "failed", FAILURE)
        self.mend(checks["configuration"])
        self.wait_check(service, "configuration", "ok", OK)

    def test_a_folder_that_others_may_write_and_the_command_that_mends_it(self):
        service = self.furnished("folder")
        os.chmod("folder.state", 0o777)
        checks = self.wait_check(service, "folder", "failed", FAILURE)
        self.mend(checks["folder"])
        self.wait_check(service, "folder", "ok", OK)

    def test_a_state_file_that_is_a_link_and_the_command_that_mends_it(self):
        service = self.furnished("link")
        try:
            os.unlink("link.state/state.json")
        except FileNotFoundError:
            pass
        os.symlink("/etc/passwd", "link.state/state.json")
        checks = self.wait_check(service, "state", "failed", FAILURE)
        self.assertIn("link", checks["state"]["detail"])
        self.mend(checks["state"])
        self.wait_check(service, "state", "ok", OK)

    def test_a_folder_that_was_not_trusted_at_the_start(self):
        os.mkdir("late.state", 0o777)
        os.chmod("late.state", 0o777)
        service = self.furnished("late")
        checks = self.doctor("--pipe", service.pipe, code=FAILURE)
        self.assertEqual(self.in_state(checks, "failed"),
                         ["configuration", "folder", "history", "state"])

    def mend(self, check):
        self.assertEqual(check["state"], "failed")
        subprocess.run(shlex.split(check["hint"]), check=True, stdin=subprocess.DEVNULL)

    # --- pipes ---

    def test_a_pipe_whose_rights_are_not_what_they_should_be(self):
        service = self.furnished("rights")
        os.chmod(service.pipe, 0o666)
        checks = self.wait_check(service, "status_pipe", "failed", FAILURE)
        self.assertIn("mode 0666", checks["status_pipe"]["detail"])
        self.assertIn("mode 0600", checks["status_pipe"]["detail"])
        self.assertEqual(checks["control_pipe"]["state"], "ok")

    def test_a_pipes_name_that_somebody_else_has(self):
        """Who has it takes connections and closes them: the control pipe answers."""
        squatter = socket.socket(socket.AF_UNIX)
        self.addCleanup(squatter.close)
        squatter.bind("taken.sock")
        squatter.listen(8)
        over = threading.Event()
        self.addCleanup(over.set)

        def turn_away():
            squatter.settimeout(0.1)
            while not over.is_set():
                try:
                    squatter.accept()[0].close()
                except TimeoutError:
                    pass
                except OSError:
                    return
        threading.Thread(target=turn_away, daemon=True).start()
        service = self.furnished("taken")
        service.wait_event(1007)
        checks = self.doctor("--pipe", service.pipe, "--control", "taken.control",
                             code=FAILURE)
        self.assertEqual(checks["status_pipe"]["state"], "failed")
        self.assertIn(f"PID {os.getpid()}", checks["status_pipe"]["detail"])
        self.assertEqual(checks["connection"]["state"], "warning")
        self.assertEqual(self.in_state(checks, "failed"), ["status_pipe"])

    # --- sources ---

    def test_a_source_that_fails_is_a_warning(self):
        content = harness.web_host()
        del content["http"]
        content["source_errors"] = {"http.service_state": "timed out after 5 s"}
        service = self.start(content, "half")
        checks = self.wait_check(service, "sources", "warning", OK)
        self.assertIn("timed out after 5 s", checks["sources"]["detail"])
        self.assertTrue(self.text.startswith("PortGuard: 1 to look at\n"), self.text)

    def test_without_the_table_of_listeners_it_fails(self):
        service = self.start(harness.web_host(), "blind")
        write_capture("blind.json", b"nothing")
        self.wait_check(service, "sources", "failed", FAILURE)

    def test_the_http_service(self):
        content = harness.web_host()
        http = harness.service("HTTP", "HTTP Service", 0, "kernel_driver")
        http.update(state="stopped", start_type="disabled")
        content["services"].append(http)
        service = self.start(content, "disabled")
        checks = self.doctor("--pipe", service.pipe)
        self.assertEqual(checks["http_service"]["state"], "warning")
        self.assertIn("start= demand", checks["http_service"]["hint"])

    # --- nobody to ask ---

    def test_without_a_service_the_client_looks_alone(self):
        checks = self.doctor("--pipe", "nobody.sock", code=UNREACHABLE)
        self.assertEqual(checks["connection"]["state"], "failed")
        self.assertIn("not running", checks["connection"]["detail"])
        self.assertTrue(checks["connection"]["hint"])
        self.assertEqual(checks["program"]["state"], "ok")
        for name, side in CHECKS:
            if side == "SERVICE":
                self.assertEqual(checks[name]["state"], "skipped", name)
                self.assertIn("cannot be asked", checks[name]["detail"])

    def test_a_service_that_hangs(self):
        service = self.furnished("hung")
        service.process.send_signal(signal.SIGSTOP)
        try:
            checks = self.doctor("--pipe", service.pipe, "--timeout", "1s",
                                 code=UNREACHABLE)
        finally:
            service.process.send_signal(signal.SIGCONT)
        self.assertIn("in time", checks["connection"]["detail"])

    def test_without_a_pipe_there_is_nothing_to_ask(self):
        self.assertEqual(run("portguardctl", "doctor").returncode, USAGE)

    def test_an_older_service_does_not_know_the_verb(self):
        def behave(request, _):
            if request["method"] == "version":
                return fake_service.result(request, {"service": "0.0.9", "protocol": 1})
            return fake_service.error(request["id"], -32601, "unknown method")
        server = fake_service.Server("old.sock", behave)
        self.addCleanup(server.close)
        checks = self.doctor("--pipe", "old.sock", code=FAILURE)
        self.assertEqual(checks["version"]["state"], "warning")
        self.assertIn("0.0.9", checks["version"]["detail"])
        self.assertIn("too old", checks["clock"]["detail"])


class Pages(unittest.TestCase):
    def test_every_check_is_explained_on_both_pages(self):
        for page in ("docs/protocol.md", "docs/troubleshooting.md"):
            text = (harness.SOURCE / page).read_text(encoding="utf-8")
            for name, _ in CHECKS:
                self.assertTrue(f"`{name}`" in text, f"{name} in {page}")


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
