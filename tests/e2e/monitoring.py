"""What the tests of metrics share, on Linux and under Wine: promtool, and the file read
as its readers read it."""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROMTOOL = SOURCE / "build" / "deps" / "promtool" / "promtool"
NAME = "portguard.prom"
LINE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)\Z')


def need_promtool():
    """A test that cannot be proven where it runs is skipped."""
    if not os.access(PROMTOOL, os.X_OK):
        print(f"skipped: there is no {PROMTOOL}: scripts/deps test")
        sys.exit(77)


def promtool(*arguments, text=None, cwd=None):
    return subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True,
                          text=True, check=False, cwd=cwd)


def check(test, text):
    """The whole file is as Prometheus wants it, and no two lines are the same series."""
    result = promtool("check", "metrics", text=text)
    test.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), text)
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if line[0] != "#"]
    test.assertEqual(len(series), len(set(series)), text)


def parse(text):
    """Every series with its number."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = LINE.match(line)
        assert match, line
        found[match[1] + (match[2] or "")] = float(match[3])
    return found


def names(text):
    """The metrics that the file declares."""
    return set(re.findall(r"(?m)^# TYPE (\S+) ", text))
