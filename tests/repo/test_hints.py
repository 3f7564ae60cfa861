"""Commands that people are told to type work as they stand in cmd, in Windows PowerShell and
in PowerShell 7. Looked at are all texts of the programs: whatever a hint, a way out or a help
page is put together from."""

import re
import unittest

from repo import SOURCE, read

TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
COMMENT = re.compile(r"/\*.*?\*/", re.S)
# Commands of cmd itself, and names that PowerShell has for others: there "sc query x" writes
# a file, and "rmdir" of a junction is refused.
ALIASES = re.compile(r"^(sc|del|erase|rmdir|rd|copy|move|ren|dir|type|where|curl|sort) "
                     r"(\S*[%/\\\"]|query|qc|config|start|stop|delete)|^(del|erase|rmdir|rd|ren)$")
# In a path by itself it is for people to read.
OF_ONE_SHELL = re.compile(r"^\S+ .*(%[A-Za-z]+%\\|\$env:)")


def texts():
    """Every text in quotes, with where it is; what goes to Linux people only is left out."""
    for folder in ("client", "service", "common"):
        for path in sorted((SOURCE / folder).rglob("*.[ch]")):
            if not path.name.startswith("posix_"):
                code = COMMENT.sub("", read(path.relative_to(SOURCE)))
                for text in TEXT.findall(re.sub(r"'\\?.'", "0", code)):
                    yield path.relative_to(SOURCE).as_posix(), text


class Hints(unittest.TestCase):
    def found(self, pattern):
        return [(path, text) for path, text in texts() if re.search(pattern, text)]

    def test_the_texts_are_found(self):
        words = [text for _, text in texts()]
        self.assertGreater(len(words), 3000)
        for known in ("net start http", "sc.exe query HTTP", "wevtutil gl Application"):
            self.assertIn(known, words)

    def test_no_command_is_two(self):
        # Windows PowerShell knows neither.
        self.assertEqual(self.found(r"&&|\|\|"), [])

    def test_no_command_means_another_in_powershell(self):
        self.assertEqual(self.found(ALIASES), [])

    def test_no_command_has_a_variable_of_one_shell(self):
        self.assertEqual(self.found(OF_ONE_SHELL), [])

    def test_what_goes_through_powershell_has_nothing_that_cmd_or_powershell_reads_first(self):
        # What stands between the quotes is for the PowerShell that is started.
        lines = self.found(r"^powershell ")
        self.assertGreater(len(lines), 1)
        for path, text in lines:
            self.assertNotRegex(text.replace("%s", ""), r"[$`%^!]", path)


if __name__ == "__main__":
    unittest.main()
