#!/usr/bin/env python3
"""The history: what the service remembers while ports are taken and released, over its own
restarts, and how portguardctl shows it."""

import datetime
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import threading
import unittest

import harness
from harness import ServiceCase, capture, listener, run, wait_until, write_capture

NGINX, APACHE = 5120, 6230
USAGE, FAILED = 64, 7
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d"


def host(**ports):
    """`p80=NGINX`: that process has that port."""
    rows = [listener(int(port[1:]), pid) for port, pid in ports.items()]
    return capture(rows, excluded_port_ranges_text={"ipv4": harness.NO_RANGES,
                                                    "ipv6": harness.NO_RANGES})


class HistoryCase(ServiceCase):
    def setUp(self):
        shutil.rmtree("host.state", ignore_errors=True)

    def begin(self, content=None, name="host", **options):
        return self.start(content or host(), name, more=("--state", name + ".state",
                                                         "--control", name + ".control"), **options)

    def change(self, service, event, port, **ports):
        """The machine changes, and the service has seen it."""
        before = len([e for e in service.of(event) if e["data"]["port"] == port])
        write_capture("host.json", host(**ports))
        service.wait_event(event, port, before + 1)

    def ctl(self, *words, code=0, pipe="host.sock", env=None):
        done = run("portguardctl", "--pipe", pipe, *words, env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, code, done)
        return done

    def history(self, *words):
        return json.loads(self.ctl("history", "--json", *words).stdout)

    @staticmethod
    def held(answer):
        return [(t["port"], t["identity"].split(":", 1)[1].split("\\")[-1], t["how"])
                for t in answer["tenancies"]]

    @staticmethod
    def events(answer):
        return [(e["event"], e["port"]) for e in answer["entries"]]


class Remembered(HistoryCase):
    def test_who_held_a_port_from_when_until_when(self):
        service = self.begin()
        self.change(service, 1100, 80, p80=NGINX)
        self.change(service, 1102, 80, p80=APACHE)
        self.change(service, 1101, 80)
        self.change(service, 1100, 443, p443=NGINX)
        answer = self.history("80")
        self.assertEqual(self.held(answer), [(80, "httpd.exe", "released"),
                                             (80, "nginx.exe", "replaced")])
        self.assertEqual(self.events(answer), [(1101, 80), (1102, 80), (1100, 80)])
        self.assertEqual(answer["tenancies"][0]["from"], answer["tenancies"][1]["to"])
        self.assertFalse(answer["truncated"])
        everything = self.history()
        self.assertEqual(self.held(everything)[0], (443, "nginx.exe", None))
        self.assertEqual(self.events(everything)[-1], (1000, None))
        text = self.ctl("history", "80").stdout
        self.assertRegex(text, rf"(?m)^  {STAMP}  {STAMP}  \d+ s  replaced  nginx\.exe$")
        self.assertRegex(text, r"(?m)^  \d\d:\d\d:\d\d  RELEASED  nothing listens on port 80")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_a_tenancy_goes_on_over_a_restart_in_the_same_boot(self):
        service = self.begin(host(p80=NGINX))
        first = self.history("80")["tenancies"]
        self.assertEqual(service.stop(), 0)
        self.begin(host(p80=NGINX))
        self.assertEqual(self.history("80")["tenancies"], first)
        # And what an earlier run saw is still there.
        self.assertEqual([event for event, _ in self.events(self.history())], [1000, 1001, 1000])

    def test_one_that_went_while_nobody_watched_has_an_end_that_nobody_saw(self):
        service = self.begin(host(p80=NGINX))
        self.history() # what there is to remember is on the disk now
        service.kill()
        self.begin(host(p80=APACHE))
        self.assertEqual(self.held(self.history("80")),
                         [(80, "httpd.exe", None), (80, "nginx.exe", "unknown")])
        text = self.ctl("history", "80").stdout
        self.assertRegex(text, rf"(?m)^  {STAMP}  not seen +nginx\.exe$")
        self.assertIn("not seen: it ended while PortGuard was not running", text)

    def test_a_holder_is_found_by_its_name(self):
        service = self.begin()
        self.change(service, 1100, 80, p80=NGINX)
        self.change(service, 1100, 443, p80=NGINX, p443=APACHE)
        self.change(service, 1102, 80, p80=APACHE, p443=APACHE)
        self.assertEqual(self.held(self.history("--holder", "NGINX.EXE")),
                         [(80, "nginx.exe", "replaced")])
        self.assertEqual(self.events(self.history("--holder", "nginx.exe")),
                         [(1102, 80), (1100, 80)])
        self.assertEqual(self.held(self.history("443", "--holder", r"C:\Apache24\bin\httpd.exe")),
                         [(443, "httpd.exe", None)])
        self.assertEqual(self.held(self.history("--holder", r"C:\other\httpd.exe")), [])
        text = self.ctl("history", "443", "--holder", "nginx.exe").stdout
        self.assertIn("Nothing is remembered of nginx.exe and port 443.", text)
        self.assertIn("To see what there is:  portguardctl history 443\n", text)

    def test_an_action_that_failed_is_remembered_as_one(self):
        service = self.begin(harness.web_host())
        control = ("--control", "host.control")
        done = run("portguardctl", *control, "stop", "MySQL80", "--yes")
        self.assertEqual(done.returncode, FAILED, done)
        entry, *_ = self.history("--holder", "MySQL80")["entries"] or self.history()["entries"]
        self.assertEqual((entry["event"], entry["data"]["action"], entry["data"]["outcome"]),
                         (0, "stop", "failed"))
        self.assertIsNone(entry["watch_id"])
        self.assertIn("ACTION", self.ctl("history").stdout)
        self.assertIn("stop failed: ", self.ctl("history").stdout)
        self.assertEqual(service.stop(), 0)

    def test_health_says_how_it_is(self):
        self.begin()
        self.history()
        self.assertRegex(self.ctl("health").stdout,
                         r"(?m)^  History     recording, 0\.\d MiB, \d+ rows written so far$")

    def test_other_files_in_its_place_are_told(self):
        os.makedirs("host.state")
        pathlib.Path("host.state/history.db").write_text("no database at all, by no means\n" * 99)
        os.chmod("host.state/history.db", 0o600)
        service = self.begin()
        service.wait_event(1004)
        self.assertEqual(self.events(self.history())[-1], (1000, None))
        self.assertTrue([name for name in os.listdir("host.state") if "damaged" in name])
        self.assertIn("  Set aside   history.db is damaged", self.ctl("health").stdout)


class Bounds(HistoryCase):
    def test_times_are_read_as_they_are_typed(self):
        service = self.begin()
        self.change(service, 1100, 80, p80=NGINX)
        self.change(service, 1101, 80)
        self.assertEqual(len(self.history("80", "--since", "1h")["entries"]), 2)
        self.assertEqual(len(self.history("80", "--since", "3650d")["entries"]), 2)
        self.assertEqual(self.history("80", "--until", "1h")["entries"], [])
        first = self.history("80")["entries"][-1]["at"]
        then = datetime.datetime.fromisoformat(first.replace("Z", "+00:00"))
        self.assertEqual(self.events(self.history("80", "--until", first)), [])
        self.assertEqual(len(self.history("80", "--since", first)["entries"]), 2)
        day = then.astimezone().strftime("%Y-%m-%d")
        tomorrow = (then.astimezone() + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
        self.assertEqual(len(self.history("80", "--since", day, "--until", tomorrow)["entries"]), 2)
        late = self.ctl("history", "80", "--since", tomorrow).stdout
        self.assertIn(f"Nothing is remembered of port 80 since {tomorrow} 00:00:00.", late)

    def test_the_zone_is_that_of_the_machine(self):
        zone = {"TZ": "Asia/Kolkata"}
        service = self.begin(env=zone)
        answer = json.loads(self.ctl("history", "--json", "--since", "2026-03-01 09:00",
                                     env=zone).stdout)
        self.assertEqual(answer["since"], "2026-03-01T03:30:00Z")
        self.change(service, 1100, 80, p80=NGINX)
        at = self.history("80")["tenancies"][0]["from"]
        there = datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(
            datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
        self.assertIn(there.strftime("  %Y-%m-%d %H:%M  still held"),
                      self.ctl("history", "80", env=zone).stdout)

    def test_a_limit_says_that_there_is_more_and_how_to_see_it(self):
        service = self.begin()
        for _ in range(2):
            self.change(service, 1100, 80, p80=NGINX)
            self.change(service, 1101, 80)
        self.assertTrue(self.history("80", "--limit", "1")["truncated"])
        text = self.ctl("history", "80", "--since", "24h", "--limit", "1").stdout
        self.assertEqual(text.count("RELEASED") + text.count("TAKEN"), 1)
        command, = re.findall(r"^  portguardctl (history 80 --since 24h --limit 10)$", text, re.M)
        text = self.ctl(*command.split()).stdout
        self.assertEqual(text.count("RELEASED") + text.count("TAKEN"), 4)
        self.assertNotIn("There is more", text)

    def test_wrong_words(self):
        self.begin()
        for words in (["80a"], ["80", "443"], ["--since", "yesterday"], ["--until", "free"],
                      ["--limit", "0"], ["--limit", "many"], ["--holder", ""], ["--yes"],
                      ["--since", "1h", "--until", "2h"],
                      ["--since", "2026-03-02", "--until", "2026-03-01"]):
            done = self.ctl("history", *words, code=USAGE)
            self.assertEqual(done.stdout, "", words)
            self.assertRegex(done.stderr, r"(?m)^hint: portguardctl ", words)
            error = json.loads(self.ctl("history", "--json", *words, code=USAGE).stdout)["error"]
            self.assertEqual(error["code"], -32602, words)

    def test_without_a_folder_there_is_none(self):
        self.start(host())
        done = self.ctl("history", "80", code=FAILED)
        self.assertIn("there is no history: ", done.stderr)
        self.assertIn("hint: portguardctl health", done.stderr)
        self.assertIn("  History     off", self.ctl("health").stdout)

    def test_without_a_service(self):
        done = self.ctl("history", pipe="nobody.sock", code=5)
        self.assertIn("not running", done.stderr)


class Terminal:
    """portguardctl on a terminal of 24 lines."""

    def __init__(self, *words, **env):
        self.shown = b""
        self.end, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [harness.BIN / "portguardctl", "--pipe", "host.sock", *words], stdin=terminal,
            stdout=terminal, stderr=terminal, start_new_session=True,
            env={**{k: v for k, v in os.environ.items() if k not in ("PAGER", "LESS")},
                 "TERM": "xterm", **env})
        os.close(terminal)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        try:
            while piece := os.read(self.end, 4096):
                self.shown += piece
        except OSError: # nobody has the other end any more
            pass

    def ended(self):
        """The exit code and what was shown."""
        code = self.process.wait(harness.PATIENCE)
        self.reader.join(harness.PATIENCE)
        os.close(self.end)
        return code, self.shown.decode(errors="replace").replace("\r\n", "\n")

    def type(self, keys):
        os.write(self.end, keys)


class Pager(HistoryCase):
    def page(self, *words, **env):
        code, text = Terminal("history", *words, **env).ended()
        self.assertEqual(code, 0, text)
        return text

    def pager(self, body):
        """A program on the way to which there is nothing else."""
        path = pathlib.Path("bin/pager")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="ascii")
        path.chmod(0o700)
        return {"PATH": f"{path.parent.resolve()}:{os.environ['PATH']}"}

    def setUp(self):
        super().setUp()
        self.begin(host(p80=NGINX))

    def test_it_gets_the_text_and_its_arguments(self):
        path = self.pager('echo "with $* and LESS=$LESS"; sed s/^/:/')
        text = self.page("80", "--no-color", PAGER="pager -x  'a b'", **path)
        self.assertTrue(text.startswith("with -x 'a b' and LESS=FRX\n:Who held port 80"), text)

    def test_a_terminal_without_one_is_written_to(self):
        path = self.pager("echo paged")
        for more, env in (([], {"PAGER": ""}), ([], {"PAGER": "cat"}),
                          ([], {"PAGER": "no-such-program-anywhere -x"}),
                          (["--no-pager"], {"PAGER": "pager"})):
            self.assertTrue(self.page("80", *more, **env, **path).startswith("Who held"), env)
        self.assertTrue(json.loads(self.page("80", "--json", PAGER="pager", **path))["tenancies"])

    def test_there_is_none_when_it_is_no_terminal(self):
        env = {**self.pager("echo paged"), "PAGER": "pager"}
        self.assertTrue(self.ctl("history", "80", env=env).stdout.startswith("Who held"))

    @unittest.skipUnless(shutil.which("less"), "there is no less")
    def test_less_is_the_usual_one_and_waits_for_nothing_where_all_fits(self):
        self.assertIn("Who held port 80, newest first:", self.page("80"))

    @unittest.skipUnless(shutil.which("less"), "there is no less")
    def test_less_that_is_left_with_the_rest_unread_is_no_error(self):
        write_capture("host.json", harness.many_listeners(3000))
        wait_until(lambda: len(self.history("--limit", "3000")["entries"]) == 3000, "all are there")
        terminal = Terminal("history", "--limit", "10000")
        wait_until(lambda: b"HELD BY" in terminal.shown, "the first screen is there")
        self.assertIsNone(terminal.process.poll())
        terminal.type(b"q")
        self.assertEqual(terminal.ended()[0], 0)

    def test_no_shell_reads_it(self):
        text = self.page("80", PAGER="echo $HOME;touch planted&&")
        self.assertTrue(text.startswith("$HOME;touch planted&&"), text)
        self.assertFalse(pathlib.Path("planted").exists())

    def test_one_that_is_left_at_once_is_no_error(self):
        path = self.pager("exec <&-; echo left; exit 3")
        self.assertEqual(self.page("80", PAGER="pager", **path), "left\n")

    def test_ctrl_c_is_for_the_pager(self):
        path = self.pager("trap 'echo interrupted' INT; echo ready; cat >/dev/null; "
                          "until read -r key <&2; do :; done; echo bye")
        terminal = Terminal("history", "80", PAGER="pager", **path)
        wait_until(lambda: b"ready" in terminal.shown, "the pager runs")
        os.killpg(terminal.process.pid, signal.SIGINT)
        wait_until(lambda: b"interrupted" in terminal.shown, "it heard of it")
        self.assertIsNone(terminal.process.poll())
        terminal.type(b"q\n")
        code, text = terminal.ended()
        self.assertEqual(code, 0)
        self.assertTrue(text.endswith("bye\n"), text)


class Missed(HistoryCase):
    """watch goes on behind a restart, with what happened until then."""

    def watch(self, *words):
        client = subprocess.Popen(
            [harness.BIN / "portguardctl", "--pipe", "host.sock", "watch", "--json", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for undo in (client.stderr.close, client.stdout.close, client.wait, client.kill):
            self.addCleanup(undo)

        def watching():
            with harness.Connection("host.sock") as connection:
                return connection.ask("health")["watching"] == 1
        wait_until(watching, "the client watches")
        return client

    def test_a_restart_shows_the_stop_and_the_start(self):
        service = self.begin(host(p80=NGINX))
        client = self.watch("80")
        self.change(service, 1101, 80)
        self.assertEqual(json.loads(client.stdout.readline())["event"], 1101)
        self.assertEqual(service.stop(), 0)
        service = self.begin(host(p80=APACHE))
        lines = [json.loads(client.stdout.readline()) for _ in range(3)]
        self.assertIsNone(lines[0]["missed"])
        self.assertEqual([(line["event"], line["missed"]) for line in lines[1:]],
                         [(1001, True), (1000, True)])
        self.assertIn("80: httpd.exe", lines[2]["summary"])
        self.change(service, 1101, 80)
        live = json.loads(client.stdout.readline())
        self.assertEqual((live["event"], live["port"], "missed" in live), (1101, 80, False))

    def test_more_than_the_ring_holds_comes_from_the_history(self):
        self.begin()
        client = self.watch()
        write_capture("host.json", harness.many_listeners(3000))
        overflow = json.loads(client.stdout.readline())
        self.assertEqual(overflow["missed"], 3000)
        missed = [json.loads(client.stdout.readline()) for _ in range(3000)]
        self.assertEqual([change["id"] for change in missed],
                         list(range(overflow["id"] - 2999, overflow["id"] + 1)))
        self.assertTrue(all(change["missed"] is True for change in missed))


class Page(HistoryCase):
    """docs/cli.md says what --help says."""

    def test_every_option_is_explained(self):
        page = (harness.SOURCE / "docs" / "cli.md").read_text(encoding="utf-8")
        section = page[page.index("\n## history\n"):].split("\n## ")[1]
        own = run("portguardctl", "history", "--help").stdout.split("Options of every verb")[0]
        options = re.findall(r"^  (--[a-z-]+)", own, re.M)
        self.assertEqual(len(options), 5)
        for option in options:
            self.assertIn(f"`{option}", section)
        self.assertIn("portguardctl history 80 --since 24h", own)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main()
