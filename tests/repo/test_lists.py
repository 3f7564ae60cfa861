"""What is in a list of the code is on the page that people read."""

import re
import unittest

from repo import read

HEADINGS = re.compile(r"(?m)^###? (.+)$")
VERBS_OF_SERVICE = re.compile(r'(?m)^    \{"([a-z.]+)", PG_ROLE_\w+,')
VERBS_OF_CLIENT = re.compile(r'(?m)^    \{"([a-z ]+)", "')


def entries(path, macro):
    """The names in quotes of a list that is written as a macro."""
    body = re.search(rf"#define {macro}\(X\)(.*?\n)(?!.*\\\n)", read(path).replace("\\\n", "\0"))
    return re.findall(r'X\([^"]*"([^"]+)"\)', body[1])


class Lists(unittest.TestCase):
    def test_kinds_of_holders_are_told(self):
        kinds = entries("service/explain/explain.h", "PG_HOLDER_KIND_LIST")
        self.assertIn("http.sys", kinds)
        told = re.search(r"  \* `kind`: (.*?)\n  \* ", read("docs/protocol.md"), re.S)[1]
        self.assertEqual(sorted(re.findall(r"`([\w.]+)`", told)), sorted(kinds))

    def test_every_verb_of_the_service_has_a_heading(self):
        verbs = VERBS_OF_SERVICE.findall(read("service/verbs.c"))
        self.assertGreater(len(verbs), 20)
        words = {word for heading in HEADINGS.findall(read("docs/protocol.md"))
                 for word in re.split(r", | and ", heading)}
        self.assertEqual([verb for verb in verbs if verb not in words], [])

    def test_every_verb_of_the_client_is_in_its_list(self):
        verbs = VERBS_OF_CLIENT.findall(read("client/verbs.c"))
        self.assertGreater(len(verbs), 20)
        page = read("docs/cli.md")
        # "http iplisten [list]" and "add|delete" are rows for several.
        missing = [verb for verb in verbs if not verb.startswith("http iplisten ") and
                   not re.search(rf"(?m)^\|.*`{verb}\b.*\|", page)]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
