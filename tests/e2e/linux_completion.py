#!/usr/bin/env python3
"""portguardctl completion powershell: the script says of every verb and option what the
client itself takes, and can be read by PowerShell as far as can be told without it. What
it offers, tests/windows/completion.ps1 asks PowerShell itself."""

import re
import sys
import unittest

import harness
from harness import run

sys.path.insert(0, str(harness.SOURCE / "tests" / "repo"))
import powershell  # noqa: E402  pylint: disable=wrong-import-position

USAGE = 64
ROW = re.compile(r"^    '([a-z ]*)' = '([^']*)'$", re.M)
KINDS = {"": "", "PORT": "@ports", "[PORT]": "@ports", "[PORT...]": "@ports",
         "SERVICE": "@services", "[RULE]": "@rules", "ADDR": "", "[list]": ""}
# One value for each option that takes one and has no words of its own.
SAMPLES = {"--pipe": "nobody.sock", "--control": "nobody.sock", "--timeout": "1s",
           "--output": "x", "--port": "80", "--service": "x", "--at": "2026-03-02T09:00",
           "--for": "1h", "--until": "1h", "--holder": "x", "--since": "1d", "--limit": "1",
           "--address": "127.0.0.1"}


def help_of(*verb):
    done = run("portguardctl", *verb, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = run("portguardctl", "completion", "powershell")
        assert (done.returncode, done.stderr) == (0, ""), done
        cls.script = done.stdout
        cls.table = {verb: words.split(" ") for verb, words in ROW.findall(done.stdout)}

    def test_it_has_the_verbs_of_the_help_and_no_others(self):
        listed = {re.split(r" (?=[A-Z[-])", line[2:30].strip())[0]: line[2:30].strip()
                  for line in help_of().split("\n\n")[2].splitlines()}
        # The list is the verb without a word behind it.
        self.assertEqual(set(self.table) - {""}, set(listed) | {"http iplisten list"})
        for verb, usage in listed.items():
            takes = re.sub(r" ?\[?-.*", "", usage[len(verb):].strip())
            self.assertEqual(self.table[verb][0], KINDS[takes], usage)

    def test_every_option_it_offers_is_taken_and_every_other_is_not(self):
        takes_value = {item.split("=")[0]: "=" in item
                       for items in self.table.values() for item in items[1:]}
        pages = " ".join(help_of(*verb.split()) for verb in self.table)
        pages = re.sub(r"portguardsvc .*", "", pages)
        self.assertEqual(set(takes_value), set(re.findall(r"--[a-z-]+", pages)))
        for verb, items in self.table.items():
            offered = {item.split("=")[0] for item in items[1:]}
            for option in set(takes_value) - {"--help", "--version"} if verb else ():
                value = [SAMPLES.get(option, "stop")] if takes_value[option] else []
                if option == "--format":
                    value = ["dot"]
                # Too many arguments: it is told before anything is asked, and after
                # what belongs to another verb.
                done = run("portguardctl", *verb.split(), option, *value, "x", "y", "z")
                self.assertEqual(done.returncode, USAGE, (verb, option))
                self.assertEqual(f'option "{option}" does not belong to {verb}' in done.stderr,
                                 option not in offered, (verb, option, done.stderr))

    def test_the_words_of_a_value_are_those_that_are_taken(self):
        for verb, items in self.table.items():
            for item in items[1:]:
                option, _, words = item.partition("=")
                if not words or words.startswith("@"):
                    continue
                for word in words.split(","):
                    done = run("portguardctl", *verb.split(), "80", option, word,
                               "--pipe", "nobody.sock", "--control", "nobody.sock")
                    self.assertNotIn("expected", done.stderr, (verb, option, word))
                done = run("portguardctl", *verb.split(), "80", option, "neither")
                self.assertEqual(done.returncode, USAGE, (verb, option))
                for word in words.split(","):
                    self.assertIn(word, done.stderr.split("expected")[1])

    def test_an_option_that_takes_a_value_says_so(self):
        for verb, items in self.table.items():
            for item in items[1:]:
                done = run("portguardctl", *verb.split(), item.split("=")[0])
                self.assertEqual("needs a value" in done.stderr, "=" in item, (verb, item))

    def test_powershell_can_read_it(self):
        # The one place that leads errors aside, with the precaution.
        aside = "--timeout 1s 2>$null |"
        self.assertEqual(self.script.count(aside), 1)
        self.assertIn("$ErrorActionPreference = 'SilentlyContinue'", self.script)
        self.assertEqual(powershell.findings(self.script.replace(aside, "--timeout 1s |")), [])
        self.assertTrue(self.script.isascii())

    def test_nothing_is_run_but_the_program_that_path_leads_to(self):
        # Pressing Tab behind a path must not start what somebody has put there.
        code = re.sub(r"^ *#.*$", "", self.script, flags=re.M)
        self.assertEqual(re.findall(r"& *(\S+)", code), ["$program.Path"])
        self.assertEqual(re.findall(r"\$program = (.*\n.*)\n", code),
                         ["Get-Command portguardctl.exe -CommandType Application |\n"
                          "    Select-Object -First 1"])
        self.assertNotIn("GetCommandName", code)
        for runs in (r"Invoke-\w+", r"\bStart-\w+", r"\biex\b", r"\.Invoke", r"^ *\. "):
            self.assertIsNone(re.search(runs, code, re.M), runs)

    def test_the_profile_is_made_before_the_script_is_put_into_it(self):
        # A fresh Windows has neither the file nor its folder; -Force empties one that is there.
        make = "if (!(Test-Path $PROFILE)) { New-Item -ItemType File -Force $PROFILE }\n"
        add = "portguardctl completion powershell | Add-Content $PROFILE\n"
        self.assertIn(f"  {make}  {add}", help_of("completion", "powershell"))
        self.assertIn(f"#   {make}#   {add}", self.script)
        # Else its first line would join the last of a profile that does not end with one.
        self.assertTrue(self.script.startswith("\n"))

    def test_the_service_is_asked_and_what_it_says_goes_into_quotes(self):
        for words in ("Ask list", "Ask policy, show", "EscapeSingleQuotedStringContent",
                      "$global:LASTEXITCODE = $code"):
            self.assertIn(words, self.script)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
