#!/usr/bin/env python3
"""The history with the Windows programs: a real listener comes and goes, the database is in
the trusted folder, and what is in it is told over the named pipe, also after a restart."""

import os
import pty
import re
import subprocess
import threading

import harness_wine
from harness_wine import MachineCase, wait_until

PORT, OTHER = "8085", "8086"
FOLDER = r"C:\ProgramData\PortGuard"


class History(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def history(self, *words):
        return self.done(self.machine.ctl("history", *words, "--json")).json()

    def hold(self, port):
        """A listener, as soon as the service has seen it."""
        program = self.start("listen", "0.0.0.0", port)
        self.ask(port)
        return program

    def wait_end(self, port):
        wait_until(lambda: all(t["to"] for t in self.history(port)["tenancies"]),
                   f"{port} was let go")

    def test_a_port_that_is_taken_and_released_is_remembered(self):
        self.assertEqual(self.history(PORT)["tenancies"], [])
        self.hold(PORT).stop()
        self.wait_end(PORT)
        answer = self.history(PORT)
        tenancy, = answer["tenancies"]
        self.assertEqual((tenancy["port"], tenancy["how"]), (int(PORT), "released"))
        self.assertRegex(tenancy["identity"], r"(?i)^process:.*\\listen\.exe$")
        self.assertEqual([e["event"] for e in answer["entries"]], [1101, 1100])
        self.assertTrue(self.machine.path(FOLDER + r"\history.db").stat().st_size > 0)
        shown = self.done(self.machine.ctl("history", PORT, "--since", "1h")).out
        self.assertRegex(shown, r"(?m)^  [-\d]{10} [\d:]{5}  [-\d]{10} [\d:]{5}  .* released  "
                                r"listen\.exe$")
        by_name = self.history("--holder", "LISTEN.EXE", "--limit", "1")
        self.assertEqual(by_name["tenancies"][0]["identity"], tenancy["identity"])
        self.restart()

    def restart(self):
        """A first boot is dear, so it is not a test of its own."""
        listening = self.hold(OTHER)
        before, = self.history(OTHER)["tenancies"]
        watcher = self.machine.start("portguardctl", "watch")
        self.addCleanup(watcher.kill)
        wait_until(lambda: self.machine.ctl("health", "--json").json()["watching"] == 1,
                   "the client watches")
        self.machine.stop_service("PortGuard")
        self.machine.start_service("PortGuard")
        watcher.wait_for("the service is back")
        watcher.wait_for("STARTED")
        self.assertRegex(watcher.text(), r"(?s)STOPPED .*\(missed\).*STARTED .*\(missed\)")
        self.assertNotIn("not known here", watcher.text())
        # In the same boot it has gone on; what was before is still known.
        self.assertEqual(self.history(OTHER)["tenancies"], [before])
        self.assertEqual(len(self.history(PORT)["tenancies"]), 1)
        events = [e["event"] for e in self.history("--limit", "1000")["entries"]]
        self.assertEqual([e for e in events if e in (1000, 1001)][:3], [1000, 1001, 1000])
        listening.stop()
        self.wait_end(OTHER)
        health = self.done(self.machine.ctl("health")).out
        self.assertTrue(re.search(r"(?m)^  History     recording, ", health), health)

    def on_console(self, *words, **env):
        """What shows on a console, without its blanks and how it is moved about. Started
        once more when Wine did not get it started: see Machine.ctl."""
        code, text = self.run_on_console(words, env)
        if code == 1 and not text:
            code, text = self.run_on_console(words, env)
        self.assertEqual(code, 0, text)
        return text

    def run_on_console(self, words, env):
        shown = []
        end, console = pty.openpty()
        program = subprocess.Popen(
            [self.machine.loader, "portguardctl", *words], stdin=console, stdout=console,
            stderr=console, start_new_session=True, cwd=self.machine.folder,
            env={**self.machine.env, "TERM": "xterm", **env})
        os.close(console)

        def read():
            try:
                while piece := os.read(end, 4096):
                    shown.append(piece)
            except OSError:  # nobody has the other end any more
                pass
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        code = program.wait(harness_wine.PATIENCE)
        reader.join(harness_wine.PATIENCE)
        os.close(end)
        text = b"".join(shown).decode(errors="replace")
        return code, re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\s", "", text)

    def test_a_console_has_a_pager_only_when_one_is_chosen(self):
        words = ("history", "--holder", "nobody", "--no-color")
        everything = "Nothingisrememberedofnobody.Toseewhatthereis:portguardctlhistory"
        self.assertIn(everything, self.on_console(*words, PAGER=""))
        self.assertIn(everything, self.on_console(*words, PAGER="no-such-program -x"))
        paged = self.on_console(*words, PAGER='find.exe "there"')
        self.assertIn("Toseewhatthereis:portguardctlhistory", paged)
        self.assertNotIn("Nothing", paged)
        whole = self.on_console(*words, "--no-pager", PAGER='find.exe "there"')
        self.assertIn(everything, whole)

    def test_wrong_words(self):
        self.done(self.machine.ctl("history", "--since", "yesterday"), code=64)
        self.done(self.machine.ctl("history", "--since", "1h", "--until", "2h"), code=64)


if __name__ == "__main__":
    harness_wine.main()
