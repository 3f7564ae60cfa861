"""The pages show what the programs really print.

A block that begins with "> portguardctl" and stands below a comment like
<!-- capture: iis_idle --> is compared with the output for that capture. With
PG_ACCEPT=1 it is replaced instead: read what changed before it is committed.
"""

import datetime
import os
import re
import unittest

import harness
from harness import ServiceCase, run

CAPTURES = harness.SOURCE / "tests" / "fixtures" / "captures"
PAGES = ("README.md", "docs/troubleshooting.md")
TAKEN = datetime.datetime(2026, 3, 2, 12, 26, 31)
EXAMPLE = re.compile(r"<!-- capture: (\w+) -->\n\n    > (portguardctl .*)\n"
                     r"((?:    .*\n|\n(?=    ))*)")


def without_clock(text):
    """How long ago something was is another matter on every day."""
    return re.sub(r"since .*", "since", text)


def with_clock(text):
    """As it would have been printed when the capture was taken."""
    def age(found):
        then = datetime.datetime.fromisoformat(f"{TAKEN.date()} {found[1]}")
        minutes = (TAKEN - then).seconds // 60
        span = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        return f"since {found[1]} today ({span})"
    return re.sub(r"since (?:\S+ )?(\d\d:\d\d:\d\d).*", age, text)


def indented(text):
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


class Pages(ServiceCase):
    def setUp(self):
        self.services = {}

    def printed(self, capture, command):
        if capture not in self.services:
            content = (CAPTURES / f"{capture}.json").read_bytes()
            self.services[capture] = self.start(content, capture)
        program, *arguments = command.split()
        result = run(program, "--pipe", self.services[capture].pipe, *arguments,
                     env={**os.environ, "TZ": "UTC"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return indented(result.stdout.rstrip("\n"))

    def check(self, found):
        capture, command, shown = found[1], found[2], found[3]
        printed = self.printed(capture, command)
        if os.environ.get("PG_ACCEPT") == "1":
            return (f"<!-- capture: {capture} -->\n\n    > {command}\n"
                    + with_clock(printed))
        with self.subTest(capture=capture, command=command):
            self.assertEqual(without_clock(printed), without_clock(shown))
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
