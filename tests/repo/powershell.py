"""PowerShell, as far as it can be read without PowerShell: what is string, what is
comment, what is code, and whether brackets and quotes are closed.

The rules are those of about_Quoting_Rules and about_Comments. Whether names and
parameters exist is not known here: PSScriptAnalyzer, on Windows, looks at that.
"""

import re

OPEN = {"(": ")", "{": "}", "[": "]"}
CLOSE = {close: open_ for open_, close in OPEN.items()}
# Before a "#" that begins a comment; elsewhere it is part of a word.
BEFORE_COMMENT = " \t\r\n(){};,|&"


class Unbalanced(Exception):
    """Says where in the text, as line number, and what."""


class Reader:
    """Makes self.code of a text: the same lines, with comments taken out and strings
    left as empty ones. Code in "$(...)" comes in the string's place."""

    def __init__(self, text):
        self.text, self.at, self.code = text, 0, []
        self.script(None)
        self.code = "".join(self.code)

    def fail(self, at, what):
        raise Unbalanced(f"line {self.text.count(chr(10), 0, at) + 1}: {what}")

    def take(self, end):
        """Takes the text up to |end| away, and keeps its line ends."""
        self.code.append("\n" * self.text.count("\n", self.at, end))
        self.at = end

    def find(self, what, begin):
        end = self.text.find(what, self.at)
        if end < 0:
            self.fail(begin, f"nothing ends with {what!r} what begins here")
        return end + len(what)

    def script(self, until):
        """Up to the bracket |until|, or to the end."""
        stack, begin = [], self.at
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in OPEN:
                stack.append((c, self.at))
            elif c in CLOSE:
                if not stack and c == until:
                    return
                if not stack or stack[-1][0] != CLOSE[c]:
                    self.fail(self.at, f"{c!r} closes nothing")
                stack.pop()
            if not self.special(c):
                self.code.append(c)
                self.at += 1
        if stack:
            self.fail(stack[-1][1], f"{stack[-1][0]!r} is not closed")
        if until:
            self.fail(begin, f"{until!r} is missing")

    def special(self, c):
        before = self.text[self.at - 1] if self.at else "\n"
        two = self.text[self.at:self.at + 2]
        if c == "`":
            self.take(self.at + 2)
        elif two == "<#":
            self.take(self.find("#>", self.at))
        elif c == "#" and before in BEFORE_COMMENT:
            end = self.text.find("\n", self.at)
            self.take(end if end >= 0 else len(self.text))
        elif two in ("@'", '@"') and re.match(r"[ \t]*\r?\n", self.text[self.at + 2:]):
            self.take(self.find(f"\n{two[1]}@", self.at))
            self.code.append("''")
        elif c == "'":
            self.single()
        elif c == '"':
            self.double()
        elif two == "${":
            self.take(self.find("}", self.at))
            self.code.append("$v")
        else:
            return False
        return True

    def single(self):
        begin = self.at
        self.at += 1
        while True:
            self.take(self.find("'", begin))
            if self.text[self.at:self.at + 1] != "'":
                break
            self.at += 1
        self.code.append("''")

    def double(self):
        begin = self.at
        self.at += 1
        while self.at < len(self.text):
            two = self.text[self.at:self.at + 2]
            if two[0] == "`" or two == '""':
                self.take(self.at + 2)
            elif two == "$(":
                self.code.append("$(")
                self.at += 2
                self.script(")")
                self.code.append(")")
                self.at += 1
            elif two[0] == '"':
                self.at += 1
                self.code.append("''")
                return
            else:
                self.take(self.at + 1)
        self.fail(begin, "a string is not closed")


def code_of(text):
    return Reader(text).code


ALIASES = ("%", "?", "ac", "cat", "cd", "cls", "cp", "copy", "curl", "del", "dir", "echo",
           "fl", "foreach", "ft", "gc", "gci", "gi", "gm", "gp", "gps", "group", "gsv",
           "gwmi", "iex", "ii", "irm", "iwr", "kill", "ls", "measure", "mkdir", "move",
           "mv", "ni", "popd", "ps", "pushd", "pwd", "rd", "ren", "ri", "rm", "rmdir",
           "rni", "sajb", "sasv", "select", "sleep", "sort", "spsv", "start", "tee",
           "type", "wget", "where", "write")
# "foreach" begins a statement as well; behind a pipe it is the alias.
COMMAND = re.compile(r"(?m)(?P<before>^|[|;{(=&])[ \t]*(?P<name>[%?]|[a-z]+)(?=[ \t])", re.I)
LATER = re.compile(r"\?\?|\?\.|&&|\|\||(?<!\w)\?[^\n{]* : ")
TO_THE_PIPELINE = re.compile(r"(?i)\bWrite-(Host|Output)\b")
ERRORS_ASIDE = re.compile(r"(?<![\w.])2>")


def line_of(code, at):
    return code.count("\n", 0, at) + 1


def findings(text):
    """What is wrong with a script, as "line N: ...". """
    found = []
    if not text.isascii():
        found.append("line 1: not ASCII: Windows PowerShell reads a file without a mark in "
                     "the code page of the machine")
    try:
        code = code_of(text)
    except Unbalanced as error:
        return found + [str(error)]
    for match in COMMAND.finditer(code):
        name = match["name"].lower()
        if name in ALIASES and not (name == "foreach" and match["before"] != "|"):
            found.append(f"line {line_of(code, match.start('name'))}: {name} is an alias: "
                         "write the command's own name")
    for pattern, why in (
            (LATER, "is for PowerShell 7 only"),
            (TO_THE_PIPELINE, "becomes part of what a function returns, or is no TAP: use "
                              "Check, Skip, Note or Say"),
            (ERRORS_ASIDE, "ends a script of Windows PowerShell at the first error line: "
                           "use Run")):
        found += [f"line {line_of(code, match.start())}: {match[0].strip()!r} {why}"
                  for match in pattern.finditer(code)]
    return found
