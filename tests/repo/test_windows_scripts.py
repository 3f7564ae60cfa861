"""The scripts that only Windows can run, as far as they can be looked at elsewhere."""

import re
import unittest

import powershell
from repo import SOURCE

FOLDER = SOURCE / "tests" / "windows"
SHARED = ("common", "run")
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.ps1") if path.stem not in SHARED)
TABLE = re.compile(r"(?ms)^\$(tests|installers) = \[ordered\] @\{\n(.*?)^\}")
ENTRY = re.compile(r"^  '([a-z-]+)' = (\d+)$", re.M)
BEGINNING = re.compile(r"(?ms)^param\(\s*\[Parameter\(Mandatory\)\] \[string\] \$Bin\b.*?\)\n"
                       r"\. \"\$PSScriptRoot\\common\.ps1\"\n")


def text_of(name):
    return (FOLDER / f"{name}.ps1").read_text(encoding="utf-8")


class Reading(unittest.TestCase):
    """The reader itself: what it lets pass and what it does not."""

    def refused(self, text, words):
        self.assertRegex("\n".join(powershell.findings(text)), words)

    def test_brackets_and_quotes_that_are_not_closed_are_found(self):
        self.refused("if ($a) {\n  b\n", r"line 1: '\{' is not closed")
        self.refused("a\nb (c]\n", r"line 2: '\]' closes nothing")
        self.refused("x\n'it''s\n", "line 2: nothing ends with")
        self.refused('$a = "b `" c\n', "line 1: a string is not closed")
        self.refused('"a $(b "c" + (d"\n', "not closed|missing")
        self.refused("@'\nno end'@\n", "line 1: nothing ends with")

    def test_brackets_in_strings_and_comments_do_not_count(self):
        for text in ("'({['\n", '"({[ `" ""("\n', "# ({['\n", "<# ( \" #>\n", "`(\n",
                     "@'\n('\n'@\n", '@"\n("\n"@\n', '"$(a ")" (b))"\n', "a#b\n"):
            with self.subTest(text):
                self.assertEqual(powershell.findings(text), [])

    def test_what_only_some_shells_know_is_found(self):
        self.refused("Get-Item a | % { $_ }\n", "line 1: % is an alias")
        self.refused("\necho a\n", "line 2: echo is an alias")
        self.refused("$a = $b ?? 1\n", "PowerShell 7 only")
        self.refused("a && b\n", "PowerShell 7 only")
        self.refused("Write-Host a\n", "no TAP")
        self.refused("& a.exe 2>$null\n", "use Run")
        self.refused("'\u00fc'\n", "not ASCII")

    def test_statements_are_no_aliases(self):
        self.assertEqual(powershell.findings("foreach ($a in $b) { Get-Item $a }\n"), [])


class Scripts(unittest.TestCase):
    def test_all_of_them_can_be_read(self):
        for name in (*SHARED, *SCRIPTS):
            with self.subTest(name):
                text = text_of(name)
                # The one place that leads errors aside, with the precaution.
                run = "\n  return & $program @words 2>$null\n"
                if name == "common":
                    self.assertEqual(text.count(run), 1)
                    text = text.replace(run, "\n\n")
                self.assertEqual(powershell.findings(text), [])

    def test_uninitialised_names_are_errors_everywhere(self):
        for name in SHARED:
            self.assertRegex(text_of(name), r"(?m)^Set-StrictMode -Version [123]$")
            self.assertIn("\n$ErrorActionPreference = 'Stop'\n", text_of(name))

    def test_each_takes_the_programs_and_the_helpers(self):
        for name in SCRIPTS:
            with self.subTest(name):
                self.assertRegex(text_of(name), BEGINNING)

    def test_each_checks_something_and_ends_with_its_plan(self):
        for name in SCRIPTS:
            with self.subTest(name):
                code = powershell.code_of(text_of(name))
                self.assertRegex(code, r"(?m)^\s*Check ")
                self.assertEqual(code.rstrip().splitlines()[-1], "Finish")

    def test_exits_only_by_the_helpers(self):
        for name in SCRIPTS:
            with self.subTest(name):
                self.assertNotRegex(powershell.code_of(text_of(name)), r"(?m)^\s*exit\b")

    def test_run_knows_each_with_a_time_limit(self):
        known = {}
        for _, rows in TABLE.findall(text_of("run")):
            self.assertRegex(rows, r"\A(  '[a-z-]+' = \d+\n)*\Z")
            known.update(ENTRY.findall(rows))
        self.assertEqual(sorted(known), SCRIPTS)
        for name, seconds in known.items():
            self.assertLessEqual(int(seconds), 1800, name)

    def test_the_page_of_what_is_not_proven_has_each(self):
        page = (SOURCE / "docs" / "not-proven-on-windows.md").read_text(encoding="utf-8")
        for name in SCRIPTS:
            self.assertIn(f"`{name}.ps1`", page)


if __name__ == "__main__":
    unittest.main()
