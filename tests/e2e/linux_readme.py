"""The README shows what the programs really print."""

import re
import unittest

import harness
from harness import ServiceCase, run

CAPTURE = harness.SOURCE / "tests" / "fixtures" / "captures" / "iis_branchcache.json"
README = harness.SOURCE / "README.md"


def shown():
    """The indented block that begins with the command, without the command."""
    text = README.read_text(encoding="utf-8")
    block = text.split("    > portguardctl status 80\n", 1)[1]
    lines = []
    for line in block.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line[4:])
    return without_clock("\n".join(lines).strip())


def without_clock(text):
    """How long ago something was is another matter on every day."""
    return re.sub(r"since .*", "since", text)


class Readme(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(CAPTURE.read_bytes(), "readme")

    def test_status_80_prints_what_the_readme_shows(self):
        result = run("portguardctl", "--pipe", "readme.sock", "status", "80")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(without_clock(result.stdout.strip()), shown())


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
