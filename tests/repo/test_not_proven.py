"""The page of what Windows has not proven: every row says what would prove it, and that
is there."""

import re
import unittest

from repo import SOURCE, read

PAGE = "docs/not-proven-on-windows.md"
HEADING = re.compile(r"\| promise \| script \| why .* \|")
NAMED = re.compile(r"`([^`]+\.(?:ps1|yml))`")


def rows():
    for line in read(PAGE).splitlines():
        if line.startswith("| ") and not HEADING.fullmatch(line):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def path_of(name):
    return SOURCE / name if "/" in name else SOURCE / "tests" / "windows" / name


class Page(unittest.TestCase):
    def test_there_are_rows_in_every_group(self):
        parts = read(PAGE).split("\n## ")[1:]
        self.assertGreater(len(parts), 5)
        for part in parts:
            self.assertRegex(part, r"\|---\|---\|---\|\n\| ", part.split("\n", 1)[0])

    def test_each_row_names_a_script_that_is_there_or_what_to_do_by_hand(self):
        for row in rows():
            with self.subTest(row[0]):
                self.assertEqual(len(row), 3)
                names = NAMED.findall(row[1])
                self.assertTrue(names or row[1].startswith("by hand: "), row[1])
                for name in names:
                    self.assertTrue(path_of(name).is_file(), name)

    def test_the_jobs_it_names_are_in_the_workflow(self):
        for path, jobs in re.findall(r"`(\.github/[^`]+)`, jobs? ([^|]+)", read(PAGE)):
            for job in re.findall(r"`([^`]+)`", jobs):
                self.assertRegex(read(path), rf"(?m)^  {job}:$")


if __name__ == "__main__":
    unittest.main()
