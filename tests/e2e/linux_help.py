#!/usr/bin/env python3
"""--help of every verb of both programs: each has a usage line and examples that the
program takes, and docs/cli.md shows every page to the letter.

A block of docs/cli.md that begins with "> PROGRAM VERB --help" is compared with what is
printed; of portguardctl's verbs up to the options of every verb, which stand on the
program's own page. With PG_ACCEPT=1 it is replaced instead: read what changed before it
is committed."""

import os
import re
import shlex
import unittest

import harness
from harness import run

USAGE = 64
PAGE = harness.SOURCE / "docs" / "cli.md"
BLOCK = re.compile(r"^    > (portguardctl|portguardsvc)((?: [a-z-]+)*) --help\n"
                   r"((?:    .*\n|\n(?=    ))*)", re.M)
TAIL = "Options of every verb"
# What an example does with its output is the shell's.
SHELL = re.compile(r" (\||>|>>|&&) .*")


def printed(program, *verb):
    done = run(program, *verb, "--help")
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def verbs_of(program):
    listed = printed(program).split("\n\n")[2]
    names = [re.split(r" (?=[A-Z[-])|  ", line[2:].strip() + "  ")[0].strip()
             for line in listed.splitlines()]
    return [tuple(name.split()) for name in names if name != "help"]


def shown(program, *verb):
    """As the page has it."""
    text = printed(program, *verb)
    if verb and program == "portguardctl":
        text = text[:text.index(TAIL)]
    return "".join(f"    {line}\n" if line else "\n"
                   for line in ("\n" + text.rstrip("\n")).splitlines())


PROGRAMS = {program: verbs_of(program) for program in ("portguardctl", "portguardsvc")}


class Help(unittest.TestCase):
    def test_every_page_begins_with_how_the_verb_is_typed(self):
        for program, verbs in PROGRAMS.items():
            self.assertGreater(len(verbs), 5)
            for verb in verbs:
                first = printed(program, *verb).splitlines()[0]
                self.assertTrue(f"{first} ".startswith(
                    f"Usage: {program} {' '.join(verb)} "), first)

    def test_every_page_fits_the_screen(self):
        for program, verbs in PROGRAMS.items():
            for verb in [(), *verbs]:
                for line in printed(program, *verb).splitlines():
                    self.assertLessEqual(len(line), 80, (program, verb, line))

    def test_every_page_has_examples_that_the_program_takes(self):
        for program, verbs in PROGRAMS.items():
            for verb in verbs:
                page = printed(program, *verb).split(TAIL)[0]
                examples = re.findall(rf"(?m)^  ({program} {' '.join(verb)}\b.*)$", page)
                self.assertTrue(examples, (program, verb))
                for example in examples:
                    self.taken(program, SHELL.sub("", example))

    def taken(self, program, example):
        words = shlex.split(example.replace("\\", "\\\\"))[1:]
        more = ["--help"] if program == "portguardsvc" else [
            "--pipe", "nobody.sock", "--control", "nobody.sock", "--timeout", "1s"]
        done = run(program, *words, *more)
        self.assertNotEqual(done.returncode, USAGE, (example, done.stderr))

    def test_the_options_of_every_verb_are_the_same_on_every_page(self):
        program = printed("portguardctl")
        common = program[program.index(TAIL):program.index("  --version ")]
        for verb in PROGRAMS["portguardctl"]:
            page = printed("portguardctl", *verb)
            self.assertEqual(page[page.index(TAIL):], common, verb)

    def test_help_behind_a_verb_does_nothing_else(self):
        for verb in ("install", "uninstall", "run", "check-config"):
            for option in ("--help", "-h"):
                done = run("portguardsvc", verb, option)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.startswith(f"Usage: portguardsvc {verb}"))


class Page(unittest.TestCase):
    def test_the_page_shows_every_help_to_the_letter(self):
        text = PAGE.read_text(encoding="utf-8")
        expected = {(program, verb): shown(program, *verb)
                    for program, verbs in PROGRAMS.items() for verb in [(), *verbs]}
        found = [(match[1], tuple(match[2].split())) for match in BLOCK.finditer(text)]
        self.assertEqual(sorted(found), sorted(expected))
        fresh = BLOCK.sub(lambda match: f"    > {match[1]}{match[2]} --help\n" + expected[
            match[1], tuple(match[2].split())], text)
        if os.environ.get("PG_ACCEPT") == "1":
            PAGE.write_text(fresh, encoding="utf-8")
        else:
            self.assertEqual(text.splitlines(), fresh.splitlines())


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
