"""The pages show what the programs really print.

A block that begins with "> portguardctl" and stands below a comment like
<!-- capture: iis_idle --> is compared with the output for that capture; below
<!-- capture: iis_idle, up to: Other ways --> with what comes before the line that
begins so. With PG_ACCEPT=1 it is replaced instead: read what changed before it is
committed.
"""

import datetime
import os
import re
import unittest

import harness
from harness import ServiceCase, run

CAPTURES = harness.SOURCE / "tests" / "fixtures" / "captures"
PAGES = ("README.md", "docs/cli.md", "docs/troubleshooting.md")
TAKEN = datetime.datetime(2026, 3, 2, 12, 26, 31)
TIME = re.compile(rb"2026-03-02T\d\d:\d\d:\d\d")
EXAMPLE = re.compile(r"(<!-- capture: (\w+)(?:, up to: (.*))? -->\n\n"
                     r"    > (portguardctl .*)\n)((?:    .*\n|\n(?=    ))*)")


def taken_now(content):
    """The capture as if it had been taken now, and the zone in which it is as late now
    as it says: ages and the word "today" are then the same at any time."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)

    def moved(found):
        return (datetime.datetime.fromisoformat(found[0].decode()) + (now - TAKEN)
                ).isoformat().encode()

    west = (now - TAKEN).total_seconds() % 86400
    hours, rest = divmod(int(west), 3600)
    return TIME.sub(moved, content), f"HERE{hours}:{rest // 60:02}:{rest % 60:02}"


def indented(text):
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


class Pages(ServiceCase):
    def setUp(self):
        self.services = {}

    def printed(self, capture, end, command):
        if capture not in self.services:
            content = (CAPTURES / f"{capture}.json").read_bytes()
            content, zone = taken_now(content)
            self.services[capture] = self.start(content, capture), zone
        service, zone = self.services[capture]
        program, *arguments = command.split()
        result = run(program, "--pipe", service.pipe, *arguments,
                     env={**os.environ, "TZ": zone})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        text = "\n" + result.stdout
        if end:
            self.assertIn(f"\n{end}", text)
            text = text[:text.index(f"\n{end}")] + "\n..."
        return indented(text.strip("\n"))

    def check(self, found):
        head, capture, end, command, shown = found.groups()
        printed = self.printed(capture, end, command)
        if os.environ.get("PG_ACCEPT") == "1":
            return head + printed
        with self.subTest(capture=capture, command=command):
            self.assertEqual(printed, shown)
        return found[0]

    def test_every_page_shows_what_is_printed(self):
        for page in PAGES:
            path = harness.SOURCE / page
            text = path.read_text(encoding="utf-8")
            self.assertIsNotNone(EXAMPLE.search(text), f"{page} shows nothing")
            checked = EXAMPLE.sub(self.check, text)
            if checked != text:
                path.write_text(checked, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
