"""docs/security.md against the code: descriptors, verbs and the tests it names."""

import re
import unittest

from repo import SOURCE, read

PAGE = "docs/security.md"
SDDL = re.compile(r"(?:O:SYG:SY)?D:P[(][A-Za-z0-9;()%:-]+[)]")
PAIR = re.compile(r"`(tests/[\w/.-]+\.(?:c|py|ps1))`((?:,? `\w+`)*)")


def literal(path, name):
    """The string that a macro is defined as."""
    text = read(path).replace("\\\n", "")
    return re.search(rf'#define {name}\s+"([^"]*)"', text)[1]


def verbs(role):
    return re.findall(rf'(?m)^    \{{"([a-z.]+)", PG_ROLE_{role},', read("service/verbs.c"))


class Descriptors(unittest.TestCase):
    def test_the_page_has_those_of_the_code_and_no_others(self):
        header = "service/control/win_pipe_security.h"
        folder = literal("service/files/win_files.c", "FOLDER_SDDL").replace("%s", "S-1-5-18")
        known = {literal(header, "WIN_PIPE_SDDL_STATUS"),
                 literal(header, "WIN_PIPE_SDDL_CONTROL"), folder}
        self.assertEqual(set(SDDL.findall(read(PAGE))), known)

    def test_the_privilege_it_names_is_the_one_that_is_kept(self):
        listed = re.findall(r'L?"(Se\w+Privilege)', read("service/win_privileges.h"))
        self.assertTrue(listed)
        glance = read(PAGE).split("\n## ")[1]
        self.assertEqual(set(re.findall(r"Se\w+Privilege", glance)), set(listed))


class Verbs(unittest.TestCase):
    def test_all_that_a_reader_may_ask_is_told(self):
        told = re.search(r"read\s+verbs\s+only\s+\((.*?)\)", read(PAGE), re.S)[1]
        self.assertEqual(sorted(re.findall(r"`([\w.]+)`", told)), sorted(verbs("READER")))


class Attacks(unittest.TestCase):
    def rows(self):
        part = read(PAGE).split("\n## From attack to test\n")[1].split("\n## ")[0]
        return [line.strip("|").split(" | ") for line in part.splitlines()
                if line.startswith("| ") and not line.startswith("| who |")]

    def test_each_names_a_test(self):
        self.assertGreater(len(self.rows()), 15)
        for row in self.rows():
            self.assertEqual(len(row), 4, row[0])
            self.assertRegex(row[3], r"`tests/", row[1])

    def test_each_test_that_is_named_is_there(self):
        for row in self.rows():
            for path, names in PAIR.findall(row[3]):
                self.assertTrue((SOURCE / path).is_file(), path)
                for name in re.findall(r"`(\w+)`", names):
                    self.assertTrue(re.search(rf"\b{name}\b", read(path)), f"{path}: {name}")

    def test_each_threat_that_needs_windows_is_on_the_page_of_what_is_not_proven(self):
        page = read("docs/not-proven-on-windows.md")
        for name in re.findall(r"`tests/windows/([\w-]+\.ps1)`", read(PAGE)):
            self.assertIn(f"`{name}`", page)


if __name__ == "__main__":
    unittest.main()
